//! Speed against the memory limit: a panel per device, a line per strategy, and the physical limits. Killed points are
//! crosses off the line.

use std::collections::BTreeMap;

use super::axis::Scale;
use super::bounds::{self, Bound};
use super::labels::{foot, legend};
use super::palette::Palette;
use super::panel::Panel;
use super::paper::{Columns, Paper};
use super::scene::Scene;
use super::{Draft, font, record};
use crate::compare::{Comparison, Group, LIMIT, groups, is_killed, marked, strategies};
use crate::schema::RunResult;
use crate::units::significant;

/// Where a limit lies this much above every strategy, equal steps are equal factors.
const LOGARITHMIC_FROM: f64 = 2.0;
const TALL: f64 = 240.0;

/// A point of a line.
#[derive(Clone)]
struct At {
    limit_mb: f64,
    speed: f64,
    is_killed: bool,
    quality: [String; 2],
}

pub(super) fn draft(results: &[RunResult], paper: Paper) -> Option<Draft> {
    let groups = groups(results);
    let groups: Vec<&Group<'_>> = groups.iter().filter(|group| limits(group).len() > 1).collect();
    if groups.is_empty() {
        return None;
    }
    let palette = Palette::of(results);
    let title = "Decode speed against the memory limit";
    let mut scene = Scene::new(paper.width());
    let subtitle = super::shares::subtitle(results, &[], &Comparison::default());
    let y = scene.heading(title, &subtitle);
    let drawn: Vec<&str> = strategies(results)
        .into_iter()
        .filter(|name| groups.iter().any(|group| line(group, name).iter().any(|at| !at.is_killed)))
        .collect();
    let bounds: Vec<Vec<Bound>> = groups.iter().map(|group| bounds::of(&by_limit(group))).collect();
    let mut entries: Vec<_> =
        drawn.iter().map(|name| (super::speed::shown(results, name), palette.style(name))).collect();
    for bound in bounds.iter().flatten() {
        if !entries.iter().any(|(name, _)| name == bound.name) {
            entries.push((bound.name.to_owned(), bound.style));
        }
    }
    let mut y = legend(&mut scene, &entries, y) + 46.0;
    let scale = speed_scale(&groups, &drawn, &bounds);
    let columns = Columns::of(paper, groups.len());
    for (row, members) in groups.chunks(columns.per_row).enumerate() {
        for (place, group) in members.iter().enumerate() {
            let (left, right) = columns.span(place);
            let panel = Panel { left, right, top: y, bottom: y + TALL, x: limit_scale(group), y: scale };
            let bounds = &bounds[row * columns.per_row + place];
            device(&mut scene, &panel, group, &drawn, bounds, &palette, place == 0);
            hover(&mut scene, &panel, group, bounds);
        }
        y += TALL + 96.0;
    }
    scene.height = foot(&mut scene, y - 46.0, &notes(&groups, results, &drawn)).max(y - 38.0) + 6.0;
    let caption = "Decoded tokens a second against what the system lets the app use. A cross is a point where it \
                   would kill the app: what that would have done, had it lived. The limits count bytes alone, at the \
                   peak bandwidth of the DRAM and the most that the flash delivers: between a strategy and them is what \
                   is left to gain.";
    let csv = rows(&groups, results, &bounds);
    Some(Draft { name: "speed-against-memory", title: title.to_owned(), caption: caption.to_owned(), scene, csv })
}

fn device(
    scene: &mut Scene,
    panel: &Panel,
    group: &Group<'_>,
    drawn: &[&str],
    bounds: &[Bound],
    palette: &Palette,
    is_first: bool,
) {
    let name = font::wrap(&group.title, 12.0, true, panel.right - panel.left).join(" ");
    scene.text((panel.left, panel.top - 38.0), &name).em(12.0).bold();
    let log = if panel.y.low() > 0.0 { " (logarithmic)" } else { "" };
    panel.y_title(scene, &if is_first { format!("decoded tokens per second{log}") } else { String::new() });
    let count = if panel.right - panel.left > 500.0 { 8 } else { 5 };
    panel.columns(scene, &panel.x.ticks(count), true);
    panel.rows(scene, 5, is_first);
    panel.x_title(scene, "memory limit of the app, MB");
    for bound in bounds {
        let points: Vec<_> = bound.points.iter().map(|(limit_mb, speed)| panel.at(*limit_mb, *speed)).collect();
        scene.path(&points, bound.style.colour, 1.4, bound.style.dash);
    }
    for name in drawn {
        let style = palette.style(name);
        let points = line(group, name);
        let alive: Vec<_> =
            points.iter().filter(|at| !at.is_killed).map(|at| panel.at(at.limit_mb, at.speed)).collect();
        scene.path(&alive, style.colour, 1.8, style.dash);
        for at in alive {
            scene.dot(at, 2.8, style.colour);
        }
        for at in points.iter().filter(|at| at.is_killed) {
            scene.cross(panel.at(at.limit_mb, at.speed), 3.4, style.colour);
        }
    }
}

/// One scale for all panels: from zero, or logarithmic where a limit would press the strategies to the floor.
fn speed_scale(groups: &[&Group<'_>], drawn: &[&str], bounds: &[Vec<Bound>]) -> Scale {
    let speeds = || {
        let lines = groups.iter().flat_map(|group| drawn.iter().flat_map(|name| line(group, name)));
        lines.map(|at| at.speed).filter(|speed| *speed > 0.0)
    };
    let highest = bounds.iter().flatten().flat_map(|bound| &bound.points).map(|point| point.1).fold(0.0, f64::max);
    let most = speeds().fold(0.0, f64::max);
    if highest > most * LOGARITHMIC_FROM && most > 0.0 {
        Scale::log_exact(speeds().fold(f64::INFINITY, f64::min) * 0.8, highest * 1.25)
    } else {
        Scale::from_zero(most.max(highest) * 1.03, 5)
    }
}

/// A strip a limit: what every strategy does there, and what nothing gets past.
fn hover(scene: &mut Scene, panel: &Panel, group: &Group<'_>, bounds: &[Bound]) {
    let limits = by_limit(group);
    let edge = |a: f64, b: f64| f64::midpoint(panel.across(a), panel.across(b));
    for (index, (limit_mb, here)) in limits.iter().enumerate() {
        let left = index.checked_sub(1).map_or(panel.left, |before| edge(limits[before].0, *limit_mb));
        let right = limits.get(index + 1).map_or(panel.right, |after| edge(*limit_mb, after.0));
        let mut text = format!("{}, limit {limit_mb} MB", group.title);
        for r in &here.results {
            let killed = if is_killed(r) { " (killed)" } else { "" };
            let speed = significant(r.throughput.decode_tokens_per_s);
            text.push_str(&format!("\n{}: {speed} tok/s{killed}", marked(r)));
        }
        for bound in bounds {
            if let Some((_, speed)) = bound.points.iter().find(|(at_mb, _)| at_mb.total_cmp(limit_mb).is_eq()) {
                let name = bound.name.split(':').next().unwrap_or_default();
                text.push_str(&format!("\n{name}: {} tok/s", significant(*speed)));
            }
        }
        scene.tip((left, panel.top), (right, panel.bottom), text);
    }
}

/// A group's results apart by limit, ascending.
fn by_limit<'a>(group: &Group<'a>) -> Vec<(f64, Group<'a>)> {
    let here = |limit_mb: f64| {
        let results = group.results.iter().copied().filter(|r| limit(r) == Some(limit_mb)).collect();
        Group { title: group.title.clone(), device: group.device, results }
    };
    limits(group).into_iter().map(|limit_mb| (limit_mb, here(limit_mb))).collect()
}

/// What the drawing leaves unsaid: the crosses, and strategies that are killed at every limit.
fn notes(groups: &[&Group<'_>], results: &[RunResult], drawn: &[&str]) -> Vec<String> {
    let mut notes = Vec::new();
    let crossed = groups.iter().any(|group| drawn.iter().any(|name| line(group, name).iter().any(|at| at.is_killed)));
    if crossed {
        notes.push("× killed for its memory: the speed that it would have had".to_owned());
    }
    let missing: Vec<&str> = strategies(results).into_iter().filter(|name| !drawn.contains(name)).collect();
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|name| super::speed::shown(results, name)).collect();
        notes.push(format!("killed at every limit, not drawn: {}", names.join(", ")));
    }
    notes.extend(super::bent(results));
    notes
}

/// Every limit of a group, MB, ascending.
fn limits(group: &Group<'_>) -> Vec<f64> {
    let mut limits: Vec<f64> = group.results.iter().filter_map(|r| limit(r)).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    limits
}

fn limit_scale(group: &Group<'_>) -> Scale {
    let limits = limits(group);
    let (first, last) = (limits.first().copied().unwrap_or_default(), limits.last().copied().unwrap_or_default());
    let margin = (last - first) * 0.06;
    Scale::exact((first - margin).max(0.0), last + margin)
}

fn limit(r: &RunResult) -> Option<f64> {
    r.parameters.get(LIMIT)?.parse().ok().filter(|limit: &f64| limit.is_finite() && *limit >= 0.0)
}

/// A strategy's points by limit; the fastest where another parameter varies too.
fn line(group: &Group<'_>, strategy: &str) -> Vec<At> {
    let mut points: BTreeMap<u64, At> = BTreeMap::new();
    for r in group.results.iter().filter(|r| r.strategy == strategy) {
        let Some(limit_mb) = limit(r) else { continue };
        let (speed, quality) = (r.throughput.decode_tokens_per_s, super::quality(r));
        let at = At { limit_mb, speed, is_killed: is_killed(r), quality };
        let have = points.entry(limit_mb.to_bits()).or_insert_with(|| at.clone());
        if (!at.is_killed, at.speed) > (!have.is_killed, have.speed) {
            *have = at;
        }
    }
    points.into_values().collect()
}

fn rows(groups: &[&Group<'_>], results: &[RunResult], bounds: &[Vec<Bound>]) -> Vec<Vec<String>> {
    let mut csv = vec![record([
        "device",
        "strategy",
        "limit_mb",
        "outcome",
        "open_loop",
        "lost_mass_share",
        "decode_tokens_per_s",
    ])];
    for (group, bounds) in groups.iter().zip(bounds) {
        for name in strategies(results) {
            csv.extend(line(group, name).iter().map(|at| {
                let outcome = if at.is_killed { "killed" } else { "lives" };
                let [open_loop, lost] = &at.quality;
                record([&group.title, name, &at.limit_mb.to_string(), outcome, open_loop, lost, &at.speed.to_string()])
            }));
        }
        for bound in bounds {
            csv.extend(bound.points.iter().map(|(limit_mb, speed)| {
                record([&group.title, bound.name, &limit_mb.to_string(), "bound", "false", "0", &speed.to_string()])
            }));
        }
    }
    csv
}
