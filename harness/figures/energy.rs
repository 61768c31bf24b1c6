//! Energy of a token by component, whole device, beside what a battery gauge said.

use tightfit_reports::{
    charts::bars::{self, BarPanel, BarRow, Bars},
    schema::RunResult,
};
use tightfit_scenarios::published::{Metric, PublishedCase};

use super::{Drawn, run};
use crate::RunError;

pub(super) fn draw() -> Result<Drawn, RunError> {
    let runs = run::published("ten-minutes-iphone-17-pro", |_| true)?;
    let row = |(case, result): &(PublishedCase, RunResult)| BarRow {
        name: case.name.clone(),
        simulated: parts(result),
        published: case.figures.get(&Metric::JoulesPerToken).copied(),
    };
    Ok(bars::chart(&Bars {
        name: "energy-a-token",
        title: "Energy of a token on an iPhone 17 Pro".to_owned(),
        subtitle: "models at 4 bits that fit in memory, mean over ten minutes of decoding, whole device".to_owned(),
        caption: "The processor takes most of it; the longer a token takes, the more the idle device adds.".to_owned(),
        parts: vec!["device awake", "processor", "DRAM", "flash"],
        panels: vec![BarPanel { title: "energy, J a token", rows: runs.iter().map(row).collect() }],
        notes: vec![
            "Published: apple-silicon-llm-bench, results/raw, from a battery gauge with steps of 1 %: good to a \
             tenth. Powers of GPU and neural engine were fitted to these runs."
                .to_owned(),
        ],
    })
    .into())
}

/// Joules a token of each component: the shares of the request's energy, of what a decoded token takes.
fn parts(result: &RunResult) -> Vec<f64> {
    let energy = &result.energy;
    let share = |part: u64| energy.joules_per_token * part as f64 / energy.total_pj.max(1) as f64;
    [energy.idle_pj, energy.compute_pj, energy.dram_pj, energy.flash_pj].map(share).to_vec()
}
