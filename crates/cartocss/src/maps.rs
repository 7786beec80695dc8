//! Maps and sets: the standard library's, unless a page has to download them. Keys of a few words are found sooner where they are in
//! order.

#[cfg(not(feature = "standalone"))]
pub(crate) use compact::{HashMap, HashMap as OrderedMap, HashSet};
#[cfg(feature = "standalone")]
pub(crate) use std::collections::{BTreeMap as OrderedMap, HashMap, HashSet};
