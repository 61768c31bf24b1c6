//! Stacked bars, a row per device and strategy: as amounts with their total behind them, and stretched to 100 %.

use super::axis::Scale;
use super::font;
use super::labels::legend;
use super::palette::{QUIET, Style};
use super::panel::Panel;
use super::paper::Paper;
use super::scene::{Anchor, Colour, Scene};
use crate::compare::{Group, is_killed, marked};
use crate::schema::RunResult;
use crate::units::{Unit, common, data, percent, significant};

const ROW: f64 = 19.0;
const HEAD: f64 = 24.0;

/// What the bars are made of.
pub(super) struct Stack<'a> {
    pub(super) groups: &'a [Group<'a>],
    /// Results of each group, a row each.
    pub(super) chosen: &'a [Vec<&'a RunResult>],
    /// Title of the axis of amounts, without its unit.
    pub(super) axis: &'a str,
    pub(super) units: &'a [Unit],
    /// Name and colour of each part.
    pub(super) parts: &'a [(&'a str, Colour)],
    /// The parts of a result, in the units' base.
    pub(super) of: fn(&RunResult) -> Vec<f64>,
}

/// Two panels of equal rows.
struct Panels {
    amount: Panel,
    share: Panel,
    unit: Unit,
    /// Where names end; they stand above their bars where there is no room beside them.
    names: Option<f64>,
    row: f64,
}

impl Stack<'_> {
    /// Draws legend and bars from `top` down; gives the height below the axis labels.
    pub(super) fn draw(&self, scene: &mut Scene, top: f64, paper: Paper) -> f64 {
        let is_present = |part: usize| self.alive().any(|r| (self.of)(r)[part] > 0.0);
        let entries: Vec<_> = (0..self.parts.len())
            .filter(|part| is_present(*part))
            .map(|part| (self.parts[part].0.to_owned(), Style { colour: self.parts[part].1, dash: None }))
            .collect();
        let top = legend(scene, &entries, top) + 24.0;
        let panels = self.panels(scene, top, paper);
        panels.amount.y_title(scene, &format!("{}, {}", self.axis, panels.unit.name));
        panels.share.y_title(scene, "share of it, %");
        panels.amount.columns(scene, &panels.amount.x.ticks(paper.pick(5, 2)), true);
        panels.share.columns(scene, &panels.share.x.ticks(paper.pick(4, 2)), true);
        let mut y = top;
        for (group, chosen) in self.groups.iter().zip(self.chosen) {
            scene.text_on_paper((16.0, y + 14.0), &group.title, 12.0, true, Anchor::Start);
            y += HEAD;
            for r in chosen {
                self.row(scene, &panels, y, r);
                let tip = self.tip(group, r, panels.unit);
                scene.tip((16.0, y), (panels.share.right, y + panels.row), tip);
                y += panels.row;
            }
        }
        y + 34.0
    }

    fn alive(&self) -> impl Iterator<Item = &RunResult> {
        self.chosen.iter().flatten().copied().filter(|r| !is_killed(r))
    }

    fn panels(&self, scene: &Scene, top: f64, paper: Paper) -> Panels {
        let totals = || self.alive().map(|r| (self.of)(r).iter().sum::<f64>());
        let unit = common(self.units, totals());
        let widest = self.chosen.iter().flatten().map(|r| font::width(&marked(r), 11.0, false)).fold(60.0, f64::max);
        let (left, row) = if paper.is_narrow() { (16.0, ROW + 15.0) } else { (34.0 + widest, ROW) };
        let height: f64 = self.chosen.iter().map(|results| HEAD + row * results.len() as f64).sum();
        let middle = left + (scene.width - left) * 0.56;
        let amount = Panel {
            left,
            right: middle - paper.pick(56.0, 34.0),
            top,
            bottom: top + height,
            x: Scale::from_zero(totals().fold(0.0, f64::max) / unit.size, paper.pick(5, 2)),
            y: Scale::exact(0.0, 1.0),
        };
        let right = scene.width - paper.pick(24.0, 14.0);
        let share = Panel { left: middle + 14.0, right, x: Scale::exact(0.0, 100.0), ..amount };
        Panels { amount, share, unit, names: (!paper.is_narrow()).then_some(left - 8.0), row }
    }

    /// One result: its bar as an amount with the total behind it, and as shares.
    fn row(&self, scene: &mut Scene, panels: &Panels, y: f64, r: &RunResult) {
        let Panels { amount, share, unit, names, row } = panels;
        let bottom = y + row;
        let middle = bottom - ROW / 2.0;
        match names {
            Some(end) => scene.text((*end, middle), &marked(r)).anchor(Anchor::End),
            None => scene.text_on_paper((amount.left, y + 9.0), &marked(r), 11.0, false, Anchor::Start),
        };
        if is_killed(r) {
            let at = (amount.left + 6.0, middle);
            scene.text_on_paper(at, &killed(r), 11.0, false, Anchor::Start).colour(QUIET);
            return;
        }
        let parts = (self.of)(r);
        let total: f64 = parts.iter().sum();
        let mut sum = 0.0;
        for (part, (_, colour)) in parts.iter().zip(self.parts) {
            let (from, to) = (sum, sum + part);
            sum = to;
            for (panel, scale) in [(amount, 1.0 / unit.size), (share, 100.0 / total.max(f64::MIN_POSITIVE))] {
                let (left, right) = (panel.across(from * scale), panel.across(to * scale));
                scene.bar((left, bottom - ROW + 3.0), (right, bottom - 3.0), *colour);
            }
        }
        let end = (amount.across(total / unit.size) + 5.0, middle);
        scene.text_on_paper(end, &unit.number(total), 10.0, false, Anchor::Start);
    }

    /// The row in numbers.
    fn tip(&self, group: &Group<'_>, r: &RunResult, unit: Unit) -> String {
        let mut text = format!("{} · {}", group.title, marked(r));
        if is_killed(r) {
            return format!("{text}\n{}", killed(r));
        }
        let parts = (self.of)(r);
        let total: f64 = parts.iter().sum();
        text.push_str(&format!("\ntotal: {} {}", unit.number(total), unit.name));
        for (part, (name, _)) in parts.iter().zip(self.parts).filter(|(part, _)| **part > 0.0) {
            text.push_str(&format!(
                "\n{name}: {} {} ({})",
                significant(part / unit.size),
                unit.name,
                percent(part / total)
            ));
        }
        text
    }
}

fn killed(r: &RunResult) -> String {
    let [peak, limit] = [r.memory.peak_bytes, r.memory.limit_bytes].map(|bytes| data(bytes as f64));
    format!("killed: a peak of {peak} with a limit of {limit}")
}
