//! What becomes of the rows of a query, as they come.

use super::memory::Held;
use super::{Limits, QueryError};
use std::sync::Arc;
use tokio_postgres::Row;

/// Takes rows, one after the other; an error ends the query.
pub trait Collect: Send + 'static {
    /// Takes a row.
    ///
    /// # Errors
    /// No more is wanted.
    fn add(&mut self, row: Row) -> Result<(), QueryError>;

    /// Bytes of memory that what was taken needs, until the request is answered.
    fn held(&self) -> usize;
}

/// Bytes that a row takes beside its values, and each of its values beside its bytes.
const ROW: usize = 96;
const VALUE: usize = 16;
/// How often the bytes of a row are in memory while an answer is made of it.
const TIMES: usize = 3;

/// Keeps all rows, up to a limit.
#[derive(Debug)]
pub struct AllRows {
    /// The rows so far.
    pub rows: Vec<Row>,
    bytes: usize,
    held: usize,
    limits: Limits,
}

impl AllRows {
    /// No rows yet.
    pub fn new(limits: Limits) -> AllRows {
        AllRows { rows: Vec::new(), bytes: 0, held: 0, limits }
    }
}

impl Collect for AllRows {
    fn add(&mut self, row: Row) -> Result<(), QueryError> {
        self.bytes += row.raw_size_bytes();
        self.held += (row.raw_size_bytes() + ROW + row.len() * VALUE) * TIMES;
        self.rows.push(row);
        if self.bytes > self.limits.bytes || self.rows.len() > self.limits.rows {
            return Err(QueryError::TooLarge);
        }
        Ok(())
    }

    fn held(&self) -> usize {
        self.held
    }
}

/// Bytes by which what is held grows before it is counted.
const STEP: usize = 64 << 10;

/// A collector whose memory is counted as rows come.
pub(super) struct Counted<C> {
    rows: C,
    held: Option<Arc<Held>>,
    /// Bytes that were counted.
    counted: usize,
}

impl<C: Collect> Counted<C> {
    /// Counts for the request of this task.
    pub(super) fn new(rows: C) -> Counted<C> {
        Counted::held_by(rows, super::memory::current())
    }

    /// Counts for a request, which may be another task's.
    pub(super) fn held_by(rows: C, held: Option<Arc<Held>>) -> Counted<C> {
        let counted = rows.held();
        Counted { rows, held, counted }
    }

    /// Takes a row, and waits until there is room for it.
    pub(super) async fn add(&mut self, row: Row) -> Result<(), QueryError> {
        self.rows.add(row)?;
        let grown = self.rows.held().saturating_sub(self.counted);
        if let Some(held) = self.held.as_ref().filter(|_| grown > STEP) {
            held.grow(grown).await?;
            self.counted += grown;
        }
        Ok(())
    }

    pub(super) fn into_inner(self) -> C {
        self.rows
    }
}
