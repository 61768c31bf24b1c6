//! Results as JSON: the contract that other tools read. Pretty, fields in the schema's order, a newline at the end.

use std::path::Path;

use serde::Deserialize;

use crate::error::ReportError;
use crate::schema::{ResultFile, RunResult, SCHEMA};

/// The results as a result file, `{"schema": 1, "results": [...]}`.
#[must_use]
pub fn results(results: &[RunResult]) -> String {
    let file = ResultFile { schema: SCHEMA, results: results.to_vec() };
    let mut text = serde_json::to_string_pretty(&file).expect("a result holds only strings and numbers");
    text.push('\n');
    text
}

/// Reads a result file from disk. Token rows are not in it: they come back empty.
pub fn read(path: &Path) -> Result<Vec<RunResult>, ReportError> {
    let text = std::fs::read_to_string(path).map_err(|source| ReportError::Io {
        path: path.to_owned(),
        action: "read",
        source,
    })?;
    parse(&text, &path.display().to_string())
}

/// Reads a result file from text; `name` stands in errors, which show the line with a caret.
pub fn parse(text: &str, name: &str) -> Result<Vec<RunResult>, ReportError> {
    #[derive(Deserialize)]
    struct Version {
        schema: u64,
    }
    let version: Version = serde_json::from_str(text).map_err(|error| located(&error, text, name))?;
    if version.schema != u64::from(SCHEMA) {
        return Err(ReportError::Schema { name: name.to_owned(), found: version.schema, known: SCHEMA });
    }
    let file: ResultFile = serde_json::from_str(text).map_err(|error| located(&error, text, name))?;
    Ok(file.results)
}

/// The place of an error, with at most 80 characters of its line around it.
pub(crate) fn located(error: &serde_json::Error, text: &str, name: &str) -> ReportError {
    let (line, column) = (error.line().max(1), error.column().max(1));
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    let whole: Vec<char> = text.lines().nth(line - 1).unwrap_or_default().chars().collect();
    let start = column.saturating_sub(60).min(whole.len());
    let shown: String = whole[start..].iter().take(80).collect();
    let caret = format!("{}^", " ".repeat((column - 1).saturating_sub(start)));
    ReportError::Json { name: name.to_owned(), line, column, message, text: shown, caret }
}
