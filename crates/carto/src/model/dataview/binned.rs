//! What histograms and time series have beside other dataviews: bins over a range that the data decide (spec 4.5.3, 4.5.4).

use super::options::{self, DataviewOptions, Ends, Kind};
use crate::error::CartoError;
use crate::maps::bins::Bins;
use crate::slot::Slot;
use maps_api::json::Value;
use std::cell::Cell;

/// Bins of a histogram, when the page does not say.
const DEFAULT_BINS: f64 = 10.0;
/// Seconds of an hour.
const HOUR: f64 = 3_600.0;

/// The settings of a histogram or a time series, and what is known from answers.
#[derive(Debug)]
pub(super) struct Binned {
    /// How many bins the page wants.
    pub bins: Cell<f64>,
    /// The ends that the page set.
    pub ends: Slot<Ends>,
    /// The unit that the page wants.
    pub aggregation: Slot<String>,
    /// Hours.
    pub offset: Cell<f64>,
    pub local_timezone: Cell<bool>,
    /// Seconds east of UTC, as of when the dataview came on the map.
    pub local_offset: Cell<f64>,
    /// The range on the wire: frozen once it is known, so that axes stay.
    pub range: Cell<Option<(f64, f64)>>,
    /// The number of bins on the wire, which servers may reduce.
    pub sent_bins: Cell<f64>,
    /// The unit on the wire, which servers choose for `auto`.
    pub sent_aggregation: Slot<String>,
    /// The number of bins of the data without filters.
    pub most: Cell<Option<usize>>,
}

impl Binned {
    pub fn new(options: &DataviewOptions, kind: Kind) -> Result<Binned, CartoError> {
        let (mut bins, mut ends) = (DEFAULT_BINS, (None, None));
        let (mut aggregation, mut offset, mut local_timezone) = (String::new(), 0.0, false);
        match kind {
            Kind::Histogram => {
                if options.bins.is_some() {
                    bins = options::bins(options.bins.as_ref())?;
                }
                ends = options::ends(options.start.as_ref(), options.end.as_ref())?;
            }
            Kind::TimeSeries => {
                aggregation = match &options.aggregation {
                    Some(unit) => options::aggregation(Some(unit))?,
                    None => "auto".to_owned(),
                };
                if options.offset.is_some() {
                    offset = options::offset(options.offset.as_ref())?;
                }
                if options.use_local_timezone.is_some() {
                    local_timezone = options::local_timezone(options.use_local_timezone.as_ref())?;
                }
            }
            Kind::Formula | Kind::Category => {}
        }
        Ok(Binned {
            bins: Cell::new(bins),
            sent_aggregation: Slot::new(aggregation.clone()),
            aggregation: Slot::new(aggregation),
            offset: Cell::new(offset),
            local_timezone: Cell::new(local_timezone),
            local_offset: Cell::new(0.0),
            range: Cell::new(options::finite(&ends)),
            ends: Slot::new(ends),
            sent_bins: Cell::new(bins),
            most: Cell::new(None),
        })
    }

    /// Seconds between UTC and the days of the bins.
    pub fn seconds(&self) -> f64 {
        if self.local_timezone.get() { self.local_offset.get() } else { self.offset.get() * HOUR }
    }

    /// Forgets what belongs to the former column (Q-36: the unit is again what the page wants).
    pub fn forget(&self) {
        self.ends.replace((Some(Value::Null), Some(Value::Null)));
        self.range.set(None);
        self.most.set(None);
        self.sent_aggregation.replace(self.aggregation.borrow().clone());
    }

    /// Reads an answer; `None` when it cannot be read.
    pub fn read(&self, kind: Kind, answer: &Value, filtered: bool) -> Option<Bins> {
        match kind {
            Kind::Histogram => Some(Bins::histogram(answer, self.sent_bins.get())),
            _ => Bins::time_series(answer, self.most.get().filter(|_| filtered)),
        }
    }

    /// Takes over what the data without filters decide.
    pub fn learn(&self, answer: &Value, bins: &Bins) {
        self.range.set(bins.range().or(self.range.get()));
        self.most.set(Some(bins.items.len()));
        if let Some(count) = answer.get("bins_count").and_then(Value::as_f64).filter(|count| *count >= 1.0) {
            self.sent_bins.set(count);
        }
        if let Some(unit) = answer.get("aggregation").and_then(Value::as_str) {
            self.sent_aggregation.replace(unit.to_owned());
        }
    }
}
