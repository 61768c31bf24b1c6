//! Several runs of one thing on a real machine, as one entry with several values.

use super::{Entry, Value};
use crate::schema::RunResult;

/// The entries of results, in their order. Runs of equal names and inputs on a real machine are folded into the place of
/// the first; two simulated ones would be the same and stay two.
#[must_use]
pub fn entries(results: &[RunResult]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for result in results {
        let entry = Entry::of(result);
        let is_same = |other: &&mut Entry| {
            other.names() == entry.names()
                && (&other.platform, other.seed, &other.parameters) == (&entry.platform, entry.seed, &entry.parameters)
        };
        let earlier = if entry.is_simulated() { None } else { entries.iter_mut().find(is_same) };
        match earlier {
            Some(earlier) => fold(earlier, &entry),
            None => entries.push(entry),
        }
    }
    entries
}

/// Adds another run. A word that differs from run to run is the last one.
fn fold(into: &mut Entry, run: &Entry) {
    for (metric, value) in &run.metrics {
        let merged = match (into.metrics.get(metric), value) {
            (None | Some(Value::NotMeasurable | Value::Text(_)), value) => value.clone(),
            (Some(earlier), value) => Value::Runs([earlier.runs(), value.runs()].concat()),
        };
        into.metrics.insert(metric.clone(), merged);
    }
}
