//! The feed-forward block: `down(f(gate(x)) * up(x))`, or `down(f(up(x)))`, with the hook in its middle.

use candle_core::Tensor;

use crate::LiveError;
use crate::config::{Activation, Config};
use crate::family::Family;
use crate::observe::{Observer, Seen};
use crate::source::Source;
use crate::weights::{Linear, Weights};

/// One block's feed-forward matrices.
#[derive(Debug)]
pub(crate) struct FeedForward {
    up: Up,
    down: Linear,
    activation: Activation,
}

/// What makes a neuron's input.
#[derive(Debug)]
enum Up {
    Plain(Linear),
    Gated {
        gate: Linear,
        up: Linear,
    },
    /// Gate and up rows in one matrix, the gate's first.
    Together(Linear),
}

impl FeedForward {
    pub(crate) fn load(
        source: &mut Source,
        layer: usize,
        config: &Config,
        weights: Weights,
    ) -> Result<Self, LiveError> {
        let Config { width, neurons, gated, activation, .. } = *config;
        let name = |name: &str| format!("blk.{layer}.{name}");
        let up = if !gated {
            Up::Plain(Linear::load(source, &name("ffn_up"), [neurons, width], weights)?)
        } else if source.has(&name("ffn_gate.weight")) || config.family != Family::Phi3 {
            Up::Gated {
                gate: Linear::load(source, &name("ffn_gate"), [neurons, width], weights)?,
                up: Linear::load(source, &name("ffn_up"), [neurons, width], weights)?,
            }
        } else {
            Up::Together(Linear::load(source, &name("ffn_up"), [2 * neurons, width], weights)?)
        };
        let down = Linear::load(source, &name("ffn_down"), [width, neurons], weights)?;
        Ok(Self { up, down, activation })
    }

    /// (tokens, width) to (tokens, width), the observer being shown what every neuron gives.
    pub(crate) fn forward(
        &self,
        input: &Tensor,
        layer: usize,
        position: usize,
        observer: &mut dyn Observer,
    ) -> Result<Tensor, LiveError> {
        let (gate, activation) = match &self.up {
            Up::Plain(up) => {
                let activation = self.activation.apply(&up.forward(input)?)?;
                (activation.clone(), activation)
            }
            Up::Gated { gate, up } => {
                let gate = self.activation.apply(&gate.forward(input)?)?;
                let activation = (&gate * up.forward(input)?)?;
                (gate, activation)
            }
            Up::Together(both) => {
                let both = both.forward(input)?;
                let neurons = both.dim(1)? / 2;
                let gate = self.activation.apply(&both.narrow(1, 0, neurons)?.contiguous()?)?;
                let activation = (&gate * both.narrow(1, neurons, neurons)?)?;
                (gate, activation)
            }
        };
        let seen = Seen { layer, position, input, gate: &gate, activation: &activation };
        let replaced = observer.feed_forward(seen)?;
        Ok(self.down.forward(replaced.as_ref().unwrap_or(&activation))?)
    }
}
