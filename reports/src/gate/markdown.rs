//! The judgement as Markdown, for a pull request or a step summary.

use super::{
    Case, Judgement, Side,
    text::{moved, summary},
};
use crate::direction::HEADLINES;
use crate::shown;
use crate::table::escaped;

/// How many rows a table has at most: a step summary holds 1 MiB.
const ROWS_MAX: usize = 200;

/// A heading, `heads` (about the baseline) as a list, a table of what fails, and the reasons.
#[must_use]
pub fn markdown(judgement: &Judgement, heads: &[String]) -> String {
    let sign = if judgement.passes() { "✅" } else { "❌" };
    let mut out = vec![format!("### {sign} {}", escaped(&summary(judgement))), String::new()];
    out.extend(heads.iter().map(|head| format!("- {}", escaped(head))));
    let rows: Vec<String> = judgement.results.iter().filter(|case| !case.passes()).flat_map(rows).collect();
    if !rows.is_empty() {
        out.extend([
            String::new(),
            "| result | verdict | metric | change |".to_owned(),
            "|---|---|---|---|".to_owned(),
        ]);
        let more = rows.len().saturating_sub(ROWS_MAX);
        out.extend(rows.into_iter().take(ROWS_MAX));
        if more > 0 {
            out.extend([String::new(), format!("{more} more rows left out.")]);
        }
    }
    let why: Vec<String> = judgement.results.iter().filter(|case| !case.passes()).filter_map(why).collect();
    if !why.is_empty() {
        out.push(String::new());
        out.extend(why.into_iter().take(ROWS_MAX));
    }
    if !judgement.unmet.is_empty() {
        out.extend([String::new(), "Expectations that do not hold:".to_owned(), String::new()]);
        out.extend(
            judgement.unmet.iter().map(|unmet| format!("- {}: {}", escaped(&unmet.label), escaped(&unmet.text))),
        );
    }
    out.push(String::new());
    out.join("\n")
}

/// A row for each failing metric that a user feels; for the others one row together.
fn rows(case: &Case) -> Vec<String> {
    let row = |verdict: &str, metric: &str, change: &str| {
        format!("| {} | {verdict} | {} | {} |", escaped(&case.label), escaped(metric), escaped(change))
    };
    match case.side {
        Side::New => return vec![row("new", "–", "not in the baseline")],
        Side::Missing => return vec![row("missing", "–", "in the baseline only")],
        Side::Both => {}
    }
    let is_headline = |metric: &str| HEADLINES.contains(&metric);
    let mut rows: Vec<String> = case
        .failing()
        .filter(|judged| is_headline(&judged.metric))
        .map(|judged| row(judged.verdict.as_str(), &shown::name(&judged.metric), &moved(judged)))
        .collect();
    let others: Vec<&str> =
        case.failing().map(|judged| judged.metric.as_str()).filter(|metric| !is_headline(metric)).collect();
    if !others.is_empty() {
        rows.push(row("changed", &format!("{} others", others.len()), &others.join(", ")));
    }
    rows
}

fn why(case: &Case) -> Option<String> {
    let text: Vec<String> = case.why.iter().map(|(title, text)| format!("{title} {text}")).collect();
    (!text.is_empty()).then(|| format!("- **{}**: {}", escaped(&case.label), escaped(&text.join("; "))))
}
