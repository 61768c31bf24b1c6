//! A model that computes on this machine while the engine decides which of its neurons are in memory.
//!
//! The recorder's [`crate::model`] runs whole matrices through candle. Here the feed-forward weights are the engine's: they lie
//! in a weight store, come into its resident set bundle by bundle, and are computed where they lie. All else (embedding,
//! attention, norms, head, and the gates where they say which neurons are active) is held by the [`Decoder`], and runs through
//! the host's kernels, which round activations to 8 bits where weights are integers, as candle and llama.cpp do.
//!
//! | file | idea |
//! |---|---|
//! | [`decoder`] | the model: what it holds, and the kernels of a step |
//! | `attention`, `neurons`, `matrix` | the parts of a layer |
//! | [`store`] | what bundles are, and how a store is filled with them |
//! | [`request`] | a prompt in batches, then token by token; a text told token by token |

use std::path::Path;

use crate::active::{Definition, Selector};
use crate::calibrate::calibrate;
use crate::model::Model;
use crate::source::Source;
use crate::{LiveError, Weights, threads};

mod attention;
pub mod decoder;
mod matrix;
mod neurons;
pub mod request;
pub mod store;

pub use decoder::{Decoder, Setup};
pub use request::{Moment, Request};
pub use store::{Bundles, Contents};

/// Makes a definition ready to be applied to gates; `calibration` is the text on which thresholds are found.
pub fn selector(model: &Path, definition: Definition, calibration: Option<&str>) -> Result<Selector, LiveError> {
    if !definition.is_calibrated() {
        return Ok(Selector::new(definition, Vec::new()));
    }
    let text = calibration.ok_or(LiveError::Calibration { definition })?;
    threads::run(1, || {
        let mut source = Source::open(model)?;
        let tokens = source.tokenizer()?.encode(text)?;
        calibrate(&Model::load(&mut source, Weights::F32)?, definition, &tokens)
    })
}
