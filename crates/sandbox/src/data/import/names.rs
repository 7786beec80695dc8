//! Names of columns and datasets, in the forms that CARTO gives them.

use crate::db::QueryError;
use crate::db::admin::Ask;
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;

/// Longer names are cut by PostgreSQL, and may be the same then.
const LONGEST: usize = 60;
/// Letters that a name may have in PostgreSQL.
const LONGEST_IDENTIFIER: usize = 63;
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
    pub async fn of(database: &impl Ask) -> Result<Reserved, QueryError> {
        let words = "SELECT word::text COLLATE \"C\" FROM pg_get_keywords() WHERE catcode IN ('R', 'T')
                     UNION SELECT attname::text COLLATE \"C\" FROM pg_attribute WHERE attnum < 0";
        // Tables of others that happen to be in the same database are no reason.
        let relations = "SELECT relname::text FROM pg_class c
                          WHERE relkind IN ('r', 'v', 'm', 'f', 'p')
                                AND (relnamespace = 'pg_catalog'::regnamespace
                                     OR EXISTS (SELECT 1 FROM pg_depend d
                                                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))";
        let names = async |sql: &str| -> Result<HashSet<String>, QueryError> {
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

    /// Whether a dataset can have this name: it means the same to the database with and without quotes.
    pub fn is_plain_table(&self, name: &str) -> bool {
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_taken = self.words.contains(name) || self.relations.contains(name);
        begins && name.len() <= LONGEST_IDENTIFIER && name.chars().all(is_plain) && !is_taken
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

/// Letters that are no Latin ones with an accent, as GOST 7.79 (system B) and common usage write them in plain Latin.
fn plain_letters(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ł' => "l",
        'ŋ' => "n",
        'ŧ' => "t",
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "g",
        'д' => "d",
        'е' | 'э' => "e",
        'є' => "ye",
        'ё' => "yo",
        'ж' => "zh",
        'з' => "z",
        'и' | 'і' => "i",
        'й' => "j",
        'ї' => "yi",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' | 'ў' => "u",
        'ф' => "f",
        'х' => "x",
        'ц' => "cz",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shh",
        'ъ' | 'ь' => "",
        'ы' => "y",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    })
}

/// A name in small letters without accents, and in Latin ones if it is Cyrillic; whatever is no letter of the alphabet and no
/// digit becomes one `_`.
pub fn normal(name: &str) -> String {
    let mut normal = String::new();
    // Letters such as й are one letter, and no accent.
    for c in name.trim().nfc().flat_map(char::to_lowercase) {
        if normal.len() >= LONGEST {
            break;
        }
        if let Some(letters) = plain_letters(c) {
            normal.push_str(letters);
            continue;
        }
        let mut parts = std::iter::once(c).nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
        let Some(c) = parts.next() else { continue };
        match c {
            'a'..='z' | '0'..='9' => normal.push(c),
            _ if normal.ends_with('_') => {}
            _ => normal.push('_'),
        }
    }
    normal.truncate(LONGEST);
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
        assert_eq!(normal("Население, тыс. чел."), "naselenie_tys_chel_");
        assert_eq!(normal("Łódź Ærø й"), "lodz_aero_j");
        assert_eq!(normal("名前"), "");
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
        for (name, is_plain) in [
            ("shops", true),
            ("_a__1", true),
            ("Odd Name", false),
            ("user", false),
            ("pg_class", false),
            ("1a", false),
            ("", false),
        ] {
            assert_eq!(reserved().is_plain_table(name), is_plain, "{name}");
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
