//! Scenarios: what is asked of which devices.
//!
//! A scenario is a TOML file (`scenarios/catalog/<name>.toml`): devices, a model, a trace, a request, the memory that
//! there is, and the strategies to compare.

mod check;
mod embedded;

use serde::Deserialize;
use tightfit_devices::{Bytes, ProcessorKind, Source, read};
use toml::Table;

use crate::{
    ScenarioError, Settings, Strategy,
    catalog::{Catalog, Text},
    settings, strategy,
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

/// The `[request]` section: lengths, where the trace does not give them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Request {
    /// Prompt length; a trace has its own.
    pub prompt_tokens: Option<u32>,
    /// Output length; a trace that is shorter is repeated.
    pub output_tokens: Option<u32>,
    /// How the prompt is processed.
    #[serde(default)]
    pub prefill: Prefill,
    /// Which request of the trace is replayed.
    #[serde(default)]
    pub trace_request: u32,
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
    /// The trace, by name or path; without one only strategies that stream everything can run.
    pub trace: Option<String>,
    /// The runtime whose share of the hardware is attained.
    pub runtime: String,
    /// The processor.
    pub processor: ProcessorKind,
    /// Lengths.
    pub request: Request,
    /// What the app may use.
    pub memory: Memory,
    /// What is compared, in the order of the file.
    pub strategies: Vec<Strategy>,
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
    request: Request,
    #[serde(default)]
    memory: Memory,
    #[serde(default)]
    strategies: Vec<String>,
    #[serde(default)]
    strategy: Vec<Table>,
}

impl Scenario {
    /// A scenario by embedded name, or from a path that ends in `.toml`, with settings applied.
    pub fn load(name_or_path: &str, settings: &Settings) -> Result<Self, ScenarioError> {
        Self::parse(CATALOG.find(name_or_path)?, settings)
    }

    /// A scenario from its text, with settings applied. The text must be right by itself.
    pub fn parse(source: Text, settings: &Settings) -> Result<Self, ScenarioError> {
        let in_toml = |problem| ScenarioError::Toml {
            kind: CATALOG.kind,
            origin: source.origin.clone(),
            problem: Box::new(problem),
        };
        let mut file: ScenarioFile = toml::from_str(&source.text).map_err(in_toml)?;
        if !settings.scenario.is_empty() {
            let mut table: Table = toml::from_str(&source.text).map_err(in_toml)?;
            for (key, value) in &settings.scenario {
                if !settings::set(&mut table, key, value.clone(), true) {
                    let setting = format!("{key}={value}");
                    let problem = "a key on the way is no section; see `tightfit show scenario`".to_owned();
                    return Err(ScenarioError::Setting { setting, problem });
                }
            }
            file = table.try_into().map_err(|problem| ScenarioError::Toml {
                kind: CATALOG.kind,
                origin: format!("{} with --set", source.origin),
                problem: Box::new(problem),
            })?;
        }
        check::scenario(source, file, settings)
    }

    /// The scenario with other strategies: names of its own, of the catalog, or paths.
    pub fn with_strategies(mut self, names: &[String], settings: &Settings) -> Result<Self, ScenarioError> {
        let own = std::mem::take(&mut self.strategies);
        for name in names {
            let found = own.iter().find(|strategy| strategy.name == *name).cloned();
            self.strategies.push(match found {
                Some(strategy) => strategy,
                None => Strategy::load(name, &settings.strategy)?,
            });
        }
        check::names_unique(&self.source.origin, &self.strategies)?;
        Ok(self)
    }
}

/// A `[[strategy]]` entry: `from` names a built-in strategy or a path, the other keys are laid over it.
fn variation(origin: &str, mut entry: Table, settings: &Settings) -> Result<Strategy, ScenarioError> {
    let Some(toml::Value::String(from)) = entry.remove("from") else {
        return Err(ScenarioError::Impossible {
            kind: CATALOG.kind,
            origin: origin.to_owned(),
            key: "strategy.from".to_owned(),
            problem: "name the strategy that this entry varies, as in from = \"window\"".to_owned(),
        });
    };
    let base = strategy::CATALOG.find(&from)?;
    let origin = format!("{} in {origin}", base.origin);
    Strategy::parse(&origin, &base.text, &entry, &settings.strategy)
}

fn size_mb<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
    read::size_mb(from).map(Some)
}

fn size_mib<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
    read::size_kib(from).map(|kib| Some(Bytes::new(kib.get() * 1024)))
}
