//! Filters: of rows, for sources ([`sql`], spec 2.17 and 2.18), and of areas, for dataviews ([`spatial`], spec 2.16).

#[cfg(feature = "dataviews")]
pub mod spatial;
pub mod sql;

/// Adds to a list of weak references, and now and then forgets those that are dead, so that a filter which outlives its
/// users does not grow.
fn push_alive<T>(list: &mut Vec<T>, item: T, alive: impl FnMut(&T) -> bool) {
    if list.len() == list.capacity() {
        list.retain(alive);
    }
    list.push(item);
}
