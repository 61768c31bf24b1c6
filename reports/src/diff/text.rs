//! A comparison on a terminal.

use super::{Diff, Step, lines};
use crate::ink::{Ink, Tone};
use crate::shown;

/// A block of lines a result that moved; with `all`, every metric that differs.
#[must_use]
pub fn text(diff: &Diff<'_>, all: bool, ink: Ink) -> String {
    let mut out = vec![ink.paint(Tone::Title, &lines::summary(diff))];
    out.extend(lines::nothing_in_common(diff).map(str::to_owned));
    if !diff.everywhere.is_empty() {
        let inputs: Vec<String> = diff.everywhere.iter().map(lines::input).collect();
        out.push(format!("in all of them: {}", inputs.join(", ")));
    }
    for step in &diff.moved {
        out.push(String::new());
        out.extend(block(step, diff, all, ink));
    }
    for (name, only) in [(&diff.before, &diff.only_before), (&diff.after, &diff.only_after)] {
        if !only.is_empty() {
            out.extend([String::new(), ink.paint(Tone::Title, &format!("only in {name}"))]);
            out.extend(only.iter().map(|named| format!("  {}", named.label)));
        }
    }
    out.push(String::new());
    out.join("\n")
}

fn block(step: &Step<'_>, diff: &Diff<'_>, all: bool, ink: Ink) -> Vec<String> {
    let mut out = vec![ink.paint(Tone::Title, &step.label)];
    let changes = lines::shown_changes(step, all);
    let name = |metric: &str| if all { metric.to_owned() } else { shown::name(metric) };
    let width = changes.iter().map(|change| name(&change.metric).chars().count()).max().unwrap_or(0).max(7);
    for change in &changes {
        out.push(format!("  {:width$}  {}", name(&change.metric), ink.paint(change.tone(), &lines::change(change))));
    }
    let hidden = step.changes.len() - changes.len();
    if changes.is_empty() && hidden > 0 {
        out.push(format!("  {hidden} numbers differ that nobody feels: --all shows them"));
    } else if step.changes.is_empty() {
        out.push("  the same numbers".to_owned());
    }
    for (title, text) in lines::why(step, &diff.everywhere) {
        out.push(format!("  {}  {text}", ink.paint(Tone::Faint, &format!("{title:width$}"))));
    }
    out
}
