//! How the weights are held while the model runs, and one weight matrix.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Tensor};

use crate::LiveError;
use crate::source::Source;

/// The arithmetic of a run.
///
/// candle's quantised kernels round the *activations* to 8 bits before every product, whatever the weights are, and
/// that moves neurons near the border in or out of the active set. [`Weights::F32`] does not, so it is what an
/// independent computation can be compared with. Measured on `SmolLM2-135M` (`Q4_1`) with one thread on x86: `F32` 48
/// tokens/s and 0.62 GB; `Q8_0` 45 and 0.21 GB, 2.6 % of a prompt's active ids being others; `Stored` 11 and 0.16 GB,
/// 2.0 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// Widened to 32-bit floats: exact to the file's weights, 4 bytes a parameter in memory.
    #[default]
    F32,
    /// Requantised to `Q8_0` at load: one byte a parameter, a fast kernel, rounding of weights and activations.
    Q8_0,
    /// As the file has them: the least memory; formats without a vector kernel (`Q4_1`) run slowly.
    Stored,
}

impl Weights {
    /// All of them, for help texts.
    pub const ALL: [Self; 3] = [Self::F32, Self::Q8_0, Self::Stored];

    /// One line for a trace's notes.
    #[must_use]
    pub fn note(self) -> &'static str {
        match self {
            Self::F32 => "f32: weights widened to 32-bit floats, activations not rounded",
            Self::Q8_0 => "q8_0: weights requantised to Q8_0 at load, activations rounded to 8 bits in each product",
            Self::Stored => "stored: weights as in the file, activations rounded to 8 bits in each product",
        }
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::F32 => "f32",
            Self::Q8_0 => "q8_0",
            Self::Stored => "stored",
        })
    }
}

impl FromStr for Weights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|weights| weights.to_string() == text);
        found.ok_or_else(|| format!("`{text}` is no way to hold weights; known: f32, q8_0, stored"))
    }
}

/// A weight matrix with or without a bias, applied to rows: (tokens, columns) to (tokens, rows).
#[derive(Debug)]
pub(crate) struct Linear {
    product: QMatMul,
    bias: Option<Tensor>,
}

impl Linear {
    /// Reads the matrix of this many rows (outputs) and columns (inputs), and the bias beside it where there is one;
    /// `name` is without its `.weight`.
    pub(crate) fn load(
        source: &mut Source,
        name: &str,
        [rows, columns]: [usize; 2],
        weights: Weights,
    ) -> Result<Self, LiveError> {
        let matrix = source.tensor(&format!("{name}.weight"), &[rows, columns])?;
        let bias = format!("{name}.bias");
        let bias =
            source.has(&bias).then(|| source.tensor(&bias, &[rows])?.dequantize(&Device::Cpu).map_err(LiveError::from));
        Ok(Self { bias: bias.transpose()?, ..Self::hold(Arc::new(matrix), weights)? })
    }

    /// Holds a matrix that was read before (a tied head is the embedding itself).
    pub(crate) fn hold(tensor: Arc<QTensor>, weights: Weights) -> Result<Self, LiveError> {
        let product = match weights {
            Weights::F32 => QMatMul::Tensor(tensor.dequantize(&Device::Cpu)?),
            Weights::Q8_0 if tensor.dtype() != GgmlDType::Q8_0 => {
                let wide = tensor.dequantize(&Device::Cpu)?;
                QMatMul::from_qtensor(QTensor::quantize(&wide, GgmlDType::Q8_0)?)?
            }
            Weights::Q8_0 | Weights::Stored => QMatMul::from_arc(tensor)?,
        };
        Ok(Self { product, bias: None })
    }

    pub(crate) fn forward(&self, rows: &Tensor) -> candle_core::Result<Tensor> {
        let product = self.product.forward(rows)?;
        self.bias.as_ref().map_or(Ok(product.clone()), |bias| product.broadcast_add(bias))
    }
}
