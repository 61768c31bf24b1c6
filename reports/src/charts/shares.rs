//! Where each token's time goes: stacked bars by owner, as milliseconds and as shares, a row per device and strategy.

use super::axis::Scale;
use super::labels::{foot, legend};
use super::palette::{OWNERS as COLOURS, QUIET, Style};
use super::panel::Panel;
use super::scene::{Anchor, Scene};
use super::{Draft, font, record};
use crate::compare::{Comparison, Group, OWNERS, decode_owners_ns, groups, is_killed};
use crate::schema::RunResult;
use crate::units::{TIME, Unit, common, data};

const WIDTH: f64 = 960.0;
const ROW: f64 = 19.0;
const HEAD: f64 = 24.0;

pub(super) fn draft(results: &[RunResult]) -> Option<Draft> {
    let comparison = Comparison::of(results);
    let groups = groups(results);
    let chosen: Vec<Vec<&RunResult>> = groups.iter().map(|group| group.at_best_point(&comparison)).collect();
    if chosen.is_empty() {
        return None;
    }
    let title = "Where each token's time goes";
    let mut scene = Scene::new(WIDTH);
    let y = scene.heading(title, &subtitle(results, &groups, &comparison));
    let alive = || chosen.iter().flatten().filter(|r| !is_killed(r));
    let totals = || alive().map(|r| decode_owners_ns(r).iter().sum::<f64>());
    let present: Vec<usize> =
        (0..OWNERS.len()).filter(|owner| alive().any(|r| decode_owners_ns(r)[*owner] > 0.0)).collect();
    let entries: Vec<_> = present
        .iter()
        .map(|owner| (OWNERS[*owner].to_owned(), Style { colour: COLOURS[*owner], dash: None }))
        .collect();
    let top = legend(&mut scene, &entries, y) + 24.0;

    let unit = common(&TIME, totals());
    let height: f64 = chosen.iter().map(|results| HEAD + ROW * results.len() as f64).sum();
    let names = results.iter().map(|r| font::width(&super::speed::shown(results, &r.strategy), 11.0, false));
    let left = 24.0 + names.fold(60.0, f64::max) + 10.0;
    let most = totals().fold(0.0, f64::max) / unit.size;
    let middle = left + (WIDTH - left) * 0.56;
    let absolute = Panel {
        left,
        right: middle - 56.0,
        top,
        bottom: top + height,
        x: Scale::from_zero(most, 5),
        y: Scale::exact(0.0, 1.0),
    };
    let share = Panel { left: middle + 14.0, right: WIDTH - 24.0, x: Scale::exact(0.0, 100.0), ..absolute };
    absolute.y_title(&mut scene, &format!("mean time per decoded token, {}", unit.name));
    share.y_title(&mut scene, "share of it, %");
    absolute.columns(&mut scene, &absolute.x.ticks(5), true);
    share.columns(&mut scene, &share.x.ticks(4), true);
    let mut y = top;
    for (group, chosen) in groups.iter().zip(&chosen) {
        scene.text_on_paper((16.0, y + 14.0), &group.title, 12.0, true, Anchor::Start);
        y += HEAD;
        for r in chosen {
            let name = super::speed::shown(results, &r.strategy);
            scene.text((left - 8.0, y + ROW / 2.0), &name).anchor(Anchor::End);
            row(&mut scene, [&absolute, &share], y, r, unit);
            y += ROW;
        }
    }
    scene.height = foot(&mut scene, y + 34.0, &super::bent(results));
    let caption = "Mean over decoded tokens. The parts sum to the whole exactly: every nanosecond has one owner. At the \
                   left the length is time, at the right each row is stretched to 100 %.";
    Some(Draft {
        name: "time-per-token",
        title: title.to_owned(),
        caption: caption.to_owned(),
        scene,
        csv: rows(&groups, &chosen, &comparison),
    })
}

/// One result: its bar as time with the total behind it, and as shares.
fn row(scene: &mut Scene, [absolute, share]: [&Panel; 2], y: f64, r: &RunResult, unit: Unit) {
    let middle = y + ROW / 2.0;
    if is_killed(r) {
        let text = format!(
            "killed: a peak of {} with a limit of {}",
            data(r.memory.peak_bytes as f64),
            data(r.memory.limit_bytes as f64)
        );
        let at = (absolute.left + 6.0, middle);
        scene.text_on_paper(at, &text, 11.0, false, Anchor::Start).colour(QUIET);
        return;
    }
    let parts = decode_owners_ns(r);
    let total: f64 = parts.iter().sum();
    let mut sum = 0.0;
    for (part, colour) in parts.iter().zip(COLOURS) {
        let (from, to) = (sum, sum + part);
        sum = to;
        for (panel, scale) in [(absolute, 1.0 / unit.size), (share, 100.0 / total.max(1.0))] {
            let (left, right) = (panel.across(from * scale), panel.across(to * scale));
            scene.bar((left, y + 3.0), (right, y + ROW - 3.0), colour);
        }
    }
    let end = (absolute.across(total / unit.size) + 5.0, middle);
    scene.text_on_paper(end, &unit.number(total), 10.0, false, Anchor::Start);
}

fn rows(groups: &[Group<'_>], chosen: &[Vec<&RunResult>], comparison: &Comparison) -> Vec<Vec<String>> {
    let parts = ["compute", "contention", "flash_stall", "memory_management", "overhead", "throttling"];
    let mut csv = vec![record(["device", "strategy", "point", "outcome", "open_loop", "lost_mass_share"])];
    csv[0].extend(parts.map(|part| format!("{part}_ns_per_token")));
    for (group, results) in groups.iter().zip(chosen) {
        for r in results {
            let [open_loop, lost] = super::quality(r);
            let point = comparison.point(r);
            let mut line = record([&group.title, &r.strategy, &point, &r.memory.outcome, &open_loop, &lost]);
            let killed = is_killed(r);
            line.extend(decode_owners_ns(r).map(|ns| if killed { String::new() } else { format!("{ns:.0}") }));
            csv.push(line);
        }
    }
    csv
}

/// Scenario and model, and the sweep point that stands for each device where there are several.
pub(super) fn subtitle(results: &[RunResult], groups: &[Group<'_>], comparison: &Comparison) -> String {
    let (scenarios, models) = (unique(results, |r| &r.scenario), unique(results, |r| &r.model));
    let mut text = format!("scenario {scenarios} · model {models}");
    if comparison.has_points() {
        let points: Vec<(&str, String)> = groups
            .iter()
            .filter_map(|group| Some((group, group.leader()?)))
            .map(|(group, r)| (group.title.as_str(), comparison.point(r)))
            .collect();
        match points.first() {
            Some((_, point)) if points.iter().all(|(_, other)| other == point) => {
                text.push_str(&format!(" · at {point}, where each device's fastest result is"));
            }
            _ => {
                let each: Vec<String> = points.iter().map(|(title, point)| format!("{title} at {point}")).collect();
                text.push_str(&format!(" · at the point of each device's fastest result: {}", each.join("; ")));
            }
        }
    }
    text
}

fn unique(results: &[RunResult], of: fn(&RunResult) -> &str) -> String {
    let names: std::collections::BTreeSet<&str> = results.iter().map(of).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
