//! Cases: published figures, and what to run to predict them.
//!
//! A file (`scenarios/cases/<name>.toml`) holds the cases of one device and runtime from one source: models that fit in
//! memory, with the rates that were published. Figures are quoted with their source.

use serde::Deserialize;
use tightfit_devices::{ProcessorKind, Source, read};

use crate::{
    ScenarioError,
    catalog::{Catalog, Text},
};

/// The cases that are built in.
pub const CATALOG: Catalog = Catalog { kind: "cases", entries: super::cases::CASES };

/// In what state a device was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// A benchmark on a device that was not hot.
    #[default]
    Cool,
    /// After minutes of load.
    Hot,
    /// Inside an app that does other things too.
    InApp,
}

/// A file of cases.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Cases {
    /// Version of the file's format; always 1.
    pub schema: u32,
    /// The device.
    #[serde(deserialize_with = "read::text")]
    pub device: String,
    /// The runtime.
    #[serde(deserialize_with = "read::text")]
    pub runtime: String,
    /// The processor.
    pub processor: ProcessorKind,
    /// The state of the device.
    #[serde(default)]
    pub condition: Condition,
    /// Where the figures were published.
    pub source: Source,
    /// The cases.
    pub case: Vec<Case>,
}

/// One model on one device, and what was published about it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Case {
    /// The model.
    #[serde(deserialize_with = "read::text")]
    pub model: String,
    /// Its quantization.
    #[serde(deserialize_with = "read::text")]
    pub quantization: String,
    /// Length of the prompt, where it was said.
    pub prompt_tokens: Option<u32>,
    /// Tokens that were generated, where it was said.
    pub output_tokens: Option<u32>,
    /// Tokens generated a second.
    pub decode_tokens_per_s: Option<f64>,
    /// Tokens of the prompt a second.
    pub prefill_tokens_per_s: Option<f64>,
    /// Peak memory of the app.
    pub peak_mb: Option<f64>,
    /// What is special about it, or where it was published if not where the others were.
    pub note: Option<String>,
}

impl Cases {
    /// Cases by embedded name, or from a path that ends in `.toml`.
    pub fn load(name_or_path: &str) -> Result<Self, ScenarioError> {
        Self::parse(&CATALOG.find(name_or_path)?)
    }

    /// Cases from their text.
    pub fn parse(source: &Text) -> Result<Self, ScenarioError> {
        let cases: Self = CATALOG.read(source)?;
        CATALOG.check_schema(&source.origin, cases.schema)?;
        for (number, case) in cases.case.iter().enumerate() {
            let impossible = |problem: &str| CATALOG.impossible(&source.origin, format!("case.{number}"), problem);
            let figures = [case.decode_tokens_per_s, case.prefill_tokens_per_s, case.peak_mb];
            if figures.iter().all(Option::is_none) {
                return Err(impossible("no figure: give decode-tokens-per-s, prefill-tokens-per-s or peak-mb"));
            }
            if figures.into_iter().flatten().any(|figure| !figure.is_finite() || figure <= 0.0) {
                return Err(impossible("a figure is not above zero"));
            }
            if case.prompt_tokens == Some(0) || case.output_tokens == Some(0) {
                return Err(impossible("a length is zero: leave it out if it is not known"));
            }
        }
        Ok(cases)
    }
}
