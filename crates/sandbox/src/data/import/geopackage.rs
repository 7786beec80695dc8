//! GeoPackage: layers of features, and tables without geometry.
//!
//! A GeoPackage is a SQLite database (OGC 12-128r19): `gpkg_contents` names its layers, `gpkg_geometry_columns` their
//! geometry, `gpkg_spatial_ref_sys` the reference systems; geometries are well-known binary behind a header of their own.

use super::columns::Typing;
use super::source::{self, Column, Each, Input, Opened, Place, Row, Source, System, choose};
use super::{ImportError, wkb};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::NamedTempFile;

/// The column that numbers features where nobody names another one.
const NUMBERS: &str = "fid";

/// A layer that could be imported.
struct Described {
    name: String,
    /// Name of the column of geometries, and number of its reference system in the file.
    geometry: Option<(String, i32)>,
}

/// The file, which goes with this when it was unpacked.
struct Package {
    path: PathBuf,
    /// Kept for as long as it is read.
    _unpacked: Option<NamedTempFile>,
}

/// A layer that is read.
struct Layer {
    package: Arc<Package>,
    /// The statement that gives its rows, the geometry last.
    sql: String,
    columns: Vec<Column>,
    /// Which columns are truth values, that SQLite has as numbers.
    truths: Vec<bool>,
    system: System,
}

impl From<rusqlite::Error> for ImportError {
    fn from(error: rusqlite::Error) -> ImportError {
        ImportError(format!("The file is no GeoPackage that can be read: {error}."))
    }
}

/// Opens the layer of this name, or all.
///
/// # Errors
/// In one sentence: the file is none, or has no such layer.
pub fn open(input: Input, wanted: Option<&str>) -> Result<Opened, ImportError> {
    let package = Arc::new(match input {
        Input::Named(path) => Package { path, _unpacked: None },
        // SQLite opens files by their names.
        Input::Unpacked(_) => {
            let unnamed = |error: std::io::Error| ImportError(format!("The GeoPackage cannot be unpacked: {error}."));
            let mut named = NamedTempFile::new().map_err(unnamed)?;
            std::io::copy(&mut input.open()?, &mut named).map_err(unnamed)?;
            Package { path: named.path().to_owned(), _unpacked: Some(named) }
        }
    });
    let connection = connect(&package.path)?;
    let described = layers(&connection)?;
    let has_one = described.len() == 1;
    let mut opened = Vec::new();
    for layer in choose(described, wanted, "GeoPackage", |layer| &layer.name)? {
        let name = (!has_one).then(|| layer.name.clone());
        let source = Layer::open(&package, &connection, &layer)?;
        opened.push(source::Layer { name, is_part: false, source: Box::new(source) });
    }
    Ok(opened.into())
}

fn connect(path: &Path) -> Result<Connection, ImportError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

impl Layer {
    fn open(package: &Arc<Package>, connection: &Connection, layer: &Described) -> Result<Layer, ImportError> {
        let system = match &layer.geometry {
            Some((_, system)) => self::system(connection, *system)?,
            None => System::Unsaid,
        };
        let mut described = connection.prepare("SELECT name, type, pk FROM pragma_table_info(?1)")?;
        let found = described.query_map([&layer.name], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        let found = found.collect::<Result<Vec<_>, _>>()?;
        let has_ids = found.iter().any(|(name, ..)| name.eq_ignore_ascii_case("cartodb_id"));
        let (mut columns, mut truths, mut selected) = (Vec::new(), Vec::new(), Vec::new());
        for (name, kind, key) in found {
            let is_geometry = layer.geometry.as_ref().is_some_and(|(geometry, _)| *geometry == name);
            // Pictures and the like have no place in a dataset.
            if is_geometry || kind.to_ascii_uppercase().starts_with("BLOB") {
                continue;
            }
            let is_number = key == 1 && name.eq_ignore_ascii_case(NUMBERS);
            if is_number && has_ids {
                continue;
            }
            selected.push(quote(&name));
            columns.push(Column { name: if is_number { "cartodb_id".into() } else { name }, typing: typing(&kind) });
            truths.push(kind.eq_ignore_ascii_case("BOOLEAN"));
        }
        selected.push(layer.geometry.as_ref().map_or("NULL".to_owned(), |(name, _)| quote(name)));
        let sql = format!("SELECT {} FROM {}", selected.join(", "), quote(&layer.name));
        Ok(Layer { package: package.clone(), sql, columns, truths, system })
    }
}

impl Source for Layer {
    fn unit(&self) -> &'static str {
        "Feature"
    }

    fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    fn system(&self) -> System {
        self.system.clone()
    }

    fn read(&mut self, each: Each<'_>) -> Result<(), ImportError> {
        let connection = connect(&self.package.path)?;
        let mut statement = connection.prepare(&self.sql)?;
        let mut rows = statement.query([])?;
        let mut number = 0;
        while let Some(row) = rows.next()? {
            number += 1;
            let mut values = Vec::with_capacity(self.truths.len());
            for (index, is_truth) in self.truths.iter().enumerate() {
                values.push(text(row.get_ref(index)?, *is_truth));
            }
            let place = match row.get_ref(self.truths.len())? {
                ValueRef::Null => Place::None,
                ValueRef::Blob(bytes) => match well_known_binary(bytes).map(|binary| binary.map(wkb::from_binary)) {
                    Ok(None) | Ok(Some(Ok(None))) => Place::None,
                    Ok(Some(Ok(Some((geometry, _))))) => Place::At(geometry, None),
                    Ok(Some(Err(what))) | Err(what) => Place::Broken(what.into()),
                },
                _ => Place::Broken("it has no bytes".into()),
            };
            each(Row { number, values, place, note: None })?;
        }
        Ok(())
    }
}

fn layers(package: &Connection) -> Result<Vec<Described>, ImportError> {
    let mut statement = package.prepare(
        "SELECT c.table_name, g.column_name, g.srs_id
           FROM gpkg_contents c LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name
          WHERE c.data_type IN ('features', 'attributes') ORDER BY c.data_type DESC, c.table_name",
    )?;
    let layers = statement.query_map([], |row| {
        let geometry: Option<String> = row.get(1)?;
        Ok(Described { name: row.get(0)?, geometry: geometry.zip(row.get(2)?) })
    })?;
    Ok(layers.collect::<Result<_, _>>()?)
}

/// The reference system of that number in the file: the one of EPSG, or what it describes; not said for undefined ones.
fn system(package: &Connection, system: i32) -> Result<System, ImportError> {
    let sql = "SELECT * FROM gpkg_spatial_ref_sys WHERE srs_id = ?1";
    let found = package.query_row(sql, [system], |row| {
        let organization: String = row.get("organization")?;
        let number: i32 = row.get("organization_coordsys_id")?;
        Ok((organization, number, row.get("definition").unwrap_or_default()))
    });
    let found: Option<(String, i32, String)> = found.optional()?;
    Ok(match found {
        Some((organization, number, _)) if organization.eq_ignore_ascii_case("EPSG") => System::Number(number),
        Some((.., definition)) if definition.contains('[') => System::Described(definition),
        _ => System::Unsaid,
    })
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
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// What is behind the header of a geometry; none for an empty one.
fn well_known_binary(bytes: &[u8]) -> Result<Option<&[u8]>, &'static str> {
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
    Ok(Some(binary))
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
        assert_eq!(well_known_binary(&bytes), Ok(Some(&[1, 1, 0, 0, 0][..])));
        assert_eq!(well_known_binary(b"GP\x00\x11\x00\x00\x00\x00"), Ok(None));
        assert!(well_known_binary(b"GP\x00\x0b\x00\x00\x00\x00").is_err());
        assert!(well_known_binary(b"XX").is_err());
    }
}
