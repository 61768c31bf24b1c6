//! Prefetch: what is read for the next step while this one computes. One source a file.
//!
//! A source names bundles; the engine reads those that are not in DRAM, as far as there is room. What it names may be
//! wrong: bundles that come unused are the first to leave, and reads that have not begun when their step is over are
//! taken back.

pub mod hinted;
pub mod next_layer;
pub mod repeat_token;

use crate::{geometry::BundleId, oracle::Foresight, script::Script};

/// Where the names come from.
#[derive(Clone, Copy, Debug)]
pub enum Prefetch<'a> {
    /// Nothing is read ahead.
    None,
    /// The next layer's, which a dense model needs whatever the token is.
    NextLayer,
    /// What the token before needed in the next layer.
    RepeatToken,
    /// What a predictor, made before the run, names for each step.
    Hinted(&'a Script),
    /// What will be needed: an upper bound.
    Oracle(Foresight<'a>),
}

impl<'a> Prefetch<'a> {
    /// What the step after (`pass`, `layer`) is thought to need.
    #[must_use]
    pub fn next(&self, script: &'a Script, pass: u64, layer: u32, passes: u64) -> Option<&'a [BundleId]> {
        match self {
            Self::None => None,
            Self::NextLayer => next_layer::next(script, pass, layer, passes),
            Self::RepeatToken => repeat_token::next(script, pass, layer, passes),
            Self::Hinted(hints) => hinted::next(hints, pass, layer, passes),
            Self::Oracle(foresight) => foresight.next(pass, layer),
        }
    }

    /// Most bundles that it names at once.
    #[must_use]
    pub fn bundles_max(&self, script: &Script) -> usize {
        match self {
            Self::None => 0,
            Self::NextLayer | Self::RepeatToken | Self::Oracle(_) => script.row_bundles_max(),
            Self::Hinted(hints) => hints.row_bundles_max(),
        }
    }
}
