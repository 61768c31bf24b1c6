//! The decoder that is trained: of the Llama family with `ReLU` gates (`ReluLLaMA`), or Mixtral's with small experts.
//!
//! Names and shapes of the weights are those of Hugging Face's checkpoints, so that the recorder, and others, read what
//! comes out. The forward pass here is for training only: whole sequences, no cache.

mod experts;
mod parameters;

use candle_core::{D, Device, Tensor};

use self::experts::Routed;
pub use self::parameters::Parameters;
use super::operations::{causal_softmax, norm, turn};
use super::recipe::{Model, Training};
use crate::LiveError;

/// Added to the mean square in every norm.
pub const NORM_EPSILON: f32 = 1e-5;
/// Base of the rotary frequencies.
pub const ROPE_BASE: f64 = 10_000.0;

/// A decoder under training.
#[derive(Debug)]
pub struct Decoder {
    model: Model,
    parameters: Parameters,
}

/// What a batch told.
#[derive(Debug)]
pub struct Outcome {
    /// What is made smaller: mean nats a token, and the penalties.
    pub loss: Tensor,
    /// Nats over all tokens.
    pub nats: f64,
    /// Share of zeros among what the neurons give, by layer, or share of choices that the busiest expert got.
    pub by_layer: Vec<f64>,
}

/// One block's feed-forward result, and what it says of its activity.
struct Fed {
    output: Tensor,
    penalty: Option<Tensor>,
    share: f64,
}

impl Decoder {
    /// Draws the first weights.
    pub fn new(model: &Model, seed: u64) -> Result<Self, LiveError> {
        Ok(Self { model: model.clone(), parameters: Parameters::draw(model, seed)? })
    }

    /// All that is learned.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Runs sequences laid end to end, each of the context's length, and asks how well they told their targets.
    pub fn learn(&self, inputs: &[u32], targets: &[u32], training: &Training) -> Result<Outcome, LiveError> {
        let (logits, fed) = self.forward(inputs)?;
        let mean = candle_nn::loss::cross_entropy(&logits, &Tensor::new(targets, &Device::Cpu)?)?;
        let nats = f64::from(mean.to_scalar::<f32>()?) * targets.len() as f64;
        let weight = self.model.experts.map_or(training.activation_penalty, |experts| experts.balance);
        let mut loss = mean;
        for penalty in fed.iter().filter_map(|fed| fed.penalty.as_ref()) {
            loss = (loss + (penalty * weight)?)?;
        }
        Ok(Outcome { loss, nats, by_layer: fed.iter().map(|fed| fed.share).collect() })
    }

    /// Nats that the targets of one sequence take, all together.
    pub fn nats(&self, inputs: &[u32], targets: &[u32]) -> Result<f64, LiveError> {
        let (logits, _) = self.forward(inputs)?;
        let mean = candle_nn::loss::cross_entropy(&logits.detach(), &Tensor::new(targets, &Device::Cpu)?)?;
        Ok(f64::from(mean.to_scalar::<f32>()?) * targets.len() as f64)
    }

    /// One row of numbers a token, one number a token of the vocabulary.
    pub fn logits(&self, inputs: &[u32]) -> Result<Tensor, LiveError> {
        Ok(self.forward(inputs)?.0.detach())
    }

    fn forward(&self, inputs: &[u32]) -> Result<(Tensor, Vec<Fed>), LiveError> {
        let weights = &self.parameters;
        let embedding = weights.get("model.embed_tokens.weight");
        let mut stream = embedding.index_select(&Tensor::new(inputs, &Device::Cpu)?, 0)?;
        let mut all = Vec::with_capacity(self.model.layers);
        for layer in 0..self.model.layers {
            let block = |name: &str| weights.get(&format!("model.layers.{layer}.{name}.weight"));
            let input = norm(&stream, block("input_layernorm"), NORM_EPSILON)?;
            stream = (&stream + self.attention(layer, &input)?)?;
            let input = norm(&stream, block("post_attention_layernorm"), NORM_EPSILON)?;
            let fed = match self.model.experts {
                Some(experts) => Routed { weights, layer, experts }.forward(&input)?,
                None => self.feed_forward(layer, &input)?,
            };
            stream = (&stream + &fed.output)?;
            all.push(fed);
        }
        let stream = norm(&stream, weights.get("model.norm.weight"), NORM_EPSILON)?;
        Ok((stream.matmul(&embedding.t()?)?, all))
    }

    fn attention(&self, layer: usize, input: &Tensor) -> Result<Tensor, LiveError> {
        let Model { width, heads, context, .. } = self.model;
        let weight = |name: &str| self.parameters.get(&format!("model.layers.{layer}.self_attn.{name}.weight"));
        let tokens = input.dim(0)?;
        // One sequence may be shorter than a context; several are of its length.
        let length = tokens.min(context);
        let split = |name: &str| {
            let rows = input.matmul(&weight(name).t()?)?;
            rows.reshape((tokens / length, length, heads, width / heads))?.transpose(1, 2)?.contiguous()
        };
        let query = turn(&split("q_proj")?, ROPE_BASE)?;
        let key = turn(&split("k_proj")?, ROPE_BASE)?;
        let scores = query.matmul(&key.transpose(2, 3)?)?;
        #[expect(clippy::cast_possible_truncation, reason = "the root of a head's width")]
        let shares = causal_softmax(&scores, 1.0 / ((width / heads) as f64).sqrt() as f32)?;
        let mixed = shares.matmul(&split("v_proj")?)?.transpose(1, 2)?.reshape((tokens, width))?;
        Ok(mixed.matmul(&weight("o_proj").t()?)?)
    }

    /// `down(relu(gate(x)) * up(x))`.
    fn feed_forward(&self, layer: usize, input: &Tensor) -> Result<Fed, LiveError> {
        let weight = |name: &str| self.parameters.get(&format!("model.layers.{layer}.mlp.{name}.weight"));
        let gate = input.matmul(&weight("gate_proj").t()?)?.relu()?;
        let activation = (&gate * input.matmul(&weight("up_proj").t()?)?)?;
        let values = gate.flatten_all()?.to_vec1::<f32>()?;
        let zeros = values.iter().filter(|&&value| value == 0.0).count();
        Ok(Fed {
            output: activation.matmul(&weight("down_proj").t()?)?,
            penalty: Some(activation.abs()?.mean_all()?),
            share: zeros as f64 / values.len() as f64,
        })
    }
}

/// The two halves of a softmax's row that a router needs: shares of all, over the last dimension.
fn shares(logits: &Tensor) -> candle_core::Result<Tensor> {
    candle_nn::ops::softmax(logits, D::Minus1)
}
