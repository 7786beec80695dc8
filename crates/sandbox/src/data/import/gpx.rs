//! GPX: waypoints, routes and tracks, each kind a layer.

use super::ImportError;
use super::encoding;
use super::kml::together;
use super::properties::Properties;
use super::source::{Column, Each, Input, Layer, Opened, Place, Row, Source, System, choose};
use super::xml::{Element, Piece, Tag, Xml};
use encoding_rs::Encoding;
use geo_types::{Coord, Geometry, LineString, Point};
use std::sync::Arc;

/// Elements, and the names of the layers that they make.
const KINDS: &[(&str, &str)] = &[("wpt", "waypoints"), ("rte", "routes"), ("trk", "tracks")];

/// One kind of elements of a file.
struct Gpx {
    input: Arc<Input>,
    encoding: &'static Encoding,
    kind: &'static str,
    properties: Properties,
}

/// Opens the kinds that a file has, or the one of the name.
///
/// # Errors
/// It is no GPX, or has no such layer.
pub fn open(input: Input, wanted: Option<&str>) -> Result<Opened, ImportError> {
    let encoding = encoding::of(&input)?;
    let mut found: Vec<(&'static str, &'static str)> = Vec::new();
    let mut is_gpx = false;
    let mut xml = Xml::new(encoding::reader(&input, encoding)?);
    while let Some(piece) = xml.next_piece()? {
        let Piece::Open(tag) = piece else { continue };
        if tag.name == "gpx" {
            is_gpx = true;
            continue;
        }
        found.extend(KINDS.iter().find(|(kind, _)| *kind == tag.name).filter(|kind| !found.contains(kind)));
        xml.skip()?;
    }
    if !is_gpx {
        return Err(ImportError("The file is no GPX.".into()));
    }
    let has_one = found.len() == 1;
    let input = Arc::new(input);
    let layers = choose(found, wanted, "GPX", |(_, name)| name)?;
    let layers = layers.into_iter().map(|(kind, name)| Layer {
        name: (!has_one).then(|| name.to_owned()),
        is_part: true,
        source: Box::new(Gpx { input: input.clone(), encoding, kind, properties: Properties::default() }),
    });
    Ok(layers.collect::<Vec<_>>().into())
}

impl Source for Gpx {
    fn unit(&self) -> &'static str {
        match self.kind {
            "wpt" => "Waypoint",
            "rte" => "Route",
            _ => "Track",
        }
    }

    fn columns(&self) -> Vec<Column> {
        self.properties.columns()
    }

    fn system(&self) -> System {
        System::Number(4326)
    }

    fn read(&mut self, each: Each<'_>) -> Result<(), ImportError> {
        let mut xml = Xml::new(encoding::reader(&self.input, self.encoding)?);
        let mut number = 0;
        while let Some(piece) = xml.next_piece()? {
            match piece {
                Piece::Open(tag) if tag.name == self.kind => {
                    number += 1;
                    let element = xml.element(tag)?;
                    each(row(&element, number, &mut self.properties)?)?;
                }
                Piece::Open(tag) if tag.name != "gpx" => xml.skip()?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn row(element: &Element, number: u64, properties: &mut Properties) -> Result<Row, ImportError> {
    let mut values = Vec::new();
    for child in &element.children {
        match child.tag.name.as_str() {
            "rtept" | "trkseg" => {}
            "link" => {
                let address = child.tag.attribute("href").map(str::to_owned);
                properties.put(&mut values, "link".into(), address, None)?;
            }
            "extensions" => {
                for leaf in child.children.iter().filter(|leaf| leaf.children.is_empty()) {
                    properties.put(&mut values, leaf.tag.name.clone(), leaf.plain_text(), None)?;
                }
            }
            name if child.children.is_empty() => {
                properties.put(&mut values, name.to_owned(), child.plain_text(), None)?;
            }
            _ => {}
        }
    }
    let place = match geometry(element) {
        Ok(geometry) => geometry.map_or(Place::None, |geometry| Place::At(geometry, None)),
        Err(what) => Place::Broken(what),
    };
    Ok(Row { number, values, place, note: None })
}

fn geometry(element: &Element) -> Result<Option<Geometry>, String> {
    let line = |of: &Element, name: &str| -> Result<Option<Geometry>, String> {
        let points = of.children.iter().filter(|child| child.tag.name == name);
        let line: Vec<Coord> = points.map(|point| at(&point.tag)).collect::<Result<_, _>>()?;
        Ok((line.len() > 1).then_some(Geometry::LineString(LineString(line))))
    };
    match element.tag.name.as_str() {
        "wpt" => Ok(Some(Geometry::Point(Point(at(&element.tag)?)))),
        "rte" => line(element, "rtept"),
        _ => {
            let segments = element.children.iter().filter(|child| child.tag.name == "trkseg");
            let lines: Vec<Option<Geometry>> =
                segments.map(|segment| line(segment, "trkpt")).collect::<Result<_, _>>()?;
            Ok(together(lines.into_iter().flatten().collect()))
        }
    }
}

fn at(tag: &Tag) -> Result<Coord, String> {
    let number = |name: &str| {
        let text = tag.attribute(name).unwrap_or_default();
        let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| format!("its {name} is no number"))
    };
    Ok(Coord { x: number("lon")?, y: number("lat")? })
}

#[cfg(test)]
mod tests {
    use super::super::geometry::from_text;
    use super::super::source::rows_of;
    use super::*;
    use std::io::Write;

    /// The name of a layer, its columns, its rows.
    type Read = (Option<String>, Vec<String>, Vec<Row>);

    fn read(text: &str, wanted: Option<&str>) -> Result<Vec<Read>, String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let opened = open(Input::Unpacked(file), wanted).map_err(|error| error.to_string())?;
        let mut found = Vec::new();
        for mut layer in opened.layers {
            let rows = rows_of(&mut *layer.source).map_err(|error| error.to_string())?;
            let columns = layer.source.columns().into_iter().map(|column| column.name).collect();
            found.push((layer.name, columns, rows));
        }
        Ok(found)
    }

    const WALK: &str = r#"<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><metadata><name>Walk</name></metadata>
        <wpt lat="63.41" lon="-19"><ele>12</ele><time>2020-01-02T03:04:05Z</time><name>Vik</name><link href="https://example.com/"/></wpt>
        <wpt lat="north" lon="1"/>
        <trk><name>Up</name><trkseg><trkpt lat="2" lon="1"><ele>1</ele></trkpt><trkpt lat="4" lon="3"/></trkseg>
             <trkseg><trkpt lat="6" lon="5"/><trkpt lat="8" lon="7"/></trkseg></trk></gpx>"#;

    #[test]
    fn kinds_become_layers() {
        let layers = read(WALK, None).unwrap();
        let [(waypoints, columns, points), (tracks, _, lines)] = layers.as_slice() else { panic!("two layers") };
        assert_eq!((waypoints.as_deref(), tracks.as_deref()), (Some("waypoints"), Some("tracks")));
        assert_eq!(columns, &["ele", "time", "name", "link"]);
        let at = |text: &str| Place::At(from_text(text).unwrap().unwrap().0, None);
        assert_eq!(points.first().unwrap().place, at("POINT(-19 63.41)"));
        assert_eq!(points.last().unwrap().place, Place::Broken("its lat is no number".into()));
        assert_eq!(lines.first().unwrap().place, at("MULTILINESTRING((1 2,3 4),(5 6,7 8))"));
        assert_eq!(read(WALK, Some("tracks")).unwrap().len(), 1);
        assert!(
            read(WALK, Some("routes")).is_err_and(|message| message.contains("no layer routes: waypoints, tracks"))
        );
    }

    #[test]
    fn what_is_no_gpx_is_refused() {
        assert!(read("<kml/>", None).is_err() && read("<gpx/>", None).is_err() && read("", None).is_err());
    }
}
