//! The sentences about one result, the same for the terminal and for Markdown.

use super::{Change, Diff, Input, Step};
use crate::direction::HEADLINES;
use crate::entry::Value;
use crate::shown;

/// The changes that are shown: those that a user feels, or all of them.
pub(super) fn shown_changes<'s>(step: &'s Step<'_>, all: bool) -> Vec<&'s Change> {
    if all {
        return step.changes.iter().collect();
    }
    let wanted = HEADLINES.iter().chain(&["memory.outcome"]);
    wanted.filter_map(|metric| step.changes.iter().find(|change| change.metric == *metric)).collect()
}

/// `41.2 tok/s → 39.8 tok/s (-3.41 %)`.
pub(super) fn change(change: &Change) -> String {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let step = shown::step(&change.metric, before, after);
            let numbers = before.number().zip(after.number());
            let relative = numbers.and_then(|(before, after)| shown::relative(before, after));
            relative.map_or_else(|| step.clone(), |relative| format!("{step} ({relative})"))
        }
        (None, Some(after)) => format!("new: {}", shown::value(&change.metric, after)),
        (Some(before), None) => format!("gone, was {}", shown::value(&change.metric, before)),
        (None, None) => String::new(),
    }
}

/// Why a result moved, as titles and sentences; inputs that differ everywhere are said elsewhere.
pub(crate) fn why(step: &Step<'_>, everywhere: &[Input]) -> Vec<(&'static str, String)> {
    let why = [("time", time(step)), ("because", counts(step)), ("inputs", inputs(step, everywhere))];
    why.into_iter().filter_map(|(title, text)| Some((title, text?))).collect()
}

/// Whose time it was: `+26.0 ms: waiting for flash +28.1 ms, compute -2.1 ms`.
fn time(step: &Step<'_>) -> Option<String> {
    const WALL: &str = "time.wall_ns";
    let [before, after] = [step.before, step.after].map(|side| side.number(WALL));
    let (before, after) = before.zip(after)?;
    if step.owners.is_empty() {
        return None;
    }
    let owners: Vec<String> =
        step.owners.iter().map(|moved| format!("{} {}", moved.owner, shown::delta(WALL, moved.delta_ns))).collect();
    let relative = shown::relative(before, after).map(|text| format!(" ({text})")).unwrap_or_default();
    Some(format!("{}{relative}: {}", shown::delta(WALL, after - before), owners.join(", ")))
}

/// Which counts go with it, or that none does.
fn counts(step: &Step<'_>) -> Option<String> {
    if step.owners.is_empty() {
        return None;
    }
    if step.counts.is_empty() {
        let why = if step.inputs.is_empty() {
            "no input differs: the program counts or times differently"
        } else {
            "what was read and kept is the same, its cost is not"
        };
        return Some(why.to_owned());
    }
    let count = |count: &Change| {
        let sides = count.before.as_ref().and_then(Value::number).zip(count.after.as_ref().and_then(Value::number));
        let relative = sides.and_then(|(before, after)| shown::relative(before, after));
        let delta = count.absolute.map(|delta| shown::delta(&count.metric, delta)).unwrap_or_default();
        let relative = relative.map(|text| format!(" ({text})")).unwrap_or_default();
        format!("{} {delta}{relative}", shown::name(&count.metric))
    };
    let text = step.counts.iter().map(count).collect::<Vec<_>>().join(", ");
    let blame = if step.inputs.is_empty() { "; no input differs: the program does" } else { "" };
    Some(format!("{text}{blame}"))
}

/// The inputs of this result that differ, those that differ everywhere left out.
fn inputs(step: &Step<'_>, everywhere: &[Input]) -> Option<String> {
    let own: Vec<String> = step.inputs.iter().filter(|input| !everywhere.contains(input)).map(input).collect();
    (!own.is_empty()).then(|| own.join(", "))
}

/// `strategy.reads.lanes 8 → 4`; a digest is cut to its beginning.
pub(super) fn input(input: &Input) -> String {
    let side = |value: &Option<String>| match value {
        None => "none".to_owned(),
        Some(digest) if input.key.starts_with("digest") => digest.chars().take(8).collect(),
        Some(value) => value.clone(),
    };
    format!("{} {} → {}", input.key, side(&input.before), side(&input.after))
}

/// How many results there are of which kind; one sentence where nothing differs.
pub(super) fn summary(diff: &Diff<'_>) -> String {
    let Diff { before, after, pairs, .. } = diff;
    let results = if *pairs == 1 { "1 result".to_owned() } else { format!("{pairs} results") };
    if diff.is_empty() {
        return format!("{before} and {after}: {results}, identical");
    }
    let mut parts = vec![format!("{results} in both, {} with other numbers", diff.with_changes())];
    for (name, only) in [(before, &diff.only_before), (after, &diff.only_after)] {
        if !only.is_empty() {
            parts.push(format!("{} only in {name}", only.len()));
        }
    }
    format!("{before} → {after}: {}", parts.join("; "))
}

/// What to think of where no result is in both.
pub(super) fn nothing_in_common(diff: &Diff<'_>) -> Option<&'static str> {
    let two_sided = !diff.only_before.is_empty() && !diff.only_after.is_empty();
    (diff.pairs == 0 && two_sided)
        .then_some("no result is in both: results are matched by scenario, device, model, strategy and sweep point")
}
