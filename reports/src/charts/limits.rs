//! Speed against the memory limit: a panel per device, a line per strategy. Killed points are crosses off the line.

use std::collections::BTreeMap;

use super::axis::Scale;
use super::labels::{foot, legend};
use super::palette::Palette;
use super::panel::Panel;
use super::scene::Scene;
use super::{Draft, font, record};
use crate::compare::{Comparison, Group, LIMIT, groups, is_killed, strategies};
use crate::schema::RunResult;

const WIDTH: f64 = 960.0;
const TALL: f64 = 240.0;

/// A point of a line.
#[derive(Clone)]
struct At {
    limit_mb: f64,
    speed: f64,
    is_killed: bool,
    quality: [String; 2],
}

pub(super) fn draft(results: &[RunResult]) -> Option<Draft> {
    let groups = groups(results);
    let groups: Vec<&Group<'_>> = groups.iter().filter(|group| limits(group).len() > 1).collect();
    if groups.is_empty() {
        return None;
    }
    let palette = Palette::of(results);
    let title = "Decode speed against the memory limit";
    let mut scene = Scene::new(WIDTH);
    let subtitle = super::shares::subtitle(results, &[], &Comparison::default());
    let y = scene.heading(title, &subtitle);
    let drawn: Vec<&str> = strategies(results)
        .into_iter()
        .filter(|name| groups.iter().any(|group| line(group, name).iter().any(|at| !at.is_killed)))
        .collect();
    let entries: Vec<_> = drawn.iter().map(|name| (super::speed::shown(results, name), palette.style(name))).collect();
    let mut y = legend(&mut scene, &entries, y) + 46.0;

    let lines = || groups.iter().flat_map(|group| drawn.iter().map(|name| line(group, name)));
    let most = lines().flatten().map(|at| at.speed).fold(0.0, f64::max);
    let per_row = groups.len().min(3);
    let wide = (WIDTH - 56.0 - 16.0) / per_row as f64;
    for members in groups.chunks(per_row) {
        for (place, group) in members.iter().enumerate() {
            let left = 56.0 + wide * place as f64;
            let panel = Panel {
                left,
                right: left + wide - 24.0,
                top: y,
                bottom: y + TALL,
                x: limit_scale(group),
                y: Scale::from_zero(most * 1.03, 5),
            };
            device(&mut scene, &panel, group, &drawn, &palette, place == 0);
        }
        y += TALL + 96.0;
    }
    scene.height = foot(&mut scene, y - 46.0, &notes(&groups, results, &drawn)).max(y - 38.0) + 6.0;
    let caption = "Decoded tokens a second against what the system lets the app use. A cross is a point where it \
                   would kill the app: what that would have done, had it lived.";
    let csv = rows(&groups, results);
    Some(Draft { name: "speed-against-memory", title: title.to_owned(), caption: caption.to_owned(), scene, csv })
}

fn device(scene: &mut Scene, panel: &Panel, group: &Group<'_>, drawn: &[&str], palette: &Palette, is_first: bool) {
    let name = font::wrap(&group.title, 12.0, true, panel.right - panel.left).join(" ");
    scene.text((panel.left, panel.top - 38.0), &name).em(12.0).bold();
    panel.y_title(scene, if is_first { "decoded tokens per second" } else { "" });
    let count = if panel.right - panel.left > 500.0 { 8 } else { 5 };
    panel.columns(scene, &panel.x.ticks(count), true);
    panel.rows(scene, 5, is_first);
    panel.x_title(scene, "memory limit of the app, MB");
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

fn rows(groups: &[&Group<'_>], results: &[RunResult]) -> Vec<Vec<String>> {
    let mut csv = vec![record([
        "device",
        "strategy",
        "limit_mb",
        "outcome",
        "open_loop",
        "lost_mass_share",
        "decode_tokens_per_s",
    ])];
    for group in groups {
        for name in strategies(results) {
            csv.extend(line(group, name).iter().map(|at| {
                let outcome = if at.is_killed { "killed" } else { "lives" };
                let [open_loop, lost] = &at.quality;
                record([&group.title, name, &at.limit_mb.to_string(), outcome, open_loop, lost, &at.speed.to_string()])
            }));
        }
    }
    csv
}
