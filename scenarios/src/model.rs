//! Models: widths, experts and quantizations, and what they come to in bytes and operations.
//!
//! A model is a TOML file (`scenarios/models/<name>.toml`); no weights are read here. Every derived figure is an integer.

mod check;
mod embedded;
mod error;
mod feed_forward;
mod format;
mod parameters;
mod quantization;
#[cfg(test)]
mod tests;
mod weights;

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use tightfit_devices::{Sourced, Sources, near, read};

pub use error::ModelError;
pub use feed_forward::{Activation, FeedForward, FeedForwardKind};
pub use format::{Format, Mix};
pub use quantization::{Adapters, Quantization};
pub use weights::Weights;

/// A model, checked: its shape, its quantizations and the source of each number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The name used on the command line.
    pub name: String,
    /// The name used in reports.
    pub title: String,
    /// Transformer layers.
    pub layers: u32,
    /// Width of the residual stream.
    pub hidden: u32,
    /// Entries of the vocabulary.
    pub vocabulary: u32,
    /// Whether the head is the embedding table read once more.
    pub tied_embeddings: bool,
    /// Longest context, in tokens.
    pub context: u32,
    /// Parameters of learned positions, zero where positions are rotated in.
    pub position_parameters: u64,
    /// Whether every matrix and norm carries a bias.
    pub biases: bool,
    /// Attention.
    pub attention: Attention,
    /// Feed-forward part of each layer.
    pub feed_forward: FeedForward,
    /// Quantizations by name.
    pub quantizations: BTreeMap<String, Quantization>,
    /// The quantization used when none is asked for.
    pub default_quantization: String,
    /// Where the numbers come from.
    pub source: Sources,
    numbers: Vec<Sourced>,
}

/// The `[attention]` section of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attention {
    /// Query heads.
    #[serde(deserialize_with = "read::small_count")]
    pub heads: u32,
    /// Key and value heads.
    #[serde(deserialize_with = "read::small_count")]
    pub kv_heads: u32,
    /// Width of a head.
    #[serde(deserialize_with = "read::small_count")]
    pub head_dim: u32,
    /// Whether queries and keys are normed per head, as in Qwen3.
    #[serde(default)]
    pub head_norms: bool,
}

/// A model as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ModelFile {
    schema: u32,
    #[serde(deserialize_with = "read::text")]
    name: String,
    #[serde(deserialize_with = "read::text")]
    title: String,
    #[serde(deserialize_with = "read::small_count")]
    layers: u32,
    #[serde(deserialize_with = "read::small_count")]
    hidden: u32,
    #[serde(deserialize_with = "read::small_count")]
    vocabulary: u32,
    tied_embeddings: bool,
    #[serde(deserialize_with = "read::small_count")]
    context: u32,
    #[serde(default)]
    position_parameters: u64,
    #[serde(default)]
    biases: bool,
    attention: Attention,
    feed_forward: Option<feed_forward::NeuronsFile>,
    experts: Option<feed_forward::ExpertsFile>,
    #[serde(rename = "quantization")]
    quantizations: BTreeMap<String, Quantization>,
    default_quantization: String,
    source: Sources,
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

    /// A model by embedded name, or from a path that ends in `.toml`.
    pub fn load(name_or_path: &str) -> Result<Self, ModelError> {
        if let Some(text) = Self::embedded(name_or_path) {
            return Self::parse(name_or_path, text);
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

    /// What the model weighs in one of its quantizations.
    pub fn weights(&self, quantization: &str) -> Result<Weights, ModelError> {
        let Some(found) = self.quantizations.get(quantization) else {
            let known: Vec<&str> = self.quantizations.keys().map(String::as_str).collect();
            return Err(ModelError::UnknownQuantization {
                model: self.name.clone(),
                name: quantization.to_owned(),
                known: known.join(", "),
            });
        };
        Ok(weights::weigh(self, found))
    }
}
