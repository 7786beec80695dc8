//! Shapefiles, bare or zipped.

use super::{Content, Form, ImportError};
use shapefile::dbase::FieldValue;
use shapefile::{Reader, Shape};
use std::io::{Cursor, Read, Seek};
use std::path::Path;

/// A file in an archive may not be larger, in bytes.
const LARGEST: u64 = 2 << 30;

/// Reads `x.shp` with `x.dbf`, and `x.prj` where there is one.
///
/// # Errors
/// In one sentence, what is missing or broken.
pub fn read(file: &Path) -> Result<Content, ImportError> {
    let broken = |error: shapefile::Error| ImportError(format!("The shapefile cannot be read: {error}."));
    let projection = std::fs::read_to_string(file.with_extension("prj")).ok();
    content(Reader::from_path(file).map_err(broken)?, projection.as_deref())
}

/// Reads the shapefile in an archive; there must be one.
///
/// # Errors
/// In one sentence, what is missing or broken.
pub fn read_zipped(archive: impl Read + Seek) -> Result<Content, ImportError> {
    let broken = |error: &dyn std::fmt::Display| ImportError(format!("The archive cannot be read: {error}."));
    let mut archive = zip::ZipArchive::new(archive).map_err(|error| broken(&error))?;
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let of_kind = |kind: &str| -> Vec<String> {
        // What macOS adds begins so.
        names.iter().filter(|name| name.to_lowercase().ends_with(kind) && !name.contains("__MACOSX")).cloned().collect()
    };
    let (shapes, tables) = (of_kind(".shp"), of_kind(".dbf"));
    let [shape] = shapes.as_slice() else {
        return Err(ImportError(format!("The archive has {} shapefiles; there must be one.", shapes.len())));
    };
    let stem = shape.get(..shape.len() - 4).unwrap_or_default();
    let beside = |names: &[String]| names.iter().find(|name| name.get(..name.len() - 4) == Some(stem)).cloned();
    let mut unpack = |name: &str| -> Result<Vec<u8>, ImportError> {
        let file = archive.by_name(name).map_err(|error| broken(&error))?;
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
        Ok(bytes)
    };
    let table = beside(&tables).ok_or_else(|| ImportError(format!("The archive has no {stem}.dbf.")))?;
    let projection = beside(&of_kind(".prj")).map(|name| unpack(&name)).transpose()?;
    let projection = projection.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let shapes = shapefile::ShapeReader::new(Cursor::new(unpack(shape)?)).map_err(|error| broken(&error))?;
    let table = shapefile::dbase::Reader::new(Cursor::new(unpack(&table)?)).map_err(|error| broken(&error))?;
    content(Reader::new(shapes, table), projection.as_deref())
}

fn content<A: Read + Seek, B: Read + Seek>(
    mut reader: Reader<A, B>,
    projection: Option<&str>,
) -> Result<Content, ImportError> {
    let mut content = Content {
        unit: ("shape", 1),
        form: Some(Form::GeoJson),
        is_typed: true,
        srid: projection.map(srid).transpose()?,
        ..Content::default()
    };
    for (index, found) in reader.iter_shapes_and_records().enumerate() {
        let (shape, record) =
            found.map_err(|error| ImportError(format!("Shape {} cannot be read: {error}.", index + 1)))?;
        let mut row = vec![None; content.columns.len()];
        for (name, value) in record {
            let column = content.columns.iter().position(|known| *known == name).unwrap_or_else(|| {
                content.columns.push(name);
                row.push(None);
                content.columns.len() - 1
            });
            if let Some(place) = row.get_mut(column) {
                *place = text(value);
            }
        }
        content.rows.push(row);
        content.geometries.push(geometry(shape, index + 1)?);
    }
    // Records have their fields in no order.
    let mut order: Vec<usize> = (0..content.columns.len()).collect();
    order.sort_by(|one, other| content.columns.get(*one).cmp(&content.columns.get(*other)));
    let sorted = |values: &[Option<String>]| order.iter().map(|index| values.get(*index).cloned().flatten()).collect();
    content.rows = content.rows.iter().map(|row| sorted(row)).collect();
    content.columns = order.iter().filter_map(|index| content.columns.get(*index).cloned()).collect();
    Ok(content)
}

fn geometry(shape: Shape, number: usize) -> Result<Option<String>, ImportError> {
    if matches!(shape, Shape::NullShape) {
        return Ok(None);
    }
    let geometry = geo_types::Geometry::<f64>::try_from(shape)
        .map_err(|error| ImportError(format!("Shape {number} cannot be read: {error}.")))?;
    Ok(Some(geojson::Geometry::new(geojson::GeometryValue::from(&geometry)).to_string()))
}

fn text(value: FieldValue) -> Option<String> {
    match value {
        FieldValue::Character(text) => text.map(|text| text.trim_end().to_owned()),
        FieldValue::Numeric(number) => number.map(|number| number.to_string()),
        FieldValue::Float(number) => number.map(|number| number.to_string()),
        FieldValue::Integer(number) => Some(number.to_string()),
        FieldValue::Double(number) | FieldValue::Currency(number) => Some(number.to_string()),
        FieldValue::Logical(value) => value.map(|value| value.to_string()),
        FieldValue::Date(date) => date.map(|date| format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())),
        FieldValue::DateTime(moment) => {
            let (date, time) = (moment.date(), moment.time());
            Some(format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                date.year(),
                date.month(),
                date.day(),
                time.hours(),
                time.minutes(),
                time.seconds()
            ))
        }
        FieldValue::Memo(text) => Some(text),
    }
}

/// The reference system that a `.prj` describes, as far as its words say which one it is.
fn srid(projection: &str) -> Result<i32, ImportError> {
    let text: String = projection.chars().filter(|c| !c.is_whitespace()).collect();
    // The last authority is that of the whole.
    if let Some(number) = text.rsplit_once("AUTHORITY[\"EPSG\",\"").and_then(|(_, rest)| rest.split('"').next()) {
        return number
            .parse()
            .map_err(|_| ImportError(format!("The reference system EPSG:{number} is not understood.")));
    }
    if text.starts_with("GEOGCS") && text.contains("WGS_1984") {
        return Ok(4326);
    }
    if text.starts_with("PROJCS[\"WGS_1984_Web_Mercator") {
        return Ok(3857);
    }
    if let Some(zone) = text.strip_prefix("PROJCS[\"WGS_1984_UTM_Zone_").and_then(|rest| rest.split('"').next()) {
        let (number, half) = zone.split_at(zone.len().saturating_sub(1));
        if let (Ok(number @ 1..=60), "N" | "S") = (number.parse::<i32>(), half) {
            return Ok(number + if half == "N" { 32_600 } else { 32_700 });
        }
    }
    let name = text.split('"').nth(1).unwrap_or_default();
    Err(ImportError(format!("The reference system \"{name}\" of the .prj is not understood: --srid NUMBER")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_systems_are_read() {
        let of = |text| srid(text).map_err(|error| error.to_string());
        assert_eq!(of("GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\"]]"), Ok(4326));
        assert_eq!(of("PROJCS[\"WGS_1984_Web_Mercator_Auxiliary_Sphere\"]"), Ok(3857));
        assert_eq!(of("PROJCS[\"WGS_1984_UTM_Zone_27N\"]"), Ok(32_627));
        assert_eq!(
            of("PROJCS[\"x\",GEOGCS[\"y\",AUTHORITY[\"EPSG\",\"4258\"]],AUTHORITY[\"EPSG\",\"25832\"]]"),
            Ok(25_832)
        );
        assert!(of("PROJCS[\"Somewhere\"]").is_err_and(|message| message.contains("Somewhere")));
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        assert!(read_zipped(Cursor::new(b"no".to_vec())).is_err());
    }
}
