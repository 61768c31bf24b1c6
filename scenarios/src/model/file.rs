//! A model as written.

use std::collections::BTreeMap;

use serde::Deserialize;
use tightfit_devices::{Sources, read};

use super::{
    Attention, Biases, Convolution, LatentAttention, LinearAttention, MixerKind, PerLayerEmbedding, Quantization,
    feed_forward::{ExpertsFile, NeuronsFile},
    mixer::some_count,
};

/// The keys of a model's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ModelFile {
    pub(super) schema: u32,
    #[serde(deserialize_with = "read::text")]
    pub(super) name: String,
    #[serde(deserialize_with = "read::text")]
    pub(super) title: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(deserialize_with = "read::small_count")]
    pub(super) layers: u32,
    #[serde(deserialize_with = "read::small_count")]
    pub(super) hidden: u32,
    #[serde(deserialize_with = "read::small_count")]
    pub(super) vocabulary: u32,
    #[serde(default, deserialize_with = "some_count")]
    pub(super) embedding_width: Option<u32>,
    pub(super) tied_embeddings: bool,
    #[serde(deserialize_with = "read::small_count")]
    pub(super) context: u32,
    #[serde(default)]
    pub(super) position_parameters: u64,
    #[serde(default)]
    pub(super) biases: Biases,
    #[serde(default = "two")]
    pub(super) norms_per_layer: u32,
    #[serde(default = "yes")]
    pub(super) last_norm: bool,
    #[serde(default)]
    pub(super) layer_extra_parameters: u64,
    #[serde(default)]
    pub(super) extra_parameters: u64,
    #[serde(default)]
    pub(super) kv_shared_layers: u32,
    pub(super) pattern: Option<Vec<MixerKind>>,
    pub(super) attention: Option<Attention>,
    pub(super) window_attention: Option<Attention>,
    pub(super) latent_attention: Option<LatentAttention>,
    pub(super) linear_attention: Option<LinearAttention>,
    pub(super) convolution: Option<Convolution>,
    pub(super) feed_forward: Option<NeuronsFile>,
    pub(super) experts: Option<ExpertsFile>,
    pub(super) per_layer_embedding: Option<PerLayerEmbedding>,
    #[serde(rename = "quantization", default)]
    pub(super) quantizations: BTreeMap<String, Quantization>,
    pub(super) default_quantization: String,
    pub(super) source: Sources,
}

/// A layer has a norm before attention and one before the feed-forward network.
const fn two() -> u32 {
    2
}

const fn yes() -> bool {
    true
}
