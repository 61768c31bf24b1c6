//! Decode speed and heat over the time of a request: two panels per device, a line per strategy.

use super::axis::Scale;
use super::labels::{foot, legend};
use super::over_time::{Line, NS_PER_S, View, heading, numbers, time_scale};
use super::palette::{INK, Palette};
use super::panel::Panel;
use super::paper::{Columns, Paper};
use super::scene::{Anchor, Scene};
use super::{Draft, record, shares};
use crate::compare::{Comparison, Group, groups, is_killed};
use crate::schema::{RunResult, TokenRow};

const FAST_TALL: f64 = 170.0;
const HEAT_TALL: f64 = 90.0;
/// From this fill on, percent, the panel shows where throttling begins.
const NEAR_FULL: f64 = 40.0;

/// A device's lines: tokens a second, percent of the heat store.
struct Lines<'a> {
    speed: Vec<Line<'a>>,
    heat: Vec<Line<'a>>,
}

pub(super) fn draft(results: &[RunResult], paper: Paper) -> Option<Draft> {
    let comparison = Comparison::of(results);
    let palette = Palette::of(results);
    let drawable = |r: &&RunResult| !is_killed(r) && r.tokens.len() > 2;
    let all = groups(results);
    let groups: Vec<(&Group<'_>, Lines<'_>)> = all
        .iter()
        .filter(|group| group.results.iter().any(&drawable))
        .map(|group| {
            let chosen: Vec<&RunResult> =
                group.at_best_point(&comparison).into_iter().filter(|r| drawable(r)).collect();
            (group, lines(results, &palette, &chosen))
        })
        .collect();
    let every = || groups.iter().flat_map(|(_, lines)| &lines.speed);
    let most = every().map(Line::most).fold(0.0, f64::max);
    let hottest = groups.iter().flat_map(|(_, lines)| &lines.heat).map(Line::most).fold(0.0, f64::max);
    if groups.is_empty() {
        return None;
    }
    let title = "Decode speed and heat over time";
    let mut scene = Scene::new(paper.width());
    let y = scene.heading(title, &shares::subtitle(results, &all, &comparison));
    let mut entries = Vec::new();
    for line in every() {
        if !entries.contains(&(line.name.clone(), line.style)) {
            entries.push((line.name.clone(), line.style));
        }
    }
    let mut y = legend(&mut scene, &entries, y) + 46.0;
    let heat_scale = Scale::from_zero(if hottest >= NEAR_FULL { hottest.max(105.0) } else { hottest }, 3);
    let columns = Columns::of(paper, groups.len());
    for members in groups.chunks(columns.per_row) {
        for (place, (group, lines)) in members.iter().enumerate() {
            let (left, right) = columns.span(place);
            let x = time_scale(&lines.speed);
            let fast = Panel { left, right, top: y, bottom: y + FAST_TALL, x, y: Scale::from_zero(most, 5) };
            let top = fast.bottom + 40.0;
            let heat = Panel { top, bottom: top + HEAT_TALL, y: heat_scale, ..fast };
            heading(&mut scene, &fast, group);
            let titles = if place == 0 { ["decoded tokens per second", "heat store filled, %"] } else { ["", ""] };
            let view = View { lines: &lines.speed, title: titles[0], unit: "tok/s", is_last: false };
            view.draw(&mut scene, &fast, paper);
            full(&mut scene, &heat, hottest);
            View { lines: &lines.heat, title: titles[1], unit: "%", is_last: true }.draw(&mut scene, &heat, paper);
        }
        y += FAST_TALL + HEAT_TALL + 40.0 + 96.0;
    }
    scene.height = foot(&mut scene, y - 46.0, &super::bent(results)).max(y - 46.0) + 6.0;
    let caption = "Running mean over the decoded tokens, killed runs left out; a line ends with its request. When the heat \
                   store is full (100 %) the device slows its processor.";
    let csv = rows(&groups);
    Some(Draft { name: "speed-over-time", title: title.to_owned(), caption: caption.to_owned(), scene, csv })
}

fn lines<'a>(results: &[RunResult], palette: &Palette, chosen: &[&'a RunResult]) -> Lines<'a> {
    let longest = chosen.iter().map(|r| r.tokens.len() - 1).max().unwrap_or_default();
    let window = (longest / 32).clamp(1, 64);
    let per_s = |span: &[TokenRow]| {
        let ns: u64 = span.iter().map(|row| row.gap_ns).sum();
        if ns == 0 { 0.0 } else { span.len() as f64 * NS_PER_S / ns as f64 }
    };
    let percent = |span: &[TokenRow]| span.last().map_or(0.0, |row| row.heat_ppm as f64 / 1e4);
    Lines {
        speed: chosen.iter().map(|r| Line::of(results, palette, r, &r.tokens[1..], window, per_s)).collect(),
        heat: chosen.iter().map(|r| Line::of(results, palette, r, &r.tokens, 1, percent)).collect(),
    }
}

/// Where throttling begins, if anything comes near.
fn full(scene: &mut Scene, panel: &Panel, hottest: f64) {
    if hottest < NEAR_FULL {
        return;
    }
    let y = panel.up(100.0);
    scene.path(&[(panel.left, y), (panel.right, y)], INK, 1.2, Some([5.0, 3.0]));
    scene.text_on_paper((panel.right, y - 8.0), "slowed from here on", 10.0, false, Anchor::End);
}

fn rows(groups: &[(&Group<'_>, Lines<'_>)]) -> Vec<Vec<String>> {
    let mut csv = vec![record(["device", "strategy", "open_loop", "lost_mass_share", "quantity", "seconds", "value"])];
    for (group, lines) in groups {
        for (quantity, lines) in [("tokens_per_s", &lines.speed), ("heat_percent", &lines.heat)] {
            for line in lines {
                let [open_loop, lost] = super::quality(line.result);
                csv.extend(line.points.iter().map(|point| {
                    let numbers = numbers(*point);
                    let strategy = &line.result.strategy;
                    record([&group.title, strategy, &open_loop, &lost, quantity, &numbers[0], &numbers[1]])
                }));
            }
        }
    }
    csv
}
