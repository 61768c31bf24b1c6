//! Rotary positions: neighbouring pairs (2i, 2i + 1) of a head turn by `position * base^(-2i / width)`.
//!
//! GGUF files of the Llama family have their query and key rows permuted by the converter so that pairs are
//! neighbours; other families (Qwen, Phi) pair i with i + width / 2 and would need `candle_nn::rotary_emb::rope`.

use candle_core::{Device, Tensor};

use crate::LiveError;
use crate::config::Config;
use crate::gguf::Gguf;

/// Turns per position for each pair of a head.
#[derive(Debug)]
pub(crate) struct Frequencies(Vec<f64>);

impl Frequencies {
    /// Reads the factors that Llama 3 stores beside the weights, where the file has them.
    pub(crate) fn load(gguf: &mut Gguf, config: &Config) -> Result<Self, LiveError> {
        let pairs = config.head_width / 2;
        let factors = if gguf.has_tensor("rope_freqs.weight") {
            gguf.tensor("rope_freqs.weight", &[pairs])?.dequantize(&Device::Cpu)?.to_vec1::<f32>()?
        } else {
            vec![1.0; pairs]
        };
        let frequency = |(pair, factor): (usize, &f32)| {
            let exponent = -2.0 * pair as f64 / config.head_width as f64;
            config.rope_base.powf(exponent) / (f64::from(*factor) * config.rope_divisor)
        };
        Ok(Self(factors.iter().enumerate().map(frequency).collect()))
    }

    /// Tables for positions 0 to `positions - 1`.
    pub(crate) fn tables(&self, positions: usize) -> Result<Tables, LiveError> {
        #[expect(clippy::cast_possible_truncation, reason = "sine and cosine, rounded once to f32")]
        let table = |function: fn(f64) -> f64| {
            let angles = (0..positions).flat_map(|position| self.0.iter().map(move |turn| position as f64 * turn));
            let values: Vec<f32> = angles.map(|angle| function(angle) as f32).collect();
            Tensor::from_vec(values, (positions, self.0.len()), &Device::Cpu)
        };
        Ok(Tables { cosine: table(f64::cos)?, sine: table(f64::sin)? })
    }
}

/// Cosines and sines by position.
#[derive(Debug)]
pub(crate) struct Tables {
    cosine: Tensor,
    sine: Tensor,
}

impl Tables {
    /// Turns (heads, tokens, width), the first token being at `position`.
    pub(crate) fn turn(&self, heads: &Tensor, position: usize) -> candle_core::Result<Tensor> {
        let tokens = heads.dim(1)?;
        let cosine = self.cosine.narrow(0, position, tokens)?;
        let sine = self.sine.narrow(0, position, tokens)?;
        candle_nn::rotary_emb::rope_i(&heads.unsqueeze(0)?.contiguous()?, &cosine, &sine)?.squeeze(0)
    }
}
