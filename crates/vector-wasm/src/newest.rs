//! Lists that have a most.

/// Adds an item; when there are too many, the oldest one goes.
pub fn push<T>(list: &mut Vec<T>, most: usize, item: T) {
    if list.len() >= most {
        list.remove(0);
    }
    list.push(item);
}
