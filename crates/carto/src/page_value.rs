//! [`PageValue`]: what passes through here on its way from the page and back.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

/// A value that only the bindings understand: what `fetch` has thrown, a list of the page's. It takes no part in comparisons.
#[derive(Clone)]
pub struct PageValue(pub Rc<dyn Any>);

impl PartialEq for PageValue {
    fn eq(&self, _: &PageValue) -> bool {
        true
    }
}

impl fmt::Debug for PageValue {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("PageValue")
    }
}
