//! Two sets of results side by side: what moved, by how much, and why.
//!
//! Why has three layers, each read off the results: whose time it was (the owners sum to the wall, so their differences
//! sum to its difference), which counts of the engine go with it, and which inputs differ. What no input explains is a
//! change of the program.

mod cause;
mod change;
mod json;
mod lines;
mod markdown;
mod text;

use std::collections::BTreeSet;

use crate::entry::Entry;
use crate::matching::{Named, Pair, matched};

pub use cause::{Input, Moved};
pub use change::Change;
pub(crate) use change::tone;
pub use json::json;
pub(crate) use lines::why;
pub use markdown::markdown;
pub use text::text;

/// A comparison of two files.
#[derive(Clone, Debug)]
pub struct Diff<'e> {
    /// What the first is called.
    pub before: String,
    /// What the second is called.
    pub after: String,
    /// Results that both have and that differ, in the order of the first.
    pub moved: Vec<Step<'e>>,
    /// How many results both have.
    pub pairs: usize,
    /// Results that only the first has.
    pub only_before: Vec<Named<'e>>,
    /// Results that only the second has.
    pub only_after: Vec<Named<'e>>,
    /// Inputs that differ in the same way in every pair.
    pub everywhere: Vec<Input>,
}

/// One result that both have: its metrics or its inputs differ.
#[derive(Clone, Debug)]
pub struct Step<'e> {
    /// What to call it.
    pub label: String,
    /// As it was.
    pub before: &'e Entry,
    /// As it is.
    pub after: &'e Entry,
    /// Every metric that differs.
    pub changes: Vec<Change>,
    /// Whose time it was, where the wall time differs.
    pub owners: Vec<Moved>,
    /// Counts that go with it.
    pub counts: Vec<Change>,
    /// Inputs that differ, those that differ everywhere included.
    pub inputs: Vec<Input>,
}

/// Compares two sides, each with what to call it.
#[must_use]
pub fn diff<'e>(before: (&str, &'e [Entry]), after: (&str, &'e [Entry])) -> Diff<'e> {
    let matching = matched(before.1, after.1);
    let pairs = matching.pairs.len();
    let steps: Vec<Step<'_>> = matching.pairs.into_iter().map(step).collect();
    let everywhere = common(&steps);
    let is_moved =
        |step: &Step<'_>| !step.changes.is_empty() || step.inputs.iter().any(|input| !everywhere.contains(input));
    Diff {
        before: before.0.to_owned(),
        after: after.0.to_owned(),
        pairs,
        moved: steps.into_iter().filter(is_moved).collect(),
        only_before: matching.only_before,
        only_after: matching.only_after,
        everywhere,
    }
}

impl Diff<'_> {
    /// Whether nothing at all differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let one_sided = self.only_before.len() + self.only_after.len();
        self.moved.is_empty() && self.everywhere.is_empty() && one_sided == 0
    }

    /// How many results have other numbers.
    #[must_use]
    pub fn with_changes(&self) -> usize {
        self.moved.iter().filter(|step| !step.changes.is_empty()).count()
    }
}

pub(crate) fn step(pair: Pair<'_>) -> Step<'_> {
    let Pair { label, before, after } = pair;
    let changes = change::changes(before, after);
    let owners = cause::owners(before, after);
    let counts = cause::counts(&owners, &changes);
    Step { label, before, after, owners, counts, inputs: cause::inputs(before, after), changes }
}

/// The inputs that differ in the same way in every step, where there are several.
fn common(steps: &[Step<'_>]) -> Vec<Input> {
    let [first, _, ..] = steps else { return Vec::new() };
    let sets: Vec<BTreeSet<&Input>> = steps.iter().map(|step| step.inputs.iter().collect()).collect();
    first.inputs.iter().filter(|input| sets.iter().all(|set| set.contains(input))).cloned().collect()
}
