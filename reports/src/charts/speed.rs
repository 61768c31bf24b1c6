//! Decode speed by device and strategy: grouped bars; killed runs are hatched columns without a height.

use super::axis::Scale;
use super::labels::{foot, legend};
use super::palette::{KILLED, PAPER, Palette, QUIET};
use super::panel::Panel;
use super::paper::Paper;
use super::scene::{Anchor, Scene};
use super::{Draft, font, record};
use crate::compare::{Comparison, Group, groups, is_killed, is_open_loop, marked, marked_of, strategies};
use crate::schema::RunResult;
use crate::units::{data, significant};

const TALL: f64 = 250.0;

pub(super) fn draft(results: &[RunResult], paper: Paper) -> Option<Draft> {
    let comparison = Comparison::of(results);
    let groups = groups(results);
    let chosen: Vec<Vec<&RunResult>> = groups.iter().map(|group| group.at_best_point(&comparison)).collect();
    let widest = chosen.iter().map(Vec::len).max()?;
    let palette = Palette::of(results);
    let title = "Decode speed by device and strategy";
    let mut scene = Scene::new(paper.width());
    let y = scene.heading(title, &super::shares::subtitle(results, &groups, &comparison));
    let lives = |name: &&str| chosen.iter().flatten().any(|r| r.strategy == *name && !is_killed(r));
    let entries: Vec<_> =
        strategies(results).into_iter().filter(lives).map(|name| (shown(results, name), palette.style(name))).collect();
    let mut y = legend(&mut scene, &entries, y) + 30.0;

    let alive = chosen.iter().flatten().filter(|r| !is_killed(r)).map(|r| r.throughput.decode_tokens_per_s);
    let scale = Scale::from_zero(alive.fold(0.0, f64::max), 5);
    let rows = groups.len().div_ceil((paper.pick(28, 12) / widest).clamp(1, 8));
    let per_row = groups.len().div_ceil(rows);
    for row in 0..rows {
        let members = row * per_row..((row + 1) * per_row).min(groups.len());
        let panel = Panel {
            left: paper.pick(56.0, 34.0),
            right: scene.width - paper.pick(16.0, 6.0),
            top: y,
            bottom: y + TALL,
            x: Scale::exact(0.0, per_row as f64),
            y: scale,
        };
        panel.y_title(&mut scene, "decoded tokens per second");
        panel.rows(&mut scene, 5, true);
        let below = members.clone().map(|index| {
            let place = (index - row * per_row) as f64;
            cluster(&mut scene, &panel, place, &groups[index], &chosen[index], widest, &palette)
        });
        y = below.fold(panel.bottom, f64::max) + 34.0;
    }
    scene.height = foot(&mut scene, y - 18.0, &super::bent(results));
    let mut csv =
        vec![record(["device", "strategy", "point", "outcome", "open_loop", "lost_mass_share", "decode_tokens_per_s"])];
    for (group, results) in groups.iter().zip(&chosen) {
        csv.extend(results.iter().map(|r| {
            let speed = if is_killed(r) { String::new() } else { r.throughput.decode_tokens_per_s.to_string() };
            let [open_loop, lost] = super::quality(r);
            record([&group.title, &r.strategy, &comparison.point(r), &r.memory.outcome, &open_loop, &lost, &speed])
        }));
    }
    let bent = if results.iter().any(is_open_loop) { " nor open-loop (‡)" } else { "" };
    let fastest = if bent.is_empty() { "that is not killed" } else { "that is neither killed" };
    let caption = format!(
        "Decoded tokens a second, from the second token on; higher is better. The fastest of each device \
         {fastest}{bent} is in bold. A hatched column is a run that the system would kill for its memory; † knows the \
         future and is a bound, not a choice."
    );
    Some(Draft { name: "decode-speed", title: title.to_owned(), caption, scene, csv })
}

/// The strategy's name, with the marks of its results.
pub(super) fn shown(results: &[RunResult], name: &str) -> String {
    marked_of(name, &results.iter().filter(|r| r.strategy == name).collect::<Vec<_>>())
}

/// One device's bars and its name below them; gives the height below the name.
fn cluster(
    scene: &mut Scene,
    panel: &Panel,
    place: f64,
    group: &Group<'_>,
    results: &[&RunResult],
    widest: usize,
    palette: &Palette,
) -> f64 {
    let (from, to) = (panel.across(place), panel.across(place + 1.0));
    let slot = ((to - from) * 0.92 / widest as f64).min(64.0);
    let start = f64::midpoint(from, to) - slot * results.len() as f64 / 2.0;
    let best = group.best().map(std::ptr::from_ref);
    for (index, r) in results.iter().enumerate() {
        let left = start + slot * index as f64;
        let bar = Bar { left: left + slot * 0.07, right: left + slot * 0.93, is_best: best == Some(&raw const **r) };
        bar.draw(scene, panel, r, palette);
        let says = if is_killed(r) {
            let (peak, limit) = (data(r.memory.peak_bytes as f64), data(r.memory.limit_bytes as f64));
            format!("killed: a peak of {peak} with a limit of {limit}")
        } else {
            format!("{} tok/s", significant(r.throughput.decode_tokens_per_s))
        };
        let text = format!("{}\n{}: {says}", group.title, marked(r));
        scene.tip((left, panel.top), (left + slot, panel.bottom), text);
    }
    let mut y = panel.bottom + 16.0;
    for line in font::wrap(&group.title, 12.0, true, to - from - 12.0) {
        scene.text((f64::midpoint(from, to), y), &line).em(12.0).bold().anchor(Anchor::Middle);
        y += 15.0;
    }
    y
}

struct Bar {
    left: f64,
    right: f64,
    is_best: bool,
}

impl Bar {
    fn draw(&self, scene: &mut Scene, panel: &Panel, r: &RunResult, palette: &Palette) {
        let middle = f64::midpoint(self.left, self.right);
        if is_killed(r) {
            scene.bar((self.left, panel.top), (self.right, panel.bottom), PAPER);
            scene.hatch((self.left, panel.top), (self.right, panel.bottom), KILLED);
            let text = format!("{}: killed", marked(r));
            let half = font::width(&text, 11.0, false) / 2.0 + 5.0;
            let centre = f64::midpoint(panel.top, panel.bottom);
            scene.bar((middle - 8.0, centre - half), (middle + 8.0, centre + half), PAPER);
            scene.text((middle, centre), &text).anchor(Anchor::Middle).colour(QUIET).turned();
            scene.line((self.left, panel.bottom), (self.right, panel.bottom), KILLED, 3.0);
            return;
        }
        let style = palette.style(&r.strategy);
        let top = panel.up(r.throughput.decode_tokens_per_s);
        scene.bar((self.left, top), (self.right, panel.bottom), style.colour);
        if style.dash.is_some() && self.right - self.left > 6.0 {
            // Hollow: a bound, not a choice.
            scene.bar((self.left + 2.0, top + 2.0), (self.right - 2.0, panel.bottom), PAPER);
            scene.hatch((self.left + 2.0, top + 2.0), (self.right - 2.0, panel.bottom), style.colour);
        }
        let mark = if is_open_loop(r) { " ‡" } else { "" };
        let text = format!("{}{mark}", significant(r.throughput.decode_tokens_per_s));
        let em = if font::width(&text, 10.0, self.is_best) > self.right - self.left + 4.0 { 8.5 } else { 10.0 };
        let fits = font::width(&text, em, self.is_best) <= self.right - self.left + 5.0;
        if fits {
            scene.text_on_paper((middle, top - 8.0), &text, em, self.is_best, Anchor::Middle);
        } else {
            scene.text((middle, top - 5.0), &text).em(em).turned().bold = self.is_best;
        }
    }
}
