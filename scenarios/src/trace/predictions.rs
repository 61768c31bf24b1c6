//! What a predictor named for each (token, layer), beside what was active: a column of its own, in the order of the rows.

use super::order::Order;
use super::{Geometry, RowProblem};

/// One list of bundles a row, all in one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Predictions {
    ids: Vec<u32>,
    /// Where each row's end.
    ends: Vec<usize>,
}

impl Predictions {
    /// Takes a list a row. The error names the row.
    pub(super) fn gather(
        geometry: Geometry,
        rows: impl IntoIterator<Item = Vec<u32>>,
    ) -> Result<Self, (u64, RowProblem)> {
        let mut all = Self::default();
        for (number, ids) in (0..).zip(rows) {
            Order::check_predicted(geometry, &ids).map_err(|problem| (number, problem))?;
            all.push(&ids);
        }
        Ok(all)
    }

    /// Appends the next row's, which an [`Order`] has accepted.
    pub(super) fn push(&mut self, ids: &[u32]) {
        self.ids.extend_from_slice(ids);
        self.ends.push(self.ids.len());
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> usize {
        self.ends.len()
    }

    /// Lets go of the first `rows`.
    pub(super) fn forget(&mut self, rows: usize) {
        let ids = rows.checked_sub(1).map_or(0, |last| self.ends[last]);
        self.ids.drain(..ids);
        self.ends.drain(..rows);
        self.ends.iter_mut().for_each(|end| *end -= ids);
    }

    pub(super) fn row(&self, row: usize) -> &[u32] {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.ids[start..self.ends[row]]
    }
}
