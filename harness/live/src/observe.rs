//! What a forward pass shows of its feed-forward blocks to whoever watches.

use candle_core::Tensor;

use crate::LiveError;

/// One feed-forward block at work on a batch of neighbouring tokens.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The block, from 0.
    pub layer: usize,
    /// Position of the batch's first token in the sequence, from 0.
    pub position: usize,
    /// What goes in, normalised: (tokens, width). A predictor is trained on this.
    pub input: &'a Tensor,
    /// What each neuron gives, `silu(gate) * up`: (tokens, neurons).
    pub activation: &'a Tensor,
}

/// Watches a model run, and may change what its neurons give.
pub trait Observer {
    /// Called inside every feed-forward block, between the up and the down projection.
    ///
    /// `Some` replaces the activation (a sparse model is a dense one with a mask here), `None` leaves it.
    fn feed_forward(&mut self, seen: Seen<'_>) -> Result<Option<Tensor>, LiveError>;

    /// Called when a batch of tokens has passed every layer.
    fn batch_passed(&mut self, position: usize, tokens: usize) -> Result<(), LiveError> {
        let _ = (position, tokens);
        Ok(())
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Observer for Unwatched {
    fn feed_forward(&mut self, _: Seen<'_>) -> Result<Option<Tensor>, LiveError> {
        Ok(None)
    }
}
