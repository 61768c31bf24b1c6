//! What can go wrong with a report: reading results, encoding files, writing them.

use std::path::PathBuf;

use thiserror::Error;

/// Why a report could not be read or written. Each text names the file and what to change.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file could not be read, created, written or renamed.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `read`, `create`, `write`, `rename`.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A result file is not what [`crate::schema`] says.
    #[error("{name}:{line}:{column}: {message}\n  | {text}\n  | {caret}")]
    Json {
        /// Name of the file, as the caller gave it.
        name: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
        /// The line itself, shortened around the place.
        text: String,
        /// A caret under the place.
        caret: String,
    },
    /// A result file of another version of the contract.
    #[error(
        "{name}: schema {found} is not known; this tightfit reads schema {known}: make the file anew with `tightfit run --out`"
    )]
    Schema {
        /// Name of the file, as the caller gave it.
        name: String,
        /// What the file says.
        found: u64,
        /// What this crate reads.
        known: u32,
    },
    /// A baseline of another version of its format.
    #[error("{name}: a baseline of schema {found} is not known; this tightfit reads schema {known}: bless a new one")]
    BaselineSchema {
        /// Name of the file, as the caller gave it.
        name: String,
        /// What the file says.
        found: u64,
        /// What this crate reads.
        known: u32,
    },
    /// A Parquet file could not be encoded.
    #[error("{}: cannot encode Parquet: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the encoder said.
        source: parquet::errors::ParquetError,
    },
}
