//! Columns that turn up while rows are read, as every feature has properties of its own.

use super::ImportError;
use super::columns::Typing;
use super::grid::MOST_COLUMNS;
use super::source::Column;
use std::collections::HashMap;

/// Columns that were seen so far.
#[derive(Default)]
pub struct Properties {
    columns: Vec<Column>,
    places: HashMap<String, usize>,
}

impl Properties {
    /// The columns that were seen.
    pub fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    /// Puts a value into its place in a row. A typing that is given holds for the column from then on.
    ///
    /// # Errors
    /// There are too many columns.
    pub fn put(
        &mut self,
        values: &mut Vec<Option<String>>,
        name: String,
        value: Option<String>,
        typing: Option<Typing>,
    ) -> Result<(), ImportError> {
        let place = match self.places.get(&name) {
            Some(place) => *place,
            None if self.columns.len() == MOST_COLUMNS => {
                let message = format!("The features have more than {MOST_COLUMNS} different properties.");
                return Err(ImportError(message));
            }
            None => {
                self.columns.push(Column { name: name.clone(), typing: Typing::Guessed });
                self.places.insert(name, self.columns.len() - 1);
                self.columns.len() - 1
            }
        };
        if let (Some(typing), Some(column)) = (typing, self.columns.get_mut(place)) {
            column.typing = typing;
        }
        if values.len() <= place {
            values.resize(place + 1, None);
        }
        if let Some(known) = values.get_mut(place) {
            *known = value;
        }
        Ok(())
    }
}
