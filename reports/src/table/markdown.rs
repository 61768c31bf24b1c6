//! The table as Markdown, for pull requests and papers' repositories: every column, the answer above it.

use super::cells::grid;
use crate::compare::answers;
use crate::schema::RunResult;

/// A Markdown list of the answers, then one table of every column; the fastest of each device in bold.
#[must_use]
pub fn markdown(results: &[RunResult]) -> String {
    if results.is_empty() {
        return "no results\n".to_owned();
    }
    let grid = grid(results);
    let mut out: Vec<String> = answers(results).iter().map(|line| format!("- {}", escaped(line))).collect();
    out.push(String::new());
    let mut titles = vec!["device".to_owned(), "strategy".to_owned()];
    titles.extend(grid.has_points.then(|| "point".to_owned()));
    let texts = titles.len();
    titles.extend(grid.columns.iter().map(super::Column::heading));
    out.push(row(&titles));
    let rules: Vec<&str> =
        (0..titles.len()).map(|i| if i < texts || grid.columns[i - texts].is_text { "---" } else { "---:" }).collect();
    out.push(format!("|{}|", rules.join("|")));
    for line in &grid.lines {
        let name = if line.is_best { format!("**{}**", escaped(&line.name)) } else { escaped(&line.name) };
        let mut cells = vec![escaped(&line.group), name];
        cells.extend(grid.has_points.then(|| escaped(&line.point)));
        cells.extend(line.cells.iter().map(|cell| escaped(&cell.text)));
        out.push(row(&cells));
    }
    out.push(String::new());
    for mark in grid.marks() {
        out.push(format!("{} {}.", mark.sign, mark.meaning));
        out.push(String::new());
    }
    out.join("\n")
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// Text that cannot break out of its cell or become markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => out.extend(['\\', character]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
