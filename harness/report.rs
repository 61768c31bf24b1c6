//! What came of a scenario's run: results, and every form that they are shown in.

use std::path::{Path, PathBuf};

use tightfit_reports::{compare, html::Meta, json, schema::RunResult, table, write};

use crate::{Inputs, RunError};

/// The results of one scenario.
#[derive(Clone, Debug)]
pub struct Report {
    results: Vec<RunResult>,
    /// How many of them are at the scenario's own memory limit; they come first.
    own: usize,
    meta: Meta,
}

impl Report {
    /// The report of results of `inputs`, in the order of [`crate::run::cells`], that `command` makes again.
    #[must_use]
    pub fn new(inputs: &Inputs, results: Vec<RunResult>, command: String) -> Self {
        let mut notes = vec![inputs.scenario.question.clone()];
        if let Some(trace) = &inputs.trace {
            notes.push(format!(
                "Strategies that stream the feed-forward rows compute only those that the trace calls active ({}); what the \
                 others would have added is dropped, and this replay can't tell what the model would then have said.",
                trace.header().definition
            ));
        }
        let title = inputs.scenario.title.clone();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let meta = Meta { title, command, version, titles: inputs.titles(), notes };
        let own = inputs.devices.len() * inputs.scenario.strategies.len();
        Self { results, own, meta }
    }

    /// The results at the scenario's own memory limit: device by device, strategy by strategy.
    #[must_use]
    pub fn results(&self) -> &[RunResult] {
        &self.results[..self.own]
    }

    /// Those at the limits of `memory.curve-mb`, where they were run.
    #[must_use]
    pub fn curve(&self) -> &[RunResult] {
        &self.results[self.own..]
    }

    /// The fastest on a device, of those that the system lets live, that leave the model as it is and don't know the future.
    #[must_use]
    pub fn best(&self, device: &str) -> Option<&RunResult> {
        compare::groups(self.results()).iter().find(|group| group.device == device)?.best()
    }

    /// The table of the terminal, of so many columns at most.
    #[must_use]
    pub fn text(&self, width: Option<u16>) -> String {
        table::text(self.results(), width)
    }

    /// The table in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        table::markdown(self.results())
    }

    /// All results as `results.json` has them.
    #[must_use]
    pub fn json(&self) -> String {
        json::results(&self.results)
    }

    /// Writes results, rows of tokens, charts and `report.html` to a folder: all of them or, on an error, none.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, RunError> {
        Ok(write::all(folder, self.results(), self.curve(), &self.meta)?)
    }
}
