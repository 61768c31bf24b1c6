//! A comparison for a pull request: one table, and the reasons below it.

use super::{Diff, lines};
use crate::shown;
use crate::table::escaped;

/// A heading, a table with a row a metric that moved, the reasons as a list; with `all`, every metric that differs.
#[must_use]
pub fn markdown(diff: &Diff<'_>, all: bool) -> String {
    let mut out = vec![format!("### {}", escaped(&lines::summary(diff))), String::new()];
    out.extend(lines::nothing_in_common(diff).map(str::to_owned));
    if !diff.everywhere.is_empty() {
        let inputs: Vec<String> = diff.everywhere.iter().map(|input| escaped(&lines::input(input))).collect();
        out.extend([format!("In all of them: {}.", inputs.join(", ")), String::new()]);
    }
    let mut rows = Vec::new();
    for step in &diff.moved {
        for change in lines::shown_changes(step, all) {
            let name = if all { change.metric.clone() } else { shown::name(&change.metric) };
            let cells = [&step.label, &name, &lines::change(change)].map(|cell| escaped(cell));
            rows.push(format!("| {} | {} |", cells.join(" | "), change.verdict));
        }
    }
    if !rows.is_empty() {
        out.extend(["| result | metric | change | |".to_owned(), "|---|---|---|---|".to_owned()]);
        out.append(&mut rows);
        out.push(String::new());
    }
    for step in &diff.moved {
        let why: Vec<String> =
            lines::why(step, &diff.everywhere).iter().map(|(title, text)| format!("{title} {text}")).collect();
        if !why.is_empty() {
            out.push(format!("- **{}**: {}", escaped(&step.label), escaped(&why.join("; "))));
        }
    }
    for (name, only) in [(&diff.before, &diff.only_before), (&diff.after, &diff.only_after)] {
        let labels: Vec<String> = only.iter().map(|named| escaped(&named.label)).collect();
        out.extend((!labels.is_empty()).then(|| format!("- only in {}: {}", escaped(name), labels.join(", "))));
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out.push(String::new());
    out.join("\n")
}
