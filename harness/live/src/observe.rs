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
    /// What the gate gives, its function applied: (tokens, neurons). Where there is no gate, the activation itself.
    pub gate: &'a Tensor,
    /// What each neuron gives, the gate times the up projection: (tokens, neurons).
    pub activation: &'a Tensor,
}

/// One block of experts at work on a batch of neighbouring tokens.
#[derive(Clone, Copy, Debug)]
pub struct Routed<'a> {
    /// The block, from 0.
    pub layer: usize,
    /// Position of the batch's first token in the sequence, from 0.
    pub position: usize,
    /// What goes in, normalised: (tokens, width).
    pub input: &'a Tensor,
    /// What the router chose, by token.
    pub chosen: &'a [Choice],
    /// What the next block's router would choose, were it asked now; `None` in the last block. It sees the residual
    /// stream before this block's experts have added to it (Eliseev and Mazur 2023, section 3.2).
    pub next: Option<&'a [Choice]>,
}

/// The experts that a router chose for one token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Ascending, without repeats.
    pub experts: Vec<u32>,
    /// What each one's output is weighted with.
    pub weights: Vec<f32>,
}

/// Watches a model run, and may change what its neurons give.
pub trait Observer {
    /// Called inside every feed-forward block without experts, between the up and the down projection.
    ///
    /// `Some` replaces the activation (a sparse model is a dense one with a mask here), `None` leaves it.
    fn feed_forward(&mut self, seen: Seen<'_>) -> Result<Option<Tensor>, LiveError> {
        let _ = seen;
        Ok(None)
    }

    /// Called inside every block of experts, before they run.
    fn routed(&mut self, routed: Routed<'_>) -> Result<(), LiveError> {
        let _ = routed;
        Ok(())
    }

    /// Called when a batch of tokens has passed every layer.
    fn batch_passed(&mut self, position: usize, tokens: usize) -> Result<(), LiveError> {
        let _ = (position, tokens);
        Ok(())
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Observer for Unwatched {}
