//! Scenarios: what is asked of which devices.
//!
//! A scenario is a TOML file (`scenarios/catalog/<name>.toml`): devices, a model, a trace, a request, the memory that
//! there is, and the strategies to compare.

mod check;
mod embedded;
mod strategies;

use std::num::NonZeroU32;

use serde::Deserialize;
use tightfit_devices::{Bytes, ProcessorKind, Source, read};
use toml::Table;

use crate::{
    Expect, ScenarioError, Settings, Strategy, Sweep,
    catalog::{Catalog, Text},
    expect, settings, sweep,
};

/// The scenarios that are built in.
pub const CATALOG: Catalog = Catalog { kind: "scenario", entries: embedded::SCENARIOS };

/// How the prompt is processed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prefill {
    /// All positions at once, layer by layer: a layer needs the union of their active sets.
    #[default]
    Batched,
    /// One position at a time, as in decode.
    Sequential,
}

impl Prefill {
    /// As files spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Batched => "batched",
            Self::Sequential => "sequential",
        }
    }
}

/// The `[request]` section: lengths, where the trace does not give them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Request {
    /// Prompt length; a trace has its own.
    pub prompt_tokens: Option<u32>,
    /// Output length; a trace that is shorter is repeated.
    pub output_tokens: Option<u32>,
    /// Positions that the KV cache keeps; the oldest are dropped beyond. Without it, the model's context.
    pub context_tokens: Option<u32>,
    /// How the prompt is processed.
    #[serde(default)]
    pub prefill: Prefill,
    /// Which request of the trace is replayed.
    #[serde(default)]
    pub trace_request: u32,
    /// Sequences decoded at once: this request and those after it in the trace, from the first again where it has no more.
    #[serde(default)]
    pub batch: Batch,
}

/// Number of sequences decoded at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Batch(pub NonZeroU32);

impl Default for Batch {
    fn default() -> Self {
        Self(NonZeroU32::MIN)
    }
}

/// The `[memory]` section: what the app may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Memory {
    /// Footprint at which the app is killed, where it is not the device's limit for an app.
    #[serde(default, rename = "limit-mb", deserialize_with = "size_mb")]
    pub limit: Option<Bytes>,
    /// Where that limit is from.
    pub limit_source: Option<Source>,
    /// Whether the app holds the entitlement to more memory.
    #[serde(default)]
    pub entitled: bool,
    /// What the resident set may use; without it, what the limit leaves.
    #[serde(default, rename = "budget-mib", deserialize_with = "size_mib")]
    pub budget: Option<Bytes>,
    /// Further limits for the chart of speed against memory, run where charts are asked for.
    #[serde(default, rename = "curve-mb")]
    pub curve_mb: Vec<u32>,
}

/// The `[thermal]` section: how warm the device is when the request starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Thermal {
    /// `nominal`, `fair`, `serious`, or the fill of the heat store.
    #[serde(default)]
    pub start: Start,
}

/// Fill of the heat store at the start, parts per million.
///
/// The words are those of iOS. What they mean in fill is assumed: cold, half full, full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub struct Start(pub u32);

impl TryFrom<toml::Value> for Start {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let fill = match &value {
            toml::Value::String(word) => match word.as_str() {
                "nominal" => Some(0.0),
                "fair" => Some(0.5),
                "serious" => Some(1.0),
                _ => None,
            },
            toml::Value::Integer(fill) => Some(*fill as f64),
            toml::Value::Float(fill) => Some(*fill),
            _ => None,
        };
        match fill.filter(|fill| (0.0..=1.2).contains(fill)) {
            Some(fill) => Ok(Self(parts_per_million(fill))),
            None => Err(format!("{value} is no start: give nominal, fair, serious, or a fill from 0 to 1.2")),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1.2 million")]
fn parts_per_million(share: f64) -> u32 {
    (share * 1e6).round() as u32
}

/// A scenario, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The name used on the command line.
    pub name: String,
    /// The name used in reports.
    pub title: String,
    /// The question that it answers.
    pub question: String,
    /// Devices by name or path.
    pub devices: Vec<String>,
    /// The model, by name or path.
    pub model: String,
    /// Its quantization; the model's default where none is named.
    pub quantization: Option<String>,
    /// The trace, by name or path, or a recipe (`synthetic/opt-6.7b`) of one; without one only strategies that stream
    /// everything can run.
    pub trace: Option<String>,
    /// The runtime whose share of the hardware is attained.
    pub runtime: String,
    /// The processor.
    pub processor: ProcessorKind,
    /// Lengths.
    pub request: Request,
    /// What the app may use.
    pub memory: Memory,
    /// How warm the device is.
    pub thermal: Thermal,
    /// Seed of every random stream.
    pub seed: u64,
    /// What is compared, in the order of the file.
    pub strategies: Vec<Strategy>,
    /// What its results must be.
    pub expect: Vec<Expect>,
    /// Keys that take several values; none in a scenario that is itself a point of a sweep.
    pub sweep: Sweep,
    /// File or embedded name, and the text as read.
    pub source: Text,
}

/// A scenario as written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ScenarioFile {
    schema: u32,
    name: String,
    title: String,
    #[serde(default)]
    question: String,
    devices: Vec<String>,
    model: String,
    quantization: Option<String>,
    trace: Option<String>,
    runtime: String,
    processor: ProcessorKind,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    request: Request,
    #[serde(default)]
    memory: Memory,
    #[serde(default)]
    thermal: Thermal,
    #[serde(default)]
    strategies: Vec<String>,
    #[serde(default)]
    strategy: Vec<Table>,
    #[serde(default, deserialize_with = "expect::one_or_many")]
    expect: Vec<Expect>,
    #[serde(default)]
    sweep: Table,
}

impl Scenario {
    /// A scenario by embedded name, or from a path that ends in `.toml`, with settings applied.
    pub fn load(name_or_path: &str, settings: &Settings) -> Result<Self, ScenarioError> {
        Self::parse(CATALOG.find(name_or_path)?, &[], settings)
    }

    /// The same, with these strategies in place of the scenario's: names of its own, of the catalog, or paths.
    pub fn load_with(name_or_path: &str, strategies: &[String], settings: &Settings) -> Result<Self, ScenarioError> {
        Self::parse(CATALOG.find(name_or_path)?, strategies, settings)
    }

    /// A scenario from its text, with settings applied; `strategies`, if any, are run instead of its own. The text must
    /// be right by itself, and without its sweep.
    pub fn parse(source: Text, strategies: &[String], settings: &Settings) -> Result<Self, ScenarioError> {
        let mut file: ScenarioFile = CATALOG.read(&source)?;
        check::limit_has_source(&source.origin, &file)?;
        if !settings.scenario.is_empty() {
            let mut table: Table = CATALOG.read(&source)?;
            for (key, value) in &settings.scenario {
                if !settings::set(&mut table, key, value.clone()) {
                    let setting = format!("{key}={value}");
                    let problem = "what stands before the last dot is no section of a scenario".to_owned();
                    return Err(ScenarioError::Setting { setting, problem });
                }
            }
            forget_source_of_limit(&mut table, settings);
            let in_toml = |problem| CATALOG.in_toml(&format!("{} with --set", source.origin), problem);
            file = table.try_into().map_err(in_toml)?;
        }
        let section = std::mem::take(&mut file.sweep);
        let sweep = if settings.at_point {
            Sweep::default()
        } else {
            sweep::axes(&source.origin, &source.text, &section, settings)?
        };
        check::scenario(source, file, strategies, settings, sweep)
    }
}

/// A limit that is set from outside is no longer the one whose source the file gives.
fn forget_source_of_limit(table: &mut Table, settings: &Settings) {
    let is_set = |wanted: &str| settings.scenario.iter().any(|(key, _)| key.starts_with(wanted));
    if is_set("memory.limit-mb")
        && !is_set("memory.limit-source")
        && let Some(toml::Value::Table(memory)) = table.get_mut("memory")
    {
        memory.remove("limit-source");
    }
}

fn size_mb<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
    read::size_mb(from).map(Some)
}

fn size_mib<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
    read::size_mib(from).map(Some)
}
