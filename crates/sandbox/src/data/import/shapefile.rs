//! Shapefiles, bare or zipped.

use super::columns::Typing;
use super::{Content, Form, ImportError};
use shapefile::dbase::encoding::DynEncoding;
use shapefile::dbase::{FieldType, FieldValue, ReaderBuilder};
use shapefile::{Reader, Shape};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes of all files in an archive, and how many times as large as the archive they may be: shapefiles pack to a tenth.
const LARGEST: u64 = 2 << 30;
const MOST_TIMES: u64 = 100;
/// Bytes that any archive may have in it.
const SMALL: u64 = 16 << 20;

/// The files that a shapefile consists of.
struct Parts {
    shapes: Vec<u8>,
    table: Vec<u8>,
    /// The `.prj`: the reference system.
    projection: Option<Vec<u8>>,
    /// The `.cpg`: the encoding of the table.
    encoding: Option<Vec<u8>>,
}

/// Reads `x.shp` with `x.dbf`, and `x.prj` and `x.cpg` where they are.
///
/// # Errors
/// In one sentence, what is missing or broken.
pub fn read(file: &Path) -> Result<Content, ImportError> {
    let needed = |ending: &str| {
        let file = file.with_extension(ending);
        std::fs::read(&file).map_err(|error| ImportError(format!("{} cannot be read: {error}.", file.display())))
    };
    let wanted = |ending: &str| std::fs::read(file.with_extension(ending)).ok();
    let shapes =
        std::fs::read(file).map_err(|error| ImportError(format!("{} cannot be read: {error}.", file.display())))?;
    content(Parts { shapes, table: needed("dbf")?, projection: wanted("prj"), encoding: wanted("cpg") })
}

/// Reads the shapefile in an archive; there must be one.
///
/// # Errors
/// In one sentence, what is missing or broken.
pub fn read_zipped(mut archive: impl Read + Seek) -> Result<Content, ImportError> {
    let broken = |error: &dyn std::fmt::Display| ImportError(format!("The archive cannot be read: {error}."));
    let packed = archive.seek(SeekFrom::End(0)).map_err(|error| broken(&error))?;
    let mut left = packed.saturating_mul(MOST_TIMES).clamp(SMALL, LARGEST);
    let mut archive = zip::ZipArchive::new(archive).map_err(|error| broken(&error))?;
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let of_kind = |kind: &str| -> Vec<String> {
        // What macOS adds begins so.
        names.iter().filter(|name| name.to_lowercase().ends_with(kind) && !name.contains("__MACOSX")).cloned().collect()
    };
    let shapes = of_kind(".shp");
    let [shape] = shapes.as_slice() else {
        return Err(ImportError(format!("The archive has {} shapefiles; there must be one.", shapes.len())));
    };
    let stem = shape.get(..shape.len() - 4).unwrap_or_default();
    let beside = |kind: &str| of_kind(kind).into_iter().find(|name| name.get(..name.len() - kind.len()) == Some(stem));
    let mut unpack = |name: &str| -> Result<Vec<u8>, ImportError> {
        let file = archive.by_name(name).map_err(|error| broken(&error))?;
        let mut bytes = Vec::new();
        file.take(left + 1).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
        left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            ImportError(format!("{name} is larger than 2 GB, or {MOST_TIMES} times as large as its archive."))
        })?;
        Ok(bytes)
    };
    let table = beside(".dbf").ok_or_else(|| ImportError(format!("The archive has no {stem}.dbf.")))?;
    let parts = Parts {
        shapes: unpack(shape)?,
        table: unpack(&table)?,
        projection: beside(".prj").map(|name| unpack(&name)).transpose()?,
        encoding: beside(".cpg").map(|name| unpack(&name)).transpose()?,
    };
    content(parts)
}

fn content(parts: Parts) -> Result<Content, ImportError> {
    let broken = |error: &dyn std::fmt::Display| ImportError(format!("The shapefile cannot be read: {error}."));
    let encoding = encoding(&parts)?;
    let shapes = shapefile::ShapeReader::new(Cursor::new(parts.shapes)).map_err(|error| broken(&error))?;
    let mut table = ReaderBuilder::new();
    if let Some(encoding) = encoding {
        table = table.with_encoding(encoding);
    }
    let table = table.build(Cursor::new(parts.table)).map_err(|error| broken(&error))?;
    let projection = parts.projection.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let mut content = Content {
        columns: table.fields().iter().map(|field| field.name().to_owned()).collect(),
        typing: table.fields().iter().map(|field| typing(field.field_type())).collect(),
        unit: ("shape", 1),
        form: Some(Form::GeoJson),
        srid: projection.as_deref().map(srid).transpose()?,
        ..Content::default()
    };
    let mut reader = Reader::new(shapes, table);
    for (index, found) in reader.iter_shapes_and_records().enumerate() {
        let (shape, mut record) =
            found.map_err(|error| ImportError(format!("Shape {} cannot be read: {error}.", index + 1)))?;
        content.rows.push(content.columns.iter().map(|name| record.remove(name).and_then(text)).collect());
        content.geometries.push(geometry(shape, index + 1)?);
    }
    Ok(content)
}

fn typing(kind: FieldType) -> Typing {
    match kind {
        FieldType::Character | FieldType::Memo => Typing::Text,
        _ => Typing::Guessed,
    }
}

/// The encoding of the table, where the table itself does not say it.
fn encoding(parts: &Parts) -> Result<Option<DynEncoding>, ImportError> {
    /// The byte of a table that says its encoding; 0 for nothing.
    const MARK: usize = 29;
    let said = parts.encoding.as_deref().map(String::from_utf8_lossy);
    if let Some(name) = said.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        let plain = name.to_ascii_uppercase().replace("LATIN1", "ISO-8859-1").replace("UTF8", "UTF-8");
        return match DynEncoding::from_name(&plain) {
            Some(encoding) => Ok(Some(encoding)),
            None => Err(ImportError(format!("The encoding \"{name}\" of the .cpg is not understood."))),
        };
    }
    if parts.table.get(MARK).is_some_and(|mark| *mark != 0) {
        return Ok(None);
    }
    // Nobody says anything: UTF-8 if that is what it can be, else what Windows wrote for long.
    let is_unicode = parts.table.get(MARK + 1..).is_none_or(|rest| std::str::from_utf8(rest).is_ok());
    Ok(DynEncoding::from_name(if is_unicode { "UTF-8" } else { "1252" }))
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
    fn archives_do_not_explode() {
        let zipped = |shapes: usize| {
            let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
            for (name, length) in [("a.shp", shapes), ("a.dbf", 10)] {
                archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
                std::io::copy(&mut std::io::repeat(0).take(length as u64), &mut archive).unwrap();
            }
            read_zipped(archive.finish().unwrap()).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert!(zipped(1 << 20).starts_with("The shapefile cannot be read"), "{}", zipped(1 << 20));
        assert!(zipped(64 << 20).starts_with("a.shp is larger than"), "{}", zipped(64 << 20));
    }

    #[test]
    fn shapes_do_not_lie_about_their_length() {
        for (kind, count) in [(1, 1), (3, i32::MAX), (5, i32::MAX), (8, i32::MAX), (5, -1), (31, i32::MAX)] {
            let mut shapes = vec![0, 0, 39, 10];
            shapes.resize(24, 0);
            shapes.extend(i32::MAX.to_be_bytes());
            shapes.extend(1000_i32.to_le_bytes());
            shapes.extend(i32::to_le_bytes(kind));
            shapes.resize(100, 0);
            shapes.extend([1_i32, i32::MAX].map(i32::to_be_bytes).concat());
            shapes.extend(i32::to_le_bytes(kind));
            shapes.extend([0; 32]);
            shapes.extend([count; 4].map(i32::to_le_bytes).concat());
            let mut table = vec![3, 24, 1, 1];
            table.extend(1_u32.to_le_bytes());
            table.extend([65, 0, 2, 0]);
            table.resize(32, 0);
            table.extend(b"a\0\0\0\0\0\0\0\0\0\0C\0\0\0\0\x01");
            table.resize(64, 0);
            table.extend(b"\r a");
            assert!(content(Parts { shapes, table, projection: None, encoding: None }).is_err(), "{kind} {count}");
        }
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        assert!(read_zipped(Cursor::new(b"no".to_vec())).is_err());
    }
}
