//! Root-mean-square normalisation.

use candle_core::{Device, Tensor};

use crate::LiveError;
use crate::gguf::Gguf;

/// `x / sqrt(mean(x^2) + epsilon) * scale`, row by row.
#[derive(Debug)]
pub(crate) struct Norm {
    scale: Tensor,
    epsilon: f32,
}

impl Norm {
    pub(crate) fn load(gguf: &mut Gguf, name: &str, width: usize, epsilon: f32) -> Result<Self, LiveError> {
        let scale = gguf.tensor(name, &[width])?.dequantize(&Device::Cpu)?;
        Ok(Self { scale, epsilon })
    }

    pub(crate) fn forward(&self, rows: &Tensor) -> candle_core::Result<Tensor> {
        candle_nn::ops::rms_norm(&rows.contiguous()?, &self.scale, self.epsilon)
    }
}
