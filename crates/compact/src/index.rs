//! Where the entries of a map are, whatever they are.

/// A slot without an entry, and one whose entry is gone.
const EMPTY: u32 = u32::MAX;
const GONE: u32 = u32::MAX - 1;

/// The places of entries by the numbers of their keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Places of entries; how many slots there are is a power of two.
    slots: Vec<u32>,
    /// Slots that are not empty.
    used: usize,
    /// The number of each entry's key.
    hashes: Vec<u32>,
}

impl Index {
    pub(crate) fn clear(&mut self) {
        self.slots.fill(EMPTY);
        self.used = 0;
        self.hashes.clear();
    }

    /// The slots that an entry can be in, in the order in which they are filled.
    fn slots_of(&self, hash: u32) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len().wrapping_sub(1);
        (0..self.slots.len()).map(move |step| (hash as usize).wrapping_add(step) & mask)
    }

    /// The place of the entry that has this key.
    pub(crate) fn find(&self, hash: u32, is_same: &dyn Fn(usize) -> bool) -> Option<usize> {
        for slot in self.slots_of(hash) {
            let place = *self.slots.get(slot)?;
            if place == EMPTY {
                return None;
            }
            let place = place as usize;
            if self.hashes.get(place) == Some(&hash) && is_same(place) {
                return Some(place);
            }
        }
        None
    }

    /// Adds an entry behind all others.
    pub(crate) fn push(&mut self, hash: u32) {
        if (self.used + 1) * 2 > self.slots.len() {
            let room = ((self.hashes.len() + 1) * 4).next_power_of_two();
            self.slots.clear();
            self.slots.resize(room, EMPTY);
            self.used = 0;
            for (place, hash) in std::mem::take(&mut self.hashes).into_iter().enumerate() {
                self.fill(hash, place);
                self.hashes.push(hash);
            }
        }
        self.fill(hash, self.hashes.len());
        self.hashes.push(hash);
    }

    fn fill(&mut self, hash: u32, place: usize) {
        for slot in self.slots_of(hash) {
            if let Some(free) = self.slots.get_mut(slot).filter(|slot| **slot == EMPTY) {
                *free = place as u32;
                self.used += 1;
                return;
            }
        }
    }

    /// Takes an entry out; the last one has its place now.
    pub(crate) fn swap_remove(&mut self, place: usize) {
        let last = self.hashes.len().wrapping_sub(1);
        self.replace(place, GONE);
        if place != last {
            self.replace(last, place as u32);
        }
        if place <= last {
            self.hashes.swap_remove(place);
        }
    }

    fn replace(&mut self, place: usize, by: u32) {
        let Some(hash) = self.hashes.get(place) else { return };
        for slot in self.slots_of(*hash) {
            if let Some(found) = self.slots.get_mut(slot).filter(|slot| **slot == place as u32) {
                *found = by;
                return;
            }
        }
    }
}
