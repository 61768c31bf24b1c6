//! The judgement on a terminal, and the sentences that the other formats share.

use super::{Case, Judged, Judgement, Side, Verdict};
use crate::direction::HEADLINES;
use crate::entry::Value;
use crate::ink::{Ink, Tone};
use crate::shown;

/// How many failing metrics of a result are shown, those that a user feels first.
const SHOWN_MAX: usize = 8;

/// Lines for the terminal: `heads` (about the baseline) first, then each result that fails, then the verdict.
#[must_use]
pub fn text(judgement: &Judgement, heads: &[String], ink: Ink) -> String {
    let mut out: Vec<String> = heads.to_vec();
    for case in judgement.results.iter().filter(|case| !case.passes()) {
        out.extend([String::new(), ink.paint(Tone::Title, &case.label)]);
        let tones = lines(case).into_iter().map(|(tone, line)| format!("  {}", ink.paint(tone, &line)));
        out.extend(tones);
        let why = case.why.iter();
        out.extend(why.map(|(title, text)| format!("  {}  {text}", ink.paint(Tone::Faint, &format!("{title:7}")))));
    }
    let noted: Vec<String> = judgement.results.iter().filter(|case| case.passes()).filter_map(noted).collect();
    if !noted.is_empty() {
        out.push(String::new());
        out.extend(noted);
    }
    if !judgement.unmet.is_empty() {
        out.extend([String::new(), ink.paint(Tone::Title, "expectations that do not hold")]);
        let lines = judgement.unmet.iter().map(|unmet| format!("{}: {}", unmet.label, unmet.text));
        out.extend(lines.map(|line| format!("  {}", ink.paint(Tone::Worse, &line))));
    }
    let tone = if judgement.passes() { Tone::Better } else { Tone::Worse };
    out.extend([String::new(), ink.paint(tone, &summary(judgement)), String::new()]);
    out.join("\n").trim_start_matches('\n').to_owned()
}

/// `gate passed: 27 results as accepted`, or what fails.
pub(super) fn summary(judgement: &Judgement) -> String {
    let count = |side| judgement.results.iter().filter(|case| case.side == side).count();
    let all = judgement.results.len();
    let changed = judgement.results.iter().filter(|case| case.side == Side::Both && !case.passes()).count();
    let unmeasured = judgement.count(Verdict::NotMeasurable);
    let mut parts = Vec::new();
    let kinds = [(changed, "changed"), (count(Side::New), "new"), (count(Side::Missing), "missing")];
    parts.extend(kinds.into_iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}")));
    if !judgement.unmet.is_empty() {
        parts.push(match judgement.unmet.len() {
            1 => "1 expectation not met".to_owned(),
            count => format!("{count} expectations not met"),
        });
    }
    let not_measurable =
        if unmeasured > 0 { format!("; {unmeasured} metrics not measurable here") } else { String::new() };
    let results = if all == 1 { "1 result".to_owned() } else { format!("{all} results") };
    if parts.is_empty() {
        return format!("gate passed: {results} as accepted{not_measurable}");
    }
    format!("gate failed: of {results} {}{not_measurable}", parts.join(", "))
}

/// Why a case fails, a sentence a line, the first of them the most telling.
pub(super) fn failures(case: &Case) -> Vec<String> {
    let why = case.why.iter().map(|(title, text)| format!("{title}: {text}"));
    lines(case).into_iter().map(|(_, line)| line).chain(why).collect()
}

fn lines(case: &Case) -> Vec<(Tone, String)> {
    match case.side {
        Side::New => return vec![(Tone::Changed, "new: the baseline does not have this result".to_owned())],
        Side::Missing => {
            return vec![(Tone::Worse, "missing: the baseline has this result, the run does not".to_owned())];
        }
        Side::Both => {}
    }
    let failing = felt_first(case.failing());
    let more = failing.len().saturating_sub(SHOWN_MAX);
    let mut lines: Vec<(Tone, String)> =
        failing.iter().take(SHOWN_MAX).map(|judged| (tone(judged), line(judged))).collect();
    if more > 0 {
        lines.push((Tone::Faint, format!("and {more} more metrics")));
    }
    lines
}

/// What is worth a line although it does not fail: measured metrics that moved, tolerances that were used, inputs that
/// differ and moved nothing.
fn noted(case: &Case) -> Option<String> {
    let is_noted = |judged: &&Judged| judged.verdict != Verdict::Same && judged.verdict != Verdict::NotMeasurable;
    let moved: Vec<String> = felt_first(case.metrics.iter().filter(is_noted)).into_iter().map(line).collect();
    let inputs = case.why.iter().find(|(title, _)| *title == "inputs");
    match (moved.is_empty(), inputs) {
        (true, None) => None,
        (true, Some((_, inputs))) => Some(format!("{}: the same numbers with other inputs: {inputs}", case.label)),
        (false, _) => Some(format!("{}: passes with {}", case.label, moved.join("; "))),
    }
}

/// Those that a user feels first, the others in their order.
fn felt_first<'j>(judged: impl Iterator<Item = &'j Judged>) -> Vec<&'j Judged> {
    let mut judged: Vec<&Judged> = judged.collect();
    judged.sort_by_key(|judged| HEADLINES.iter().position(|name| *name == judged.metric).unwrap_or(HEADLINES.len()));
    judged
}

fn tone(judged: &Judged) -> Tone {
    match judged.verdict {
        Verdict::Better => Tone::Better,
        Verdict::Worse | Verdict::Missing => Tone::Worse,
        _ => Tone::Changed,
    }
}

/// `worse: decode 41.2 tok/s → 39.8 tok/s (-3.41 %)`.
fn line(judged: &Judged) -> String {
    let name =
        if HEADLINES.contains(&judged.metric.as_str()) { shown::name(&judged.metric) } else { judged.metric.clone() };
    format!("{}: {name} {}", judged.verdict.as_str(), moved(judged))
}

/// The step of a metric with its relative size and its note.
pub(super) fn moved(judged: &Judged) -> String {
    let value = |value: &Value| shown::value(&judged.metric, value);
    let mut text = match (&judged.before, &judged.after) {
        (Some(before), Some(after)) => shown::step(&judged.metric, before, after),
        (None, Some(after)) => value(after),
        (Some(before), None) => format!("was {}", value(before)),
        (None, None) => String::new(),
    };
    let numbers = judged.before.as_ref().and_then(Value::number).zip(judged.after.as_ref().and_then(Value::number));
    let relative = numbers.and_then(|(before, after)| shown::relative(before, after));
    let notes: Vec<String> = match &judged.note {
        Some(note) => vec![note.clone()],
        None => relative.into_iter().collect(),
    };
    if !notes.is_empty() {
        text = format!("{text} ({})", notes.join(", "));
    }
    text
}
