//! A quantization: the number format of each component.

use serde::Deserialize;
use tightfit_devices::{Bytes, read};

use super::format::{Format, Mix};

/// A `[quantization.<name>]` section of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quantization {
    /// Embedding table and learned positions.
    pub embedding: Format,
    /// Attention's four matrices.
    pub attention: Mix,
    /// Attention's value matrix, where it differs.
    pub attention_value: Option<Mix>,
    /// Feed-forward matrices.
    pub feed_forward: Mix,
    /// The feed-forward down matrix, where it differs.
    pub feed_forward_down: Option<Mix>,
    /// The head, where it is stored apart from the embedding table.
    pub head: Option<Format>,
    /// Norms, biases and the router.
    pub norm: Format,
    /// KV cache.
    pub kv: Format,
    /// Low-rank adapters that stay apart from the weights.
    pub adapters: Option<Adapters>,
    /// Size of the real file (`file-mb`), where one is published.
    #[serde(rename = "file-mb", default, deserialize_with = "file_size")]
    pub file: Option<Bytes>,
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
