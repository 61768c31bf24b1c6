//! Routing bent towards what is in DRAM: fewer experts (or neurons) than the model chose, resident ones preferred, cold
//! ones dropped or held at a lower precision. A run with any of this is open-loop.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::Share;

/// The `[routing]` section. Scores are the trace's: an expert's share of its row's sum, a neuron's of its layer's mass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Routing {
    /// Keep so many of the recorded experts.
    pub top_k: Option<NonZeroU32>,
    /// Keep this share of the recorded bundles.
    pub keep_share: Option<Share>,
    /// The best so many are kept wherever they are.
    #[serde(default)]
    pub guaranteed: u32,
    /// A bundle outside DRAM competes with its score less this share of it.
    #[serde(default)]
    pub margin: Share,
    /// A bundle outside DRAM with a lower score is dropped.
    #[serde(default)]
    pub drop_cold_below: Share,
    /// A bundle outside DRAM with a lower score is read and computed at a lower precision.
    #[serde(default)]
    pub degrade_cold_below: Share,
    /// Bytes of the copy of lower precision, as a share of the bundle's.
    pub cold_bytes_share: Option<Share>,
}
