//! Normalisation of rows: by their root mean square, or by mean and deviation.

use candle_core::{Device, Tensor};

use crate::LiveError;
use crate::config::Config;
use crate::source::Source;

/// `x / sqrt(mean(x^2) + epsilon) * scale`, or with a shift `(x - mean(x)) / sqrt(variance(x) + epsilon) * scale + shift`.
#[derive(Debug)]
pub(crate) struct Norm {
    scale: Tensor,
    shift: Option<Tensor>,
    epsilon: f32,
}

impl Norm {
    /// Reads a norm of the kind that the model has; `name` is without its `.weight`.
    pub(crate) fn load(source: &mut Source, name: &str, width: usize, config: &Config) -> Result<Self, LiveError> {
        let mut vector = |part: &str| {
            let tensor = source.tensor(&format!("{name}.{part}"), &[width])?;
            Ok::<_, LiveError>(tensor.dequantize(&Device::Cpu)?)
        };
        let scale = (vector("weight")? + config.norm_offset)?;
        let shift = config.centred_norms().then(|| vector("bias")).transpose()?;
        Ok(Self { scale, shift, epsilon: config.norm_epsilon })
    }

    /// Values of a row.
    pub(crate) fn width(&self) -> usize {
        self.scale.elem_count()
    }

    /// Over the last dimension.
    pub(crate) fn forward(&self, rows: &Tensor) -> candle_core::Result<Tensor> {
        let rows = rows.contiguous()?;
        match &self.shift {
            None => candle_nn::ops::rms_norm(&rows, &self.scale, self.epsilon),
            Some(shift) => candle_nn::ops::layer_norm(&rows, &self.scale, shift, self.epsilon),
        }
    }
}
