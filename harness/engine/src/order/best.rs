//! The best few of many offers, in memory for twice as many.

use alloc::vec::Vec;
use core::cmp::Reverse;

/// Keeps the `max` offers with the highest key; of equals the lower id.
#[derive(Clone, Debug)]
pub struct Best {
    max: usize,
    /// In order of `(Reverse(key), id)`, the smaller the better; no order between them.
    kept: Vec<(Reverse<u64>, u32)>,
    /// The worst that can still be among the best.
    worst: Option<(Reverse<u64>, u32)>,
}

impl Best {
    /// Room for the best `max`.
    ///
    /// # Panics
    /// If `max` is 0.
    #[must_use]
    pub fn new(max: usize) -> Self {
        assert!(max > 0, "the best none");
        Self { max, kept: Vec::with_capacity(2 * max), worst: None }
    }

    /// Takes an offer in, or leaves it; an id is offered once.
    pub fn offer(&mut self, key: u64, id: u32) {
        let offer = (Reverse(key), id);
        if self.worst.is_some_and(|worst| offer > worst) {
            return;
        }
        self.kept.push(offer);
        if self.kept.len() == 2 * self.max {
            let (_, worst, _) = self.kept.select_nth_unstable(self.max - 1);
            self.worst = Some(*worst);
            self.kept.truncate(self.max);
        }
    }

    /// Hands the best over, best first, and starts again.
    pub fn drain(&mut self) -> impl Iterator<Item = (u64, u32)> {
        self.worst = None;
        self.kept.sort_unstable();
        self.kept.truncate(self.max);
        self.kept.drain(..).map(|(Reverse(key), id)| (key, id))
    }
}
