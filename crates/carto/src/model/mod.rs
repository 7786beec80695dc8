//! What a page builds, in pure Rust: the state behind each public object, and the engine that joins them.

#[cfg(feature = "aggregation")]
pub mod aggregation;
pub mod client;
#[cfg(feature = "dataviews")]
pub mod dataview;
pub mod effect;
#[cfg(feature = "filters")]
pub mod filter;
#[cfg(not(feature = "filters"))]
#[path = "absent/filter.rs"]
pub mod filter;
pub mod hover;
pub mod layer;
pub mod owner;
pub mod source;
pub mod style;

use crate::slot::Slot;
use crate::text;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

/// The request that is under way: how to abort it.
#[derive(Default)]
pub struct UnderWay(Slot<Option<Box<dyn FnOnce()>>>);

impl UnderWay {
    /// A newer request takes its place, and it is aborted.
    pub fn supersede(&self, abort: impl FnOnce() + 'static) {
        let older = self.0.replace(Some(Box::new(abort)));
        if let Some(abort) = older {
            abort();
        }
    }

    /// It was answered.
    fn end(&self) {
        self.0.take();
    }

    /// Nobody waits for it any more.
    fn abort(&self) {
        let under_way = self.0.take();
        if let Some(abort) = under_way {
            abort();
        }
    }
}

impl fmt::Debug for UnderWay {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("UnderWay")
    }
}

/// An id from a counter that starts at 1 and is never reused. Not a `thread_local`, which may be gone already and has to say so.
fn next_id(prefix: &str, counter: &AtomicU32) -> String {
    let id = counter.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
    text::concat(&[prefix, &text::number(id.into())])
}
