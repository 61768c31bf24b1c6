//! The table on a terminal: as many columns as fit, grouped by device, with a legend and the answer in words.

use std::collections::BTreeSet;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

use super::cells::{Grid, grid};
use crate::compare::answers;
use crate::schema::RunResult;

/// The table as text, at most `width` columns wide where it can be (every column without a width). Each device is a
/// heading with its strategies under it; `*` marks the fastest that is not killed.
#[must_use]
pub fn text(results: &[RunResult], width: Option<u16>) -> String {
    if results.is_empty() {
        return "no results\n".to_owned();
    }
    let grid = grid(results);
    let shape = Shape::fitting(&grid, width.map(usize::from));
    let mut out = vec![heading(results), String::new()];
    out.extend(body(&grid, &shape));
    out.push(String::new());
    let wrap_at = width.map_or(120, usize::from).clamp(40, 120);
    for line in answers(results) {
        out.extend(wrapped(&line, wrap_at));
    }
    out.push(String::new());
    out.extend(legend(&grid, &shape).iter().flat_map(|line| wrapped(line, wrap_at)));
    out.push(String::new());
    out.join("\n")
}

/// Which columns are shown, and the gap between them.
struct Shape {
    shown: Vec<usize>,
    dropped: Vec<usize>,
    gap: u16,
}

impl Shape {
    /// Narrows the gap first, then drops the least important columns until the table fits.
    fn fitting(grid: &Grid<'_>, width: Option<usize>) -> Self {
        let mut shape = Self { shown: (0..grid.columns.len()).collect(), dropped: Vec::new(), gap: 2 };
        let Some(width) = width else { return shape };
        loop {
            for gap in [2, 1] {
                shape.gap = gap;
                if shape.width(grid) <= width {
                    return shape;
                }
            }
            let worst = shape.shown.iter().copied().max_by_key(|index| grid.columns[*index].expendable);
            let Some(worst) = worst.filter(|index| grid.columns[*index].expendable > 0) else { return shape };
            shape.shown.retain(|index| *index != worst);
            shape.dropped.push(worst);
        }
    }

    fn width(&self, grid: &Grid<'_>) -> usize {
        let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
        let count = |text: &str| text.chars().count();
        let name = longest(&mut grid.lines.iter().map(|line| count(&line.group).max(count(&line.name) + 2)));
        let point = longest(&mut grid.lines.iter().map(|line| count(&line.point)));
        let cells = self.shown.iter().map(|index| {
            let column = &grid.columns[*index];
            let title = count(column.title).max(count(&column.unit));
            title.max(longest(&mut grid.lines.iter().map(|line| count(&line.cells[*index].text))))
        });
        let gaps = self.shown.len() + usize::from(grid.has_points);
        name + if grid.has_points { point.max(5) } else { 0 } + cells.sum::<usize>() + gaps * usize::from(self.gap)
    }
}

fn heading(results: &[RunResult]) -> String {
    let names = |of: fn(&RunResult) -> &str| {
        results.iter().map(of).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
    };
    let platforms = names(|r| match r.platform.as_str() {
        "sim" => "simulated",
        "host" => "measured on this machine",
        other => other,
    });
    format!("scenario {} · model {} · {platforms}", names(|r| &r.scenario), names(|r| &r.model))
}

fn body(grid: &Grid<'_>, shape: &Shape) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let columns = || shape.shown.iter().map(|index| &grid.columns[*index]);
    let mut header = vec![Cell::new("\nstrategy")];
    header.extend(grid.has_points.then(|| Cell::new("\npoint")));
    header.extend(columns().map(|column| Cell::new(format!("{}\n{}", column.title, column.unit))));
    table.set_header(header);
    let mut group = "";
    for line in &grid.lines {
        if line.group != group {
            if !group.is_empty() {
                table.add_row([""]);
            }
            group = &line.group;
            table.add_row([group]);
        }
        let mark = if line.is_best { "* " } else { "  " };
        let mut row = vec![format!("{mark}{}", line.name)];
        row.extend(grid.has_points.then(|| line.point.clone()));
        row.extend(shape.shown.iter().map(|index| line.cells[*index].text.clone()));
        table.add_row(row);
    }
    let texts = 1 + usize::from(grid.has_points);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if index == 0 { 0 } else { shape.gap }, 0));
        let is_text = index < texts || grid.columns[shape.shown[index - texts]].is_text;
        column.set_cell_alignment(if is_text { CellAlignment::Left } else { CellAlignment::Right });
    }
    let mut lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let rule = "─".repeat(shape.width(grid));
    lines.insert(2, rule);
    lines
}

fn legend(grid: &Grid<'_>, shape: &Shape) -> Vec<String> {
    let mut lines = Vec::new();
    let mut marks = format!("* {}", grid.best_meaning());
    marks.extend(grid.marks().iter().map(|mark| format!(" · {} {}", mark.sign, mark.meaning)));
    lines.push(marks);
    let meanings: Vec<String> = shape
        .shown
        .iter()
        .map(|index| format!("{}: {}", grid.columns[*index].title, grid.columns[*index].meaning))
        .collect();
    lines.push(format!("{} · MB = 10^6 bytes", meanings.join(" · ")));
    lines.extend(Some(grid.interval_meaning()).filter(|meaning| !meaning.is_empty()));
    if !shape.dropped.is_empty() {
        let names: Vec<&str> = shape.dropped.iter().map(|index| grid.columns[*index].title).collect();
        lines.push(format!(
            "Left out for want of width: {} (a wider terminal, or --format csv, has them).",
            names.join(", ")
        ));
    }
    lines
}

/// Breaks a line at spaces; what follows is indented by two.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split(' ') {
        if !current.trim().is_empty() && current.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut current, "  ".to_owned()));
            current.push_str(word);
            continue;
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    lines.push(current);
    lines
}
