//! UTF grids: which feature is under which cell (spec 5.3.2, 4.6).

use maps_api::json::Value;

/// A grid that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    rows: Vec<Vec<char>>,
    keys: Vec<String>,
    data: Value,
}

impl Grid {
    /// Reads the body of a `grid.json`; one without `grid` has no feature anywhere.
    pub fn from_value(body: Value) -> Grid {
        let strings = |key| body.get(key).map(Value::strings).unwrap_or_default();
        Grid {
            rows: strings("grid").iter().map(|row| row.chars().collect()).collect(),
            keys: strings("keys"),
            data: body.get("data").cloned().unwrap_or_default(),
        }
    }

    /// The columns of the feature under a cell.
    pub fn feature(&self, column: usize, row: usize) -> Option<&Value> {
        let code = u32::from(*self.rows.get(row)?.get(column)?);
        // The encoding leaves out `"` and `\`, which JSON would have to escape.
        let code = code.checked_sub(u32::from(code >= 93) + u32::from(code >= 35))?;
        let key = self.keys.get(usize::try_from(code.checked_sub(32)?).ok()?)?;
        self.data.get(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lead_to_features() {
        let body = r##"{"grid":[" !#","]] "],"keys":["","7","8"],"data":{"7":{"name":"a"},"8":{"name":"b"}}}"##;
        let grid = Grid::from_value(serde_json::from_str(body).unwrap_or_default());
        let name = |column, row| grid.feature(column, row).and_then(|data| data.get("name")?.as_str());
        assert_eq!([name(0, 0), name(1, 0), name(2, 0)], [None, Some("a"), Some("b")]);
        assert_eq!([name(0, 1), name(9, 0), name(0, 9)], [None, None, None]);
        assert_eq!(Grid::from_value(Value::Null).feature(0, 0), None);
    }
}
