//! Ramps over classes and colours that somebody else has found: what rules that were told say of another ramp.

use super::Ramps;
use crate::field::FieldValue;

impl Ramps {
    /// Whether the rules of a ramp tell all of its classes: each has a value, as far as a scheme has as many, and none of them is
    /// the one of all others. The end of the last class is the greatest value.
    ///
    /// ```
    /// use cartocss::ramp::Ramps;
    ///
    /// let ramps = Ramps::find("#l { line-width: ramp([a], (1, 2, 3), quantiles(3)); line-color: ramp([a], (red, blue), jenks(3)); }")?;
    /// assert!(ramps.tells_all(0) && !ramps.tells_all(1));
    /// # Ok::<(), cartocss::ramp::RampError>(())
    /// ```
    #[must_use]
    pub fn tells_all(&self, index: usize) -> bool {
        self.ramps.get(index).is_some_and(|(_, ramp)| ramp.tells_all())
    }

    /// The families and names of colour schemes, by the places of their ramps.
    pub fn schemes(&self) -> impl Iterator<Item = Option<&str>> {
        self.ramps.iter().map(|(_, ramp)| ramp.scheme())
    }

    /// Says the values of a ramp in place of a scheme: as many as the scheme has for the classes that there are.
    pub fn set_values(&mut self, index: usize, values: Vec<FieldValue>) {
        if let Some((_, ramp)) = self.ramps.get_mut(index) {
            ramp.set_values(values);
        }
    }
}
