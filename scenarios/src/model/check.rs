//! What a model's numbers must satisfy together.

mod layers;
mod size;

use tightfit_devices::{locate, sourced_numbers};
use toml::Table;

use super::{Model, ModelError, ModelFile, Recipe, recipe};

/// A key and what is wrong with it.
pub(super) struct Problem {
    key: String,
    text: String,
}

impl Problem {
    fn new(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self { key: key.into(), text: text.into() }
    }

    /// The error, with the line of the key.
    pub(super) fn at(self, origin: &str, text: &str) -> ModelError {
        let line = locate::line(text, &self.key).unwrap_or(1);
        ModelError::Impossible { origin: origin.to_owned(), line, key: self.key, problem: self.text }
    }
}

/// The model that a file describes, if it describes one.
pub(super) fn model(file: ModelFile, table: &Table) -> Result<Model, Problem> {
    if file.schema != 1 {
        return Err(Problem::new("schema", format!("{} is not known here: this version reads 1", file.schema)));
    }
    let (mixers, pattern) = layers::mixers(&file)?;
    let (feed_forward, later, dense_layers) = layers::feed_forward(&file)?;
    if file.kv_shared_layers >= file.layers {
        let text = format!("{} of {} `layers`: an earlier layer must have keys", file.kv_shared_layers, file.layers);
        return Err(Problem::new("kv-shared-layers", text));
    }
    quantizations(&file)?;
    sources(&file, table)?;
    let model = Model {
        name: file.name,
        title: file.title,
        aliases: file.aliases,
        layers: file.layers,
        hidden: file.hidden,
        vocabulary: file.vocabulary,
        embedding_width: file.embedding_width.unwrap_or(file.hidden),
        tied_embeddings: file.tied_embeddings,
        context: file.context,
        position_parameters: file.position_parameters,
        biases: file.biases,
        norms_per_layer: file.norms_per_layer,
        last_norm: file.last_norm,
        layer_extra_parameters: file.layer_extra_parameters,
        extra_parameters: file.extra_parameters,
        per_layer_embedding: file.per_layer_embedding,
        kv_shared_layers: file.kv_shared_layers,
        mixers,
        pattern,
        feed_forward,
        later,
        dense_layers,
        quantizations: file.quantizations,
        default_quantization: file.default_quantization,
        source: file.source,
        numbers: sourced_numbers(table),
    };
    size::check(&model)?;
    Ok(model)
}

fn quantizations(file: &ModelFile) -> Result<(), Problem> {
    let default = &file.default_quantization;
    if !file.quantizations.contains_key(default) && Recipe::named(default).is_none() {
        let text = format!("no quantization `{default}`: {}", recipe::suggestion(default, &file.quantizations));
        return Err(Problem::new("default-quantization", text));
    }
    for (name, quantization) in &file.quantizations {
        if !file.tied_embeddings && quantization.head.is_none() {
            let text = "missing, and the embeddings are not tied: give the head's format";
            return Err(Problem::new(format!("quantization.{name}.head"), text));
        }
        if quantization.adapters.is_some_and(|adapters| adapters.rank > file.hidden) {
            let text = "above `hidden`: a low rank is below the width";
            return Err(Problem::new(format!("quantization.{name}.adapters.rank"), text));
        }
        if let Some(layer) = quantization.last_named_layer().filter(|&layer| layer >= file.layers) {
            let text = format!("a format for layer {layer}: the {} `layers` are numbered from 0", file.layers);
            return Err(Problem::new(format!("quantization.{name}"), text));
        }
    }
    Ok(())
}

/// That every source of a single key names a key which the file has.
fn sources(file: &ModelFile, table: &Table) -> Result<(), Problem> {
    for key in file.source.keys.keys() {
        let mut parts = key.split('.');
        let first = parts.next().and_then(|first| table.get(first));
        if first.and_then(|value| parts.try_fold(value, |value, part| value.get(part))).is_none() {
            let text = format!("a source of `{key}`, which the file lacks: name one of its keys, or `default`");
            return Err(Problem::new(format!("source.{key}"), text));
        }
    }
    Ok(())
}
