//! What becomes of the rows of a query, as they come.

use super::{Limits, QueryError};
use tokio_postgres::Row;

/// Takes rows, one after the other; an error ends the query.
pub trait Collect: Send + 'static {
    /// Takes a row.
    ///
    /// # Errors
    /// No more is wanted.
    fn add(&mut self, row: Row) -> Result<(), QueryError>;
}

/// Keeps all rows, up to a limit.
#[derive(Debug)]
pub struct AllRows {
    /// The rows so far.
    pub rows: Vec<Row>,
    bytes: usize,
    limits: Limits,
}

impl AllRows {
    /// No rows yet.
    pub fn new(limits: Limits) -> AllRows {
        AllRows { rows: Vec::new(), bytes: 0, limits }
    }
}

impl Collect for AllRows {
    fn add(&mut self, row: Row) -> Result<(), QueryError> {
        self.bytes += row.raw_size_bytes();
        self.rows.push(row);
        if self.bytes > self.limits.bytes || self.rows.len() > self.limits.rows {
            return Err(QueryError::TooLarge);
        }
        Ok(())
    }
}
