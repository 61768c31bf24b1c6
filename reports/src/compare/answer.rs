//! The answer in words, one sentence or two for a device: what to read if nothing else is read.

use super::{
    Comparison, Group, OWNERS, groups, is_killed, is_naive, is_open_loop, is_oracle, is_pressed, lost, spoken,
    wall_owners_ns,
};
use crate::schema::{Interval, RunResult};
use crate::units::{data, energy, percent, significant};

/// One text per device, for instance `iPhone 15 Pro: window-5 is the fastest of those that fit: 41.2 tok/s, 3.2x
/// naive; waiting for flash is 62 % of its time.`
#[must_use]
pub fn answers(results: &[RunResult]) -> Vec<String> {
    let comparison = Comparison::of(results);
    groups(results).iter().map(|group| format!("{}: {}", group.title, answer(group, &comparison))).collect()
}

/// The same without the device's name.
#[must_use]
pub fn answer(group: &Group<'_>, comparison: &Comparison) -> String {
    let Some(best) = group.best() else { return without_winner(group, comparison) };
    let mut text = verdict(group, best, comparison);
    if let Some(naive) = naive_beside(group, best, comparison) {
        let ratio = best.throughput.decode_tokens_per_s / naive.throughput.decode_tokens_per_s;
        if ratio.is_finite() && naive.strategy != best.strategy {
            text.push_str(&format!(", {}x naive", two_digits(ratio)));
        }
    }
    let (owner, share) = largest_owner(best);
    text.push_str(&format!("; {owner} is {} of its time", percent(share)));
    if let Some(bound) = group.bound() {
        let reached = bound.throughput.decode_tokens_per_s;
        if reached > best.throughput.decode_tokens_per_s {
            text.push_str(&format!("; an oracle would reach {} tok/s", significant(reached)));
        }
    }
    text.push('.');
    if let Some(bent) = faster_open_loop(group, best) {
        text.push_str(&format!(" Faster, but open-loop: {}.", estimate(bent, comparison)));
    }
    if let Some(easy) = easiest(group, best) {
        let (name, speed) = (&easy.strategy, significant(easy.throughput.decode_tokens_per_s));
        text.push_str(&format!(" The fastest without memory pressure is {name}, {speed} tok/s."));
    }
    if let Some(killed) = killed_in_words(group) {
        text.push_str(&format!(" {killed}"));
    }
    text
}

fn verdict(group: &Group<'_>, best: &RunResult, comparison: &Comparison) -> String {
    let point = comparison.point(best);
    let at = if point.is_empty() { String::new() } else { format!(" at {point}") };
    let rivals = group.results.iter().any(|r| r.strategy != best.strategy);
    let outcome = best.memory.outcome.as_str();
    let says = match (rivals, outcome, faster_open_loop(group, best).is_some()) {
        (true, "fits", false) => "is the fastest of those that fit:",
        (true, "fits", true) => "is the fastest of those that fit and leave the model as it is:",
        (true, "under-pressure", false) => "is the fastest, under memory pressure:",
        (true, "under-pressure", true) => "is the fastest that leaves the model as it is, under memory pressure:",
        (true, _, false) => "is the fastest:",
        (true, _, true) => "is the fastest that leaves the model as it is:",
        (false, "fits", _) => "fits and runs at",
        (false, "under-pressure", _) => "runs under memory pressure at",
        (false, _, _) => "runs at",
    };
    let speed = significant(best.throughput.decode_tokens_per_s);
    let joules = (!best.lacks("energy")).then(|| format!(" at {} a token", energy(best.energy.joules_per_token)));
    let sure = interval(best);
    format!("{}{at} {says} {speed} tok/s{sure}{}", best.strategy, joules.unwrap_or_default())
}

/// How sure the speed is, where samples were drawn: ` [1.8-2.5]`.
fn interval(result: &RunResult) -> String {
    let bracketed = |interval: &Interval| format!(" [{}-{}]", significant(interval.low), significant(interval.high));
    result.intervals.get("throughput.decode_tokens_per_s").map(bracketed).unwrap_or_default()
}

/// An open-loop result that beats the best exact one: named beside it, since its price is not paid in time.
fn faster_open_loop<'a>(group: &Group<'a>, best: &RunResult) -> Option<&'a RunResult> {
    group.best_open_loop().filter(|bent| super::speed(bent) > super::speed(best))
}

/// An open-loop result in words: its speed, what it lost, and how far to believe it.
fn estimate(bent: &RunResult, comparison: &Comparison) -> String {
    let point = comparison.point(bent);
    let at = if point.is_empty() { String::new() } else { format!(" at {point}") };
    let pressure = if is_pressed(bent) { " under memory pressure" } else { "" };
    format!(
        "{}{at}, {} tok/s{pressure} with {}: it changes what the model computes, so this is an estimate",
        bent.strategy,
        significant(super::speed(bent)),
        lost(bent)
    )
}

/// The fastest that fits with room to spare, where the best does not.
fn easiest<'a>(group: &Group<'a>, best: &RunResult) -> Option<&'a RunResult> {
    let fits = |r: &&RunResult| r.memory.outcome == "fits" && !is_oracle(r) && !is_open_loop(r);
    is_pressed(best).then(|| super::fastest(group.results.iter().copied().filter(fits))).flatten()
}

fn naive_beside<'a>(group: &Group<'a>, best: &RunResult, comparison: &Comparison) -> Option<&'a RunResult> {
    let point = comparison.point(best);
    let alive = |r: &&&RunResult| is_naive(r) && !is_killed(r);
    let mut naive = group.results.iter().filter(alive);
    let first = naive.clone().next();
    naive.find(|r| comparison.point(r) == point).or(first).copied()
}

fn largest_owner(result: &RunResult) -> (&'static str, f64) {
    let parts = wall_owners_ns(&result.time);
    let largest = (0..parts.len()).rev().max_by_key(|index| parts[*index]).unwrap_or_default();
    (OWNERS[largest], parts[largest] as f64 / (result.time.wall_ns as f64).max(1.0))
}

fn without_winner(group: &Group<'_>, comparison: &Comparison) -> String {
    if let Some(bent) = group.best_open_loop() {
        let is_exact = |r: &&RunResult| !is_oracle(r) && !is_open_loop(r);
        let exact = if group.results.iter().copied().any(|r| is_exact(&r)) {
            "nothing fits that leaves the model as it is"
        } else {
            "only open-loop strategies were run"
        };
        let killed = killed_in_words(group).map(|text| format!(" {text}")).unwrap_or_default();
        return format!("{exact}; the fastest open-loop one is {}.{killed}", estimate(bent, comparison));
    }
    match group.results.iter().filter(|r| is_killed(r)).min_by_key(|r| r.memory.peak_bytes) {
        Some(least) => format!(
            "nothing fits: even {} would be killed, at a peak of {} with a limit of {}.",
            spoken(least),
            data(least.memory.peak_bytes as f64),
            data(least.memory.limit_bytes as f64)
        ),
        None => match group.bound().or_else(|| group.results.first().copied()) {
            Some(oracle) if is_open_loop(oracle) => {
                let speed = significant(super::speed(oracle));
                format!(
                    "only an open-loop oracle was run, neither a bound nor a choice: {speed} tok/s with {}.",
                    lost(oracle)
                )
            }
            Some(bound) => {
                let speed = significant(super::speed(bound));
                format!("only an oracle was run, a bound and not a choice: {speed} tok/s.")
            }
            None => "no results.".to_owned(),
        },
    }
}

/// The strategies that are killed at every point, with the peak nearest to the limit; then those killed at some.
fn killed_in_words(group: &Group<'_>) -> Option<String> {
    let killed = || group.results.iter().copied().filter(|r| is_killed(r));
    let lives = |name: &str| group.results.iter().any(|r| r.strategy == name && !is_killed(r));
    let (mut always, mut sometimes): (Vec<&RunResult>, Vec<&RunResult>) = (Vec::new(), Vec::new());
    for r in killed() {
        let list = if lives(&r.strategy) { &mut sometimes } else { &mut always };
        if !list.iter().any(|have| have.strategy == r.strategy) {
            list.push(r);
        }
    }
    let mut parts = Vec::new();
    if let Some(least) = killed().filter(|r| !lives(&r.strategy)).min_by_key(|r| r.memory.peak_bytes) {
        let from = if always.len() > 1 { "peaks from " } else { "peak " };
        let (peak, limit) = (data(least.memory.peak_bytes as f64), data(least.memory.limit_bytes as f64));
        parts.push(format!("Killed: {} ({from}{peak}, limit {limit}).", few(&always)));
    }
    if !sometimes.is_empty() {
        parts.push(format!("Killed at some points: {}.", few(&sometimes)));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Up to four names, or their number.
fn few(results: &[&RunResult]) -> String {
    if results.len() > 4 {
        return format!("{} strategies", results.len());
    }
    results.iter().map(|r| spoken(r)).collect::<Vec<_>>().join(", ")
}

fn two_digits(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}
