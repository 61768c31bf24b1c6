//! Lines over a quantity, panels side by side, with published points beside what is simulated. Drawn from plain numbers.

use super::axis::Scale;
use super::key::{RING, key, ring};
use super::labels::foot;
use super::palette::{BOUND, LineStyle, line_style};
use super::panel::Panel;
use super::scene::Scene;
use super::{Chart, Draft, record};
use crate::units::significant;

const WIDTH: f64 = 960.0;
const TALL: f64 = 300.0;
/// More points than these stand too close for markers.
const MARKERS_MAX: usize = 24;

/// A figure of lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    /// File name without its ending.
    pub name: &'static str,
    /// Title.
    pub title: String,
    /// What device, model and request it is of.
    pub subtitle: String,
    /// What it shows and what to see in it.
    pub caption: String,
    /// One or two, side by side.
    pub panels: Vec<LinePanel>,
    /// Stand in the picture: sources, and what it leaves unsaid.
    pub notes: Vec<String>,
}

/// A quantity over another.
#[derive(Clone, Debug, PartialEq)]
pub struct LinePanel {
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
    /// The lines; those of one name look alike in all panels.
    pub lines: Vec<Line>,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it measures, with its unit.
    pub title: &'static str,
    /// Whether equal steps are equal factors; otherwise it begins at 0.
    pub is_logarithmic: bool,
}

/// A line and what was published of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Simulated points, from left to right.
    pub points: Vec<(f64, f64)>,
    /// Published points.
    pub published: Vec<(f64, f64)>,
    /// Whether it is a bound and no choice.
    pub is_bound: bool,
}

impl Axis {
    /// An axis that begins at 0.
    #[must_use]
    pub const fn linear(title: &'static str) -> Self {
        Self { title, is_logarithmic: false }
    }

    /// An axis on which equal steps are equal factors.
    #[must_use]
    pub const fn logarithmic(title: &'static str) -> Self {
        Self { title, is_logarithmic: true }
    }

    fn scale(&self, values: impl Iterator<Item = f64>) -> Scale {
        let (least, most) = values.fold((f64::INFINITY, 0.0_f64), |(least, most), v| (least.min(v), most.max(v)));
        if self.is_logarithmic && least > 0.0 && least < most {
            Scale::log_exact(least / 1.15, most * 1.15)
        } else {
            Scale::from_zero(most, 5)
        }
    }

    fn titled(&self) -> String {
        if self.is_logarithmic { format!("{} (logarithmic)", self.title) } else { self.title.to_owned() }
    }
}

/// Draws the figure.
#[must_use]
pub fn chart(figure: &Lines) -> Chart {
    let mut scene = Scene::new(WIDTH);
    let names = names(figure);
    let has_published = figure.panels.iter().flat_map(|panel| &panel.lines).any(|line| !line.published.is_empty());
    let top = scene.heading(&figure.title, &figure.subtitle);
    let entries: Vec<(&str, LineStyle)> = names.iter().map(|(name, style)| (name.as_str(), *style)).collect();
    let top = key(&mut scene, &entries, has_published, top) + 34.0;
    let wide = (WIDTH - 16.0) / figure.panels.len().max(1) as f64;
    for (place, panel) in figure.panels.iter().enumerate() {
        one(&mut scene, panel, &names, (16.0 + wide * place as f64, top), wide);
    }
    scene.height = foot(&mut scene, top + TALL + 48.0, &figure.notes) + 8.0;
    let (name, title, caption) = (figure.name, figure.title.clone(), figure.caption.clone());
    Draft { name, title, caption, scene, csv: rows(figure) }.finish(None)
}

/// The lines' names, each once, with how they are drawn.
fn names(figure: &Lines) -> Vec<(String, LineStyle)> {
    let mut names: Vec<(String, LineStyle)> = Vec::new();
    let (mut lines, mut bounds) = (0, 0);
    for line in figure.panels.iter().flat_map(|panel| &panel.lines) {
        if names.iter().any(|(name, _)| *name == line.name) {
            continue;
        }
        let count = if line.is_bound { &mut bounds } else { &mut lines };
        let mut style = if line.is_bound { BOUND[*count % BOUND.len()] } else { line_style(*count) };
        style.marker = style.marker.filter(|_| line.points.len() <= MARKERS_MAX);
        *count += 1;
        names.push((line.name.clone(), style));
    }
    names
}

fn one(scene: &mut Scene, of: &LinePanel, names: &[(String, LineStyle)], at: (f64, f64), wide: f64) {
    let all = || of.lines.iter().flat_map(|line| line.points.iter().chain(&line.published));
    let panel = Panel {
        left: at.0 + 44.0,
        right: at.0 + wide - 24.0,
        top: at.1,
        bottom: at.1 + TALL,
        x: of.x.scale(all().map(|point| point.0)),
        y: of.y.scale(all().map(|point| point.1)),
    };
    panel.y_title(scene, &of.y.titled());
    panel.columns(scene, &panel.x.ticks(6), true);
    panel.rows(scene, 5, true);
    panel.x_title(scene, &of.x.titled());
    let style = |line: &Line| names.iter().find(|(name, _)| *name == line.name).map_or(BOUND[0], |(_, style)| *style);
    for line in of.lines.iter().rev() {
        let style = style(line);
        let points: Vec<_> = line.points.iter().map(|&(x, y)| panel.at(x, y)).collect();
        scene.path(&points, style.colour, style.width, style.dash);
        if let Some(marker) = style.marker {
            for &at in &points {
                scene.marker(at, marker, 2.8, style.colour);
            }
        }
    }
    for line in &of.lines {
        let tip = |scene: &mut Scene, kind: &str, (x, y): (f64, f64)| {
            let (across, up) = panel.at(x, y);
            let text =
                format!("{}, {kind}\n{} {}\n{} {}", line.name, significant(x), of.x.title, significant(y), of.y.title);
            scene.tip((across - RING, up - RING), (across + RING, up + RING), text);
        };
        for &point in &line.points {
            tip(scene, "simulated", point);
        }
        for &(x, y) in &line.published {
            ring(scene, panel.at(x, y), style(line));
            tip(scene, "published", (x, y));
        }
    }
}

fn rows(figure: &Lines) -> Vec<Vec<String>> {
    let mut rows = vec![record(["line", "kind", "x", "x_value", "y", "y_value"])];
    for panel in &figure.panels {
        for line in &panel.lines {
            let mut row = |kind: &str, (x, y): (f64, f64)| {
                rows.push(record([&line.name, kind, panel.x.title, &x.to_string(), panel.y.title, &y.to_string()]));
            };
            let kind = if line.is_bound { "bound" } else { "simulated" };
            for &point in &line.points {
                row(kind, point);
            }
            for &point in &line.published {
                row("published", point);
            }
        }
    }
    rows
}
