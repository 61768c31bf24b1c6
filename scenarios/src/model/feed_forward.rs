//! The feed-forward part of a layer: neurons of two or three matrices, or experts.

use serde::Deserialize;
use tightfit_devices::read;

use super::mixer::some_count;

/// How many matrices a neuron has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedForwardKind {
    /// Gate, up and down: three.
    Gated,
    /// Up and down: two.
    Plain,
}

impl FeedForwardKind {
    /// Matrices per neuron.
    #[must_use]
    pub const fn parts(self) -> u32 {
        match self {
            Self::Gated => 3,
            Self::Plain => 2,
        }
    }
}

/// The function between the matrices; `relu` alone makes exact zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// x times its sigmoid.
    Silu,
    /// Negative becomes zero.
    Relu,
    /// x times the normal distribution's share below it.
    Gelu,
}

/// The feed-forward part of each layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedForward {
    /// One block of neurons; the bundle is a neuron.
    Neurons {
        /// Two matrices or three.
        kind: FeedForwardKind,
        /// The function between them.
        activation: Activation,
        /// Neurons per layer.
        width: u32,
    },
    /// Gated experts, some of them chosen per token; the bundle is an expert.
    Experts {
        /// Experts per layer.
        count: u32,
        /// Experts that a token uses.
        active: u32,
        /// Neurons of one expert.
        width: u32,
        /// Experts that every token uses besides, always resident.
        shared: u32,
        /// Neurons of one of those.
        shared_width: u32,
        /// Whether what they compute is gated by a vector of its own.
        shared_gate: bool,
        /// Whether an expert's matrices carry biases.
        biases: bool,
    },
}

impl FeedForward {
    /// Matrices per neuron or expert.
    #[must_use]
    pub const fn parts(&self) -> u32 {
        match self {
            Self::Neurons { kind, .. } => kind.parts(),
            Self::Experts { .. } => FeedForwardKind::Gated.parts(),
        }
    }

    /// Bundles per layer: neurons, or experts.
    #[must_use]
    pub const fn bundles(&self) -> u32 {
        match self {
            Self::Neurons { width, .. } => *width,
            Self::Experts { count, .. } => *count,
        }
    }

    /// Bundles per layer that a token needs when nothing is skipped.
    #[must_use]
    pub const fn active_bundles(&self) -> u32 {
        match self {
            Self::Neurons { width, .. } => *width,
            Self::Experts { active, .. } => *active,
        }
    }

    /// Neurons in one bundle.
    #[must_use]
    pub const fn bundle_neurons(&self) -> u32 {
        match self {
            Self::Neurons { .. } => 1,
            Self::Experts { width, .. } => *width,
        }
    }
}

/// A `[feed-forward]` section as written.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct NeuronsFile {
    kind: FeedForwardKind,
    activation: Activation,
    #[serde(deserialize_with = "read::small_count")]
    pub(super) width: u32,
    /// The width of later layers, where it is another.
    pub(super) later: Option<Later>,
}

/// Layers of another width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Later {
    /// The first of them, from 0.
    #[serde(deserialize_with = "read::small_count")]
    pub from_layer: u32,
    /// Neurons of each.
    #[serde(deserialize_with = "read::small_count")]
    pub width: u32,
}

impl From<NeuronsFile> for FeedForward {
    fn from(NeuronsFile { kind, activation, width, .. }: NeuronsFile) -> Self {
        Self::Neurons { kind, activation, width }
    }
}

/// An `[experts]` section as written.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ExpertsFile {
    #[serde(deserialize_with = "read::small_count")]
    pub(super) count: u32,
    #[serde(deserialize_with = "read::small_count")]
    pub(super) active: u32,
    #[serde(deserialize_with = "read::small_count")]
    width: u32,
    #[serde(default)]
    pub(super) shared: u32,
    #[serde(default, deserialize_with = "some_count")]
    pub(super) shared_width: Option<u32>,
    #[serde(default)]
    shared_gate: bool,
    #[serde(default)]
    biases: bool,
    /// The first layers, which have `[feed-forward]` instead.
    #[serde(default)]
    pub(super) dense_layers: u32,
}

impl From<ExpertsFile> for FeedForward {
    fn from(file: ExpertsFile) -> Self {
        Self::Experts {
            count: file.count,
            active: file.active,
            width: file.width,
            shared: file.shared,
            shared_width: file.shared_width.unwrap_or(file.width),
            shared_gate: file.shared_gate,
            biases: file.biases,
        }
    }
}
