//! The accepted results, and who accepted them when and why.
//!
//! The file is JSON, sorted, a metric a line, so that a change of it is read in a pull request like a change of code. It
//! holds metrics, parameters and digests of inputs, and no texts of sources.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::entry::Entry;
use crate::error::ReportError;
use crate::json::located;

/// Version of the format.
pub const SCHEMA: u32 = 1;

/// Accepted results of any number of scenarios.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Always [`SCHEMA`].
    pub schema: u32,
    /// Every time somebody accepted results, the last one last.
    pub blessings: Vec<Blessing>,
    /// Names of the scenarios, with what they are run by: a name of the catalog or a path; empty for results that were
    /// made elsewhere.
    pub scenarios: BTreeMap<String, String>,
    /// What was accepted, sorted by names, platform and parameters.
    pub entries: Vec<Entry>,
}

/// Somebody accepted results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blessing {
    /// The day, UTC, as 2026-11-21.
    pub date: NaiveDate,
    /// Version of the program.
    pub version: String,
    /// The commit that the work was on; `unknown` outside a repository.
    pub commit: String,
    /// Why.
    pub reason: String,
    /// Whose results.
    pub scenarios: Vec<String>,
}

impl Default for Baseline {
    fn default() -> Self {
        Self { schema: SCHEMA, blessings: Vec::new(), scenarios: BTreeMap::new(), entries: Vec::new() }
    }
}

impl Baseline {
    /// Reads a baseline from disk.
    pub fn read(path: &Path) -> Result<Self, ReportError> {
        let text = std::fs::read_to_string(path).map_err(|source| ReportError::Io {
            path: path.to_owned(),
            action: "read",
            source,
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads a baseline from text; `name` stands in errors.
    pub fn parse(text: &str, name: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u64,
        }
        let version: Version = serde_json::from_str(text).map_err(|error| located(&error, text, name))?;
        if version.schema != u64::from(SCHEMA) {
            return Err(ReportError::BaselineSchema { name: name.to_owned(), found: version.schema, known: SCHEMA });
        }
        serde_json::from_str(text).map_err(|error| located(&error, text, name))
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers") + "\n"
    }

    /// The accepted entries of these scenarios.
    #[must_use]
    pub fn of(&self, scenarios: &[String]) -> Vec<Entry> {
        self.entries.iter().filter(|entry| scenarios.contains(&entry.scenario)).cloned().collect()
    }

    /// The last time that results of `scenario` were accepted.
    #[must_use]
    pub fn blessing(&self, scenario: &str) -> Option<&Blessing> {
        self.blessings.iter().rev().find(|blessing| blessing.scenarios.iter().any(|name| name == scenario))
    }

    /// Accepts `entries` in place of all that there were of their scenarios; `scenarios` has what each is run by.
    pub fn bless(&mut self, entries: &[Entry], scenarios: &BTreeMap<String, String>, blessing: Blessing) {
        self.entries.retain(|entry| !scenarios.contains_key(&entry.scenario));
        self.entries.extend(entries.iter().map(|entry| Entry { sources: BTreeMap::new(), ..entry.clone() }));
        self.entries.sort_by(|one, other| order(one).cmp(&order(other)));
        self.scenarios.extend(scenarios.clone());
        self.blessings.push(blessing);
    }
}

/// What entries are sorted by.
fn order(entry: &Entry) -> ([&str; 4], &str, u64, &BTreeMap<String, String>) {
    (entry.names(), &entry.platform, entry.seed, &entry.parameters)
}

impl Blessing {
    /// When, where and why, with its age: `blessed 2026-11-21 (3 days ago) at 525e1af by tightfit 0.1.0: first figures`.
    #[must_use]
    pub fn words(&self, today: NaiveDate) -> String {
        let Self { date, version, commit, reason, .. } = self;
        let age = match (today - *date).num_days() {
            0 => "today".to_owned(),
            1 => "yesterday".to_owned(),
            days if days < 0 => "in the future: is the clock right?".to_owned(),
            days => format!("{days} days ago"),
        };
        format!("blessed {date} ({age}) at {commit} by tightfit {version}: {reason}")
    }
}
