//! How far features reach that are drawn, so that they can be found under the pointer without drawing them.

use crate::cache::MarkerCache;
use crate::draw::{Painted, Surface, render};
use crate::drawing::Path;
use crate::label::Label;
use crate::marker::Marker;
use crate::picture::Pictures;
use crate::typesetter::Typesetter;
use crate::view::{Pixel, PixelBox, TileId};
#[cfg(feature = "pictures")]
use cartocss::Pattern;
use cartocss::{Cancel, Line, Polygon, Style, Text};

/// What is drawn of a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reach {
    /// Pixels from its points, where it has a marker.
    pub marker: Option<f32>,
    /// Pixels from its line, where it has one.
    pub line: Option<f32>,
    /// Whether its area is filled.
    pub has_area: bool,
}

/// What is drawn of features.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reaches {
    /// Around each feature, but for labels.
    pub features: Vec<Reach>,
    /// Where letters are, each with the feature that it names, bottom first.
    pub labels: Vec<(usize, LabelBox)>,
}

/// A rectangle in a tile, in pixels from its left top corner: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelBox(pub [f32; 4]);

/// What is drawn of each feature of a layer in a tile: nothing of those that others leave no room for.
#[must_use]
pub fn reaches(cache: &MarkerCache, layer: Painted<'_>, tile: TileId) -> Reaches {
    let mut noting = Noting {
        reaches: Reaches { features: vec![Reach::default(); layer.count()], labels: Vec::new() },
        feature: 0,
        pictures: Pictures::new(cache),
        cache,
    };
    let done = render(&Cancel::default(), &[layer], &tile.view(1), &mut noting);
    done.map_or_else(Reaches::default, |()| noting.reaches)
}

/// A surface that keeps how far features reach.
struct Noting<'a> {
    reaches: Reaches,
    feature: usize,
    pictures: Pictures,
    cache: &'a MarkerCache,
}

impl Noting<'_> {
    fn note(&mut self, note: impl FnOnce(&mut Reach)) {
        if let Some(reach) = self.reaches.features.get_mut(self.feature) {
            note(reach);
        }
    }
}

fn farther(before: Option<f32>, now: f32) -> Option<f32> {
    Some(before.map_or(now, |before| before.max(now)))
}

impl Surface for Noting<'_> {
    fn start(&mut self, _style: &Style<'_>) {}

    fn finish(&mut self, _style: &Style<'_>) {}

    fn feature(&mut self, index: usize) {
        self.feature = index;
    }

    fn polygon(&mut self, _area: &Path, _polygon: &Polygon) {
        self.note(|reach| reach.has_area = true);
    }

    fn line(&mut self, _area: &Path, line: &Line) {
        self.note(|reach| reach.line = farther(reach.line, line.width / 2.0));
    }

    fn typesetter(&self) -> Option<&'static dyn Typesetter> {
        self.cache.typesetter()
    }

    fn pictures(&mut self) -> &mut Pictures {
        &mut self.pictures
    }

    #[cfg(feature = "pictures")]
    fn pattern(&mut self, _area: &Path, _pattern: &Pattern, _origin: (f32, f32)) {
        self.note(|reach| reach.has_area = true);
    }

    fn marker(&mut self, marker: &Marker<'_>, _at: Pixel) {
        let radius = marker.longest() / 2.0;
        self.note(|reach| reach.marker = farther(reach.marker, radius));
    }

    fn label(&mut self, label: &Label, _text: &Text, _scale: f32) {
        let boxes = label.boxes.iter().map(|PixelBox { left, top, right, bottom }| [left, top, right, bottom]);
        let labels = boxes.map(|sides| (self.feature, LabelBox(sides.map(|side| *side as f32))));
        self.reaches.labels.extend(labels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::{Feature, Layer};
    use cartocss::Stylesheet;
    use geo_types::{Point, line_string};

    #[test]
    fn what_is_drawn_reaches_as_far_as_it_is_drawn() {
        let style = Stylesheet::parse(
            "#layer { marker-width: 10; marker-line-width: 2; [a = 1] { marker-width: 20; } line-width: 3; ['mapnik::geometry_type' = 3] { polygon-fill: #f00; } }",
        )
        .unwrap();
        let columns = ["a".to_owned()];
        let point = |x: f64, a: i64| Feature { geometry: Some(Point::new(x, 0.0).into()), fields: vec![a.into()] };
        let ring = line_string![(x: 1e6, y: 1e6), (x: 9e6, y: 1e6), (x: 9e6, y: 9e6), (x: 1e6, y: 1e6)];
        let features = [
            point(0.0, 0),
            point(5e6, 1),
            // There is no room left for this one.
            point(5.1e6, 0),
            Feature { geometry: Some(geo_types::Polygon::new(ring, Vec::new()).into()), fields: vec![0_i64.into()] },
        ];
        let layer = Layer { style: &style, columns: &columns, features: &features };
        let found = reaches(&MarkerCache::default(), Painted::Features(layer), TileId { z: 0, x: 0, y: 0 }).features;
        assert_eq!(found.iter().map(|reach| reach.marker).take(3).collect::<Vec<_>>(), [Some(6.0), Some(11.0), None]);
        assert_eq!((found[3].line, found[3].has_area), (Some(1.5), true));
        assert_eq!(found[0].line, None);
    }
}
