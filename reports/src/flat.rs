//! Results as flat columns, named as the JSON is nested (`latency.ttft_ns`): what CSV and Parquet write.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::metrics::{Number, numbers};
use crate::schema::{Interval, RunResult};

/// Names of the first columns, in order.
const NAMES: [&str; 6] = ["scenario", "device", "model", "strategy", "platform", "seed"];

/// Names of the last columns, in order.
const LAST: [&str; 4] = ["quality.mass_from", "memory.outcome", "provenance.weakest", "provenance.assumed"];

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'r> {
    /// A name or a word.
    Text(Cow<'r, str>),
    /// A number.
    Number(Number),
    /// The result has no such key.
    Nothing,
}

impl Cell<'_> {
    /// As CSV spells it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Nothing => String::new(),
        }
    }
}

/// The columns of some results. `parameters.*`, `digests.*` and `intervals.*` are every key that any of them has; sources
/// are in the JSON only.
#[derive(Clone, Debug)]
pub(crate) struct Columns<'r> {
    parameters: BTreeSet<&'r String>,
    digests: BTreeSet<&'r String>,
    intervals: BTreeSet<&'r String>,
}

impl<'r> Columns<'r> {
    /// Those of `results`.
    pub(crate) fn of(results: impl Iterator<Item = &'r RunResult> + Clone) -> Self {
        Self {
            parameters: results.clone().flat_map(|r| r.parameters.keys()).collect(),
            digests: results.clone().flat_map(|r| r.digests.keys()).collect(),
            intervals: results.flat_map(|r| r.intervals.keys()).collect(),
        }
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = NAMES.map(str::to_owned).to_vec();
        names.extend(self.parameters.iter().map(|key| format!("parameters.{key}")));
        names.extend(self.digests.iter().map(|key| format!("digests.{key}")));
        names.extend(numbers(&RunResult::default()).iter().map(|(name, _)| (*name).to_owned()));
        names.extend(LAST.map(str::to_owned));
        names.extend(
            self.intervals.iter().flat_map(|name| ["low", "high"].map(|end| format!("intervals.{name}.{end}"))),
        );
        names
    }

    /// One result, a cell a column; the list of assumed inputs is joined by `; `.
    pub(crate) fn row<'c>(&self, r: &'c RunResult) -> Vec<Cell<'c>> {
        let text = |text: &'c String| Cell::Text(Cow::Borrowed(text.as_str()));
        let mut row: Vec<Cell<'c>> = [&r.scenario, &r.device, &r.model, &r.strategy, &r.platform].map(text).to_vec();
        row.push(Cell::Number(Number::Integer(r.seed)));
        row.extend(self.parameters.iter().map(|key| r.parameters.get(*key).map_or(Cell::Nothing, text)));
        row.extend(self.digests.iter().map(|key| r.digests.get(*key).map_or(Cell::Nothing, text)));
        row.extend(numbers(r).into_iter().map(|(_, number)| Cell::Number(number)));
        row.extend([&r.quality.mass_from, &r.memory.outcome, &r.provenance.weakest].map(text));
        row.push(Cell::Text(Cow::Owned(r.provenance.assumed.join("; "))));
        row.extend(self.intervals.iter().flat_map(|name| match r.intervals.get(*name) {
            Some(Interval { low, high }) => [low, high].map(|end| Cell::Number(Number::Real(*end))),
            None => [Cell::Nothing, Cell::Nothing],
        }));
        row
    }
}
