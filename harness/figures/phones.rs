//! Every strategy on every iPhone: the quickstart's question asked of all of them.

use tightfit_devices::Device;
use tightfit_reports::{
    charts::{
        bent,
        heat_map::{self, Cell, HeatMap},
    },
    compare::marked_of,
    schema::RunResult,
};
use tightfit_scenarios::{Scenario, Settings};

use super::{Drawn, run};
use crate::RunError;

pub(super) fn draw() -> Result<Drawn, RunError> {
    let mut scenario = Scenario::load_with("quickstart", &[], &Settings::default())?;
    scenario.devices =
        Device::names().iter().filter(|name| name.starts_with("iphone-")).map(|name| (*name).to_owned()).collect();
    let title = scenario.title.clone();
    let (inputs, results) = run::cells(scenario)?;
    let named = |name: &str| {
        let of_strategy: Vec<&RunResult> = results.iter().filter(|result| result.strategy == name).collect();
        marked_of(name, &of_strategy)
    };
    let columns: Vec<String> = inputs.scenario.strategies.iter().map(|strategy| named(&strategy.name)).collect();
    let rows = inputs.devices.iter().zip(results.chunks(columns.len()));
    Ok(heat_map::chart(&HeatMap {
        name: "strategies-on-iphones",
        title: "Decode speed of every strategy on every iPhone".to_owned(),
        subtitle: format!("{title}; llama.cpp on the CPU"),
        caption: "A row an iPhone, a column a strategy: what differs along a row is the strategy's, down a column the \
            phone's."
            .to_owned(),
        quantity: "decode tok/s",
        down: "device",
        across: "strategy",
        columns,
        rows: rows.map(|(device, of_device)| (device.title.clone(), of_device.iter().map(cell).collect())).collect(),
        notes: std::iter::once(
            "† knows the trace's future: a bound, not a choice. Killed: more memory than the limit.".to_owned(),
        )
        .chain(bent(&results))
        .collect(),
    })
    .into())
}

fn cell(result: &RunResult) -> Cell {
    if result.memory.killed_after_ns > 0 { Cell::Killed } else { Cell::Value(result.throughput.decode_tokens_per_s) }
}
