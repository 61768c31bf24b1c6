//! The numbers that shape a model, whatever family it is of and whatever file they are read from.

mod gguf;
mod hugging_face;

use candle_core::Tensor;

use crate::family::Family;

/// Widths, counts and kinds of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Which weights it has, and how they are called.
    pub family: Family,
    /// Transformer blocks.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Feed-forward neurons of one block, or of one expert.
    pub neurons: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads, each shared by `heads / key_value_heads` query heads.
    pub key_value_heads: usize,
    /// Width of one head.
    pub head_width: usize,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// Longest sequence that the model was made for, or that its attention sees whole, in tokens.
    pub context: usize,
    /// Added to the mean square, or the variance, before its root is taken.
    pub norm_epsilon: f32,
    /// Added to what the file has as a norm's scale (Gemma's checkpoints keep the difference from 1).
    pub norm_offset: f64,
    /// How positions turn heads; `None` where they are learned vectors instead.
    pub rotary: Option<Rotary>,
    /// What is applied to the gate, or to the neuron itself where there is none.
    pub activation: Activation,
    /// Whether a neuron is gated.
    pub gated: bool,
    /// What embeddings are multiplied by.
    pub embedding_scale: Option<f64>,
    /// The experts of every block, where it has any.
    pub experts: Option<Experts>,
}

/// How positions turn heads.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotary {
    /// Base of the frequencies.
    pub base: f64,
    /// What positions are divided by (linear scaling), 1 without.
    pub divisor: f64,
    /// How many values of a head turn, from its first on.
    pub width: usize,
    /// Whether neighbours turn together, or values half of `width` apart.
    pub neighbours: bool,
    /// Llama 3's slowing of low frequencies.
    pub slowing: Option<Slowing>,
}

/// Llama 3's slowing of low frequencies (`rope_type: llama3`): by `factor` below one turn in `context / low` tokens, not
/// at all above one in `context / high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slowing {
    /// By how much.
    pub factor: f64,
    /// Where it is full.
    pub low: f64,
    /// Where it begins.
    pub high: f64,
    /// Tokens that the model was first trained on.
    pub context: f64,
}

/// The experts of every block.
#[derive(Clone, Debug, PartialEq)]
pub struct Experts {
    /// How many there are.
    pub count: usize,
    /// How many a token uses.
    pub chosen: usize,
    /// Whether the shares of the chosen ones are made to sum to 1.
    pub renormalised: bool,
    /// Neurons of the expert that every token uses, where there is one.
    pub shared_neurons: Option<usize>,
}

/// The function in the middle of a feed-forward block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `x * sigmoid(x)`.
    Silu,
    /// The Gaussian error function's.
    Gelu,
    /// Its approximation by a hyperbolic tangent.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
    /// Its square.
    ReluSquared,
}

impl Activation {
    pub(crate) fn apply(self, rows: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Silu => candle_nn::ops::silu(rows),
            Self::Gelu => rows.gelu_erf(),
            Self::GeluTanh => rows.gelu(),
            Self::Relu => rows.relu(),
            Self::ReluSquared => rows.relu()?.sqr(),
        }
    }

    /// Of one number; `None` for the error function's, which no family that [`crate::infer`] runs has.
    pub(crate) fn of(self, value: f32) -> Option<f32> {
        match self {
            Self::Silu => Some(value / (1.0 + (-value).exp())),
            Self::Gelu => None,
            Self::GeluTanh => {
                // sqrt(2 / pi) and Hendrycks and Gimpel's constant (arXiv 1606.08415, section 2).
                let inner = (2.0 / std::f32::consts::PI).sqrt() * (value + 0.044_715 * value * value * value);
                Some(0.5 * value * (1.0 + inner.tanh()))
            }
            Self::Relu => Some(value.max(0.0)),
            Self::ReluSquared => Some(value.max(0.0) * value.max(0.0)),
        }
    }

    /// As a trace's notes have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Silu => "silu",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu-tanh",
            Self::Relu => "relu",
            Self::ReluSquared => "relu-squared",
        }
    }

    /// By the name in a `config.json`.
    fn of_hugging_face(name: &str) -> Option<Self> {
        match name {
            "silu" | "swish" => Some(Self::Silu),
            "gelu" => Some(Self::Gelu),
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" => Some(Self::GeluTanh),
            "relu" => Some(Self::Relu),
            "relu2" => Some(Self::ReluSquared),
            _ => None,
        }
    }
}

impl Config {
    /// What a neuron gives, as a trace's notes have it.
    #[must_use]
    pub fn neuron(&self) -> String {
        let function = self.activation.as_str();
        if self.gated { format!("{function}(gate) * up") } else { format!("{function}(up)") }
    }

    /// Whether norms subtract the mean and add a bias.
    #[must_use]
    pub(crate) fn centred_norms(&self) -> bool {
        matches!(self.family, Family::Phi | Family::Opt)
    }

    /// What is wrong with these numbers together, as a key of this model and a text.
    fn problem(&self) -> Option<(&'static str, String)> {
        if !self.heads.is_multiple_of(self.key_value_heads) {
            return Some(("key-value heads", "does not divide the number of heads".to_owned()));
        }
        if let Some(Rotary { base, width, .. }) = self.rotary {
            if !(base.is_finite() && base > 1.0) {
                return Some(("rotary base", "is not above 1".to_owned()));
            }
            if width == 0 || width > self.head_width || !width.is_multiple_of(2) {
                return Some(("rotary width", format!("of {width} does not fit heads of {}", self.head_width)));
            }
        }
        match &self.experts {
            Some(Experts { count, chosen, .. }) if *chosen == 0 || chosen > count => {
                Some(("experts", format!("has {chosen} of {count} chosen")))
            }
            _ => None,
        }
    }
}

/// No model comes near this; below it, products of two numbers stay far from overflow.
const PLAUSIBLE_MAX: usize = 1 << 28;

fn is_plausible(number: usize) -> bool {
    (1..=PLAUSIBLE_MAX).contains(&number)
}
