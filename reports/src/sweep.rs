//! The results of a sweep: a row a result, with the values of the swept keys.

mod parquet;
mod table;

use serde::{Deserialize, Serialize};

use crate::schema::RunResult;

pub use parquet::write;
pub use table::{BEST_MAX, best};

/// Name of the table in a sweep's folder.
pub const TABLE: &str = "sweep.parquet";

/// A value of a swept key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Truth(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A name, or whatever is no number, as TOML.
    Text(String),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truth(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
        }
    }
}

/// One result of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its number among the rows of the whole sweep, from 0: their order.
    pub row: u64,
    /// The number of its point, from 0.
    pub point: u64,
    /// A value for each swept key; none where the strategy has no such key.
    pub values: Vec<Option<Value>>,
    /// What the run gave, without token rows.
    pub result: RunResult,
}

impl Row {
    /// The row as one line of JSON.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("a row holds only strings and numbers");
        line.push('\n');
        line
    }

    /// A row from its line, or what is wrong with it.
    pub fn parse(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line)
    }
}
