//! What can be wrong with a device profile.

use std::path::PathBuf;

/// Why a device profile could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No embedded profile of that name.
    #[error("no device named `{name}`: {}", .near)]
    Unknown {
        /// The name asked for.
        name: String,
        /// What may have been meant, in words.
        near: String,
    },
    /// The file could not be read.
    #[error("device profile {}: {problem}", .path.display())]
    File {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        problem: std::io::Error,
    },
    /// Wrong TOML, an unknown key or an impossible value, with the line and a caret.
    #[error("device profile {origin}: {}", .problem.to_string().trim_end())]
    Toml {
        /// File or embedded name.
        origin: String,
        /// The parser's own words, with the line and a caret.
        problem: Box<toml::de::Error>,
    },
    /// Values that are fine one by one and impossible together.
    #[error("device profile {origin}{}: `{key}`: {problem}", line_of(*.line))]
    Impossible {
        /// File or embedded name.
        origin: String,
        /// Line of the key, from 1; none when the value was set by the user.
        line: Option<usize>,
        /// The dotted key.
        key: String,
        /// What is wrong, and what to change.
        problem: String,
    },
}

fn line_of(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}
