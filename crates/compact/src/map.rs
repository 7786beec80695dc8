//! A map that has what is used of the standard library's, under the same names.

use crate::hasher::hash;
use crate::index::Index;
use std::borrow::Borrow;
use std::hash::Hash;

/// Values by their keys, in no order.
#[derive(Clone, Debug)]
pub struct HashMap<K, V> {
    index: Index,
    entries: Vec<(K, V)>,
}

impl<K, V> Default for HashMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> HashMap<K, V> {
    /// A map with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self { index: Index::default(), entries: Vec::new() }
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.index.clear();
        self.entries.clear();
    }

    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }
}

impl<K: Eq + Hash, V> HashMap<K, V> {
    fn place<Q: Eq + Hash + ?Sized>(&self, key: &Q, hash: u32) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.index.find(hash, &|place| self.entries.get(place).is_some_and(|(known, _)| known.borrow() == key))
    }

    /// The value of a key.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(self.place(key, hash(key))?).map(|(_, value)| value)
    }

    /// The same, to be changed.
    pub fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key, hash(key))?;
        self.entries.get_mut(place).map(|(_, value)| value)
    }

    /// Whether there is such a key.
    pub fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key, hash(key)).is_some()
    }

    /// Gives a key a value; the one that it had before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let hash = hash(&key);
        match self.place(&key, hash).and_then(|place| self.entries.get_mut(place)) {
            Some((_, known)) => Some(std::mem::replace(known, value)),
            None => {
                self.index.push(hash);
                self.entries.push((key, value));
                None
            }
        }
    }

    /// Takes a key out; its value.
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key, hash(key))?;
        self.index.swap_remove(place);
        Some(self.entries.swap_remove(place).1)
    }

    /// A key with the place where its value is, or will be.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        Entry { map: self, key }
    }
}

/// A key of a map, which has a value or gets one.
#[derive(Debug)]
pub struct Entry<'a, K, V> {
    map: &'a mut HashMap<K, V>,
    key: K,
}

impl<'a, K: Eq + Hash, V> Entry<'a, K, V> {
    /// The value of the key; this one when it has none.
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// The value of the key, made when it has none.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        let hash = hash(&self.key);
        let entries = &mut self.map.entries;
        let place = self.map.index.find(hash, &|place| entries.get(place).is_some_and(|(known, _)| *known == self.key));
        let place = place.unwrap_or_else(|| {
            let value = make();
            self.map.index.push(hash);
            entries.push((self.key, value));
            entries.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "it was found, or put there")]
        &mut entries[place].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections;

    #[test]
    fn it_does_what_that_of_the_standard_library_does() {
        let mut random = 1_u32;
        let mut next = |below: u32| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) % below
        };
        for keys in [1, 3, 40, 1000] {
            let mut map = HashMap::new();
            let mut model = collections::HashMap::new();
            for step in 0..20_000 {
                let key = format!("key {}", next(keys));
                match next(8) {
                    0..3 => assert_eq!(map.insert(key.clone(), step), model.insert(key, step)),
                    3 => assert_eq!(map.remove(key.as_str()), model.remove(key.as_str())),
                    4 => assert_eq!(map.get(key.as_str()), model.get(key.as_str())),
                    5 => assert_eq!(map.entry(key.clone()).or_insert(step), model.entry(key).or_insert(step)),
                    6 => assert_eq!(map.contains_key(&key), model.contains_key(&key)),
                    _ => {
                        if let Some(value) = map.get_mut(&key) {
                            *value += 1;
                            *model.get_mut(&key).unwrap() += 1;
                        }
                    }
                }
                assert_eq!(map.len(), model.len());
                if next(5000) == 0 {
                    map.clear();
                    model.clear();
                }
            }
            assert!(map.iter().all(|(key, value)| model.get(key) == Some(value)));
            assert_eq!(map.values().count(), model.len());
        }
    }

    #[test]
    fn numbers_in_a_row_are_found_quickly() {
        let mut map = HashMap::new();
        for number in 0..100_000_usize {
            map.insert(number << 8, number);
        }
        assert!((0..100_000).all(|number| map.get(&(number << 8)) == Some(&number)));
        assert_eq!((map.get(&1), map.is_empty()), (None, false));
    }
}
