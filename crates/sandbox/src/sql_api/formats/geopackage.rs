//! GeoPackage: a SQLite database with one layer (OGC 12-128r19), made in memory.

use super::{FeatureFile, Field, FieldKind};
use crate::db::quote_identifier;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use std::collections::HashSet;

/// Reference system of all geometries.
const SRID: i32 = 4326;

/// A layer that is being written.
pub struct GeoPackage {
    package: Connection,
    fields: Vec<Field>,
    insert: String,
    bounds: Option<[f64; 4]>,
    bytes: usize,
}

const TABLES: &str = "
PRAGMA application_id = 1196444487;
PRAGMA user_version = 10300;
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL),
  ('WGS 84', 4326, 'EPSG', 4326, 'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],AUTHORITY[\"EPSG\",\"4326\"]]', NULL);
CREATE TABLE gpkg_contents (
  table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER REFERENCES gpkg_spatial_ref_sys);
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL REFERENCES gpkg_contents, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys, z TINYINT NOT NULL, m TINYINT NOT NULL,
  PRIMARY KEY (table_name, column_name));
BEGIN;
";

fn failed(error: rusqlite::Error) -> String {
    format!("A GeoPackage cannot be written: {error}")
}

/// A column of geometries as it is asked for: its box, and well-known binary in hexadecimal digits.
pub fn expression(geometry: &str) -> String {
    format!(
        "concat_ws(' ', CASE WHEN ST_IsEmpty({geometry}) THEN 0 ELSE 1 END, coalesce(ST_XMin({geometry}), 0), \
         coalesce(ST_XMax({geometry}), 0), coalesce(ST_YMin({geometry}), 0), coalesce(ST_YMax({geometry}), 0), \
         encode(ST_AsBinary(ST_Force2D({geometry}), 'NDR'), 'hex'))"
    )
}

impl GeoPackage {
    /// A layer without features.
    ///
    /// # Errors
    /// In one sentence, why there is none.
    pub fn new(name: &str, fields: Vec<Field>) -> Result<GeoPackage, String> {
        let package = Connection::open_in_memory().map_err(failed)?;
        package.execute_batch(TABLES).map_err(failed)?;
        // Names of columns are compared without capitals there.
        let mut taken = HashSet::from(["fid".to_owned(), "the_geom".to_owned()]);
        let mut named: Vec<Field> = Vec::new();
        for mut field in fields {
            while !taken.insert(field.name.to_lowercase()) {
                field.name.push('_');
            }
            named.push(field);
        }
        let columns: String = named
            .iter()
            .map(|field| format!(", {} {}", quote_identifier(&field.name), type_name(field.kind)))
            .collect();
        let table = quote_identifier(name);
        let made = format!("CREATE TABLE {table} (fid INTEGER PRIMARY KEY AUTOINCREMENT, the_geom GEOMETRY{columns})");
        package.execute_batch(&made).map_err(failed)?;
        let sql =
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?1, 'features', ?1, ?2)";
        package.execute(sql, (name, SRID)).map_err(failed)?;
        let sql = "INSERT INTO gpkg_geometry_columns VALUES (?1, 'the_geom', 'GEOMETRY', ?2, 0, 0)";
        package.execute(sql, (name, SRID)).map_err(failed)?;
        let places = vec!["?"; named.len() + 1].join(", ");
        let names: String = named.iter().map(|field| format!(", {}", quote_identifier(&field.name))).collect();
        let insert = format!("INSERT INTO {table} (the_geom{names}) VALUES ({places})");
        Ok(GeoPackage { package, fields: named, insert, bounds: None, bytes: 0 })
    }
}

fn type_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Integer => "INTEGER",
        FieldKind::Real => "REAL",
        FieldKind::Boolean => "BOOLEAN",
        FieldKind::Date => "DATE",
        FieldKind::Moment => "DATETIME",
        FieldKind::Text => "TEXT",
    }
}

fn value_of<'a>(kind: FieldKind, value: Option<&'a str>) -> ToSqlOutput<'a> {
    let Some(text) = value else { return ToSqlOutput::Owned(Value::Null) };
    match kind {
        FieldKind::Integer => text.parse().map(|number: i64| ToSqlOutput::Owned(number.into())).ok(),
        FieldKind::Real => text.parse().map(|number: f64| ToSqlOutput::Owned(number.into())).ok(),
        FieldKind::Boolean => Some(ToSqlOutput::Owned(i64::from(text == "true").into())),
        FieldKind::Date => text.get(..10).map(|day| ToSqlOutput::Borrowed(ValueRef::Text(day.as_bytes()))),
        FieldKind::Moment | FieldKind::Text => None,
    }
    .unwrap_or(ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())))
}

/// The header of a GeoPackage's geometry and well-known binary; the box of the geometry, unless it is empty.
fn blob(geometry: &str) -> Option<(Vec<u8>, Option<[f64; 4]>)> {
    let (bounds, digits) = geometry.rsplit_once(' ')?;
    let numbers: Vec<f64> = bounds.split(' ').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let [is_there, west, east, south, north] = numbers.as_slice() else { return None };
    let is_empty = *is_there == 0.0;
    // Little-endian, with a box of two dimensions unless it is empty.
    let mut blob = vec![b'G', b'P', 0, if is_empty { 0b01_0001 } else { 0b00_0011 }];
    blob.extend_from_slice(&SRID.to_le_bytes());
    let bounds = [*west, *east, *south, *north];
    if !is_empty {
        bounds.iter().for_each(|number| blob.extend_from_slice(&number.to_le_bytes()));
    }
    for pair in digits.as_bytes().chunks(2) {
        blob.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
    }
    Some((blob, (!is_empty).then_some(bounds)))
}

impl FeatureFile for GeoPackage {
    fn add(&mut self, geometry: Option<&str>, values: &[Option<&str>]) -> Result<(), String> {
        let geometry = geometry.and_then(blob);
        if let Some([west, east, south, north]) = geometry.as_ref().and_then(|(_, bounds)| *bounds) {
            let [w, e, s, n] = self.bounds.unwrap_or([west, east, south, north]);
            self.bounds = Some([w.min(west), e.max(east), s.min(south), n.max(north)]);
        }
        let geometry = geometry.map_or(Value::Null, |(blob, _)| Value::Blob(blob));
        if let Value::Blob(blob) = &geometry {
            self.bytes += blob.len();
        }
        self.bytes += values.iter().flatten().map(|value| value.len()).sum::<usize>() + 32;
        let fields = self.fields.iter().zip(values).map(|(field, value)| value_of(field.kind, *value));
        let row: Vec<ToSqlOutput<'_>> = std::iter::once(ToSqlOutput::Owned(geometry)).chain(fields).collect();
        let mut insert = self.package.prepare_cached(&self.insert).map_err(failed)?;
        insert.execute(params_from_iter(row.iter().map(|value| value as &dyn ToSql))).map_err(failed)?;
        Ok(())
    }

    fn bytes(&self) -> usize {
        // The pages of the database, and the file.
        self.bytes * 2
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        if let Some([west, east, south, north]) = self.bounds {
            let sql = "UPDATE gpkg_contents SET min_x = ?1, min_y = ?2, max_x = ?3, max_y = ?4";
            self.package.execute(sql, [west, south, east, north]).map_err(failed)?;
        }
        self.package.execute_batch("COMMIT").map_err(failed)?;
        Ok(self.package.serialize("main").map_err(failed)?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_have_bounds_and_values() -> Result<(), String> {
        let fields = vec![
            Field { name: "Fid".into(), kind: FieldKind::Integer },
            Field { name: "a\"b".into(), kind: FieldKind::Text },
        ];
        let mut package = Box::new(GeoPackage::new("places", fields)?);
        let point = "0101000000000000000000f03f0000000000000040";
        package.add(Some(&format!("1 1 1 2 2 {point}")), &[Some("7"), Some("x'y")])?;
        package.add(None, &[None, None])?;
        let file = package.finish()?;
        assert!(file.starts_with(b"SQLite format 3\0") && file.get(68..72) == Some(b"GPKG"));
        let mut read = Connection::open_in_memory().map_err(failed)?;
        read.deserialize_read_exact("main", file.as_slice(), file.len(), true).map_err(failed)?;
        let of = |sql: &str| read.query_row(sql, [], |row| row.get::<_, String>(0)).map_err(failed);
        assert_eq!(of("SELECT min_x || ' ' || max_y FROM gpkg_contents")?, "1.0 2.0");
        assert_eq!(
            of("SELECT \"Fid_\" || ' ' || \"a\"\"b\" || ' ' || hex(the_geom) FROM places")?.to_lowercase(),
            format!("7 x'y 47500003e6100000000000000000f03f000000000000f03f00000000000000400000000000000040{point}")
        );
        Ok(())
    }
}
