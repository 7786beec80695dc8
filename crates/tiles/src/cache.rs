//! What markers look like, kept from one image to the next.

use crate::canvas::Sprite;
use crate::coverage::MarkerMask;
use crate::maps::HashMap;
use crate::marker::{Form, MarkerKey};
use crate::typesetter::Typesetter;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that are kept when nobody says otherwise.
const USUAL: usize = 64 << 20;

/// Bytes that an entry takes beside what is in it.
const ENTRY: usize = 160;

/// What markers look like, for all images of a program: masks of shapes, whatever their colours are, and small
/// pictures of them in their colours.
///
/// Clones share what is kept. What was not used for a while makes room for what is.
#[derive(Clone, Debug)]
pub struct MarkerCache {
    kept: Arc<Mutex<Generations>>,
    /// What pictures are told apart by. Nobody knows its keys, so nobody can make two pictures that look like one.
    hashers: Arc<[RandomState; 2]>,
    typesetter: Option<&'static dyn Typesetter>,
}

/// One entry of the cache.
#[derive(Clone, Debug)]
pub(crate) enum Look {
    /// What a shape covers of pixels.
    Mask(Arc<MarkerMask>),
    /// A marker in its colours and its size.
    Sprite(Arc<Sprite>),
    /// The cells of a grid that a marker covers.
    Cells(Arc<[(i32, i32)]>),
    /// How much of each pixel letters cover.
    Letters(Arc<[u8]>),
}

/// What an entry is found by. Places are those within a pixel: how many there are in each direction, and which one it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LookKey {
    Mask(Form, [i32; 3]),
    Sprite(MarkerKey, [i32; 3]),
    Cells(Form, [i32; 2]),
    /// The letters, where they are, and in which font.
    Letters(Arc<[u8]>),
}

impl LookKey {
    fn bytes(&self) -> usize {
        match self {
            Self::Letters(key) => key.len(),
            _ => 0,
        }
    }
}

impl Look {
    fn bytes(&self) -> usize {
        ENTRY
            + match self {
                Self::Mask(mask) => mask.bytes(),
                Self::Sprite(sprite) => 4 * sprite.image.pixels().len(),
                Self::Cells(cells) => size_of_val::<[(i32, i32)]>(cells),
                Self::Letters(covered) => covered.len(),
            }
    }
}

/// Two halves: what is used moves to the young one; when that is full, it is the old one, whose entries go.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<LookKey, Look>,
    old: HashMap<LookKey, Look>,
    young_bytes: usize,
    most_bytes: usize,
}

impl Generations {
    fn get(&mut self, key: &LookKey) -> Option<Look> {
        if let Some(look) = self.young.get(key) {
            return Some(look.clone());
        }
        let look = self.old.remove(key)?;
        self.put(key.clone(), look.clone());
        Some(look)
    }

    fn put(&mut self, key: LookKey, look: Look) {
        let bytes = key.bytes() + look.bytes();
        if bytes > self.most_bytes / 2 {
            return;
        }
        if self.young_bytes + bytes > self.most_bytes / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        let key_bytes = key.bytes();
        if let Some(before) = self.young.insert(key, look) {
            self.young_bytes = self.young_bytes.saturating_sub(key_bytes + before.bytes());
        }
    }
}

impl Default for MarkerCache {
    fn default() -> Self {
        Self::new(USUAL)
    }
}

impl MarkerCache {
    /// A cache that takes so many bytes at most.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let kept = Generations { most_bytes: bytes, ..Generations::default() };
        Self {
            kept: Arc::new(Mutex::new(kept)),
            hashers: Arc::new([RandomState::new(), RandomState::new()]),
            typesetter: None,
        }
    }

    /// The same, for a program without fonts: somebody else measures and draws text.
    #[must_use]
    pub fn with_typesetter(self, typesetter: &'static dyn Typesetter) -> Self {
        Self { typesetter: Some(typesetter), ..self }
    }

    pub(crate) fn typesetter(&self) -> Option<&'static dyn Typesetter> {
        self.typesetter
    }

    pub(crate) fn hashers(&self) -> Arc<[RandomState; 2]> {
        self.hashers.clone()
    }

    /// The entry of a key, made if it is not there. While it is made, others do not wait.
    pub(crate) fn get(&self, key: LookKey, make: impl FnOnce() -> Option<Look>) -> Option<Look> {
        let known = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key);
        if known.is_some() {
            return known;
        }
        let made = make()?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).put(key, made.clone());
        Some(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: i32) -> LookKey {
        LookKey::Cells(Form::default(), [number, 0])
    }

    fn cells(count: usize) -> Look {
        Look::Cells(vec![(0, 0); count].into())
    }

    #[test]
    fn what_is_used_stays_and_the_rest_makes_room() {
        let cache = MarkerCache::new(20 * (ENTRY + 80));
        let is_known = |number| {
            let mut is_known = true;
            cache.get(key(number), || {
                is_known = false;
                Some(cells(10))
            });
            is_known
        };
        assert!(!is_known(0) && is_known(0));
        for number in 1..100 {
            assert!(!is_known(number));
            assert!(is_known(0), "{number}");
        }
        assert!(is_known(99) && !is_known(1));
        let kept = cache.kept.lock().map(|kept| kept.young.len() + kept.old.len());
        assert!(kept.is_ok_and(|kept| kept <= 20));
    }

    #[test]
    fn what_is_larger_than_all_is_not_kept() {
        let cache = MarkerCache::new(1000);
        let mut made = 0;
        for _ in 0..2 {
            cache.get(key(0), || {
                made += 1;
                Some(cells(1000))
            });
        }
        assert_eq!(made, 2);
    }
}
