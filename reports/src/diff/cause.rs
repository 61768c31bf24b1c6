//! Why a result moved: whose time, which counts, which inputs.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Change;
use crate::compare::OWNERS;
use crate::entry::Entry;

/// Metrics of the owners, in the order of [`OWNERS`].
const OWNED: [&str; 6] = [
    "time.compute_ns",
    "time.contention_ns",
    "time.flash_stall_ns",
    "time.memory_management_ns",
    "time.overhead_ns",
    "time.throttling_ns",
];

/// Counts that make time, by the owner whose time it is.
const COUNTS: [&[&str]; 6] = [
    &[],
    &["flash.bytes"],
    &["cache.hits", "cache.misses", "cache.late", "flash.bytes", "flash.reads", "flash.hidden_ns", "prefetch.useful"],
    &["cache.evictions", "cache.misses"],
    &[],
    &["thermal.mean_mw", "energy.total_pj"],
];

/// A share of the difference of the wall time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// The owner, in words.
    pub owner: &'static str,
    /// Nanoseconds more than before.
    pub delta_ns: f64,
}

/// An input that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Input {
    /// Its dotted key, or `digest of the …`.
    pub key: String,
    /// As it was, where it was.
    pub before: Option<String>,
    /// As it is, where it is.
    pub after: Option<String>,
}

/// The owners whose time differs, the largest difference first.
pub(super) fn owners(before: &Entry, after: &Entry) -> Vec<Moved> {
    let delta =
        |metric: &str| after.number(metric).zip(before.number(metric)).map_or(0.0, |(after, before)| after - before);
    let of_owner = OWNED.iter().zip(OWNERS).map(|(metric, owner)| Moved { owner, delta_ns: delta(metric) });
    let mut moved: Vec<Moved> = of_owner.filter(|moved| moved.delta_ns != 0.0).collect();
    moved.sort_by(|one, other| other.delta_ns.abs().total_cmp(&one.delta_ns.abs()));
    moved
}

/// The counts that changed and make the time of these owners, each once, in the order of the owners.
pub(super) fn counts(owners: &[Moved], changes: &[Change]) -> Vec<Change> {
    let mut seen = BTreeSet::new();
    let of_owner =
        |moved: &Moved| OWNERS.iter().position(|owner| *owner == moved.owner).map_or(&[][..], |at| COUNTS[at]);
    let wanted = owners.iter().flat_map(of_owner).filter(|metric| seen.insert(**metric));
    wanted.filter_map(|metric| changes.iter().find(|change| change.metric == *metric)).cloned().collect()
}

/// The inputs that differ.
pub(super) fn inputs(before: &Entry, after: &Entry) -> Vec<Input> {
    let [old, new] = [before.inputs(), after.inputs()];
    // Rows of sweeps and baselines have no sources: only what both sides say is compared. What is set is a parameter too.
    let both_sourced = !before.sources.is_empty() && !after.sources.is_empty();
    let sides = [before, after];
    let is_set = |key: &str| sides.iter().any(|side| side.parameters.contains_key(key));
    let is_sourced = |key: &str| sides.iter().any(|side| side.sources.contains_key(key));
    let is_said = |key: &str| both_sourced || is_set(key) || !is_sourced(key);
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).filter(|key| is_said(key)).collect();
    let differing = keys.into_iter().filter(|key| old.get(*key) != new.get(*key));
    let input = |key: &String| Input { key: key.clone(), before: old.get(key).cloned(), after: new.get(key).cloned() };
    differing.map(input).collect()
}
