//! What can be wrong with a model file.

use std::path::PathBuf;

/// Why a model could not be read or weighed.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// No embedded model of that name.
    #[error("no model named `{name}`: {near}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// What may have been meant, in words.
        near: String,
    },
    /// The file could not be read.
    #[error("model {}: {problem}", .path.display())]
    File {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        problem: std::io::Error,
    },
    /// Wrong TOML, an unknown key or an impossible value, with the line and a caret.
    #[error("model {origin}: {}", .problem.to_string().trim_end())]
    Toml {
        /// File or embedded name.
        origin: String,
        /// The parser's own words, with the line and a caret.
        problem: Box<toml::de::Error>,
    },
    /// Values that are fine one by one and impossible together.
    #[error("model {origin}, line {line}: `{key}`: {problem}")]
    Impossible {
        /// File or embedded name.
        origin: String,
        /// Line of the key or of the section that lacks it, from 1.
        line: usize,
        /// The dotted key.
        key: String,
        /// What is wrong, and what to change.
        problem: String,
    },
    /// Neither the model's file nor the recipes have a quantization of that name.
    #[error("model {model}: no quantization `{name}`: {near}")]
    UnknownQuantization {
        /// The model's name.
        model: String,
        /// The name asked for.
        name: String,
        /// What may have been meant, in words.
        near: String,
    },
}
