//! Where each token's time goes: stacked bars by owner.

use super::labels::foot;
use super::palette::OWNERS as COLOURS;
use super::paper::Paper;
use super::scene::Scene;
use super::stack::Stack;
use super::{Draft, record};
use crate::compare::{Comparison, Group, OWNERS, decode_owners_ns, groups, is_killed};
use crate::schema::RunResult;
use crate::units::TIME;

pub(super) fn draft(results: &[RunResult], paper: Paper) -> Option<Draft> {
    let comparison = Comparison::of(results);
    let groups = groups(results);
    let chosen: Vec<Vec<&RunResult>> = groups.iter().map(|group| group.at_best_point(&comparison)).collect();
    if chosen.is_empty() {
        return None;
    }
    let title = "Where each token's time goes";
    let mut scene = Scene::new(paper.width());
    let y = scene.heading(title, &subtitle(results, &groups, &comparison));
    let parts: Vec<_> = OWNERS.into_iter().zip(COLOURS).collect();
    let stack = Stack {
        groups: &groups,
        chosen: &chosen,
        axis: paper.pick("mean time per decoded token", "time per token"),
        units: &TIME,
        parts: &parts,
        of: |r| decode_owners_ns(r).to_vec(),
    };
    let y = stack.draw(&mut scene, y, paper);
    scene.height = foot(&mut scene, y, &super::bent(results));
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
