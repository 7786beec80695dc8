//! CSV: geometry from a pair of columns in degrees, or from a column of well-known text.

use super::{Content, Form, ImportError};
use std::io::{BufRead, BufReader, Read};

const LATITUDES: &[&str] = &["latitude", "lat", "latitudedecimal", "latitud", "y"];
const LONGITUDES: &[&str] = &["longitude", "lon", "lng", "long", "longitudedecimal", "longitud", "x"];
const GEOMETRIES: &[&str] = &["the_geom", "wkt", "wkb", "geom", "geometry", "wkb_geometry"];

/// What separates values, the likeliest first.
const DELIMITERS: &[u8] = b",;\t|";

/// Reads a table with names in its first line. `srid` is the number of the reference system of pairs of columns.
///
/// # Errors
/// In one sentence, with the number of the line.
pub fn read(source: impl Read, srid: Option<i32>) -> Result<Content, ImportError> {
    let mut source = BufReader::with_capacity(64 * 1024, source);
    let begin = source.fill_buf().map_err(|error| ImportError(format!("The table cannot be read: {error}.")))?;
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(begin)).from_reader(source);
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
                (Some(lat), Some(lng)) => Some(point(lat, lng, srid, number + 2)?),
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

/// What the first line has most of, outside of quotes.
fn delimiter(begin: &[u8]) -> u8 {
    let mut counts = [0; DELIMITERS.len()];
    let mut is_quoted = false;
    for byte in begin {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => DELIMITERS.iter().zip(&mut counts).filter(|(known, _)| *known == byte).for_each(|(_, n)| *n += 1),
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    DELIMITERS.iter().zip(counts).find(|(_, count)| *count == most).map_or(b',', |(delimiter, _)| *delimiter)
}

fn point(lat: &str, lng: &str, srid: Option<i32>, line: usize) -> Result<String, ImportError> {
    let srid = srid.unwrap_or(4326);
    let (most_lat, most_lng) = if srid == 4326 { (90.0, 360.0) } else { (f64::MAX, f64::MAX) };
    let within = |text: &str, most: f64| text.parse().ok().filter(|number: &f64| number.abs() <= most);
    match (within(lat, most_lat), within(lng, most_lng)) {
        (Some(lat), Some(lng)) => Ok(format!("SRID={srid};POINT({lng} {lat})")),
        _ => Err(ImportError(format!(
            "Line {line} is nowhere on earth: latitude {lat}, longitude {lng}. (Other numbers than degrees need --srid.)"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Content, String> {
        read(text.as_bytes(), None).map_err(|error| error.to_string())
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
    fn separators_are_guessed() {
        assert_eq!(of("a;b,c;d\n1;2;3\n").unwrap_or_default().columns, ["a", "b,c", "d"]);
        assert_eq!(of("a\tb\n1\t2\n").unwrap_or_default().columns, ["a", "b"]);
        assert_eq!(of("\"a;b;c\",d\n1,2\n").unwrap_or_default().columns, ["a;b;c", "d"]);
        assert_eq!(of("a\n1\n").unwrap_or_default().columns, ["a"]);
    }

    #[test]
    fn other_reference_systems_have_other_numbers() {
        let content = read(&b"x,y\n500000,7000000\n"[..], Some(32_627)).unwrap_or_default();
        assert_eq!(content.geometries, [Some("SRID=32627;POINT(500000 7000000)".to_owned())]);
    }

    #[test]
    fn mistakes_have_a_line() {
        let message = of("lat,lon\n1,2\n91,0\n").err().unwrap_or_default();
        assert!(message.starts_with("Line 3 is nowhere on earth: latitude 91, longitude 0."), "{message}");
        assert!(of("a,b\n1\n").err().is_some_and(|message| message.contains("line: 2")));
    }
}
