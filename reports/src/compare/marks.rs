//! Marks behind a strategy's name, which every output carries: an oracle is a bound, an open-loop result an estimate.
//!
//! The one place that says what a mark means. It judges results, not speeds: who is best is [`super::Group`]'s.

use super::is_oracle;
use crate::schema::RunResult;
use crate::units::significant;

/// A sign behind a name, and what it tells a reader who has never seen it.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// The sign.
    pub sign: char,
    /// What it means, a lower-case fragment without an end.
    pub meaning: &'static str,
    holds: fn(&RunResult) -> bool,
}

/// Every mark, in the order in which a name carries them.
pub const MARKS: [Mark; 2] = [
    Mark { sign: '†', meaning: "knows the future: a bound, not a choice", holds: is_oracle },
    Mark {
        sign: '‡',
        meaning: "open-loop: it changes what the model computes, and a recording can't show how the model would then have \
                  gone on: an estimate",
        holds: is_open_loop,
    },
];

/// Whether the strategy computes other things than the model would: its numbers are an estimate.
#[must_use]
pub fn is_open_loop(result: &RunResult) -> bool {
    result.quality.open_loop
}

/// The strategy's label with its marks: `belady †`, `drop-cold ‡`.
#[must_use]
pub fn marked(result: &RunResult) -> String {
    marked_of(&result.strategy, &[result])
}

/// A name with the marks of any of its results.
#[must_use]
pub fn marked_of(name: &str, results: &[&RunResult]) -> String {
    let signs: String = marks_in(results).iter().map(|mark| mark.sign).collect();
    if signs.is_empty() { name.to_owned() } else { format!("{name} {signs}") }
}

/// The marks that some result carries: what a legend must explain.
#[must_use]
pub fn marks_in(results: &[&RunResult]) -> Vec<Mark> {
    MARKS.into_iter().filter(|mark| results.iter().any(|r| (mark.holds)(r))).collect()
}

/// The label for running text, where no legend stands: `open-loop drop-cold`.
#[must_use]
pub fn spoken(result: &RunResult) -> String {
    let label = if is_open_loop(result) { "open-loop " } else { "" };
    format!("{label}{}", result.strategy)
}

/// What bending the model cost: `8.10 % lost`, and `30.0 % at lower precision` where there is some.
#[must_use]
pub fn lost(result: &RunResult) -> String {
    let percent = |share: f64| format!("{} %", significant(share * 100.0));
    let mut text = format!("{} lost", percent(result.quality.lost_mass_share));
    if result.quality.degraded_mass_share > 0.0 {
        text.push_str(&format!(", {} at lower precision", percent(result.quality.degraded_mass_share)));
    }
    text
}
