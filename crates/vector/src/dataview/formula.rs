//! One number of all rows.

use super::{NumberColumns, Odd, Operation};
use crate::rows::Rows;
use crate::schema::{Schema, Type, Undecided};
use crate::total::Total;

/// The result of a formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Formula {
    /// The number; `None` (SQL's `NULL`) when there are no numbers, but a count is 0 then.
    pub result: Option<f64>,
    /// Rows without a value; `None` when there are no rows.
    pub nulls: Option<u64>,
    /// Rows whose value is `NaN`; `None` when there are no rows. The server leaves it out for counts of what is no number.
    pub nans: Option<u64>,
    /// Rows whose value is infinite, as `nans`.
    pub infinities: Option<u64>,
}

pub(super) fn formula(
    rows: &Rows<'_>,
    schema: &Schema,
    operation: Operation,
    column: Option<&str>,
) -> Result<Formula, Undecided> {
    let total_rows = rows.len() as u64;
    let is_count = operation == Operation::Count;
    let result = |result, odd: Odd| {
        let of_rows = |count: u64| (total_rows > 0).then_some(count);
        Formula { result, nulls: of_rows(odd.nulls), nans: of_rows(odd.nans), infinities: of_rows(odd.infinities) }
    };
    #[expect(clippy::cast_precision_loss, reason = "rows are few")]
    let counted = |count: u64| Some(count as f64);
    let column = match column.filter(|column| !(column.is_empty() || is_count && *column == "*")) {
        Some(column) => column,
        None if is_count => return Ok(result(counted(total_rows), Odd::default())),
        None => return Err(Undecided::Meaning),
    };
    let mut odd = Odd::default();
    if schema.type_of(column).ok_or(Undecided::Column)? != Type::Number {
        if !is_count {
            return Err(Undecided::Meaning);
        }
        for (column, rows) in rows.columns(schema, column)? {
            let is_null = |row: &&u32| column.is_none_or(|column| column.is_null(**row as usize));
            odd.nulls += rows.iter().filter(is_null).count() as u64;
        }
        return Ok(result(counted(total_rows - odd.nulls), odd));
    }
    let columns = NumberColumns::find(rows, schema, column)?;
    if columns.is_single && !matches!(operation, Operation::Count | Operation::Avg) {
        return Err(Undecided::Rounding);
    }
    let (mut total, mut min, mut max) = (Total::default(), f64::INFINITY, f64::NEG_INFINITY);
    columns.each(|value| {
        if let Some(number) = odd.sort(value) {
            total.add(number);
            min = min.min(number);
            max = max.max(number);
        }
    });
    let some = |number| (total.count > 0).then_some(number);
    Ok(result(
        match operation {
            Operation::Count => counted(total.count),
            Operation::Sum => some(total.sum()),
            Operation::Avg => total.average(columns.is_whole),
            Operation::Min => some(min),
            Operation::Max => some(max),
        },
        odd,
    ))
}
