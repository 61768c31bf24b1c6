//! The comparison table: one body per device, sortable within it. On a phone each row is a card: every cell carries the
//! title of its column.

use super::escaped;
use crate::compare::{is_killed, is_open_loop};
use crate::schema::RunResult;
use crate::table::{Grid, Line, grid};

pub(super) fn section(results: &[RunResult]) -> String {
    let grid = grid(results);
    let mut out = String::from(
        "<section>\n<h2>Comparison</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Comparison table\">\n<table class=\"sortable\">\n<thead><tr>",
    );
    out.push_str(&title("strategy", "", "how the engine was set up", true));
    if grid.has_points {
        out.push_str(&title("point", "", "parameters that differ", true));
    }
    for column in &grid.columns {
        out.push_str(&title(column.title, &column.unit, column.meaning, column.is_text));
    }
    out.push_str("</tr></thead>\n");
    let width = 1 + usize::from(grid.has_points) + grid.columns.len();
    for lines in grid.lines.chunk_by(|a, b| a.group == b.group) {
        out.push_str(&format!(
            "<tbody>\n<tr class=\"device\"><th colspan=\"{width}\" scope=\"rowgroup\"><span>{}</span></th></tr>\n",
            escaped(&lines[0].group)
        ));
        out.extend(lines.iter().map(|line| row(&grid, line)));
        out.push_str("</tbody>\n");
    }
    out.push_str("</table>\n</div>\n");
    out.push_str(&legend(&grid));
    out.push_str("</section>\n");
    out
}

fn title(name: &str, unit: &str, meaning: &str, is_text: bool) -> String {
    let class = if is_text { "" } else { " class=\"number\"" };
    let unit = if unit.is_empty() { String::new() } else { format!("<br><small>{}</small>", escaped(unit)) };
    format!(
        "<th scope=\"col\"{class} title=\"{}\"><button type=\"button\">{}{unit}</button></th>",
        escaped(meaning),
        escaped(name)
    )
}

fn row(grid: &Grid<'_>, line: &Line<'_>) -> String {
    let class = match (line.is_best, is_killed(line.result)) {
        (true, _) => " class=\"best\"",
        (_, true) => " class=\"killed\"",
        _ => "",
    };
    let badge = match (line.is_best, is_open_loop(line.result)) {
        (true, _) => " <span class=\"badge\">fastest</span>",
        (_, true) => " <span class=\"badge estimate\">open-loop</span>",
        _ => "",
    };
    let mut out = format!("<tr{class}><th scope=\"row\">{}{badge}</th>", escaped(&line.name));
    if grid.has_points {
        out.push_str(&format!("<td class=\"point\" data-label=\"point\">{}</td>", escaped(&line.point)));
    }
    for (column, cell) in grid.columns.iter().zip(&line.cells) {
        let class = if column.is_text { "" } else { " class=\"number\"" };
        let sort = cell.sort.map(|value| format!(" data-sort=\"{value}\"")).unwrap_or_default();
        let label = escaped(&column.heading());
        out.push_str(&format!("<td{class}{sort} data-label=\"{label}\">{}</td>", escaped(&cell.text)));
    }
    out.push_str("</tr>\n");
    out
}

fn legend(grid: &Grid<'_>) -> String {
    let mut parts: Vec<String> = grid
        .columns
        .iter()
        .map(|column| format!("<b>{}</b> {}", escaped(column.title), escaped(column.meaning)))
        .collect();
    parts.extend(grid.marks().iter().map(|mark| format!("<b>{}</b> {}", mark.sign, escaped(mark.meaning))));
    if grid.marks().iter().any(|mark| mark.sign == '‡') {
        parts.push(format!("<b>fastest</b> {}", grid.best_meaning()));
    }
    parts.extend(Some(escaped(&grid.interval_meaning())).filter(|meaning| !meaning.is_empty()));
    parts.push("<b>MB</b> 10<sup>6</sup> bytes".to_owned());
    format!("<p class=\"legend\">{}.</p>\n", parts.join("; "))
}
