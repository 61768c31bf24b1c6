//! Holds every result against its baseline.

use std::collections::BTreeSet;

use super::{Case, Judgement, Rules, Side, verdict::verdict};
use crate::diff;
use crate::entry::Entry;
use crate::matching::{Named, Pair, matched};

/// Judges `after` by `before`, the accepted entries of the same scenarios.
#[must_use]
pub fn judge(before: &[Entry], after: &[Entry], rules: &Rules) -> Judgement {
    let matching = matched(before, after);
    let mut results: Vec<Case> = matching.pairs.into_iter().map(|pair| case(pair, rules)).collect();
    results.extend(matching.only_before.into_iter().map(|named| one_sided(named, Side::Missing)));
    results.extend(matching.only_after.into_iter().map(|named| one_sided(named, Side::New)));
    Judgement { results, unmet: Vec::new() }
}

fn case(pair: Pair<'_>, rules: &Rules) -> Case {
    let names: BTreeSet<&String> = pair.before.metrics.keys().chain(pair.after.metrics.keys()).collect();
    let metrics = names.into_iter().map(|metric| verdict(metric, pair.before, pair.after, rules)).collect();
    let entry = pair.after.clone();
    let step = diff::step(pair);
    let why = diff::why(&step, &[]);
    Case { label: step.label, entry, side: Side::Both, metrics, why }
}

fn one_sided(named: Named<'_>, side: Side) -> Case {
    Case { label: named.label, entry: named.entry.clone(), side, metrics: Vec::new(), why: Vec::new() }
}
