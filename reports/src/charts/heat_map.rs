//! A table of numbers as colours, dark where much is: rows against columns. Drawn from plain numbers.

use super::labels::foot;
use super::palette::{INK, KILLED, PAPER, QUIET};
use super::scene::{Anchor, Colour, Scene};
use super::{Chart, Draft, font, record};
use crate::units::significant;

const WIDTH: f64 = 960.0;
const TALL: f64 = 25.0;
/// The ends of the ramp, which is one blue growing darker: it survives grey print and every colour vision.
const LIGHT: Colour = Colour(0xee, 0xf5, 0xfb);
const DARK: Colour = Colour(0x08, 0x30, 0x6b);

/// A figure of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// File name without its ending.
    pub name: &'static str,
    /// Title.
    pub title: String,
    /// What model and request it is of.
    pub subtitle: String,
    /// What it shows and what to see in it.
    pub caption: String,
    /// What the cells hold, with its unit.
    pub quantity: &'static str,
    /// What rows are.
    pub down: &'static str,
    /// What columns are.
    pub across: &'static str,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows with their names and a cell a column.
    pub rows: Vec<(String, Vec<Cell>)>,
    /// Stand in the picture.
    pub notes: Vec<String>,
}

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// A number above zero.
    Value(f64),
    /// The app would be killed.
    Killed,
    /// There is no such pair.
    Missing,
}

/// Draws the figure.
#[must_use]
pub fn chart(figure: &HeatMap) -> Chart {
    let mut scene = Scene::new(WIDTH);
    let top = scene.heading(&figure.title, &figure.subtitle);
    let names = figure.rows.iter().map(|(name, _)| font::width(name, 11.0, false)).fold(0.0, f64::max);
    let left = 16.0 + names + 10.0;
    let wide = (WIDTH - 16.0 - left) / figure.columns.len().max(1) as f64;
    let ends = ends(figure);
    let mut y = ramp(&mut scene, figure.quantity, ends, top + 10.0) + 26.0;
    for (place, column) in figure.columns.iter().enumerate() {
        let middle = left + wide * (place as f64 + 0.5);
        let lines = font::wrap(&column.replace('-', "- "), 10.5, true, wide - 4.0);
        let joined: Vec<String> = lines.iter().map(|line| line.replace("- ", "-")).collect();
        for (number, line) in joined.iter().enumerate() {
            let up = (joined.len() - 1 - number) as f64 * 12.0;
            scene.text((middle, y - up), line).em(10.5).bold().anchor(Anchor::Middle);
        }
    }
    y += 12.0;
    for (name, cells) in &figure.rows {
        scene.text((left - 8.0, y + TALL / 2.0), name).anchor(Anchor::End);
        for (place, cell) in cells.iter().enumerate() {
            one(&mut scene, *cell, ends, (left + wide * place as f64, y), wide);
        }
        y += TALL;
    }
    scene.height = foot(&mut scene, y + 6.0, &figure.notes) + 8.0;
    let (name, title, caption) = (figure.name, figure.title.clone(), figure.caption.clone());
    Draft { name, title, caption, scene, csv: rows(figure) }.finish(None)
}

/// Smallest and largest value.
fn ends(figure: &HeatMap) -> (f64, f64) {
    let values = figure.rows.iter().flat_map(|(_, cells)| cells).filter_map(|cell| match cell {
        Cell::Value(value) => Some(*value),
        Cell::Killed | Cell::Missing => None,
    });
    values.fold((f64::INFINITY, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)))
}

/// The colour of a value: equal steps are equal factors.
fn shade(value: f64, (least, most): (f64, f64)) -> (Colour, f64) {
    let share = if most > least { (value / least).ln() / (most / least).ln() } else { 0.5 };
    let share = share.clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
    let part = |light: u8, dark: u8| (f64::from(light) + (f64::from(dark) - f64::from(light)) * share).round() as u8;
    (Colour(part(LIGHT.0, DARK.0), part(LIGHT.1, DARK.1), part(LIGHT.2, DARK.2)), share)
}

/// What colours stand for; gives the height below.
fn ramp(scene: &mut Scene, quantity: &str, ends: (f64, f64), top: f64) -> f64 {
    const STEPS: usize = 48;
    let title = format!("{quantity} (logarithmic shades)");
    scene.text((16.0, top), &title);
    let left = 16.0 + font::width(&title, 11.0, false) + 14.0;
    let low = significant(ends.0);
    scene.text((left, top), &low).colour(QUIET);
    let left = left + font::width(&low, 11.0, false) + 8.0;
    for step in 0..STEPS {
        let share = step as f64 / (STEPS - 1) as f64;
        let value = ends.0 * (ends.1 / ends.0).powf(share);
        let from = left + 4.0 * step as f64;
        scene.bar((from, top - 6.0), (from + 4.0, top + 6.0), shade(value, ends).0);
    }
    scene.text((left + 4.0 * STEPS as f64 + 8.0, top), &significant(ends.1)).colour(QUIET);
    top + 10.0
}

fn one(scene: &mut Scene, cell: Cell, ends: (f64, f64), at: (f64, f64), wide: f64) {
    let (from, to) = ((at.0 + 1.0, at.1 + 1.0), (at.0 + wide - 1.0, at.1 + TALL - 1.0));
    let middle = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
    match cell {
        Cell::Value(value) => {
            let (fill, share) = shade(value, ends);
            scene.bar(from, to, fill);
            let ink = if share > 0.5 { PAPER } else { INK };
            scene.text(middle, &significant(value)).anchor(Anchor::Middle).colour(ink);
        }
        Cell::Killed => {
            scene.hatch(from, to, KILLED);
            scene.text_on_paper(middle, "killed", 10.5, false, Anchor::Middle).colour(QUIET);
        }
        Cell::Missing => {}
    }
}

fn rows(figure: &HeatMap) -> Vec<Vec<String>> {
    let mut rows = vec![record([figure.down, figure.across, "outcome", figure.quantity])];
    for (name, cells) in &figure.rows {
        for (column, cell) in figure.columns.iter().zip(cells) {
            let (outcome, value) = match cell {
                Cell::Value(value) => ("runs", value.to_string()),
                Cell::Killed => ("killed", String::new()),
                Cell::Missing => continue,
            };
            rows.push(record([name, column, outcome, &value]));
        }
    }
    rows
}
