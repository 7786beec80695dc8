//! Names of columns and datasets, in the forms that CARTO gives them.

use super::ImportError;
use crate::db::admin::Ask;
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;

/// Longer names are cut by PostgreSQL, and may be the same then.
const LONGEST: usize = 60;
/// Columns that datasets have by themselves.
const OF_DATASETS: &[&str] = &["the_geom", "the_geom_webmercator"];
/// Names of columns that CARTO avoids beyond those of the database, and pages know in its form.
const AVOIDED_COLUMNS: &[&str] =
    &["action", "between", "controller", "format", "new", "oid", "off", "ogc_fid", "old", "tableoid"];
/// Names of tables that CARTO avoids beyond those of the database.
const AVOIDED_TABLES: &[&str] =
    &["action", "between", "controller", "format", "geometry", "layergroup", "new", "off", "old", "public", "raster"];

/// Names that mean something else to the database.
#[derive(Debug, Default)]
pub struct Reserved {
    words: HashSet<String>,
    relations: HashSet<String>,
}

impl Reserved {
    /// Asks the database for its words, its system columns, and its own tables.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn of(database: &impl Ask) -> Result<Reserved, ImportError> {
        let words = "SELECT word::text COLLATE \"C\" FROM pg_get_keywords() WHERE catcode IN ('R', 'T')
                     UNION SELECT attname::text COLLATE \"C\" FROM pg_attribute WHERE attnum < 0";
        // Tables of others that happen to be in the same database are no reason.
        let relations = "SELECT relname::text FROM pg_class c
                          WHERE relkind IN ('r', 'v', 'm', 'f', 'p')
                                AND (relnamespace = 'pg_catalog'::regnamespace
                                     OR EXISTS (SELECT 1 FROM pg_depend d
                                                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))";
        let names = async |sql: &str| -> Result<HashSet<String>, ImportError> {
            Ok(database.ask(sql, Vec::new()).await?.iter().map(|row| row.get(0)).collect())
        };
        Ok(Reserved { words: names(words).await?, relations: names(relations).await? })
    }

    /// The name of a column; empty when nothing of it is left.
    pub fn column(&self, name: &str) -> String {
        let mut plain = normal(name);
        let is_taken = self.words.contains(&plain) || AVOIDED_COLUMNS.contains(&plain.as_str());
        if is_taken || plain.starts_with(|c: char| c.is_ascii_digit()) {
            plain.insert(0, '_');
        }
        plain
    }

    /// The name of a dataset; empty when nothing of it is left.
    pub fn table(&self, name: &str) -> String {
        let mut plain = normal(name);
        if !plain.is_empty() && !plain.starts_with(|c: char| c.is_ascii_lowercase()) {
            plain = format!("table_{}", plain.trim_start_matches('_')).chars().take(LONGEST).collect();
        }
        let is_taken = self.words.contains(&plain) || self.relations.contains(&plain);
        if is_taken || AVOIDED_TABLES.contains(&plain.as_str()) {
            plain.push_str("_t");
        }
        plain
    }

    /// Names for columns that are all different; those that datasets have by themselves are not given.
    pub fn columns<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut taken: HashSet<String> = HashSet::new();
        for (index, name) in names.enumerate() {
            let mut base = self.column(name);
            if base.is_empty() {
                base = format!("field_{}", index + 1);
            }
            if OF_DATASETS.contains(&base.as_str()) {
                base.push_str("_0");
            }
            let mut name = base.clone();
            for number in 1.. {
                if !taken.contains(&name) {
                    break;
                }
                name = format!("{base}_{number}");
            }
            taken.insert(name.clone());
            found.push(name);
        }
        found
    }
}

/// A name in small letters without accents; whatever is no letter of the alphabet and no digit becomes one `_`.
pub fn normal(name: &str) -> String {
    let plain = name.trim().nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let mut normal = String::new();
    for c in plain.flat_map(char::to_lowercase) {
        if normal.len() == LONGEST {
            break;
        }
        match c {
            'a'..='z' | '0'..='9' => normal.push(c),
            _ if normal.ends_with('_') => {}
            _ => normal.push('_'),
        }
    }
    if normal == "_" { String::new() } else { normal }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserved() -> Reserved {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Reserved { words: set(&["user", "select", "xmin", "ctid"]), relations: set(&["spatial_ref_sys", "pg_class"]) }
    }

    #[test]
    fn names_are_plain() {
        assert_eq!(normal("Población total"), "poblacion_total");
        assert_eq!(normal("Location (City, Country)"), "location_city_country_");
        assert_eq!(normal("  Straße "), "stra_e");
        assert_eq!(normal("???"), "");
        assert_eq!(normal(&"x".repeat(100)).len(), LONGEST);
    }

    #[test]
    fn reserved_names_are_changed() {
        let of = |name: &str| reserved().column(name);
        for plain in ["id", "geom", "ordinality", "name", "type", "date"] {
            assert_eq!(of(plain), plain);
        }
        for (name, column) in
            [("xmin", "_xmin"), ("CTID", "_ctid"), ("User", "_user"), ("2020", "_2020"), ("oid", "_oid")]
        {
            assert_eq!(of(name), column);
        }
        let of = |name: &str| reserved().table(name);
        for (name, table) in [
            ("user", "user_t"),
            ("2000_aridity", "table_2000_aridity"),
            ("_a", "table_a"),
            ("spatial_ref_sys", "spatial_ref_sys_t"),
            ("pg_class", "pg_class_t"),
            ("Places 1", "places_1"),
            ("...", ""),
        ] {
            assert_eq!(of(name), table);
        }
    }

    #[test]
    fn columns_are_all_different() {
        let of = |names: &[&str]| reserved().columns(names.iter().copied());
        assert_eq!(
            of(&["Name", "name", "", "the_geom", "NAME"]),
            ["name", "name_1", "field_3", "the_geom_0", "name_2"]
        );
        assert_eq!(of(&["a_1", "a", "a"]), ["a_1", "a", "a_2"]);
    }
}
