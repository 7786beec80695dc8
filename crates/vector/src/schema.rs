//! The columns that tiles carry, with the types that the server has told.

/// The type of a column, as far as its meaning in SQL depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Numbers.
    Number,
    /// Texts.
    Text,
    /// Truth values.
    Bool,
    /// Dates, which tiles have as seconds since 1970.
    Seconds,
    /// Dates, which tiles have as milliseconds since 1970.
    Milliseconds,
}

impl Type {
    /// Whether columns of this type are dates.
    #[must_use]
    pub fn is_date(self) -> bool {
        matches!(self, Self::Seconds | Self::Milliseconds)
    }
}

/// The columns that the tiles of a layer carry. A tile does not tell them all: it has no key where all is `NULL`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema(pub Vec<(String, Type)>);

impl Schema {
    /// The type of a column; `None` when tiles do not carry it.
    #[must_use]
    pub fn type_of(&self, name: &str) -> Option<Type> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind)
    }
}

/// Why something cannot be told here, so that the server is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undecided {
    /// Tiles do not carry a column, or its values are not of the type that it should have.
    Column,
    /// What a condition or an operation means for a column of this type, only the database knows. It may be an error.
    Meaning,
    /// A tile of the area is not there, or not all features are in it.
    Incomplete,
    /// Features are clusters of others.
    Aggregated,
    /// Features of several tiles cannot be told apart without `cartodb_id`.
    Identity,
    /// Coordinates are rounded: whether a feature is inside of the area is not sure.
    Edge,
    /// How the database orders two texts is not sure.
    Order,
    /// The result depends on how the database rounds.
    Rounding,
}
