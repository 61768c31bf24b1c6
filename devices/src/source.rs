//! Where a number comes from: its kind, and the place in words.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

use crate::{Spread, read};

/// How far a number can be trusted; the order is from strongest to weakest, so the weakest of several is their `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Measured by this project, or in raw logs that it has read.
    Measured,
    /// Stated by the maker.
    Datasheet,
    /// Published by someone who measured it.
    Published,
    /// Arithmetic from sourced figures.
    Derived,
    /// A stated guess.
    Assumed,
}

impl SourceKind {
    /// The word used in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Datasheet => "datasheet",
            Self::Published => "published",
            Self::Derived => "derived",
            Self::Assumed => "assumed",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The source of one number or of a section's numbers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a source: { kind = \"assumed\", from = \"why it is believed\" }"
)]
pub struct Source {
    /// How far it can be trusted.
    pub kind: SourceKind,
    /// The place, the arithmetic, or the reason for a guess.
    #[serde(deserialize_with = "read::text")]
    pub from: String,
    /// How sure it is, where that is known better than its kind says (`spread`): 0.07 is 7 %, 0 is exact. Profiles only.
    #[serde(default, deserialize_with = "read::optional_spread")]
    pub spread: Option<Spread>,
}

impl Source {
    /// How sure the number is: its own spread, or that of its kind.
    #[must_use]
    pub fn spread(&self) -> Spread {
        self.spread.unwrap_or_else(|| self.kind.spread())
    }
}

/// The sources of a section: one for all its numbers, and others for single keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Source>")]
pub struct Sources {
    /// The source of every key that has none of its own.
    pub default: Source,
    /// Sources of single keys, by key; a dotted key (`gflops.f16`) names one entry of an inline table.
    pub keys: BTreeMap<String, Source>,
}

impl Sources {
    /// The source of a key of this section, the most specific first: `gflops.f16`, then `gflops`, then the default.
    #[must_use]
    pub fn of(&self, key: &str) -> &Source {
        std::iter::successors(Some(key), |longer| longer.rsplit_once('.').map(|(shorter, _)| shorter))
            .find_map(|key| self.keys.get(key))
            .unwrap_or(&self.default)
    }
}

impl TryFrom<BTreeMap<String, Source>> for Sources {
    type Error = String;

    fn try_from(mut keys: BTreeMap<String, Source>) -> Result<Self, Self::Error> {
        let default = keys.remove("default").ok_or(
            "no `default` source: say where the section's numbers come from, as default = { kind = \"...\", from = \"...\" }",
        )?;
        Ok(Self { default, keys })
    }
}
