//! SVG: the shapes of a result in one picture.

use super::FeatureFile;

/// Pixels of the picture, of which a result fills one side.
pub const WIDTH: f64 = 1024.0;
/// As above, from top to bottom.
pub const HEIGHT: f64 = 768.0;
/// Pixels around the shapes: half a point and half a line.
const MARGIN: f64 = 6.0;
const RADIUS: u8 = 5;

/// A picture.
#[derive(Default)]
pub struct Svg {
    /// Pixels of the shapes, once there is one.
    size: Option<(f64, f64)>,
    shapes: String,
}

/// A column of geometries as it is asked for: dimension, width and height in pixels, shape. `extent` is the box of all of them.
pub fn expression(geometry: &str, extent: &str, decimals: u8) -> String {
    let (width, height) =
        (format!("(ST_XMax({extent}) - ST_XMin({extent}))"), format!("(ST_YMax({extent}) - ST_YMin({extent}))"));
    // A point, or a line along one axis, has no other side that could be filled.
    let scale = format!("coalesce(least({WIDTH} / nullif({width}, 0), {HEIGHT} / nullif({height}, 0)), 1)");
    format!(
        "concat_ws(' ', ST_Dimension({geometry}), {width} * {scale}, {height} * {scale}, \
         ST_AsSVG(ST_TransScale(ST_Force2D({geometry}), -ST_XMin({extent}), -ST_YMax({extent}), {scale}, {scale}), 0, {decimals}))"
    )
}

impl FeatureFile for Svg {
    fn add(&mut self, geometry: Option<&str>, _: &[Option<&str>]) -> Result<(), String> {
        let mut parts = geometry.unwrap_or_default().splitn(4, ' ');
        let (Some(dimension), Some(width), Some(height), Some(shape)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Ok(());
        };
        if let (Ok(width), Ok(height)) = (width.parse(), height.parse()) {
            self.size = Some((width, height));
        }
        self.shapes.push_str(&match dimension {
            "0" => shape.split(',').map(|point| format!("<circle r=\"{RADIUS}\" {point} />\n")).collect(),
            "1" => format!("<path style=\"fill:none\" d=\"{shape}\" />\n"),
            _ => format!("<path d=\"{shape}\" />\n"),
        });
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.shapes.capacity()
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        let (width, height) = self.size.unwrap_or((WIDTH, HEIGHT));
        Ok(format!(
            "<?xml version=\"1.0\" standalone=\"no\"?>\n\
             <!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n\
             <svg viewBox=\"-{MARGIN} -{MARGIN} {} {}\" style=\"fill-opacity:0.5; stroke:black; stroke-width:1; fill:none\" \
             xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\">\n{}</svg>\n",
            width + 2.0 * MARGIN,
            height + 2.0 * MARGIN,
            self.shapes
        )
        .into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_drawn_by_their_dimension() -> Result<(), String> {
        let mut svg = Box::<Svg>::default();
        svg.add(Some("2 100 50.5 M 0 0 L 1 1 Z"), &[])?;
        svg.add(Some("0 100 50.5 cx=\"1\" cy=\"2\",cx=\"3\" cy=\"4\""), &[])?;
        svg.add(None, &[])?;
        let written = String::from_utf8_lossy(&svg.finish()?).into_owned();
        assert!(written.contains("viewBox=\"-6 -6 112 62.5\""), "{written}");
        assert!(
            written.contains(
                "<path d=\"M 0 0 L 1 1 Z\" />\n<circle r=\"5\" cx=\"1\" cy=\"2\" />\n<circle r=\"5\" cx=\"3\""
            ),
            "{written}"
        );
        Ok(())
    }
}
