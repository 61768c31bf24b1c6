//! What can be wrong with a scenario or a strategy.

use std::path::PathBuf;

/// Why a scenario or a strategy could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// Nothing of that name is built in.
    #[error("no {kind} named `{name}`: {near}")]
    Unknown {
        /// `scenario` or `strategy`.
        kind: &'static str,
        /// The name asked for.
        name: String,
        /// What may have been meant, in words.
        near: String,
    },
    /// The file could not be read.
    #[error("{kind} {}: {problem}", .path.display())]
    File {
        /// `scenario` or `strategy`.
        kind: &'static str,
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        problem: std::io::Error,
    },
    /// Wrong TOML, an unknown key or an impossible value.
    #[error("{kind} {origin}: {problem}")]
    Toml {
        /// `scenario` or `strategy`.
        kind: &'static str,
        /// File or embedded name.
        origin: String,
        /// The parser's own words, with line and caret where the text is the user's.
        problem: Box<toml::de::Error>,
    },
    /// Values that are fine one by one and impossible together.
    #[error("{kind} {origin}: `{key}`: {problem}")]
    Impossible {
        /// `scenario` or `strategy`.
        kind: &'static str,
        /// File or embedded name.
        origin: String,
        /// The dotted key.
        key: String,
        /// What is wrong, and what to change.
        problem: String,
    },
    /// A `--set` that can't be taken.
    #[error("--set {setting}: {problem}")]
    Setting {
        /// As given.
        setting: String,
        /// What is wrong, and what to change.
        problem: String,
    },
}
