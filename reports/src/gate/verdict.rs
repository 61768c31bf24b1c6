//! The verdict about one metric.

use super::{Rules, statistics::Statistics};
use crate::diff::tone;
use crate::direction::HEADLINES;
use crate::entry::{Entry, Value};
use crate::ink::Tone;

/// What became of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As accepted: to the bit if simulated, not significantly other if measured.
    Same,
    /// Moved in its good direction.
    Better,
    /// Moved in its bad direction.
    Worse,
    /// Moved, and has no direction.
    Changed,
    /// The baseline does not have it.
    New,
    /// The results do not have it.
    Missing,
    /// This platform can't say.
    NotMeasurable,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Changed => "changed",
            Self::New => "new",
            Self::Missing => "missing",
            Self::NotMeasurable => "not measurable",
        }
    }
}

/// A metric with its verdict.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its dotted name.
    pub metric: String,
    /// As accepted.
    pub before: Option<Value>,
    /// As it is.
    pub after: Option<Value>,
    /// What became of it.
    pub verdict: Verdict,
    /// Whether the gate fails for it.
    pub fails: bool,
    /// What the verdict rests on, where that is not plain: a tolerance, or statistics.
    pub note: Option<String>,
}

/// The verdict about `metric` of two entries.
pub(super) fn verdict(metric: &str, before: &Entry, after: &Entry, rules: &Rules) -> Judged {
    let sides = (before.metrics.get(metric), after.metrics.get(metric));
    let judged = |verdict, fails, note| Judged {
        metric: metric.to_owned(),
        before: sides.0.cloned(),
        after: sides.1.cloned(),
        verdict,
        fails,
        note,
    };
    let (old, new) = match sides {
        (Some(Value::NotMeasurable) | None, Some(Value::NotMeasurable) | None) => {
            return judged(Verdict::NotMeasurable, false, None);
        }
        (None, Some(_)) => return judged(Verdict::New, true, None),
        (Some(_), None) => return judged(Verdict::Missing, true, None),
        (Some(old), Some(new)) => (old, new),
    };
    if old == new {
        return judged(Verdict::Same, false, None);
    }
    let moved = match tone(metric, Some(old), Some(new)) {
        Tone::Better => Verdict::Better,
        Tone::Worse => Verdict::Worse,
        _ => Verdict::Changed,
    };
    if *old == Value::NotMeasurable || *new == Value::NotMeasurable {
        // What could be measured once and no longer can is a loss of sight, and fails where numbers are exact.
        return judged(Verdict::NotMeasurable, after.is_simulated(), None);
    }
    if after.is_simulated() {
        let within = rules.within(metric, after, old, new);
        return judged(moved, within.is_none(), within);
    }
    let statistics = Statistics::of(&old.runs(), &new.runs());
    let note = Some(statistics.to_string());
    if !statistics.counts(rules.threshold) {
        return judged(Verdict::Same, false, note);
    }
    let is_felt = HEADLINES.contains(&metric) || metric == "memory.outcome";
    judged(moved, is_felt && moved == Verdict::Worse, note)
}
