//! What a model's numbers must satisfy together.

use tightfit_devices::{locate, sourced_numbers};
use toml::Table;

use super::{FeedForward, Model, ModelError, ModelFile};

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
    if !file.attention.heads.is_multiple_of(file.attention.kv_heads) {
        let text = format!("{} don't divide the {} `heads`", file.attention.kv_heads, file.attention.heads);
        return Err(Problem::new("attention.kv-heads", text));
    }
    let feed_forward = feed_forward(&file)?;
    size(&file, &feed_forward)?;
    quantizations(&file)?;
    sources(&file, table)?;
    Ok(Model {
        name: file.name,
        title: file.title,
        layers: file.layers,
        hidden: file.hidden,
        vocabulary: file.vocabulary,
        tied_embeddings: file.tied_embeddings,
        context: file.context,
        position_parameters: file.position_parameters,
        biases: file.biases,
        attention: file.attention,
        feed_forward,
        quantizations: file.quantizations,
        default_quantization: file.default_quantization,
        source: file.source,
        numbers: sourced_numbers(table),
    })
}

/// Most parameters that a model may have; sums of bytes and bits then stay far below 2^64.
const PARAMETERS_MAX: u128 = 100_000_000_000_000;

/// That the model is no larger than any could be.
fn size(file: &ModelFile, feed_forward: &FeedForward) -> Result<(), Problem> {
    let shared = match feed_forward {
        FeedForward::Neurons { .. } => 0,
        FeedForward::Experts { shared, .. } => *shared,
    };
    let hidden = u128::from(file.hidden);
    let heads = u128::from(file.attention.heads) * u128::from(file.attention.head_dim);
    let bundles = u128::from(feed_forward.bundles()) + u128::from(shared);
    let neurons = bundles * u128::from(feed_forward.bundle_neurons());
    let layer = hidden * (4 * heads + u128::from(feed_forward.parts()) * neurons);
    let tables = 2 * hidden * u128::from(file.vocabulary) + u128::from(file.position_parameters);
    let parameters = layer * u128::from(file.layers) + tables;
    if parameters > PARAMETERS_MAX {
        let text = format!("about {parameters} parameters come to more than any model has: is a width or count wrong?");
        return Err(Problem::new("hidden", text));
    }
    Ok(())
}

fn quantizations(file: &ModelFile) -> Result<(), Problem> {
    if !file.quantizations.contains_key(&file.default_quantization) {
        let known: Vec<&str> = file.quantizations.keys().map(String::as_str).collect();
        let text = format!("no quantization `{}`: give one of {}", file.default_quantization, known.join(", "));
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
    }
    Ok(())
}

fn feed_forward(file: &ModelFile) -> Result<FeedForward, Problem> {
    match (file.feed_forward, file.experts) {
        (Some(neurons), None) => Ok(neurons.into()),
        (None, Some(experts)) if experts.active > experts.count => {
            let text = format!("{} of {} experts: give at most `count`", experts.active, experts.count);
            Err(Problem::new("experts.active", text))
        }
        (None, Some(experts)) => Ok(experts.into()),
        (Some(_), Some(_)) => Err(Problem::new("experts", "both `[feed-forward]` and `[experts]`: keep one")),
        (None, None) => Err(Problem::new("feed-forward", "missing: give `[feed-forward]` or `[experts]`")),
    }
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
