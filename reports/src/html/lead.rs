//! The top of the page: the answer for each device in a sentence with names that people use, the details below it.

use std::collections::BTreeMap;

use super::{Meta, escaped};
use crate::compare::{Comparison, Group, OWNERS, answer, groups, is_killed, is_naive, wall_owners_ns};
use crate::schema::RunResult;
use crate::units::significant;

/// What limits, by the largest owner of the time, in the order of [`OWNERS`].
const LIMITS: [&str; OWNERS.len()] = [
    "computing is the limit",
    "the DRAM, which flash and processor share, is the limit",
    "flash is the limit",
    "moving rows in DRAM is the limit",
    "the cost of dispatches is the limit",
    "heat is the limit",
];

pub(super) fn section(results: &[RunResult], meta: &Meta) -> String {
    let comparison = Comparison::of(results);
    let items: Vec<String> = groups(results)
        .iter()
        .map(|group| {
            let details = escaped(&answer(group, &comparison));
            match lead(group, &comparison, &meta.titles) {
                Some(lead) => format!("<li><p class=\"lead\">{}</p>\n<p>{details}</p></li>\n", escaped(&lead)),
                None => format!("<li><p class=\"lead\">{}</p>\n<p>{details}</p></li>\n", escaped(&group.title)),
            }
        })
        .collect();
    format!("<ul class=\"answer\">\n{}</ul>\n", items.concat())
}

/// `window-5 runs Llama 2 7B on the iPhone 15 Pro at 2.10 tok/s, 9.1x naive; flash is the limit.`
fn lead(group: &Group<'_>, comparison: &Comparison, titles: &BTreeMap<String, String>) -> Option<String> {
    let best = group.best()?;
    let called = |name: &str| titles.get(name).map_or_else(|| name.to_owned(), String::clone);
    let mut text =
        format!("{} runs {} on the {} at {}", best.strategy, called(&best.model), called(group.device), speed(best));
    let point = comparison.point(best);
    let alive = |r: &&&RunResult| is_naive(r) && !is_killed(r) && comparison.point(r) == point;
    if let Some(naive) = group.results.iter().find(alive).filter(|naive| naive.strategy != best.strategy) {
        let ratio = best.throughput.decode_tokens_per_s / naive.throughput.decode_tokens_per_s;
        if ratio.is_finite() {
            text.push_str(&format!(", {ratio:.1}x naive"));
        }
    }
    let parts = wall_owners_ns(&best.time);
    let largest = (0..parts.len()).rev().max_by_key(|index| parts[*index])?;
    Some(format!("{text}; {}.", LIMITS[largest]))
}

/// The speed as the sentence says it.
fn speed(r: &RunResult) -> String {
    format!("{} tok/s", significant(r.throughput.decode_tokens_per_s))
}
