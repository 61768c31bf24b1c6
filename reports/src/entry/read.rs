//! Entries from a file: of results, or of a baseline.

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Entry, entries};
use crate::error::ReportError;
use crate::gate::Baseline;
use crate::json;

/// Reads the entries of a result file or of a baseline, whichever it is.
pub fn read(path: &Path) -> Result<Vec<Entry>, ReportError> {
    /// What only a baseline has.
    #[derive(Deserialize)]
    struct Marks {
        blessings: Option<IgnoredAny>,
    }
    let text = std::fs::read_to_string(path).map_err(|source| ReportError::Io {
        path: path.to_owned(),
        action: "read",
        source,
    })?;
    let name = path.display().to_string();
    match serde_json::from_str(&text) {
        Ok(Marks { blessings: Some(_) }) => Ok(Baseline::parse(&text, &name)?.entries),
        // What is neither is refused as a result file: that is what most files are meant to be.
        _ => json::parse(&text, &name).map(|results| entries(&results)),
    }
}
