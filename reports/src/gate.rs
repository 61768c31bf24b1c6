//! The gate: results held against a baseline that somebody accepted, with a verdict for every metric.
//!
//! Simulated metrics are exact: any change fails until it is blessed, or stays within a tolerance that the scenario
//! states. Measured metrics (another platform than the simulator) are several runs, and change only where the change is
//! significant and larger than a threshold; of these only those fail that a user feels, and only for the worse.

pub mod baseline;
pub mod bencher;
pub mod changelog;
pub mod github;
mod judge;
pub mod junit;
mod markdown;
mod rules;
pub mod statistics;
mod text;
mod verdict;

use crate::entry::Entry;

pub use baseline::{Baseline, Blessing};
pub use judge::judge;
pub use markdown::markdown;
pub use rules::{Rules, Tolerance};
pub use text::text;
pub use verdict::{Judged, Verdict};

/// What the gate says.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// Every result of either side, in the order of the baseline, new ones last.
    pub results: Vec<Case>,
    /// Expectations of scenarios that do not hold.
    pub unmet: Vec<Unmet>,
}

/// One result before the gate.
#[derive(Clone, Debug)]
pub struct Case {
    /// What to call it.
    pub label: String,
    /// Its entry: as it is, or as it was where it is missing.
    pub entry: Entry,
    /// Whether both sides have it.
    pub side: Side,
    /// A verdict for each metric, in the order of the names.
    pub metrics: Vec<Judged>,
    /// Why it moved: titles and sentences.
    pub why: Vec<(&'static str, String)>,
}

/// Which side has a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Both.
    Both,
    /// The results only: nobody has accepted it.
    New,
    /// The baseline only.
    Missing,
}

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The result that it is about, as [`Case::label`] has it or near to that.
    pub label: String,
    /// Its scenario.
    pub scenario: String,
    /// What was expected, and what is.
    pub text: String,
}

impl Judgement {
    /// Whether everything is as it was accepted and as it was expected.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.unmet.is_empty() && self.results.iter().all(Case::passes)
    }

    /// How many metrics of all results have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.results.iter().flat_map(|case| &case.metrics).filter(|judged| judged.verdict == verdict).count()
    }
}

impl Case {
    /// Whether it is there on both sides and none of its metrics fails.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.side == Side::Both && self.failing().next().is_none()
    }

    /// The metrics that fail.
    pub fn failing(&self) -> impl Iterator<Item = &Judged> {
        self.metrics.iter().filter(|judged| judged.fails)
    }
}
