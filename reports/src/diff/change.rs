//! Metrics that differ between two entries.

use serde::Serialize;

use crate::direction::{Direction, direction, severity};
use crate::entry::{Entry, Value};
use crate::ink::Tone;

/// A metric of both entries with two values, or of one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Its dotted name.
    pub metric: String,
    /// As it was; none where the metric is new.
    pub before: Option<Value>,
    /// As it is; none where the metric is gone.
    pub after: Option<Value>,
    /// After less before, where both are numbers.
    pub absolute: Option<f64>,
    /// That over the value before, where there was one.
    pub relative: Option<f64>,
    /// `better`, `worse` or `changed`.
    pub verdict: &'static str,
}

/// Every metric that differs, in the order of the names.
#[must_use]
pub(super) fn changes(before: &Entry, after: &Entry) -> Vec<Change> {
    let names: std::collections::BTreeSet<&String> = before.metrics.keys().chain(after.metrics.keys()).collect();
    let sides = names.into_iter().map(|name| (name, before.metrics.get(name), after.metrics.get(name)));
    sides
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| change(name, before, after))
        .collect()
}

fn change(metric: &str, before: Option<&Value>, after: Option<&Value>) -> Change {
    let numbers = before.and_then(Value::number).zip(after.and_then(Value::number));
    let absolute = numbers.map(|(before, after)| after - before);
    let relative = numbers.map(|(before, after)| (after - before) / before.abs()).filter(|share| share.is_finite());
    let verdict = match tone(metric, before, after) {
        Tone::Better => "better",
        Tone::Worse => "worse",
        _ => "changed",
    };
    Change { metric: metric.to_owned(), before: before.cloned(), after: after.cloned(), absolute, relative, verdict }
}

/// Whether a step of a metric is good or bad news.
pub(crate) fn tone(metric: &str, before: Option<&Value>, after: Option<&Value>) -> Tone {
    match (before, after) {
        (Some(Value::Text(before)), Some(Value::Text(after))) if metric == "memory.outcome" => {
            Tone::of(Direction::Lower, severity(before).into(), severity(after).into())
        }
        (before, after) => match before.and_then(Value::number).zip(after.and_then(Value::number)) {
            Some((before, after)) => Tone::of(direction(metric), before, after),
            None => Tone::Changed,
        },
    }
}

impl Change {
    /// Good news, bad news or neither.
    #[must_use]
    pub fn tone(&self) -> Tone {
        match self.verdict {
            "better" => Tone::Better,
            "worse" => Tone::Worse,
            _ => Tone::Changed,
        }
    }
}
