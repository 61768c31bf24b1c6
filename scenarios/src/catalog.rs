//! Named TOML texts that are built into the program, or a path to one's own.

use std::path::Path;

use serde::de::DeserializeOwned;
use tightfit_devices::near;

use crate::ScenarioError;

/// Texts of one kind, sorted by name.
#[derive(Clone, Copy, Debug)]
pub struct Catalog {
    /// What the texts are, in errors: `scenario`, `strategy`.
    pub kind: &'static str,
    /// Name and text.
    pub entries: &'static [(&'static str, &'static str)],
}

/// A text and what to call it in errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// File or embedded name.
    pub origin: String,
    /// The TOML.
    pub text: String,
}

impl Catalog {
    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.entries.iter().map(|&(name, _)| name)
    }

    /// The text of an embedded name.
    #[must_use]
    pub fn embedded(&self, name: &str) -> Option<&'static str> {
        self.entries.iter().find(|&&(known, _)| known == name).map(|&(_, text)| text)
    }

    /// The text of an embedded name, or of a path that ends in `.toml`.
    pub fn find(&self, name_or_path: &str) -> Result<Text, ScenarioError> {
        if let Some(text) = self.embedded(name_or_path) {
            return Ok(Text { origin: name_or_path.to_owned(), text: text.to_owned() });
        }
        let path = Path::new(name_or_path);
        if path.extension().is_none_or(|extension| extension != "toml") {
            let near = near::suggestion(name_or_path, &self.names().collect::<Vec<_>>());
            return Err(ScenarioError::Unknown { kind: self.kind, name: name_or_path.to_owned(), near });
        }
        let text = std::fs::read_to_string(path).map_err(|problem| ScenarioError::File {
            kind: self.kind,
            path: path.to_owned(),
            problem,
        })?;
        Ok(Text { origin: name_or_path.to_owned(), text })
    }

    /// What a text of this kind says, single keys checked.
    pub(crate) fn read<T: DeserializeOwned>(&self, source: &Text) -> Result<T, ScenarioError> {
        toml::from_str(&source.text).map_err(|problem| self.in_toml(&source.origin, problem))
    }

    /// The error of a text of this kind that is no TOML, or none of its keys and values.
    pub(crate) fn in_toml(&self, origin: &str, problem: toml::de::Error) -> ScenarioError {
        ScenarioError::Toml { kind: self.kind, origin: origin.to_owned(), problem: Box::new(problem) }
    }

    /// The error of a text of this kind whose value of `key` can't be.
    pub(crate) fn impossible(&self, origin: &str, key: impl Into<String>, problem: impl Into<String>) -> ScenarioError {
        let (origin, key, problem) = (origin.to_owned(), key.into(), problem.into());
        ScenarioError::Impossible { kind: self.kind, origin, key, problem }
    }

    /// Refuses versions of the format that this program does not know.
    pub(crate) fn check_schema(&self, origin: &str, schema: u32) -> Result<(), ScenarioError> {
        if schema == 1 {
            return Ok(());
        }
        Err(self.impossible(origin, "schema", format!("this program reads schema 1, not {schema}")))
    }
}
