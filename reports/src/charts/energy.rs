//! Energy of the request by component: stacked bars.

use super::labels::foot;
use super::palette::COMPONENTS;
use super::paper::Paper;
use super::scene::Scene;
use super::stack::Stack;
use super::{Draft, record, shares};
use crate::compare::{Comparison, groups, is_killed};
use crate::schema::RunResult;
use crate::units::ENERGY;

const PJ_PER_J: f64 = 1e12;
const PARTS: [&str; 4] = ["device awake", "processor", "DRAM", "flash"];

pub(super) fn draft(results: &[RunResult], paper: Paper) -> Option<Draft> {
    let comparison = Comparison::of(results);
    let groups = groups(results);
    let chosen: Vec<Vec<&RunResult>> = groups.iter().map(|group| group.at_best_point(&comparison)).collect();
    if !chosen.iter().flatten().any(|r| r.energy.total_pj > 0) {
        return None;
    }
    let title = "Energy of the request by component";
    let mut scene = Scene::new(paper.width());
    let y = scene.heading(title, &shares::subtitle(results, &groups, &comparison));
    let parts: Vec<_> = PARTS.into_iter().zip(COMPONENTS).collect();
    let stack = Stack {
        groups: &groups,
        chosen: &chosen,
        axis: paper.pick("prompt and all output tokens", "whole request"),
        units: &ENERGY,
        parts: &parts,
        of: |r| components_pj(r).map(|pj| pj as f64 / PJ_PER_J).to_vec(),
    };
    let y = stack.draw(&mut scene, y, paper);
    scene.height = foot(&mut scene, y, &super::bent(results));
    let caption = "The whole device, from the prompt to the last token. The parts sum to the total exactly. What is slow pays \
                   for the time that the device is awake, what reads much for flash and DRAM.";
    let mut csv = vec![record(["device", "strategy", "point", "outcome", "open_loop", "lost_mass_share"])];
    csv[0].extend(["idle_pj", "compute_pj", "dram_pj", "flash_pj"].map(str::to_owned));
    for (group, results) in groups.iter().zip(&chosen) {
        for r in results {
            let [open_loop, lost] = super::quality(r);
            let point = comparison.point(r);
            let mut line = record([&group.title, &r.strategy, &point, &r.memory.outcome, &open_loop, &lost]);
            line.extend(components_pj(r).map(|pj| if is_killed(r) { String::new() } else { pj.to_string() }));
            csv.push(line);
        }
    }
    Some(Draft { name: "energy-by-component", title: title.to_owned(), caption: caption.to_owned(), scene, csv })
}

fn components_pj(r: &RunResult) -> [u64; 4] {
    [r.energy.idle_pj, r.energy.compute_pj, r.energy.dram_pj, r.energy.flash_pj]
}
