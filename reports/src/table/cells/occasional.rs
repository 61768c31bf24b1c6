//! Columns that stand only where some result has something to say in them: reads ahead, and what bending the model lost.

use super::{Column, Value, column};
use crate::compare::is_open_loop;
use crate::schema::RunResult;

/// The columns that these results call for.
pub(super) fn columns(results: &[RunResult]) -> Vec<Column> {
    let mut columns = Vec::new();
    if results.iter().any(|r| read_ahead(r) > 0) {
        let meaning = "of the bundles that were read ahead, those in DRAM when they were needed";
        columns.push(Column { value: Value::Speed(used_percent, 1.0), ..percent("ahead", meaning, 6) });
    }
    if results.iter().any(is_open_loop) {
        // A killed run would have lost it too, and the loss never goes for want of width.
        let value = Value::Always(|r| r.quality.lost_mass_share * 100.0, 1.0);
        columns.push(Column { value, ..percent("lost", lost_meaning(results), 0) });
    }
    if results.iter().any(|r| r.quality.degraded_mass_share > 0.0) {
        let value = Value::Always(|r| r.quality.degraded_mass_share * 100.0, 1.0);
        columns.push(Column { value, ..percent("coarse", "computed at a lower precision than the model's", 0) });
    }
    columns
}

fn percent(title: &'static str, meaning: &'static str, expendable: u8) -> Column {
    column(title, "%".to_owned(), meaning, expendable)
}

/// Bundles whose read ahead began: those that were taken back before cost nothing.
fn read_ahead(result: &RunResult) -> u64 {
    result.prefetch.useful + result.prefetch.late + result.prefetch.wasted
}

/// Not a number where nothing was read ahead.
fn used_percent(result: &RunResult) -> f64 {
    result.prefetch.useful as f64 / read_ahead(result) as f64 * 100.0
}

/// What was weighed depends on the trace.
fn lost_meaning(results: &[RunResult]) -> &'static str {
    let mut from = results.iter().filter(|r| is_open_loop(r)).map(|r| r.quality.mass_from == "scores");
    match (from.clone().all(|scores| scores), from.any(|scores| scores)) {
        (true, _) => "what the model would have computed and was left out, weighed by the trace's scores",
        (false, false) => "what the model would have computed and was left out, counted: the trace has no scores",
        (false, true) => {
            "what the model would have computed and was left out, by scores where the trace has them, else counted"
        }
    }
}
