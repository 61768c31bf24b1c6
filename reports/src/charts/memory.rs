//! Memory over the time of a request against the app's limit: a panel per device, a line per strategy.

use super::axis::Scale;
use super::labels::{foot, legend};
use super::over_time::{Line, View, heading, numbers, time_scale};
use super::palette::{INK, Palette};
use super::panel::Panel;
use super::paper::{Columns, Paper};
use super::scene::{Anchor, Scene};
use super::{Draft, record, shares};
use crate::compare::{Comparison, Group, groups, is_killed};
use crate::schema::RunResult;
use crate::units::data;

const TALL: f64 = 200.0;
const BYTES_PER_MB: f64 = 1e6;

pub(super) fn draft(results: &[RunResult], paper: Paper) -> Option<Draft> {
    let comparison = Comparison::of(results);
    let palette = Palette::of(results);
    let drawable = |r: &&RunResult| r.tokens.len() > 2 && r.tokens.iter().any(|row| row.memory_bytes > 0);
    let all = groups(results);
    let groups: Vec<(&Group<'_>, Vec<Line<'_>>)> = all
        .iter()
        .filter(|group| group.results.iter().any(&drawable))
        .map(|group| {
            let chosen = group.at_best_point(&comparison).into_iter().filter(|r| drawable(r));
            let mb = |span: &[crate::schema::TokenRow]| {
                span.last().map_or(0.0, |row| row.memory_bytes as f64 / BYTES_PER_MB)
            };
            (group, chosen.map(|r| Line::of(results, &palette, r, &r.tokens, 1, mb)).collect())
        })
        .collect();
    if groups.is_empty() {
        return None;
    }
    let title = "Memory over time against the app's limit";
    let mut scene = Scene::new(paper.width());
    let y = scene.heading(title, &shares::subtitle(results, &all, &comparison));
    let every = || groups.iter().flat_map(|(_, lines)| lines);
    let mut entries = Vec::new();
    for line in every() {
        if !entries.contains(&(line.name.clone(), line.style)) {
            entries.push((line.name.clone(), line.style));
        }
    }
    let mut y = legend(&mut scene, &entries, y) + 46.0;
    let limits = every().map(|line| line.result.memory.limit_bytes as f64 / BYTES_PER_MB);
    // A limit far above what is used would press the lines to the floor: then it is written, not drawn.
    let used = every().map(Line::most).fold(0.0, f64::max);
    let near = limits.filter(|limit| *limit < used * 3.0).fold(0.0, f64::max);
    let columns = Columns::of(paper, groups.len());
    for members in groups.chunks(columns.per_row) {
        for (place, (group, lines)) in members.iter().enumerate() {
            let (left, right) = columns.span(place);
            let y_scale = Scale::from_zero(used.max(near) * 1.04, 4);
            let panel = Panel { left, right, top: y, bottom: y + TALL, x: time_scale(lines), y: y_scale };
            heading(&mut scene, &panel, group);
            let title = if place == 0 { "footprint of the app, MB" } else { "" };
            View { lines, title, unit: "MB", is_last: true }.draw(&mut scene, &panel, paper);
            limit(&mut scene, &panel, lines);
        }
        y += TALL + 96.0;
    }
    scene.height = foot(&mut scene, y - 46.0, &notes(results)).max(y - 46.0) + 6.0;
    let caption = "What the app holds when each token is out: dense weights, KV cache (at its final size), runtime and \
                   resident set. Clean pages that the system maps are not counted, as the system does not count them.";
    Some(Draft {
        name: "memory-over-time",
        title: title.to_owned(),
        caption: caption.to_owned(),
        scene,
        csv: rows(&groups),
    })
}

/// The app's limit, and a cross where a line goes above it.
fn limit(scene: &mut Scene, panel: &Panel, lines: &[Line<'_>]) {
    let mut limits: Vec<u64> = lines.iter().map(|line| line.result.memory.limit_bytes).collect();
    limits.sort_unstable();
    limits.dedup();
    for limit_bytes in limits {
        let limit_mb = limit_bytes as f64 / BYTES_PER_MB;
        let text = format!("limit {}", data(limit_bytes as f64));
        if panel.y.share(limit_mb) >= 1.0 {
            let at = (panel.right, panel.top + 8.0);
            scene.text_on_paper(at, &format!("{text}: above"), 10.0, true, Anchor::End);
            continue;
        }
        let y = panel.up(limit_mb);
        scene.path(&[(panel.left, y), (panel.right, y)], INK, 1.6, Some([5.0, 3.0]));
        scene.text_on_paper((panel.right, y - 9.0), &text, 10.0, true, Anchor::End);
    }
    for line in lines.iter().filter(|line| is_killed(line.result)) {
        let limit_mb = line.result.memory.limit_bytes as f64 / BYTES_PER_MB;
        if let Some((seconds, mb)) = line.points.iter().find(|(_, mb)| *mb > limit_mb) {
            scene.cross(panel.at(*seconds, *mb), 4.5, line.style.colour);
        }
    }
}

fn notes(results: &[RunResult]) -> Vec<String> {
    let killed = results.iter().any(is_killed);
    let cross = killed.then(|| "× the system kills the app: the line beyond is what it would have held".to_owned());
    cross.into_iter().chain(super::bent(results)).collect()
}

fn rows(groups: &[(&Group<'_>, Vec<Line<'_>>)]) -> Vec<Vec<String>> {
    let mut csv = vec![record([
        "device",
        "strategy",
        "outcome",
        "open_loop",
        "lost_mass_share",
        "limit_mb",
        "seconds",
        "memory_mb",
    ])];
    for (group, lines) in groups {
        for line in lines {
            let memory = &line.result.memory;
            let limit_mb = (memory.limit_bytes as f64 / BYTES_PER_MB).to_string();
            let [open_loop, lost] = super::quality(line.result);
            csv.extend(line.points.iter().map(|point| {
                let numbers = numbers(*point);
                let strategy = &line.result.strategy;
                let outcome = &memory.outcome;
                record([&group.title, strategy, outcome, &open_loop, &lost, &limit_mb, &numbers[0], &numbers[1]])
            }));
        }
    }
    csv
}
