//! The enums that cross the border to JavaScript, and what they are in the crate `carto`.

use wasm_bindgen::prelude::*;

/// An enum of the border with the same variants as one of the crate `carto`.
macro_rules! crossing {
    ($(#[$about:meta])* $name:ident is $inside:ty { $($variant:ident),+ }) => {
        $(#[$about])*
        #[wasm_bindgen]
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[allow(missing_docs, reason = "as those of the crate carto")]
        pub enum $name { $($variant),+ }

        impl From<$name> for $inside {
            fn from(value: $name) -> $inside {
                match value { $($name::$variant => <$inside>::$variant),+ }
            }
        }
    };
}

#[cfg(feature = "dataviews")]
crossing! {
    /// The class of a dataview.
    DataviewKind is carto::model::dataview::Kind { Formula, Category, Histogram, TimeSeries }
}
#[cfg(feature = "dataviews")]
crossing! {
    /// What getters of dataviews give and setters replace.
    DataviewPart is carto::model::dataview::Part {
        Column, Operation, OperationColumn, Limit, Bins, Start, End, Aggregation, Offset, LocalTimezone
    }
}
#[cfg(feature = "dataviews")]
crossing! {
    /// The form of the area of a spatial filter.
    SpatialShape is carto::model::filter::spatial::Shape { BoundingBox, Circle, Polygon }
}
#[cfg(feature = "filters")]
crossing! {
    /// The class of a filter of rows.
    FilterClass is carto::model::filter::sql::Class { Category, Range, And, Or }
}
#[cfg(feature = "account")]
crossing! {
    /// One of the APIs of an account.
    AccountApi is carto::refusal::Api { Maps, Sql, Auth }
}
#[cfg(feature = "account")]
crossing! {
    /// How a request is sent.
    RequestVerb is carto::maps::request::Verb { Get, Json, Form, Delete }
}
