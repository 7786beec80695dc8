//! Pages of lists, as the Auth API and its neighbours cut them.

use crate::http::call::Call;
use serde_json::{Value, json};

/// Items on a page, unless said otherwise.
const PER_PAGE: i64 = 20;
/// Items that a page may have.
const MOST_PER_PAGE: i64 = 1_000;

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// From 1 on.
    pub page: i64,
    /// Items on it.
    pub per_page: i64,
}

impl Page {
    /// Reads `page` and `per_page`.
    ///
    /// # Errors
    /// One of them is no whole number from 1 on.
    pub fn read(call: &Call) -> Result<Page, String> {
        let number = |name: &str, otherwise: i64| match call.parameter(name) {
            None => Ok(otherwise),
            Some(text) => {
                let number = text.parse().ok().filter(|number| *number >= 1);
                number.ok_or_else(|| format!("Wrong '{name}' parameter value."))
            }
        };
        Ok(Page { page: number("page", 1)?, per_page: number("per_page", PER_PAGE)?.min(MOST_PER_PAGE) })
    }

    /// Reads `order`; without one the last of the known ones counts.
    ///
    /// # Errors
    /// It is none of the known ones, or `order_direction` is neither `asc` nor `desc`.
    pub fn order(self, call: &Call, known: &[&'static str]) -> Result<&'static str, String> {
        // A direction is looked at and then ignored, as on real servers.
        if call.parameter("order_direction").is_some_and(|given| !["asc", "desc"].contains(&given)) {
            return Err("Wrong 'order_direction' parameter value. Valid values are one of [:asc, :desc]".into());
        }
        match call.parameter("order") {
            None => Ok(known.last().copied().unwrap_or("name")),
            Some(order) => known.iter().find(|known| **known == order).copied().ok_or_else(|| {
                format!("Wrong 'order' parameter value. Valid values are one of [:{}]", known.join(", :"))
            }),
        }
    }

    /// Items before this page.
    pub fn offset(self) -> i64 {
        (self.page - 1).saturating_mul(self.per_page)
    }

    /// The answer around the items of a page.
    pub fn wrapped(self, address: &str, total: i64, items: Vec<Value>) -> Value {
        let last = ((total + self.per_page - 1) / self.per_page).max(1);
        let link = |page: i64| json!({ "href": format!("{address}?page={page}&per_page={}", self.per_page) });
        let mut links = json!({ "first": link(1), "last": link(last) });
        if self.page > 1 {
            links["prev"] = link(self.page - 1);
        }
        if self.page < last {
            links["next"] = link(self.page + 1);
        }
        json!({ "total": total, "count": items.len(), "result": items, "_links": links })
    }
}
