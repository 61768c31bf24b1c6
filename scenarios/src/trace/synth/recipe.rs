//! A recipe as TOML (`scenarios/synthetic/<name>.toml`), checked.

use std::fmt;

use serde::Deserialize;
use tightfit_devices::{Source, Sources, read};

use super::{CATALOG, Knots, LayerProcess, TokenProcess, statistic::Statistic};
use crate::{
    ScenarioError,
    catalog::Text,
    trace::{Geometry, Unit},
};

/// What a synthetic trace is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The name used on the command line, after `synthetic/`.
    pub name: String,
    /// The name used in reports.
    pub title: String,
    /// Name of the model, as in `scenarios/models`.
    pub model: String,
    /// What "active" means here.
    pub definition: String,
    /// Shape of the rows.
    pub geometry: Geometry,
    /// Bytes of a bundle by layer; empty where they are the model's.
    pub bundle_bytes: Vec<u64>,
    /// Random streams are drawn from it.
    pub seed: u64,
    /// Requests and tokens, where nothing else is asked for.
    pub lengths: Lengths,
    /// What all layers share.
    pub tokens: TokenProcess,
    /// What each layer does.
    pub layer: LayerSection,
    /// Figures of others that the trace is held to.
    pub published: Vec<Published>,
    /// Where the numbers come from.
    pub source: Sources,
}

/// The `[length]` section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lengths {
    /// Requests.
    pub requests: u32,
    /// Prompt tokens of each.
    pub prompt_tokens: u32,
    /// Generated tokens of each.
    pub decode_tokens: u32,
}

/// The `[layer]` section: each key one number, or several from the first layer to the last.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LayerSection {
    /// See [`LayerProcess`].
    pub active_bundles: Knots,
    /// See [`LayerProcess`].
    pub active_spread: Knots,
    /// See [`LayerProcess`].
    pub skew: Knots,
    /// See [`LayerProcess`].
    pub shape: Knots,
    /// See [`LayerProcess`].
    pub likeness: Knots,
    /// See [`LayerProcess`].
    pub recency: Knots,
}

/// A `[[published]]` figure.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Published {
    /// What was counted.
    pub statistic: Statistic,
    /// What came out, a share.
    pub value: f64,
    /// The layer; without it the mean over all.
    pub layer: Option<u32>,
    /// Where it stands.
    pub source: Source,
}

/// A recipe as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RecipeFile {
    schema: u32,
    #[serde(deserialize_with = "read::text")]
    name: String,
    #[serde(deserialize_with = "read::text")]
    title: String,
    model: String,
    #[serde(deserialize_with = "read::text")]
    definition: String,
    unit: String,
    layers: u32,
    bundles_per_layer: u32,
    #[serde(default)]
    bundle_bytes: Vec<u64>,
    seed: u64,
    length: Lengths,
    tokens: TokenProcess,
    layer: LayerSection,
    #[serde(default)]
    published: Vec<Published>,
    source: Sources,
}

/// Active bundles of earlier tokens that a generator keeps at most: 512 MB.
const KEPT_MAX: f64 = 134_217_728.0;

/// Tokens are numbered in 32 bits.
const TOKENS_MAX: u32 = 1 << 31;

impl Recipe {
    /// A recipe by embedded name, or from a path that ends in `.toml`.
    pub fn load(name_or_path: &str) -> Result<Self, ScenarioError> {
        Self::parse(&CATALOG.find(name_or_path)?)
    }

    /// A recipe from its text.
    pub fn parse(text: &Text) -> Result<Self, ScenarioError> {
        let file: RecipeFile = CATALOG.read(text)?;
        CATALOG.check_schema(&text.origin, file.schema)?;
        let wrong = |(key, problem): (String, String)| CATALOG.impossible(&text.origin, key, problem);
        check(&file).map_err(wrong)?;
        let unit: Unit =
            file.unit.parse().map_err(|()| ("unit".to_owned(), "write neuron or expert".to_owned())).map_err(wrong)?;
        Ok(Self {
            name: file.name,
            title: file.title,
            model: file.model,
            definition: file.definition,
            geometry: Geometry { unit, layers: file.layers, bundles_per_layer: file.bundles_per_layer },
            bundle_bytes: file.bundle_bytes,
            seed: file.seed,
            lengths: file.length,
            tokens: file.tokens,
            layer: file.layer,
            published: file.published,
            source: file.source,
        })
    }

    /// Refuses lengths that were changed to what no trace has.
    pub fn check_lengths(&self) -> Result<(), ScenarioError> {
        self.lengths.check().map_err(|problem| CATALOG.impossible(&self.name, "length", problem))
    }

    /// What one layer does.
    #[must_use]
    pub fn process(&self, layer: u32) -> LayerProcess {
        let (section, layers) = (&self.layer, self.geometry.layers);
        LayerProcess {
            active_bundles: section.active_bundles.at(layer, layers),
            active_spread: section.active_spread.at(layer, layers),
            skew: section.skew.at(layer, layers),
            shape: section.shape.at(layer, layers),
            likeness: section.likeness.at(layer, layers),
            recency: section.recency.at(layer, layers),
        }
    }
}

impl Lengths {
    fn check(self) -> Result<(), String> {
        let Self { requests, prompt_tokens, decode_tokens } = self;
        let tokens = u64::from(prompt_tokens) + u64::from(decode_tokens);
        if requests > 0 && (1..=u64::from(TOKENS_MAX)).contains(&tokens) {
            return Ok(());
        }
        Err(format!("{requests} requests of {tokens} tokens: at least 1 of each, and at most 2^31 tokens"))
    }
}

impl fmt::Display for Published {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.statistic)?;
        self.layer.map_or(Ok(()), |layer| write!(formatter, ", layer {layer}"))
    }
}

fn check(file: &RecipeFile) -> Result<(), (String, String)> {
    let wrong = |key: &str, problem: String| Err((key.to_owned(), problem));
    let geometry = Geometry { unit: Unit::Neuron, layers: file.layers, bundles_per_layer: file.bundles_per_layer };
    if let Err(error) = geometry.check("this recipe") {
        return wrong("layers", error.to_string());
    }
    if !file.bundle_bytes.is_empty() && file.bundle_bytes.len() != file.layers as usize {
        let given = file.bundle_bytes.len();
        return wrong("bundle-bytes", format!("{given} numbers for {} layers: give one each, or none", file.layers));
    }
    file.length.check().map_err(|problem| ("length".to_owned(), problem))?;
    for (key, value, low, high) in [
        ("tokens.near-share", file.tokens.near_share, 0.0, 1.0),
        ("tokens.near-tokens", file.tokens.near_tokens, 1.0, 1e6),
        ("tokens.memory-tokens", f64::from(file.tokens.memory_tokens), 1.0, 65_536.0),
        ("tokens.spread", file.tokens.spread, 0.0, 1.0),
        ("tokens.prompt-factor", file.tokens.prompt_factor, 0.0, 2.0),
    ] {
        within(key, value, low, high)?;
    }
    for (key, knots, high) in [
        ("layer.active-bundles", &file.layer.active_bundles, f64::from(file.bundles_per_layer)),
        ("layer.active-spread", &file.layer.active_spread, 1.0),
        ("layer.skew", &file.layer.skew, 100.0),
        ("layer.shape", &file.layer.shape, 10.0),
        ("layer.likeness", &file.layer.likeness, 1.0),
        ("layer.recency", &file.layer.recency, 1.0),
    ] {
        if knots.numbers().len() > file.layers as usize {
            return wrong(key, format!("{} numbers for {} layers", knots.numbers().len(), file.layers));
        }
        knots.numbers().iter().try_for_each(|&number| within(key, number, 0.0, high))?;
    }
    let sets = f64::from(file.tokens.memory_tokens) * f64::from(file.layers);
    let most = file.layer.active_bundles.numbers().iter().copied().fold(0.0, f64::max);
    if sets * most > KEPT_MAX {
        let kept = sets * most;
        return wrong(
            "tokens.memory-tokens",
            format!("{kept} bundles of earlier tokens to be kept, of at most {KEPT_MAX}: look less far back"),
        );
    }
    for (number, figure) in file.published.iter().enumerate() {
        within(&format!("published.{number}.value"), figure.value, 0.0, 1.0)?;
        if let Some(layer) = figure.layer.filter(|&layer| layer >= file.layers) {
            return wrong(
                &format!("published.{number}.layer"),
                format!("{layer} of {} layers, counted from 0", file.layers),
            );
        }
        figure.statistic.check().map_err(|problem| (format!("published.{number}.statistic"), problem))?;
    }
    Ok(())
}

fn within(key: &str, value: f64, low: f64, high: f64) -> Result<(), (String, String)> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err((key.to_owned(), format!("{value} is impossible: from {low} to {high}")))
}
