//! What the pictures of the reference show.

use cartocss::FieldValue;
use cartocss::Stylesheet;
use geo_types::{Geometry, LineString, MultiPoint, Point, Polygon};
use tiles::{Bounds, Feature, Layer, View};

pub const WIDTH: u32 = 120;
pub const HEIGHT: u32 = 48;
/// Pixels of a picture for one of the style, for sharp screens.
const SCALE: u32 = 2;

pub const NUMBERS: [f64; 9] = [1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0, 70.0];
pub const KINDS: [&str; 9] = ["town", "city", "town", "port", "town", "city", "village", "town", "port"];

/// Features of a picture.
#[derive(Clone, Copy, Debug)]
pub enum Scene {
    Points,
    /// Points so near that their markers touch.
    Crowd,
    /// One feature of several points.
    Group,
    Line,
    /// A line with little bend, for words.
    Street,
    Area,
    /// Two areas, one over the other.
    Areas,
    /// One point with a name.
    Label,
    /// Nine points with numbers and kinds.
    Numbers,
}

/// Pixels count from the left top corner, metres from the left bottom one.
fn place((x, y): (f64, f64)) -> (f64, f64) {
    (x, f64::from(HEIGHT) - y)
}

fn point(x: f64, y: f64) -> Geometry<f64> {
    Point::from(place((x, y))).into()
}

fn ring(corners: &[(f64, f64)]) -> LineString<f64> {
    corners.iter().copied().map(place).collect()
}

fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> Geometry<f64> {
    let corners = [(left, top), (right, top), (right - 8.0, bottom), (left + 8.0, bottom), (left, top)];
    Polygon::new(ring(&corners), Vec::new()).into()
}

impl Scene {
    fn geometries(self) -> Vec<Geometry<f64>> {
        match self {
            Self::Points => [18.0, 46.0, 74.0, 102.0].map(|x| point(x, 24.0)).to_vec(),
            Self::Crowd => [32.0, 46.0, 60.0, 74.0, 88.0].map(|x| point(x, 24.0)).to_vec(),
            Self::Group => {
                let places = [(25.0, 14.0), (60.0, 34.0), (95.0, 18.0)].map(|at| Point::from(place(at)));
                vec![MultiPoint(places.to_vec()).into()]
            }
            Self::Line => vec![ring(&[(14.0, 36.0), (44.0, 12.0), (72.0, 36.0), (106.0, 12.0)]).into()],
            Self::Street => vec![ring(&[(4.0, 34.0), (60.0, 22.0), (116.0, 16.0)]).into()],
            Self::Area => vec![rectangle(14.0, 7.0, 106.0, 41.0)],
            Self::Areas => vec![rectangle(10.0, 6.0, 76.0, 34.0), rectangle(44.0, 16.0, 110.0, 43.0)],
            Self::Label => vec![point(60.0, 24.0)],
            Self::Numbers => (0..9).map(|index| point(12.0 + 12.0 * f64::from(index), 24.0)).collect(),
        }
    }

    /// The picture of a style.
    pub fn draw(self, css: &str) -> Vec<u8> {
        let names: &[&str] = match self {
            Self::Label => &["Old town"],
            _ => &["Oslo", "Bern", "Rome", "Riga", "Kyiv"],
        };
        let features: Vec<Feature> = (self.geometries().into_iter().enumerate())
            .map(|(index, geometry)| {
                let name = FieldValue::from(names[index % names.len()]);
                let fields = vec![name, FieldValue::Number(NUMBERS[index % 9]), FieldValue::from(KINDS[index % 9])];
                Feature { geometry: Some(geometry), fields }
            })
            .collect();
        let columns = ["name", "n", "kind"].map(str::to_owned);
        let style = Stylesheet::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"));
        assert!(style.undrawn().is_none(), "{css} is refused");
        let paper = Stylesheet::parse("#paper { polygon-fill: #f3f1ec; }").unwrap();
        let all = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 1000.0), (0.0, 1000.0), (0.0, 0.0)];
        let sheet = Polygon::new(LineString::from(all.to_vec()), Vec::new());
        let below = [Feature { geometry: Some(sheet.into()), fields: Vec::new() }];
        let mut layers = vec![Layer { style: &style, columns: &columns, features: &features }];
        // A background is what this would hide.
        if style.background().is_none() {
            layers.insert(0, Layer { style: &paper, columns: &[], features: &below });
        }
        let view = View {
            bounds: Bounds { west: 0.0, south: 0.0, east: f64::from(WIDTH), north: f64::from(HEIGHT) },
            width: WIDTH * SCALE,
            height: HEIGHT * SCALE,
            zoom: 5,
            scale: f64::from(SCALE),
        };
        tiles::draw_view(&layers, &view).unwrap()
    }
}
