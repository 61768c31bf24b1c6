//! Models: layers of every kind, widths, experts and quantizations, and what they come to in bytes and operations.
//!
//! A model is a TOML file (`scenarios/models/<name>.toml`); no weights are read here. Every derived figure is an integer.
//! A model says what it is made of; which number format each tensor has is said by a recipe (`q4-k-m`, `mlx-4bit`: see
//! [`recipe`]), or by a table of the model's own file.

mod assignment;
mod check;
mod embedded;
mod error;
mod feed_forward;
mod file;
mod format;
pub mod import;
mod layer_formats;
mod mixer;
mod quantization;
pub mod recipe;
pub mod reference;
mod tensor;
mod tensors;
#[cfg(test)]
mod tests;
mod weights;

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use tightfit_devices::{Sourced, Sources, near, read};

pub use error::ModelError;
pub use feed_forward::{Activation, FeedForward, FeedForwardKind, Later};
pub use format::Format;
pub use layer_formats::LayerFormats;
pub use mixer::{Attention, Convolution, HeadNorms, LatentAttention, LinearAttention, Mixer};
pub use quantization::{Adapters, Quantization};
pub use recipe::Recipe;
pub use tensor::{Part, Role, Tensor};
pub use weights::{Cache, LayerWeights, Weights};

use assignment::Assignment;
use file::ModelFile;

/// A model, checked: its shape, its quantizations and the source of each number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The name used on the command line.
    pub name: String,
    /// The name used in reports.
    pub title: String,
    /// Other names of it, and of models that were trained from it and have its shape.
    pub aliases: Vec<String>,
    /// Transformer layers.
    pub layers: u32,
    /// Width of the residual stream.
    pub hidden: u32,
    /// Entries of the vocabulary.
    pub vocabulary: u32,
    /// Width of the embedding table; `hidden`, but for OPT-350M.
    pub embedding_width: u32,
    /// Whether the head is the embedding table read once more.
    pub tied_embeddings: bool,
    /// Longest context, in tokens.
    pub context: u32,
    /// Parameters of learned positions, zero where positions are rotated in.
    pub position_parameters: u64,
    /// What carries biases.
    pub biases: Biases,
    /// Norms of the residual stream's width in a layer; a parallel block has one.
    pub norms_per_layer: u32,
    /// Whether there is a norm before the head.
    pub last_norm: bool,
    /// Parameters of a layer that no other key counts.
    pub layer_extra_parameters: u64,
    /// Parameters outside the layers that no other key counts.
    pub extra_parameters: u64,
    /// An embedding of each layer's own.
    pub per_layer_embedding: Option<PerLayerEmbedding>,
    /// Last layers that use the keys and values of earlier ones.
    pub kv_shared_layers: u32,
    /// How layers look at the positions before, by the word that the pattern uses.
    pub mixers: BTreeMap<MixerKind, Mixer>,
    /// The kinds of the layers, from the first, over and over.
    pub pattern: Vec<MixerKind>,
    /// Feed-forward part of each layer.
    pub feed_forward: FeedForward,
    /// Later layers of another width.
    pub later: Option<Later>,
    /// Feed-forward part of the first layers, where the others have experts.
    pub dense_layers: Option<(u32, FeedForward)>,
    /// Quantizations by name.
    pub quantizations: BTreeMap<String, Quantization>,
    /// The quantization used when none is asked for.
    pub default_quantization: String,
    /// Where the numbers come from.
    pub source: Sources,
    numbers: Vec<Sourced>,
}

/// A kind of layer, as `pattern` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MixerKind {
    /// `[attention]`.
    Attention,
    /// `[window-attention]`.
    Window,
    /// `[latent-attention]`.
    Latent,
    /// `[linear-attention]`.
    Linear,
    /// `[convolution]`.
    Convolution,
}

impl MixerKind {
    /// The word used in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Window => "window",
            Self::Latent => "latent",
            Self::Linear => "linear",
            Self::Convolution => "convolution",
        }
    }
}

/// What carries biases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Biases {
    /// Nothing.
    #[default]
    None,
    /// Queries, keys and values, as in Qwen2.
    QueryKeyValue,
    /// Attention's four matrices, as in gpt-oss.
    Attention,
    /// Every matrix of a layer and every norm, as in OPT.
    All,
}

/// The `[per-layer-embedding]` section of a model: each layer looks the token up in a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PerLayerEmbedding {
    /// Width of one layer's embedding.
    #[serde(deserialize_with = "read::small_count")]
    pub width: u32,
    /// Entries of its vocabulary.
    #[serde(deserialize_with = "read::small_count")]
    pub vocabulary: u32,
}

impl Model {
    /// Names of the embedded models, sorted.
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        embedded::NAMES
    }

    /// The TOML text of an embedded model.
    #[must_use]
    pub fn embedded(name: &str) -> Option<&'static str> {
        embedded::MODELS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// The TOML text of the embedded model that a name or an alias stands for (see [`mod@reference`]).
    #[must_use]
    pub fn text(name: &str) -> Option<&'static str> {
        reference::known(name).and_then(|found| Self::embedded(found.model))
    }

    /// A model by embedded name or alias (see [`mod@reference`]), or from a path that ends in `.toml`.
    pub fn load(name_or_path: &str) -> Result<Self, ModelError> {
        if let Some(name) = reference::known(name_or_path).map(|found| found.model) {
            let text = Self::embedded(name).expect("names are those of the embedded models");
            return Self::parse(name, text);
        }
        let path = Path::new(name_or_path);
        if path.extension().is_none_or(|extension| extension != "toml") {
            let near = near::suggestion(name_or_path, Self::names());
            return Err(ModelError::Unknown { name: name_or_path.to_owned(), near });
        }
        let text =
            std::fs::read_to_string(path).map_err(|problem| ModelError::File { path: path.to_owned(), problem })?;
        Self::parse(name_or_path, &text)
    }

    /// A model from its text; `origin` names the text in errors.
    pub fn parse(origin: &str, text: &str) -> Result<Self, ModelError> {
        let in_toml = |problem| ModelError::Toml { origin: origin.to_owned(), problem: Box::new(problem) };
        let file: ModelFile = toml::from_str(text).map_err(in_toml)?;
        let table: toml::Table = toml::from_str(text).map_err(in_toml)?;
        check::model(file, &table).map_err(|problem| problem.at(origin, text))
    }

    /// Every number of the file, with its source.
    #[must_use]
    pub fn sourced(&self) -> &[Sourced] {
        &self.numbers
    }

    /// What the model weighs in a quantization: one of its file's own, or a recipe.
    pub fn weights(&self, quantization: &str) -> Result<Weights, ModelError> {
        Ok(weights::weigh(self, &self.assignment(quantization)?))
    }

    /// The format that a quantization gives `tensor`, which lies in `layer` where it is in one.
    pub fn format_of(&self, quantization: &str, tensor: &Tensor, layer: Option<u32>) -> Result<Format, ModelError> {
        Ok(self.assignment(quantization)?.format(self, tensor, layer))
    }

    /// The format that the KV cache has in a quantization.
    pub fn kv_format(&self, quantization: &str) -> Result<Format, ModelError> {
        Ok(self.assignment(quantization)?.kv())
    }

    fn assignment(&self, quantization: &str) -> Result<Assignment<'_>, ModelError> {
        if let Some(table) = self.quantizations.get(quantization) {
            return Ok(Assignment::Table(table));
        }
        if let Some(recipe) = Recipe::named(quantization) {
            return Ok(Assignment::Recipe(recipe));
        }
        Err(ModelError::UnknownQuantization {
            model: self.name.clone(),
            name: quantization.to_owned(),
            near: recipe::suggestion(quantization, &self.quantizations),
        })
    }

    /// The kind of `layer`.
    #[must_use]
    pub fn kind(&self, layer: u32) -> MixerKind {
        self.pattern[layer as usize % self.pattern.len()]
    }

    /// How `layer` looks at the positions before.
    #[must_use]
    pub fn mixer(&self, layer: u32) -> &Mixer {
        &self.mixers[&self.kind(layer)]
    }

    /// The feed-forward part of `layer`.
    #[must_use]
    pub fn feed_forward_of(&self, layer: u32) -> FeedForward {
        match (self.dense_layers, self.later, self.feed_forward) {
            (Some((count, dense)), _, _) if layer < count => dense,
            (_, Some(wider), FeedForward::Neurons { kind, activation, .. }) if layer >= wider.from_layer => {
                FeedForward::Neurons { kind, activation, width: wider.width }
            }
            (_, _, feed_forward) => feed_forward,
        }
    }

    /// Whether `layer` makes keys and values, and does not use an earlier layer's.
    #[must_use]
    pub fn has_own_keys(&self, layer: u32) -> bool {
        layer < self.layers - self.kv_shared_layers
    }

    /// The tensors of `layer`.
    #[must_use]
    pub fn layer_tensors(&self, layer: u32) -> Vec<Tensor> {
        tensors::of_layer(self, layer)
    }

    /// The tensors outside the layers.
    #[must_use]
    pub fn table_tensors(&self) -> Vec<Tensor> {
        tensors::of_tables(self)
    }

    /// All parameters, a tied head counted once.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        let layers = (0..self.layers).flat_map(|layer| self.layer_tensors(layer));
        layers.chain(self.table_tensors()).map(|tensor| tensor.parameters()).sum()
    }

    /// Parameters that one token uses: all but the experts that are not chosen.
    #[must_use]
    pub fn active_parameters(&self) -> u64 {
        let unused = |layer| match self.feed_forward_of(layer) {
            FeedForward::Neurons { .. } => 0,
            FeedForward::Experts { count, active, width, .. } => {
                3 * u64::from(self.hidden) * u64::from(width) * u64::from(count - active)
            }
        };
        self.parameters() - (0..self.layers).map(unused).sum::<u64>()
    }
}
