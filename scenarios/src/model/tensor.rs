//! The tensors of a model: the shape of each, and the part that it plays.
//!
//! Everything that a model weighs is a sum over this list, whatever the quantization: a recipe or a table only says which
//! format each tensor has.

use serde::Deserialize;

/// The part that a tensor plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Queries, with their gate where they have one.
    Query,
    /// Keys.
    Key,
    /// Values.
    Value,
    /// Queries, keys and values in one matrix.
    QueryKeyValue,
    /// What attention's heads are put together by.
    AttentionOutput,
    /// Latent attention: compressed queries, and what widens them.
    QueryLatent,
    /// Latent attention: what compresses keys and values.
    KeyValueDown,
    /// Latent attention: what widens keys and values.
    KeyValueUp,
    /// Linear attention's queries, keys and values.
    LinearQueryKeyValue,
    /// Linear attention's gate.
    LinearGate,
    /// Linear attention's decay and write strength of each head.
    LinearStrength,
    /// What linear attention's heads are put together by.
    LinearOutput,
    /// A convolution over positions.
    Kernel,
    /// The matrices before and after a short convolution.
    ConvolutionGate,
    /// Feed-forward gate.
    Gate,
    /// Feed-forward up.
    Up,
    /// Feed-forward down.
    Down,
    /// Gate of the experts that every token uses.
    SharedGate,
    /// Up of those.
    SharedUp,
    /// Down of those.
    SharedDown,
    /// What chooses experts.
    Router,
    /// Norms, biases and other vectors.
    Vector,
    /// Small matrices that tools keep at 16 bits.
    Small,
    /// Matrices between the per-layer embedding and the residual stream.
    PerLayerGate,
    /// The embedding table.
    Embedding,
    /// The table of per-layer embeddings.
    PerLayerEmbedding,
    /// Learned positions.
    Positions,
    /// The head, where it is not the embedding table.
    Head,
}

/// A component of a layer or of the model, in the terms of a cost model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Attention's matrices.
    Attention,
    /// Linear attention's or a convolution's matrices.
    LinearAttention,
    /// The feed-forward network, or all experts.
    FeedForward,
    /// Experts that every token uses.
    SharedExperts,
    /// What chooses experts, and other small matrices.
    Router,
    /// Norms, biases and learned positions.
    Rest,
    /// The embedding table.
    Embedding,
    /// The table of per-layer embeddings.
    PerLayerEmbedding,
    /// The head.
    Head,
}

impl Role {
    /// The component that it belongs to.
    #[must_use]
    pub const fn part(self) -> Part {
        match self {
            Self::Query
            | Self::Key
            | Self::Value
            | Self::QueryKeyValue
            | Self::AttentionOutput
            | Self::QueryLatent
            | Self::KeyValueDown
            | Self::KeyValueUp => Part::Attention,
            Self::LinearQueryKeyValue
            | Self::LinearGate
            | Self::LinearStrength
            | Self::LinearOutput
            | Self::Kernel
            | Self::ConvolutionGate => Part::LinearAttention,
            Self::Gate | Self::Up | Self::Down => Part::FeedForward,
            Self::SharedGate | Self::SharedUp | Self::SharedDown => Part::SharedExperts,
            Self::Router | Self::Small | Self::PerLayerGate => Part::Router,
            Self::Vector | Self::Positions => Part::Rest,
            Self::Embedding => Part::Embedding,
            Self::PerLayerEmbedding => Part::PerLayerEmbedding,
            Self::Head => Part::Head,
        }
    }
}

/// A tensor: `count` matrices of `rows` times `columns`; blocks of a number format run along the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// The part that it plays.
    pub role: Role,
    /// Outputs.
    pub rows: u64,
    /// Inputs.
    pub columns: u64,
    /// Matrices: experts, or 1.
    pub count: u64,
}

impl Tensor {
    pub(super) const fn matrix(role: Role, rows: u64, columns: u64) -> Self {
        Self { role, rows, columns, count: 1 }
    }

    pub(super) const fn vector(length: u64) -> Self {
        Self::matrix(Role::Vector, 1, length)
    }

    /// Its numbers.
    #[must_use]
    pub const fn parameters(&self) -> u64 {
        self.rows * self.columns * self.count
    }
}
