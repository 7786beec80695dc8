//! Vector tiles, read into typed columns.
//!
//! [`Tile::decode`] reads a [Mapbox Vector Tile](https://github.com/mapbox/vector-tile-spec) of version 1 or 2. Geometries
//! stay in units of the tile, values become one typed [`Column`] for each key. Tiles come from strangers: what they may
//! cost is in [`Limits`], and what cannot be read is an error or a feature that is left out.
//!
//! A [`Store`] keeps tiles by [`TileKey`] within a number of bytes. Over those that are there it computes a [`Dataview`] in an
//! [`Area`], narrowed by a [`Filter`], and finds what is under the pointer. A dataview has the numbers of the server or none:
//! [`Undecided`] says why the server is to be asked.
//!
//! ```
//! use vector::{Answer, Area, Dataview, Limits, Operation, Request, Schema, Store, Tile, TileKey, Type};
//!
//! let mut store = Store::new(64 << 20);
//! let tile = Tile::decode(&[], &Limits::default())?;
//! store.insert(TileKey { layer: 1, zoom: 0, x: 0, y: 0 }, tile, true);
//! let count = Dataview::Formula { operation: Operation::Count, column: None };
//! let answer = store.dataview(&Request {
//!     layer: 1,
//!     zoom: 0,
//!     area: &Area::of_degrees([-90.0, -45.0, 90.0, 45.0]),
//!     tolerance: 0.5,
//!     buffer: 64.0,
//!     schema: &Schema(vec![("cartodb_id".to_owned(), Type::Number)]),
//!     filter: None,
//!     dataview: &count,
//! });
//! assert!(matches!(answer, Ok(Answer::Formula(found)) if found.result == Some(0.0)));
//! # Ok::<(), vector::TileError>(())
//! ```

mod area;
mod boxes;
mod column;
mod compare;
mod dataview;
mod decode;
mod error;
mod filter;
mod filter_sql;
mod geometry;
mod hit;
mod layer;
mod limits;
mod order;
mod protobuf;
mod quotient;
mod rows;
mod schema;
mod store;
mod total;

pub use area::{Area, Box4};
pub use column::{Bits, Column, Dictionary, Mixed, Numbers, Value, Values};
pub use dataview::{
    Answer, Bin, Categories, Category, CategoryName, Dataview, Formula, Histogram, Operation, Request, TimeBin,
    TimeSeries, Unit,
};
pub use error::TileError;
pub use filter::{Bound, Condition, Filter, Operand, Verdict};
pub use filter_sql::unfiltered;
pub use geometry::{Geometry, Kind, Point};
pub use hit::{Grid, Hit, Reach};
pub use layer::{Layer, Tile};
pub use limits::Limits;
pub use schema::{Schema, Type, Undecided};
pub use store::{Content, Store, TileKey};
