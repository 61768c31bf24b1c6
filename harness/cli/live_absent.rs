//! What the commands that run real models say in a build without them.

use tightfit::RunError;

use super::args::{Infer, Perplexity, Predict, Record, Train};

/// Records nothing.
pub(crate) fn record(_: &Record) -> Result<(), RunError> {
    Err(absent("trace record"))
}

/// Predicts nothing.
pub(crate) fn predict(_: &Predict) -> Result<(), RunError> {
    Err(absent("trace predict"))
}

/// Infers nothing.
pub(crate) fn infer(_: &Infer) -> Result<(), RunError> {
    Err(absent("infer"))
}

/// Trains nothing.
pub(crate) fn train(_: &Train) -> Result<(), RunError> {
    Err(absent("train"))
}

/// Measures nothing.
pub(crate) fn perplexity(_: &Perplexity) -> Result<(), RunError> {
    Err(absent("perplexity"))
}

fn absent(command: &str) -> RunError {
    RunError::Usage(format!(
        "this build runs no models: build it in, as in `cargo run --release --features live -- {command} …`"
    ))
}
