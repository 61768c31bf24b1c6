//! A quantization of a model's own file: the number format of each component.

use std::collections::BTreeMap;

use serde::Deserialize;
use tightfit_devices::{Bytes, read};

use super::{Format, LayerFormats, Role};

/// A `[quantization.<name>]` section of a model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quantization {
    /// Embedding table and learned positions.
    pub embedding: Format,
    /// The table of per-layer embeddings, where it differs from the other.
    pub per_layer_embedding: Option<Format>,
    /// Attention's matrices.
    pub attention: LayerFormats,
    /// Linear attention's matrices, where they differ from attention's.
    pub linear_attention: Option<LayerFormats>,
    /// Feed-forward matrices.
    pub feed_forward: LayerFormats,
    /// Matrices of shared experts, where they differ from the others'.
    pub shared_experts: Option<LayerFormats>,
    /// Small matrices that tools tend to leave alone, where they differ from norms: router, per-layer gates.
    pub small: Option<Format>,
    /// Tensors of some roles, which differ from what is said above.
    #[serde(default)]
    pub tensors: BTreeMap<Role, LayerFormats>,
    /// The head, where it is stored apart from the embedding table.
    pub head: Option<Format>,
    /// Norms, biases and kernels of convolutions.
    pub norm: Format,
    /// KV cache.
    pub kv: Format,
    /// Low-rank adapters that stay apart from the weights.
    pub adapters: Option<Adapters>,
    /// Size of the real file (`file-mb`), where one is published.
    #[serde(rename = "file-mb", default, deserialize_with = "file_size")]
    pub file: Option<Bytes>,
}

impl Quantization {
    /// The format of a tensor of this role, in this layer where it is in one.
    pub(super) fn format(&self, role: Role, layer: Option<u32>) -> Format {
        let of = |formats: &LayerFormats| layer.map_or(formats.default, |layer| formats.of(layer));
        if let Some(formats) = self.tensors.get(&role) {
            return of(formats);
        }
        match role {
            Role::Query
            | Role::Key
            | Role::Value
            | Role::QueryKeyValue
            | Role::AttentionOutput
            | Role::QueryLatent
            | Role::KeyValueDown
            | Role::KeyValueUp => of(&self.attention),
            Role::LinearQueryKeyValue
            | Role::LinearGate
            | Role::LinearStrength
            | Role::LinearOutput
            | Role::ConvolutionGate => of(self.linear_attention.as_ref().unwrap_or(&self.attention)),
            Role::Gate | Role::Up | Role::Down => of(&self.feed_forward),
            Role::SharedGate | Role::SharedUp | Role::SharedDown => {
                of(self.shared_experts.as_ref().unwrap_or(&self.feed_forward))
            }
            Role::Router | Role::Small | Role::PerLayerGate => self.small.unwrap_or(self.norm),
            Role::Vector | Role::Kernel => self.norm,
            Role::Embedding | Role::Positions => self.embedding,
            Role::PerLayerEmbedding => self.per_layer_embedding.unwrap_or(self.embedding),
            Role::Head => self.head.unwrap_or(self.embedding),
        }
    }

    /// The highest layer that any component names.
    pub(super) fn last_named_layer(&self) -> Option<u32> {
        let groups = [Some(&self.attention), Some(&self.feed_forward)];
        let others = [self.linear_attention.as_ref(), self.shared_experts.as_ref()];
        let all = groups.into_iter().chain(others).flatten().chain(self.tensors.values());
        all.filter_map(LayerFormats::last_named).max()
    }
}

/// Low-rank adapters on every matrix of the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Adapters {
    /// Their rank.
    #[serde(deserialize_with = "read::small_count")]
    pub rank: u32,
    /// Their number format.
    pub format: Format,
}

fn file_size<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
    read::size_mb(from).map(Some)
}
