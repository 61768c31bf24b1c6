//! Lines over the time of a request, a panel per device: what the charts of speed, heat and memory have in common.

use super::axis::Scale;
use super::hover::{Trail, strips};
use super::palette::{Palette, Style};
use super::panel::Panel;
use super::paper::Paper;
use super::scene::{Point, Scene};
use super::{font, speed};
use crate::compare::Group;
use crate::schema::{RunResult, TokenRow};
use crate::units::significant;

/// Points of a line: more cannot be told apart, and a chart stays small for a million tokens.
const POINTS: usize = 120;
pub(super) const NS_PER_S: f64 = 1e9;

/// A strategy's line: seconds since the request began, and a value.
pub(super) struct Line<'a> {
    pub(super) result: &'a RunResult,
    pub(super) name: String,
    pub(super) style: Style,
    pub(super) points: Vec<Point>,
}

impl<'a> Line<'a> {
    /// The line of a result whose values are means over up to `window` rows each.
    pub(super) fn of(
        results: &[RunResult],
        palette: &Palette,
        result: &'a RunResult,
        rows: &[TokenRow],
        window: usize,
        value: impl Fn(&[TokenRow]) -> f64,
    ) -> Self {
        let step = rows.len().div_ceil(POINTS).max(1);
        let mut points: Vec<Point> = (0..rows.len())
            .rev()
            .step_by(step)
            .map(|last| {
                let span = &rows[(last + 1).saturating_sub(window)..=last];
                (rows[last].at_ns as f64 / NS_PER_S, value(span))
            })
            .collect();
        points.reverse();
        let name = speed::shown(results, &result.strategy);
        Self { result, name, style: palette.style(&result.strategy), points }
    }

    /// The highest value.
    pub(super) fn most(&self) -> f64 {
        self.points.iter().map(|point| point.1).fold(0.0, f64::max)
    }
}

/// One panel: its device, its lines, its vertical axis.
pub(super) struct View<'a> {
    pub(super) lines: &'a [Line<'a>],
    /// Title of the vertical axis with its unit; empty beside a panel that has one.
    pub(super) title: &'a str,
    /// Unit of the values under the pointer.
    pub(super) unit: &'a str,
    /// Whether the time axis is labelled.
    pub(super) is_last: bool,
}

impl View<'_> {
    /// Draws frame and lines; what else belongs into the panel comes before or after.
    pub(super) fn draw(&self, scene: &mut Scene, panel: &Panel, paper: Paper) {
        panel.y_title(scene, self.title);
        panel.columns(scene, &panel.x.ticks(4), self.is_last);
        panel.rows(scene, 4, !self.title.is_empty());
        if self.is_last {
            panel.x_title(scene, "seconds since the request began");
        }
        for line in self.lines {
            let points: Vec<Point> = line.points.iter().map(|(x, y)| panel.at(*x, *y)).collect();
            scene.path(&points, line.style.colour, 1.8, line.style.dash);
        }
        let trails: Vec<Trail> =
            self.lines.iter().map(|line| Trail { name: line.name.clone(), points: line.points.clone() }).collect();
        let place = |seconds: f64| format!("after {} s", significant(seconds));
        let value = |value: f64| format!("{} {}", significant(value), self.unit);
        strips(scene, panel, paper.pick(20, 14), &trails, place, value);
    }
}

/// A point as a chart's data has it: six decimals of a second are microseconds.
pub(super) fn numbers((seconds, value): Point) -> [String; 2] {
    [format!("{seconds:.6}"), format!("{value:.6}")]
}

/// The device's name over its panels.
pub(super) fn heading(scene: &mut Scene, panel: &Panel, group: &Group<'_>) {
    let name = font::wrap(&group.title, 12.0, true, panel.right - panel.left).join(" ");
    scene.text((panel.left, panel.top - 38.0), &name).em(12.0).bold();
}

/// From zero to the end of the longest line.
pub(super) fn time_scale(lines: &[Line<'_>]) -> Scale {
    let ends = lines.iter().filter_map(|line| line.points.last()).map(|point| point.0);
    Scale::exact(0.0, ends.fold(0.0, f64::max))
}
