//! KML: the placemarks of all folders, with their names, descriptions, times and data.

use super::ImportError;
use super::encoding;
use super::properties::Properties;
use super::source::{Column, Each, Input, Place, Row, Source, System};
use super::xml::{Element, Piece, Xml};
use encoding_rs::Encoding;
use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
};

/// A file of placemarks.
pub struct Kml {
    input: Input,
    encoding: &'static Encoding,
    properties: Properties,
}

impl Kml {
    /// Looks at the encoding.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(input: Input) -> Result<Kml, ImportError> {
        let encoding = encoding::of(&input)?;
        Ok(Kml { input, encoding, properties: Properties::default() })
    }

    /// Whether it has any; some documents only refer to others.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn has_placemarks(&self) -> Result<bool, ImportError> {
        let mut xml = Xml::new(encoding::reader(&self.input, self.encoding)?);
        while let Some(piece) = xml.next_piece()? {
            if matches!(piece, Piece::Open(tag) if tag.name == "Placemark") {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Source for Kml {
    fn unit(&self) -> &'static str {
        "Placemark"
    }

    fn columns(&self) -> Vec<Column> {
        self.properties.columns()
    }

    fn system(&self) -> System {
        System::Number(4326)
    }

    fn read(&mut self, each: Each<'_>) -> Result<(), ImportError> {
        let mut xml = Xml::new(encoding::reader(&self.input, self.encoding)?);
        let (mut number, mut is_kml) = (0, false);
        while let Some(piece) = xml.next_piece()? {
            let Piece::Open(tag) = piece else { continue };
            match tag.name.as_str() {
                "Placemark" => {
                    number += 1;
                    let placemark = xml.element(tag)?;
                    each(row(&placemark, number, &mut self.properties)?)?;
                }
                // What documents share, such as styles, and files elsewhere.
                "Style" | "StyleMap" | "Schema" | "NetworkLink" | "GroundOverlay" | "ScreenOverlay"
                | "PhotoOverlay" => {
                    xml.skip()?;
                }
                "kml" => is_kml = true,
                _ => {}
            }
        }
        match is_kml || number > 0 {
            true => Ok(()),
            false => Err(ImportError("The file is no KML.".into())),
        }
    }
}

fn row(placemark: &Element, number: u64, properties: &mut Properties) -> Result<Row, ImportError> {
    let mut values = Vec::new();
    let mut put = |name: &str, value: Option<String>| properties.put(&mut values, name.to_owned(), value, None);
    for element in &placemark.children {
        match element.tag.name.as_str() {
            "name" | "description" | "address" | "phoneNumber" => put(&element.tag.name, element.plain_text())?,
            "TimeStamp" => put("timestamp", element.child("when").and_then(Element::plain_text))?,
            "TimeSpan" => {
                for name in ["begin", "end"] {
                    put(name, element.child(name).and_then(Element::plain_text))?;
                }
            }
            "ExtendedData" => data(element, &mut put)?,
            _ => {}
        }
    }
    let mut parts = Vec::new();
    let place = match placemark.children.iter().try_for_each(|element| shapes(element, &mut parts)) {
        Ok(()) => together(parts).map_or(Place::None, |geometry| Place::At(geometry, None)),
        Err(what) => Place::Broken(what),
    };
    Ok(Row { number, values, place, note: None })
}

/// Data with names, with or without a schema.
fn data(
    extended: &Element,
    put: &mut impl FnMut(&str, Option<String>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    for element in &extended.children {
        match element.tag.name.as_str() {
            "Data" => {
                let name = element.tag.attribute("name").unwrap_or_default();
                put(name, element.child("value").and_then(Element::plain_text))?;
            }
            "SchemaData" => {
                for datum in &element.children {
                    put(datum.tag.attribute("name").unwrap_or_default(), datum.plain_text())?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The simple shapes of an element.
fn shapes(element: &Element, parts: &mut Vec<Geometry>) -> Result<(), String> {
    let coordinates = |element: &Element| {
        let text = element.child("coordinates").map(|element| element.text.as_str()).unwrap_or_default();
        coordinates(text)
    };
    let ring = |boundary: &Element| boundary.child("LinearRing").map(coordinates).unwrap_or(Ok(Vec::new()));
    match element.tag.name.as_str() {
        "Point" => parts.extend(coordinates(element)?.first().map(|at| Geometry::Point(Point(*at)))),
        "LineString" | "LinearRing" => {
            let line = coordinates(element)?;
            if line.len() > 1 {
                parts.push(Geometry::LineString(LineString(line)));
            }
        }
        "Polygon" => {
            let outer = element.child("outerBoundaryIs").map(ring).unwrap_or(Ok(Vec::new()))?;
            let mut inner = Vec::new();
            for boundary in element.children.iter().filter(|child| child.tag.name == "innerBoundaryIs") {
                inner.push(LineString(ring(boundary)?));
            }
            inner.retain(|ring| ring.0.len() > 2);
            if outer.len() > 2 {
                parts.push(Geometry::Polygon(Polygon::new(LineString(outer), inner)));
            }
        }
        "Track" => {
            let mut line = Vec::new();
            for at in element.children.iter().filter(|child| child.tag.name == "coord") {
                line.extend(coordinate(&mut at.text.split_whitespace())?);
            }
            match line.as_slice() {
                [] => {}
                [at] => parts.push(Geometry::Point(Point(*at))),
                _ => parts.push(Geometry::LineString(LineString(line))),
            }
        }
        "MultiGeometry" | "MultiTrack" => element.children.iter().try_for_each(|child| shapes(child, parts))?,
        _ => {}
    }
    Ok(())
}

/// `x,y` or `x,y,z` between blanks; some write blanks behind commas, too.
fn coordinates(text: &str) -> Result<Vec<Coord>, String> {
    let mut joined = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !joined.is_empty() && !joined.ends_with(',') && !word.starts_with(',') {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    let mut found = Vec::new();
    for tuple in joined.split(' ').filter(|tuple| !tuple.is_empty()) {
        found.extend(coordinate(&mut tuple.split(','))?);
    }
    Ok(found)
}

fn coordinate<'a>(numbers: &mut impl Iterator<Item = &'a str>) -> Result<Option<Coord>, String> {
    let mut number = || {
        let text = numbers.next()?;
        Some(text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).ok_or(text))
    };
    match (number(), number()) {
        (None, _) => Ok(None),
        (Some(Ok(x)), Some(Ok(y))) => Ok(Some(Coord { x, y })),
        (Some(Err(text)), _) | (_, Some(Err(text))) => {
            Err(format!("{} is no number", text.chars().take(30).collect::<String>()))
        }
        (_, None) => Err("a coordinate has only one number".into()),
    }
}

/// Simple shapes as one geometry.
pub fn together(mut parts: Vec<Geometry>) -> Option<Geometry> {
    if parts.len() < 2 {
        return parts.pop();
    }
    let points: Option<Vec<Point>> = parts.iter().map(|part| part.clone().try_into().ok()).collect();
    if let Some(points) = points {
        return Some(Geometry::MultiPoint(MultiPoint(points)));
    }
    let lines: Option<Vec<LineString>> = parts.iter().map(|part| part.clone().try_into().ok()).collect();
    if let Some(lines) = lines {
        return Some(Geometry::MultiLineString(MultiLineString(lines)));
    }
    let areas: Option<Vec<Polygon>> = parts.iter().map(|part| part.clone().try_into().ok()).collect();
    Some(match areas {
        Some(areas) => Geometry::MultiPolygon(MultiPolygon(areas)),
        None => Geometry::GeometryCollection(GeometryCollection(parts)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::geometry::from_text;
    use super::super::source::rows_of;
    use super::*;
    use std::io::Write;

    fn read(text: &str) -> Result<(Vec<String>, Vec<Row>), String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let mut kml = Kml::open(Input::Unpacked(file)).map_err(|error| error.to_string())?;
        let rows = rows_of(&mut kml).map_err(|error| error.to_string())?;
        Ok((kml.columns().into_iter().map(|column| column.name).collect(), rows))
    }

    fn at(text: &str) -> Place {
        let (geometry, srid) = from_text(text).unwrap().unwrap();
        Place::At(geometry, srid)
    }

    #[test]
    fn placemarks_become_rows() {
        let (columns, rows) = read(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>
            <Style id="s"><name>no placemark</name></Style>
            <Folder><name>Towns</name>
              <Placemark><name>V&#237;k</name><description><![CDATA[<b>small</b>]]></description>
                <Point><coordinates> -19.0,63.41,0 </coordinates></Point></Placemark>
              <Placemark><TimeStamp><when>2020-01-02</when></TimeStamp>
                <ExtendedData><Data name="pop"><value>300</value></Data>
                  <SchemaData><SimpleData name="zip">01234</SimpleData></SchemaData></ExtendedData>
                <MultiGeometry>
                  <Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 4,0 4,4 0,0</coordinates></LinearRing></outerBoundaryIs>
                    <innerBoundaryIs><LinearRing><coordinates>1,1 2,1 2,2 1,1</coordinates></LinearRing></innerBoundaryIs></Polygon>
                  <Polygon><outerBoundaryIs><LinearRing><coordinates>5,5 6,5 6,6 5,5</coordinates></LinearRing></outerBoundaryIs></Polygon>
                </MultiGeometry></Placemark></Folder>
            <Placemark><gx:Track><gx:coord>1 2 0</gx:coord><gx:coord>3 4 0</gx:coord></gx:Track></Placemark>
            <Placemark><LineString><coordinates>1, 2, 0 3 ,4</coordinates></LineString></Placemark>
            <Placemark><name>odd</name><Point><coordinates>here,there</coordinates></Point></Placemark>
            <Placemark/></Document></kml>"#,
        )
        .unwrap();
        assert_eq!(columns, ["name", "description", "timestamp", "pop", "zip"]);
        let places: Vec<Place> = rows.iter().map(|row| row.place.clone()).collect();
        assert_eq!(
            places,
            [
                at("POINT(-19 63.41)"),
                at("MULTIPOLYGON(((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1)),((5 5,6 5,6 6,5 5)))"),
                at("LINESTRING(1 2,3 4)"),
                at("LINESTRING(1 2,3 4)"),
                Place::Broken("here is no number".into()),
                Place::None,
            ]
        );
        let first = rows.first().unwrap();
        assert_eq!(first.values, [Some("Vík".to_owned()), Some("<b>small</b>".to_owned())]);
        let second: Vec<Option<&str>> = rows.get(1).unwrap().values.iter().map(Option::as_deref).collect();
        assert_eq!(second, [None, None, Some("2020-01-02"), Some("300"), Some("01234")]);
    }

    #[test]
    fn what_is_no_kml_is_refused() {
        assert!(read("").is_err() && read("<gpx/>").is_err() && read("{}").is_err());
        assert!(read("<kml><Placemark>").is_err());
    }
}
