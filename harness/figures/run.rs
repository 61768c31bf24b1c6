//! How figures run their scenarios: as `tightfit run` would.

use tightfit_reports::{schema::RunResult, sweep::Row};
use tightfit_scenarios::{Published, Scenario, Settings, catalog::Text, published::PublishedCase};

use crate::{
    Inputs, RunError,
    run::{self, Curve},
    sweep::{Asked, Plan, Shard},
    validate::published,
};

/// A scenario that is written in the figure's own file.
pub(super) fn inline(name: &str, text: &str) -> Result<Scenario, RunError> {
    let text = Text { origin: format!("figure {name}"), text: text.to_owned() };
    Ok(Scenario::parse(text, &[], &Settings::default())?)
}

/// Every (device, strategy) of a scenario without a sweep.
pub(super) fn cells(scenario: Scenario) -> Result<(Inputs, Vec<RunResult>), RunError> {
    let inputs = Inputs::load(scenario, &Settings::default())?;
    let results = run::run(&inputs, Curve::Skip, || ())?;
    Ok((inputs, results))
}

/// Every row of a scenario with a sweep.
pub(super) fn rows(scenario: Scenario) -> Result<Vec<Row>, RunError> {
    let (devices, strategies, settings) = (Vec::new(), Vec::new(), Settings::default());
    Plan::new(Asked { scenario, devices, strategies, settings })?.run(Shard::WHOLE, Vec::new(), |_| Ok(()))
}

/// A swept value of a row, as text.
pub(super) fn value(row: &Row, key: usize) -> String {
    row.values[key].as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Published runs of a built-in file, and what the simulator makes of those that `wanted` names.
pub(super) fn published(
    name: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(PublishedCase, RunResult)>, RunError> {
    let file = Published::load(name)?;
    let cases: Vec<PublishedCase> = file.case.iter().filter(|case| wanted(&case.name)).cloned().collect();
    let results = published::runs(&file, &cases)?;
    Ok(cases.into_iter().zip(results).collect())
}
