//! Predictors: what names a layer's rows before they are computed, and what becomes of those that it misses.

use serde::Deserialize;

use super::Share;

/// The `[predictor]` section. Without it the active rows are known exactly, at no cost: from the layer's gate, or from a
/// router.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Predictor {
    /// What it names.
    pub names: Names,
    /// What becomes of active rows that it does not name.
    pub missed: Missed,
    /// Rank of the low-rank network that it is (*LLM in a flash* §3.1); 0 for one that costs nothing.
    #[serde(default)]
    pub rank: u32,
}

/// What a predictor names.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Names {
    /// The active set.
    Exact {},
    /// The active set with errors, drawn from the scenario's seed.
    Noisy {
        /// Share of the active rows that it misses.
        false_negatives: Share,
        /// Share of the other rows that it names.
        false_positives: Share,
    },
    /// The active set and others, drawn from the seed, until it is so many times as large.
    OverPredicting {
        /// Named rows over active rows, at least 1.
        factor: f64,
    },
    /// What the token before needed.
    PreviousToken {},
    /// What a trained predictor named, as the trace has it (`trace predict` adds it).
    Recorded {},
}

/// What becomes of active rows that were not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missed {
    /// They are read late, once the layer has found them out.
    Read,
    /// They are not computed: the run is open-loop.
    Drop,
}
