//! A comparison as JSON: every metric that differs, with exact values.

use serde::Serialize;

use super::{Change, Diff, Input, Moved, Step};
use crate::matching::Named;
use crate::schema::SCHEMA;

#[derive(Serialize)]
struct File<'d> {
    schema: u32,
    before: &'d str,
    after: &'d str,
    identical: bool,
    pairs: usize,
    inputs_everywhere: &'d [Input],
    moved: Vec<Moves<'d>>,
    only_before: Vec<&'d str>,
    only_after: Vec<&'d str>,
}

#[derive(Serialize)]
struct Moves<'d> {
    result: &'d str,
    scenario: &'d str,
    device: &'d str,
    model: &'d str,
    strategy: &'d str,
    changes: &'d [Change],
    time: &'d [Moved],
    inputs: &'d [Input],
}

/// The comparison as one JSON object, a newline at the end.
#[must_use]
pub fn json(diff: &Diff<'_>) -> String {
    let file = File {
        schema: SCHEMA,
        before: &diff.before,
        after: &diff.after,
        identical: diff.is_empty(),
        pairs: diff.pairs,
        inputs_everywhere: &diff.everywhere,
        moved: diff.moved.iter().map(moves).collect(),
        only_before: labels(&diff.only_before),
        only_after: labels(&diff.only_after),
    };
    serde_json::to_string_pretty(&file).expect("finite numbers and texts") + "\n"
}

fn labels<'d>(named: &'d [Named<'_>]) -> Vec<&'d str> {
    named.iter().map(|named| named.label.as_str()).collect()
}

fn moves<'d>(step: &'d Step<'_>) -> Moves<'d> {
    let [scenario, device, model, strategy] = step.before.names();
    Moves {
        result: &step.label,
        scenario,
        device,
        model,
        strategy,
        changes: &step.changes,
        time: &step.owners,
        inputs: &step.inputs,
    }
}
