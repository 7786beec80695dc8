//! Sorting.

use std::cmp::Ordering;

/// Sorts a list; what is equal keeps its order.
pub fn sort_by<T>(list: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut order = {
        let list = &*list;
        places(list.len(), &mut |one, other| match (list.get(one as usize), list.get(other as usize)) {
            (Some(one), Some(other)) => compare(one, other) == Ordering::Less,
            _ => false,
        })
    };
    // Puts each where it belongs: along a circle of places, all of which are then in order.
    for start in 0..list.len() {
        let mut place = start;
        while let Some(from) = order.get_mut(place) {
            let from = std::mem::replace(from, place as u32) as usize;
            if from == start || from == place || from >= list.len() {
                break;
            }
            list.swap(place, from);
            place = from;
        }
    }
}

/// The places of things in their order, by merging longer and longer stretches; those that are alike stay as they were. This is
/// there once, whatever is sorted.
pub fn places(count: usize, is_before: &mut dyn FnMut(u32, u32) -> bool) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(count).unwrap_or(u32::MAX)).collect();
    let mut merged = Vec::with_capacity(count);
    let mut length = 1;
    while length < order.len() {
        merged.clear();
        for both in order.chunks(length * 2) {
            let (mut left, mut right) = both.split_at_checked(length).unwrap_or((both, &[]));
            while let ([one, rest @ ..], [other, others @ ..]) = (left, right) {
                if is_before(*other, *one) {
                    merged.push(*other);
                    right = others;
                } else {
                    merged.push(*one);
                    left = rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        length *= 2;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_as_the_standard_library_sorts_them() {
        let mut random = 7_u32;
        for length in (0..70).chain([1000, 1023, 1024, 1025]) {
            let list: Vec<(u32, usize)> = (0..length)
                .map(|index| {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    ((random >> 8) % 40, index)
                })
                .collect();
            let (mut own, mut model) = (list.clone(), list);
            sort_by(&mut own, |one, other| one.0.cmp(&other.0));
            model.sort_by_key(|(key, _)| *key);
            assert_eq!(own, model);
        }
    }

    #[test]
    fn an_order_that_is_none_does_no_harm() {
        let mut list: Vec<u32> = (0..100).collect();
        sort_by(&mut list, |_, _| Ordering::Greater);
        list.sort_unstable();
        assert_eq!(list, (0..100).collect::<Vec<_>>());
    }
}
