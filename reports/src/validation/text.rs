//! A validation for a terminal: the summary, then the largest misses.

use super::{Validation, percent};

/// Misses that are named.
const MISSES: usize = 12;

/// The summary as a table, and what missed most.
#[must_use]
pub fn text(validation: &Validation) -> String {
    let wide = validation.summary.iter().map(|row| row.regime.len()).max().unwrap_or(0).max(6);
    let mut out =
        format!("{:wide$}  {:13}  {:>5}  {:>8}  {:>8}  {:>9}\n", "regime", "split", "cases", "median", "p90", "inside");
    for row in &validation.summary {
        out.push_str(&format!(
            "{:wide$}  {:13}  {:>5}  {:>8}  {:>8}  {:>9}\n",
            row.regime,
            row.split,
            row.count,
            percent(row.median_error),
            percent(row.p90_error),
            percent(row.inside),
        ));
    }
    out.push_str(
        "\nErrors are |predicted / published - 1|. `fitted` rows were seen by the fit; `unseen-model` and `unseen-device` \
         were\nleft out of it, and those are the figures to quote. `inside`: published figures within the 90 % interval.\n",
    );
    let mut misses: Vec<_> = validation.cases.iter().filter(|case| !case.is_inside()).collect();
    misses.sort_by(|one, other| other.error.abs().total_cmp(&one.error.abs()).then_with(|| one.id.cmp(&other.id)));
    if !misses.is_empty() {
        out.push_str(&format!(
            "\n{} of {} outside their interval; the largest:\n",
            misses.len(),
            validation.cases.len()
        ));
    }
    for case in misses.iter().take(MISSES) {
        out.push_str(&format!(
            "  {:+6.0} %  {} ({}): {:.4} predicted, {:.4} published\n",
            case.error * 100.0,
            case.id,
            case.split,
            case.predicted,
            case.published
        ));
    }
    out
}
