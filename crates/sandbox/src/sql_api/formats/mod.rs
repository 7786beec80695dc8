//! Features in the formats of other programs, collected row by row.

pub mod geopackage;
pub mod kml;
pub mod shapefile;
pub mod svg;

use crate::db::Column;

/// A column of a feature.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
}

/// What a column holds, as far as files tell the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A whole number.
    Integer,
    /// Another number.
    Real,
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// A moment.
    Moment,
    /// Everything else, as text.
    Text,
}

impl Field {
    /// A column of the database.
    pub fn of(column: &Column) -> Field {
        use tokio_postgres::types::Type;
        let kind = match column.kind {
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => FieldKind::Integer,
            Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => FieldKind::Real,
            Type::BOOL => FieldKind::Boolean,
            Type::DATE => FieldKind::Date,
            Type::TIMESTAMP | Type::TIMESTAMPTZ => FieldKind::Moment,
            _ => FieldKind::Text,
        };
        Field { name: column.name.clone(), kind }
    }
}

/// A file of features that is being written.
pub trait FeatureFile: Send {
    /// Takes a feature: its geometry in the form that the format asks for, and its values in the order of the fields.
    ///
    /// # Errors
    /// In one sentence, why the format cannot hold it.
    fn add(&mut self, geometry: Option<&str>, values: &[Option<&str>]) -> Result<(), String>;

    /// Bytes so far, as far as they are known.
    fn bytes(&self) -> usize;

    /// The file.
    ///
    /// # Errors
    /// In one sentence, why there is none.
    fn finish(self: Box<Self>) -> Result<Vec<u8>, String>;
}
