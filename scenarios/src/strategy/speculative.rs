//! Speculative decoding: a small model drafts tokens, the large one verifies them in one pass.

use serde::Deserialize;

use super::Share;

/// The `[speculative]` section.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Speculative {
    /// Tokens drafted for each pass.
    pub draft_tokens: u32,
    /// Chance that a drafted token is accepted, where those before it were; drawn from the scenario's seed.
    pub acceptance: Share,
    /// Weights of the drafting model, always in DRAM; it reads them for every drafted token.
    pub draft_mb: u32,
}
