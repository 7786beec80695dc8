//! Maps and sets: the standard library's, unless a page has to download them.

#[cfg(not(feature = "standalone"))]
pub(crate) use compact::{HashMap, HashMap as FastMap, HashSet};
#[cfg(feature = "standalone")]
pub(crate) use std::collections::{HashMap, HashSet};
/// A map whose hasher takes no third of the time of a small marker, as the usual one would.
#[cfg(feature = "standalone")]
pub(crate) type FastMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
