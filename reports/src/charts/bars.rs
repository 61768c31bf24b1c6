//! Bars with what was published under each: one quantity a panel, in parts where it has some. Drawn from plain numbers.

use super::axis::Scale;
use super::font;
use super::labels::{foot, legend};
use super::palette::{COMPONENTS, QUIET, Style};
use super::panel::Panel;
use super::scene::{Anchor, Scene};
use super::{Chart, Draft, record};
use crate::units::significant;

const WIDTH: f64 = 960.0;
/// Height of a row: a bar, the published one under it, and air.
const ROW: f64 = 36.0;
const THICK: f64 = 13.0;
const THIN: f64 = 8.0;

/// A figure of bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// File name without its ending.
    pub name: &'static str,
    /// Title.
    pub title: String,
    /// What device, model and request it is of.
    pub subtitle: String,
    /// What it shows and what to see in it.
    pub caption: String,
    /// Names of the parts of each simulated bar: one to four.
    pub parts: Vec<&'static str>,
    /// Quantities, two side by side.
    pub panels: Vec<BarPanel>,
    /// Stand in the picture: sources, and what it leaves unsaid.
    pub notes: Vec<String>,
}

/// One quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct BarPanel {
    /// What it is, with its unit.
    pub title: &'static str,
    /// The bars, from the top.
    pub rows: Vec<BarRow>,
}

/// One bar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarRow {
    /// What it is of.
    pub name: String,
    /// Its parts as simulated, as many as are named; empty where it can't be.
    pub simulated: Vec<f64>,
    /// The whole as published.
    pub published: Option<f64>,
}

/// Draws the figure.
#[must_use]
pub fn chart(figure: &Bars) -> Chart {
    let mut scene = Scene::new(WIDTH);
    let colours: Vec<Style> = colours(figure.parts.len());
    let top = scene.heading(&figure.title, &figure.subtitle);
    let parts = figure.parts.iter().map(|part| (*part).to_owned()).zip(colours.iter().copied());
    let published = ("published".to_owned(), Style { colour: QUIET, dash: None });
    let has_published = figure.panels.iter().flat_map(|panel| &panel.rows).any(|row| row.published.is_some());
    let entries: Vec<(String, Style)> = parts.chain(has_published.then_some(published)).collect();
    let mut top = legend(&mut scene, &entries, top) + 30.0;
    let per_row = figure.panels.len().clamp(1, 2);
    let wide = (WIDTH - 16.0) / per_row as f64;
    for line in figure.panels.chunks(per_row) {
        let mut below = top;
        for (place, panel) in line.iter().enumerate() {
            below = below.max(one(&mut scene, panel, &colours, (16.0 + wide * place as f64, top), wide));
        }
        top = below + 52.0;
    }
    scene.height = foot(&mut scene, top - 22.0, &figure.notes) + 8.0;
    let (name, title, caption) = (figure.name, figure.title.clone(), figure.caption.clone());
    Draft { name, title, caption, scene, csv: rows(figure) }.finish(None)
}

/// A single part is blue, as computing is.
fn colours(parts: usize) -> Vec<Style> {
    let solid = |colour| Style { colour, dash: None };
    if parts == 1 { vec![solid(COMPONENTS[1])] } else { COMPONENTS.into_iter().take(parts).map(solid).collect() }
}

/// Draws a panel; gives its lower edge.
fn one(scene: &mut Scene, of: &BarPanel, colours: &[Style], at: (f64, f64), wide: f64) -> f64 {
    let names = of.rows.iter().map(|row| font::width(&row.name, 11.0, false)).fold(0.0, f64::max);
    let most = of.rows.iter().flat_map(|row| [row.simulated.iter().sum(), row.published.unwrap_or(0.0)]);
    let panel = Panel {
        left: at.0 + names + 8.0,
        right: at.0 + wide - 62.0,
        top: at.1,
        bottom: at.1 + ROW * of.rows.len() as f64 + 4.0,
        x: Scale::from_zero(most.fold(0.0, f64::max), 4),
        y: Scale::exact(0.0, 1.0),
    };
    scene.text((at.0, panel.top - 16.0), of.title).bold();
    panel.columns(scene, &panel.x.ticks(4), true);
    for (number, row) in of.rows.iter().enumerate() {
        bar(scene, &panel, row, colours, panel.top + ROW * number as f64 + 7.0);
    }
    panel.bottom
}

fn bar(scene: &mut Scene, panel: &Panel, row: &BarRow, colours: &[Style], top: f64) {
    scene.text((panel.left - 8.0, top + f64::midpoint(THICK, THIN)), &row.name).anchor(Anchor::End);
    let mut sum = 0.0;
    for (part, style) in row.simulated.iter().zip(colours) {
        let from = panel.across(sum);
        sum += part;
        scene.bar((from, top), (panel.across(sum), top + THICK), style.colour);
    }
    let middle = top + THICK / 2.0;
    if row.simulated.is_empty() {
        scene.text((panel.left + 5.0, middle), "not simulated").colour(QUIET);
    } else {
        scene.text((panel.across(sum) + 5.0, middle), &significant(sum)).bold();
    }
    if let Some(published) = row.published {
        let (end, under) = (panel.across(published), top + THICK + 1.0);
        scene.bar((panel.left, under), (end, under + THIN), QUIET);
        scene.text((end + 5.0, under + THIN / 2.0 + 2.0), &significant(published)).colour(QUIET);
    }
}

fn rows(figure: &Bars) -> Vec<Vec<String>> {
    let mut rows = vec![record(["quantity", "bar", "part", "simulated", "published"])];
    for panel in &figure.panels {
        for row in &panel.rows {
            let published = row.published.map(|value| value.to_string()).unwrap_or_default();
            let whole = row.simulated.iter().sum::<f64>().to_string();
            let whole = if row.simulated.is_empty() { "" } else { &whole };
            rows.push(record([panel.title, &row.name, "whole", whole, &published]));
            for (part, value) in figure.parts.iter().zip(&row.simulated).filter(|_| figure.parts.len() > 1) {
                rows.push(record([panel.title, &row.name, part, &value.to_string(), ""]));
            }
        }
    }
    rows
}
