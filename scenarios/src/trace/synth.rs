//! Synthetic traces: generated from a recipe of a few numbers, which are fitted to a recorded trace or to published figures.
//!
//! What a recipe believes of a model:
//!
//! - **Tokens have kin.** A word that comes back takes nearly the bundles that it took before, in all layers at once. So
//!   every token is drawn an earlier one that it resembles, near (its own sentence) or anywhere in the memory of the
//!   recipe, and how much it resembles it; all layers share both (`kin`).
//! - **Layers differ.** Each has its popularity (skew and shape), how far it follows the token's kin (likeness), and how far it
//!   stays with what the token before took (recency) (`layer`).
//!
//! A trace made so is no measurement, whatever it was fitted to: its recorder is [`RECORDER`], and whatever leans on it is
//! labelled assumed.

mod embedded;
pub mod fit;
mod generate;
mod kin;
mod knots;
mod layer;
mod popularity;
mod random;
mod recipe;
mod render;
pub mod statistic;

#[cfg(test)]
mod tests;

pub use embedded::CATALOG;
pub use generate::{generate, trace, write};
pub use kin::TokenProcess;
pub use knots::Knots;
pub use layer::LayerProcess;
pub use recipe::{Lengths, Published, Recipe};

use super::Header;

/// What a synthetic trace names as its recorder.
pub const RECORDER: &str = "tightfit trace synth";

/// Begins the name of a trace that is generated where it is asked for: `synthetic/opt-6.7b`.
pub const PREFIX: &str = "synthetic/";

impl Header {
    /// Whether the trace was generated and not recorded.
    #[must_use]
    pub fn is_synthetic(&self) -> bool {
        self.recorder == RECORDER
    }
}
