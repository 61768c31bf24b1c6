//! Published measurements of models that fit in memory, as a table: one row, one run.

use std::path::Path;

use serde::Deserialize;

use crate::RunError;

/// Reads a table of measurements: CSV with a line of column names.
pub fn read(path: &Path) -> Result<Vec<Measurement>, RunError> {
    let wrong = |problem: String| RunError::Measurements { path: path.to_owned(), problem };
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(|e| wrong(e.to_string()))?;
    let mut rows = Vec::new();
    for (number, row) in reader.deserialize().enumerate() {
        rows.push(row.map_err(|problem| wrong(format!("row {}: {problem}", number + 1)))?);
    }
    if rows.is_empty() {
        return Err(wrong("no row below the line of column names".to_owned()));
    }
    Ok(rows)
}

/// A row of a measurements file. Columns that are not named here are passed by.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Measurement {
    /// The device as its source calls it.
    pub device: String,
    /// Its chip.
    #[serde(default)]
    pub soc: String,
    /// The model as its source calls it.
    pub model: String,
    /// Its quantization.
    #[serde(default)]
    pub quant: String,
    /// The runtime.
    pub runtime: String,
    /// Processor or interface.
    #[serde(default)]
    pub backend: String,
    /// Length of the prompt.
    #[serde(default)]
    pub prompt_tok: Option<f64>,
    /// Tokens that were generated.
    #[serde(default)]
    pub gen_tok: Option<f64>,
    /// Tokens of the prompt a second.
    #[serde(default)]
    pub prefill_tok_s: Option<f64>,
    /// Tokens generated a second.
    #[serde(default)]
    pub decode_tok_s: Option<f64>,
    /// Peak memory.
    #[serde(default)]
    pub peak_mem_mb: Option<f64>,
    /// What else there is to say.
    #[serde(default)]
    pub note: String,
    /// Where it was published.
    #[serde(default)]
    pub source: String,
}
