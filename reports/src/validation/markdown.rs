//! A validation's summary as Markdown.

use super::{Validation, percent};

/// The summary as a table.
#[must_use]
pub fn markdown(validation: &Validation) -> String {
    let mut out = "| regime | split | cases | median error | 90th percentile | inside 90 % interval |\n".to_owned();
    out.push_str("|---|---|---:|---:|---:|---:|\n");
    for row in &validation.summary {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            row.regime,
            row.split,
            row.count,
            percent(row.median_error),
            percent(row.p90_error),
            percent(row.inside),
        ));
    }
    out
}
