//! The gated feed-forward block (`SwiGLU`): `down(silu(gate(x)) * up(x))`, with the hook in its middle.

use candle_core::Tensor;

use crate::LiveError;
use crate::config::Config;
use crate::gguf::Gguf;
use crate::observe::{Observer, Seen};
use crate::weights::{Linear, Weights};

/// One block's feed-forward matrices.
#[derive(Debug)]
pub(crate) struct FeedForward {
    gate: Linear,
    up: Linear,
    down: Linear,
}

impl FeedForward {
    pub(crate) fn load(gguf: &mut Gguf, layer: usize, config: &Config, weights: Weights) -> Result<Self, LiveError> {
        let Config { width, neurons, .. } = *config;
        let mut matrix = |name: &str, shape| Linear::load(gguf, &format!("blk.{layer}.{name}.weight"), shape, weights);
        Ok(Self {
            gate: matrix("ffn_gate", [neurons, width])?,
            up: matrix("ffn_up", [neurons, width])?,
            down: matrix("ffn_down", [width, neurons])?,
        })
    }

    /// (tokens, width) to (tokens, width), the observer being shown what every neuron gives.
    pub(crate) fn forward(
        &self,
        input: &Tensor,
        layer: usize,
        position: usize,
        observer: &mut dyn Observer,
    ) -> Result<Tensor, LiveError> {
        let activation = (candle_nn::ops::silu(&self.gate.forward(input)?)? * self.up.forward(input)?)?;
        let replaced = observer.feed_forward(Seen { layer, position, input, activation: &activation })?;
        Ok(self.down.forward(replaced.as_ref().unwrap_or(&activation))?)
    }
}
