//! Why a trace could not be read or written, and what to do about it.

use std::io;

use parquet::errors::ParquetError;

use super::RowProblem;
use crate::ScenarioError;

/// A refused trace: names the file, the place in it, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// Neither a built-in trace nor a file.
    #[error("no trace named `{name}`, and no such file: {near}")]
    Missing {
        /// The name asked for.
        name: String,
        /// What may have been meant, in words.
        near: String,
    },
    /// The operating system refused.
    #[error("{name}: cannot {action}: {source}")]
    Io {
        /// The file.
        name: String,
        /// What was tried: `open`, `write`, `rename`...
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The bytes are no whole Parquet file, or its pages do not decode.
    #[error(
        "{name}: not a readable Parquet file ({message}); it is truncated, corrupt or of another kind: copy or record it again"
    )]
    Parquet {
        /// The file.
        name: String,
        /// What the Parquet decoder said.
        message: String,
    },
    /// A whole Parquet file, but with a feature that the reader leaves out.
    #[error("{name}: {message}")]
    Unsupported {
        /// The file.
        name: String,
        /// The feature, and what to write in its place.
        message: String,
    },
    /// A column is missing or of a type that a trace does not have.
    #[error(
        "{name}: column `{column}` {problem}; a trace has request, token, layer: integer, phase: string, active: list of integer and, optionally, score: list of float, predicted: list of integer"
    )]
    Column {
        /// The file.
        name: String,
        /// The column, as in the format.
        column: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file's key-value metadata lacks something or contradicts itself.
    #[error("{name}: file metadata `{key}` {problem}")]
    Metadata {
        /// The file.
        name: String,
        /// The key, with its `tightfit.` prefix.
        key: String,
        /// What is wrong with it and what would be accepted.
        problem: String,
    },
    /// The geometry is one that no model has.
    #[error("{name}: geometry {problem}")]
    Geometry {
        /// The file.
        name: String,
        /// Which number, and what would be accepted.
        problem: String,
    },
    /// A row breaks a law of the format.
    #[error("{name}: row {row}: {problem}")]
    Row {
        /// The file.
        name: String,
        /// Row number, from 0.
        row: u64,
        /// The law, with its numbers.
        problem: RowProblem,
    },
    /// Rows stopped before the last token was complete, or there are none.
    #[error("{name}: {problem}")]
    Unfinished {
        /// The file.
        name: String,
        /// What is missing.
        problem: String,
    },
    /// The recipe of a synthetic trace.
    #[error(transparent)]
    Recipe(#[from] ScenarioError),
    /// A file that no trace can be made of.
    #[error("{name} {problem}")]
    NotImported {
        /// The file.
        name: String,
        /// What is wrong with it as a whole, and the way out.
        problem: String,
    },
    /// A record of a binary stream makes no sense.
    #[error("{name}: record {record}: {problem}")]
    Record {
        /// The file.
        name: String,
        /// Record number, from 0.
        record: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A line of a text does not parse.
    #[error("{name}:{line}: {problem}")]
    Text {
        /// The file.
        name: String,
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it and what would be accepted.
        problem: String,
    },
}

impl TraceError {
    /// Wraps an operating system error.
    pub(super) fn io(name: &str, action: &'static str, source: io::Error) -> Self {
        Self::Io { name: name.to_owned(), action, source }
    }

    /// Wraps what the Parquet crate said; its own prefix ("Parquet error: ") adds nothing.
    pub(super) fn parquet(name: &str, error: &ParquetError) -> Self {
        let name = name.to_owned();
        if let ParquetError::NYI(message) = error {
            return Self::Unsupported { name, message: message.clone() };
        }
        let message = error.to_string();
        let message = message.strip_prefix("Parquet error: ").unwrap_or(&message).to_owned();
        Self::Parquet { name, message }
    }
}
