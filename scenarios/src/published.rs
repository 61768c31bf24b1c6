//! Published runs: figures of systems that stream, heat up or drain a battery, each with the scenario that predicts it.
//!
//! A file (`scenarios/cases/published/<name>.toml`) holds a scenario as a scenario's file has it, and cases that each set
//! some of its keys and quote what was published. Models that fit in memory are in [`crate::case`], where rates are
//! predicted without a run.

mod embedded;
mod metric;

use std::collections::BTreeMap;

use serde::Deserialize;
use tightfit_devices::{Source, read};
use toml::Table;

pub use metric::Metric;

use crate::{
    Scenario, ScenarioError, Settings,
    catalog::{Catalog, Text},
};

/// The files that are built in.
pub const CATALOG: Catalog = Catalog { kind: "published runs", entries: embedded::PUBLISHED };

/// What kind of run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// Layers of a dense model from flash.
    DenseStreaming,
    /// Experts from flash.
    ExpertStreaming,
    /// The tables of *LLM in a flash*.
    FlashPaperTables,
    /// Minutes of decoding.
    Heat,
}

impl Regime {
    /// As results spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DenseStreaming => "dense streaming",
            Self::ExpertStreaming => "expert streaming",
            Self::FlashPaperTables => "flash paper tables",
            Self::Heat => "heat",
        }
    }
}

/// What the numbers behind a prediction had seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// The row itself: a number of the device or of the runtime was set by it.
    Fitted,
    /// Other rows of the device, not this one; where whole models are left out, none of its model.
    UnseenModel,
    /// Nothing of the device but its data sheet and rows of other devices.
    UnseenDevice,
}

impl Seen {
    /// As results spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fitted => "fitted",
            Self::UnseenModel => "unseen-model",
            Self::UnseenDevice => "unseen-device",
        }
    }
}

/// A trace that is kept beside the project, not in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Shared {
    /// Its file below `../shared`, in a format that `tightfit trace import` reads.
    #[serde(deserialize_with = "read::text")]
    pub file: String,
    /// Choices of each row, where there are to be more than were recorded: the strongest of the token 32 later are added.
    pub widen_to: Option<u32>,
}

/// A file of published runs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Published {
    /// Version of the file's format; always 1.
    pub schema: u32,
    /// What kind of runs they are.
    pub regime: Regime,
    /// Where the figures were published.
    pub source: Source,
    /// The trace, where it can't be part of the project: without it the file's cases are passed by.
    pub shared_trace: Option<Shared>,
    /// The scenario, with the keys of a scenario's file.
    pub scenario: Table,
    /// The cases.
    pub case: Vec<PublishedCase>,
}

/// One run and what was published about it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PublishedCase {
    /// What is special about it; unique in the file.
    #[serde(deserialize_with = "read::text")]
    pub name: String,
    /// The strategy, one of the scenario's.
    #[serde(deserialize_with = "read::text")]
    pub strategy: String,
    /// Settings as of `--set`.
    #[serde(default)]
    pub set: Vec<String>,
    /// What the numbers behind the prediction had seen of it.
    pub seen: Seen,
    /// Published figures by metric.
    pub figures: BTreeMap<Metric, f64>,
    /// What is to be known about the figures.
    pub note: Option<String>,
}

impl Published {
    /// Published runs by embedded name, or from a path that ends in `.toml`.
    pub fn load(name_or_path: &str) -> Result<Self, ScenarioError> {
        Self::parse(&CATALOG.find(name_or_path)?)
    }

    /// Published runs from their text. Whether the scenario is one, [`Self::scenario`] says.
    pub fn parse(source: &Text) -> Result<Self, ScenarioError> {
        let published: Self = CATALOG.read(source)?;
        CATALOG.check_schema(&source.origin, published.schema)?;
        for (number, case) in published.case.iter().enumerate() {
            let impossible =
                |key: &str, problem: &str| CATALOG.impossible(&source.origin, format!("case.{number}.{key}"), problem);
            if case.figures.is_empty() {
                return Err(impossible("figures", "no figure: give at least one"));
            }
            if case.figures.values().any(|figure| !figure.is_finite() || *figure <= 0.0) {
                return Err(impossible("figures", "a figure is not above zero"));
            }
            if published.case[..number].iter().any(|earlier| earlier.name == case.name) {
                return Err(impossible("name", "an earlier case has this name"));
            }
        }
        Ok(published)
    }

    /// The scenario of a case, with the settings that go with it; `trace` is the name of the shared one.
    pub fn scenario(&self, case: &PublishedCase, trace: Option<&str>) -> Result<(Scenario, Settings), ScenarioError> {
        let mut table = self.scenario.clone();
        if let Some(trace) = trace {
            table.insert("trace".to_owned(), trace.into());
        }
        let origin = table.get("name").and_then(toml::Value::as_str).unwrap_or("scenario").to_owned();
        let settings = Settings::parse(&case.set)?;
        let text = Text { origin: format!("{origin} ({})", case.name), text: table.to_string() };
        let scenario = Scenario::parse(text, std::slice::from_ref(&case.strategy), &settings)?;
        Ok((scenario, settings))
    }
}
