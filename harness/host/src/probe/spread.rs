//! A figure with its spread.

use std::fmt;

/// Median and quartiles of repeats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// A quarter of the repeats are lower.
    pub low: f64,
    /// Half of them.
    pub median: f64,
    /// Three quarters.
    pub high: f64,
}

impl Spread {
    /// Of repeats, by nearest rank.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn of(mut repeats: Vec<f64>) -> Self {
        repeats.sort_by(f64::total_cmp);
        let last = repeats.len() - 1;
        let quartile = |quarter: usize| repeats[(last * quarter + 2) / 4];
        Self { low: quartile(1), median: quartile(2), high: quartile(3) }
    }

    /// The same in another unit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { low: self.low * factor, median: self.median * factor, high: self.high * factor }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.median < 10.0 { 2 } else { 0 };
        write!(out, "{:.digits$} (quartiles {:.digits$} to {:.digits$})", self.median, self.low, self.high)
    }
}
