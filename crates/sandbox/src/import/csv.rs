//! CSV: geometry from a pair of columns in degrees, or from a column of well-known text.

use super::{Content, Form, ImportError};
use std::io::Read;

const LATITUDES: &[&str] = &["latitude", "lat", "latitudedecimal", "latitud", "y"];
const LONGITUDES: &[&str] = &["longitude", "lon", "lng", "long", "longitudedecimal", "longitud", "x"];
const GEOMETRIES: &[&str] = &["the_geom", "wkt", "wkb", "geom", "geometry", "wkb_geometry"];

/// Reads a table with names in its first line.
///
/// # Errors
/// In one sentence, with the number of the line.
pub fn read(source: impl Read, delimiter: u8) -> Result<Content, ImportError> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(source);
    let broken = |error: csv::Error| ImportError(format!("The table cannot be read: {error}."));
    let columns: Vec<String> =
        reader.headers().map_err(broken)?.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
    let find = |names: &[&str]| {
        names.iter().find_map(|name| columns.iter().position(|column| column.trim().eq_ignore_ascii_case(name)))
    };
    let (geometry, pair) = (find(GEOMETRIES), find(LATITUDES).zip(find(LONGITUDES)));
    let mut content = Content { unit: ("line", 2), form: Some(Form::Text), ..Content::default() };
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(broken)?;
        let values: Vec<Option<String>> =
            record.iter().map(|value| (!value.is_empty()).then(|| value.to_owned())).collect();
        let text = |index: usize| {
            values.get(index).and_then(|value| value.as_deref()).map(str::trim).filter(|text| !text.is_empty())
        };
        let place = match (geometry, pair) {
            (Some(index), _) => text(index).map(str::to_owned),
            (None, Some((lat, lng))) => match (text(lat), text(lng)) {
                (Some(lat), Some(lng)) => Some(point(lat, lng, number + 2)?),
                _ => None,
            },
            (None, None) => None,
        };
        content.geometries.push(place);
        content.rows.push(values);
    }
    // The geometry is no column beside itself.
    if let Some(geometry) = geometry {
        content.rows.iter_mut().for_each(|row| {
            if geometry < row.len() {
                row.remove(geometry);
            }
        });
    }
    content.columns =
        columns.into_iter().enumerate().filter(|(index, _)| Some(*index) != geometry).map(|(_, name)| name).collect();
    if geometry.is_none() && pair.is_none() {
        content.form = None;
    }
    Ok(content)
}

fn point(lat: &str, lng: &str, line: usize) -> Result<String, ImportError> {
    let degrees = |text: &str, most: f64| text.parse().ok().filter(|degrees: &f64| degrees.abs() <= most);
    match (degrees(lat, 90.0), degrees(lng, 360.0)) {
        (Some(lat), Some(lng)) => Ok(format!("SRID=4326;POINT({lng} {lat})")),
        _ => Err(ImportError(format!("Line {line} is nowhere on earth: latitude {lat}, longitude {lng}."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Content, String> {
        read(text.as_bytes(), b',').map_err(|error| error.to_string())
    }

    #[test]
    fn places_come_from_columns() {
        let content = of("\u{feff}name,Lat,LON\nVik,63.4,-19\nNowhere,,\n").unwrap_or_default();
        assert_eq!(content.columns, ["name", "Lat", "LON"]);
        assert_eq!(content.geometries, [Some("SRID=4326;POINT(-19 63.4)".to_owned()), None]);
        let content = of("wkt,a\nPOINT(1 2),x\n").unwrap_or_default();
        assert_eq!((content.columns, content.rows), (vec!["a".to_owned()], vec![vec![Some("x".to_owned())]]));
        assert_eq!(content.geometries, [Some("POINT(1 2)".to_owned())]);
        assert_eq!(of("a,b\n1,2\n").map(|content| content.form), Ok(None));
    }

    #[test]
    fn mistakes_have_a_line() {
        let message = of("lat,lon\n1,2\n91,0\n").err().unwrap_or_default();
        assert_eq!(message, "Line 3 is nowhere on earth: latitude 91, longitude 0.");
        assert!(of("a,b\n1\n").err().is_some_and(|message| message.contains("line: 2")));
    }
}
