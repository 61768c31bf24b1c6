//! What the kernels of a model compute over: matrices by format and size, and where the dense ones lie.

use crate::{
    HostError,
    kernels::{Attention, Format},
};

/// Rows of weights, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Bytes of all rows.
    pub bytes: usize,
    /// How they are stored.
    pub format: Format,
}

/// Byte ranges of the dense weights: layer after layer, the head, others that no kernel reads, predictors, the model that
/// drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseParts {
    /// First layer.
    pub layers: usize,
    /// The head.
    pub head: usize,
    /// First layer's predictor.
    pub predictors: usize,
    /// The model that drafts.
    pub draft: usize,
    /// End.
    pub bytes: usize,
}

/// A model, as far as kernels must know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Width of the residual stream: weights of a row.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// What every token reads of one layer besides its bundles.
    pub layer: Vec<Matrix>,
    /// One bundle: up, down, and gate where there is one; of `neurons` rows each.
    pub bundle: Vec<Matrix>,
    /// Neurons of a bundle.
    pub neurons: usize,
    /// The head.
    pub head: Matrix,
    /// One layer's predictor; no bytes where there is none.
    pub predictor: Matrix,
    /// The model that drafts; no bytes where there is none.
    pub draft: Matrix,
    /// Attention.
    pub attention: Attention,
    /// Where the dense weights lie; none where layers and head come in blocks of the store.
    pub dense: Option<DenseParts>,
    /// Most positions that are computed at once, over all sequences.
    pub tokens_max: usize,
    /// Sequences.
    pub sequences: usize,
    /// Positions that a KV cache keeps.
    pub context_max: usize,
}

impl Shape {
    /// Bytes of one layer's dense part.
    #[must_use]
    pub fn layer_bytes(&self) -> usize {
        self.layer.iter().map(|matrix| matrix.bytes).sum()
    }

    /// Bytes of one bundle.
    #[must_use]
    pub fn bundle_bytes(&self) -> usize {
        self.bundle.iter().map(|matrix| matrix.bytes).sum()
    }

    /// That there are kernels for it.
    pub fn check(&self) -> Result<(), HostError> {
        let formats = self.layer.iter().chain(&self.bundle).chain([&self.head]).map(|matrix| matrix.format);
        for format in formats {
            if !self.hidden.is_multiple_of(format.block_weights()) {
                let (hidden, weights) = (self.hidden, format.block_weights());
                return Err(HostError::Unsupported(format!(
                    "rows of {hidden} weights are no whole blocks of {weights}, which {} has: take a quantization in F16 or F32",
                    format.as_str()
                )));
            }
        }
        Ok(())
    }
}
