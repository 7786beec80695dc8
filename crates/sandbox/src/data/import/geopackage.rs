//! GeoPackage: one layer of features, or a table without geometry.
//!
//! A GeoPackage is a SQLite database (OGC 12-128r19): `gpkg_contents` names its layers, `gpkg_geometry_columns` their
//! geometry, `gpkg_spatial_ref_sys` the reference systems; geometries are well-known binary behind a header of their own.

use super::columns::Typing;
use super::{Content, Form, ImportError};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::Path;

/// A layer that could be imported.
struct Layer {
    name: String,
    /// Name of the column of geometries, and number of its reference system in the file.
    geometry: Option<(String, i32)>,
}

impl From<rusqlite::Error> for ImportError {
    fn from(error: rusqlite::Error) -> ImportError {
        ImportError(format!("The file is no GeoPackage that can be read: {error}."))
    }
}

/// Reads the layer of this name, or the only one.
///
/// # Errors
/// In one sentence: the file is none, or the layer is not clear; with the number of a broken feature.
pub fn read(file: &Path, wanted: Option<&str>) -> Result<Content, ImportError> {
    let package =
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let layer = choose(layers(&package)?, wanted)?;
    let mut content = Content { unit: ("feature", 1), ..Content::default() };
    if let Some((_, system)) = &layer.geometry {
        content.form = Some(Form::Text);
        content.srid = srid(&package, *system)?;
    }
    let mut columns = Vec::new();
    let mut described = package.prepare("SELECT name, type FROM pragma_table_info(?1)")?;
    let found = described.query_map([&layer.name], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    for column in found {
        let (name, kind) = column?;
        let is_geometry = layer.geometry.as_ref().is_some_and(|(geometry, _)| *geometry == name);
        // Pictures and the like have no place in a dataset.
        if !is_geometry && !kind.to_ascii_uppercase().starts_with("BLOB") {
            columns.push((name, typing(&kind), kind.eq_ignore_ascii_case("BOOLEAN")));
        }
    }
    let mut selected: Vec<String> = columns.iter().map(|(name, ..)| quote(name)).collect();
    selected.push(layer.geometry.as_ref().map_or("NULL".to_owned(), |(name, _)| quote(name)));
    let mut statement = package.prepare(&format!("SELECT {} FROM {}", selected.join(", "), quote(&layer.name)))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number = content.rows.len() + 1;
        let mut values = Vec::with_capacity(columns.len());
        for (index, (_, _, is_truth)) in columns.iter().enumerate() {
            values.push(text(row.get_ref(index)?, *is_truth));
        }
        let geometry = match row.get_ref(columns.len())? {
            ValueRef::Null => None,
            ValueRef::Blob(bytes) => well_known_binary(bytes)
                .map_err(|what| ImportError(format!("The geometry of feature {number} is none: {what}.")))?,
            _ => return Err(ImportError(format!("The geometry of feature {number} is none: no bytes."))),
        };
        content.rows.push(values);
        content.geometries.push(geometry);
    }
    (content.columns, content.typing) = columns.into_iter().map(|(name, typing, _)| (name, typing)).unzip();
    Ok(content)
}

fn layers(package: &Connection) -> Result<Vec<Layer>, ImportError> {
    let mut statement = package.prepare(
        "SELECT c.table_name, g.column_name, g.srs_id
           FROM gpkg_contents c LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name
          WHERE c.data_type IN ('features', 'attributes') ORDER BY c.data_type DESC, c.table_name",
    )?;
    let layers = statement.query_map([], |row| {
        let geometry: Option<String> = row.get(1)?;
        Ok(Layer { name: row.get(0)?, geometry: geometry.zip(row.get(2)?) })
    })?;
    Ok(layers.collect::<Result<_, _>>()?)
}

fn choose(layers: Vec<Layer>, wanted: Option<&str>) -> Result<Layer, ImportError> {
    let names = layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>().join(", ");
    let has_one = layers.len() == 1;
    let found = match wanted {
        Some(name) => layers.into_iter().find(|layer| layer.name == name),
        None => layers.into_iter().next().filter(|_| has_one),
    };
    found.ok_or_else(|| match (wanted, names.is_empty()) {
        (_, true) => ImportError("The GeoPackage has no layer of features.".into()),
        (Some(name), _) => ImportError(format!("The GeoPackage has no layer {name}: {names}.")),
        (None, _) => ImportError(format!("The GeoPackage has several layers, say --layer NAME: {names}.")),
    })
}

/// The number that the authority of a reference system gives it; none for undefined degrees, which are taken for WGS 84.
fn srid(package: &Connection, system: i32) -> Result<Option<i32>, ImportError> {
    if system == 0 {
        return Ok(None);
    }
    let sql = "SELECT organization, organization_coordsys_id, srs_name FROM gpkg_spatial_ref_sys WHERE srs_id = ?1";
    let found: Option<(String, i32, String)> =
        package.query_row(sql, [system], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    match found {
        Some((organization, number, _)) if organization.eq_ignore_ascii_case("EPSG") => Ok(Some(number)),
        Some((.., name)) => {
            Err(ImportError(format!("The reference system \"{name}\" is not understood: --srid NUMBER")))
        }
        None => {
            Err(ImportError(format!("The GeoPackage does not describe its reference system {system}: --srid NUMBER")))
        }
    }
}

fn typing(kind: &str) -> Typing {
    let kind = kind.to_ascii_uppercase();
    if kind.starts_with("TEXT") {
        Typing::Text
    } else {
        // DATE and DATETIME are texts, and all numbers and truth values tell themselves.
        Typing::Guessed
    }
}

fn text(value: ValueRef<'_>, is_truth: bool) -> Option<String> {
    match value {
        ValueRef::Integer(number) if is_truth => Some((number != 0).to_string()),
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => number.is_finite().then(|| number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).replace('\0', "")),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// What is behind the header of a geometry, in hexadecimal digits; none for an empty one.
fn well_known_binary(bytes: &[u8]) -> Result<Option<String>, &'static str> {
    let [b'G', b'P', _version, flags, ..] = bytes else { return Err("it has no header of a GeoPackage") };
    let corners = match flags >> 1 & 7 {
        0 => 0,
        1 => 4,
        2 | 3 => 6,
        4 => 8,
        _ => return Err("its header is of no known kind"),
    };
    const FIXED: usize = 8;
    if flags & 0x20 != 0 {
        return Err("it is of an extended kind");
    }
    if flags & 0x10 != 0 {
        return Ok(None);
    }
    let binary = bytes.get(FIXED + 8 * corners..).filter(|binary| !binary.is_empty()).ok_or("it is cut off")?;
    Ok(Some(binary.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Writes a name as an identifier of SQLite.
fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_taken_off() {
        // Little-endian, a box of four corners, SRID 4326.
        let mut bytes = b"GP\x00\x03\xe6\x10\x00\x00".to_vec();
        bytes.extend([0; 32]);
        assert_eq!(well_known_binary(&bytes), Err("it is cut off"));
        bytes.extend([1, 1, 0, 0, 0]);
        assert_eq!(well_known_binary(&bytes), Ok(Some("0101000000".to_owned())));
        assert_eq!(well_known_binary(b"GP\x00\x11\x00\x00\x00\x00"), Ok(None));
        assert!(well_known_binary(b"GP\x00\x0b\x00\x00\x00\x00").is_err());
        assert!(well_known_binary(b"XX").is_err());
    }

    #[test]
    fn one_layer_must_be_meant() {
        let layers = |names: &[&str]| {
            names.iter().map(|name| Layer { name: (*name).to_owned(), geometry: None }).collect::<Vec<_>>()
        };
        let of =
            |names, wanted| choose(layers(names), wanted).map(|layer| layer.name).map_err(|error| error.to_string());
        assert_eq!(of(&["a"], None), Ok("a".to_owned()));
        assert_eq!(of(&["a", "b"], Some("b")), Ok("b".to_owned()));
        assert!(of(&["a", "b"], None).is_err_and(|message| message.ends_with("--layer NAME: a, b.")));
        assert!(of(&["a"], Some("c")).is_err_and(|message| message.contains("no layer c")));
        assert!(of(&[], None).is_err());
    }
}
