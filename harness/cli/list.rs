//! `tightfit list`.

use std::collections::BTreeMap;

use tightfit::{
    RunError,
    devices::Device,
    scenarios::{
        Model, Scenario, Settings, Strategy,
        model::MixerKind,
        scenario, strategy,
        trace::synth::{self, Recipe},
        traces,
    },
    schemas,
};

use super::{args::Kind, output};

/// Prints the names of a kind with a line on each.
pub(crate) fn list(kind: Kind) -> Result<(), RunError> {
    let mut rows: Vec<[String; 2]> = Vec::new();
    match kind {
        Kind::Devices => {
            for name in Device::names() {
                let device = Device::load(name)?;
                rows.push([device.name, format!("{} ({}, {})", device.title, device.soc, device.os)]);
            }
        }
        Kind::Bases => {
            for (name, text) in Device::parts() {
                let what = text.lines().next().unwrap_or_default();
                rows.push([(*name).to_owned(), what.trim_start_matches("# ").to_owned()]);
            }
        }
        Kind::Models => {
            for name in Model::names() {
                let model = Model::load(name)?;
                rows.push([model.name.clone(), shape(&model)]);
            }
        }
        Kind::Scenarios => {
            for name in scenario::CATALOG.names() {
                let scenario = Scenario::load(name, &Settings::default())?;
                rows.push([scenario.name, scenario.title]);
            }
        }
        Kind::Strategies => {
            for name in strategy::CATALOG.names() {
                let strategy = Strategy::load(name, &[])?;
                rows.push([strategy.name, strategy.title]);
            }
        }
        Kind::Schemas => {
            for name in schemas::names() {
                rows.push([name.to_owned(), format!("tightfit show schema {name} > {name}.schema.json")]);
            }
        }
        Kind::Traces => {
            for name in traces::names() {
                let trace = traces::load(name)?;
                let tokens = trace.tokens();
                let header = trace.header();
                rows.push([name.to_owned(), format!("{}, {tokens} tokens, {}", header.model, header.definition)]);
            }
            for name in synth::CATALOG.names() {
                let recipe = Recipe::load(name)?;
                rows.push([format!("{}{name}", synth::PREFIX), format!("synthetic: {}", recipe.title)]);
            }
        }
    }
    let width = rows.iter().map(|[name, _]| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = rows.iter().map(|[name, text]| format!("{name:width$}  {text}\n")).collect();
    output::print(&lines.concat())
}

/// What a model is made of, in a line: `Qwen3.5 2B: 1.88 G parameters, 24 layers (18 linear, 6 attention)`.
fn shape(model: &Model) -> String {
    let billions = |parameters: u64| format!("{:.2} G", parameters as f64 / 1e9);
    let (all, active) = (model.parameters(), model.active_parameters());
    let used = if active < all { format!(", {} of them active", billions(active)) } else { String::new() };
    let mut kinds: BTreeMap<MixerKind, usize> = BTreeMap::new();
    for layer in 0..model.layers {
        *kinds.entry(model.kind(layer)).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {}", kind.as_str())).collect();
    format!("{}: {} parameters{used}, {} layers ({})", model.title, billions(all), model.layers, kinds.join(", "))
}
