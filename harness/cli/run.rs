//! `tightfit run`.

use std::{num::NonZeroU32, path::Path};

use tightfit::{
    Inputs, Report, RunError,
    cell::host::Host,
    expect::{self, Asked as Which},
    reports::{csv, entry::entries, json, schema::RunResult},
    run::{self, Curve},
    scenarios::{Scenario, Settings},
    sweep::{Asked, Shard},
    uncertainty,
};

use super::{
    Done,
    args::{Format, On, OnHost, Run},
    output, progress, timeline,
};

/// Runs the scenarios and prints or writes their results.
pub(crate) fn run(options: &Run) -> Result<Done, RunError> {
    let settings = Settings::parse(&options.settings)?;
    let names = if options.scenarios.is_empty() { vec!["quickstart".to_owned()] } else { options.scenarios.clone() };
    let mut scenarios = Vec::new();
    for name in &names {
        scenarios.push(Scenario::load_with(name, &options.strategies, &settings)?);
    }
    if let Some(option) = options.host.of_host_alone().filter(|_| options.host.on == On::Sim) {
        return Err(RunError::Usage(format!(
            "{option}: a simulated run has no use for it: add --on host, or leave it out"
        )));
    }
    if let Some(file) = &options.timeline {
        timeline::can_be_of(file, &scenarios, options.host.on)?;
    }
    if let Some(swept) = scenarios.iter().position(|scenario| !scenario.sweep.is_empty()) {
        if options.samples.is_some() {
            return Err(RunError::Usage(
                "--samples: a [sweep] has a row a point and no intervals: leave one of the two out".to_owned(),
            ));
        }
        if options.host.on == On::Host {
            return Err(RunError::Usage("--on host: a sweep is simulated: leave its [sweep] out".to_owned()));
        }
        return sweep(options, settings, &scenarios[swept], names.len());
    }
    if options.samples.is_some() && options.host.on == On::Host {
        return Err(RunError::Usage(
            "--samples: what this machine does is measured, not drawn: leave --on host or the samples out".to_owned(),
        ));
    }
    if options.shard.is_some() {
        return Err(RunError::Usage("--shard: the scenario has no [sweep] to run a part of".to_owned()));
    }
    let mut all = Vec::new();
    for scenario in scenarios {
        all.push(load(scenario, options, &settings)?);
    }
    if let Some(folder) = &options.out {
        can_hold(folder, &all)?;
    }
    let host = (options.host.on == On::Host).then(|| host(&options.host));
    let curve = if options.out.is_some() { Curve::Run } else { Curve::Skip };
    let mut results = Vec::new();
    for inputs in &all {
        let bar = progress::bar(run::cells(inputs, curve).len() as u64, "cells");
        let of_scenario = match (&host, &options.timeline) {
            (Some(host), _) => run::run_on_host(inputs, curve, host, || bar.inc(1)),
            (None, Some(file)) => timeline::run(file, inputs, curve, || bar.inc(1)),
            (None, None) => run::run(inputs, curve, || bar.inc(1)),
        };
        bar.finish_and_clear();
        let mut of_scenario = of_scenario?;
        if let Some(samples) = options.samples {
            sample(inputs, samples, &mut of_scenario)?;
        }
        results.push((inputs, Report::new(inputs, of_scenario, command_line())));
    }
    // Files first: where they can't be written nothing is printed either.
    if let Some(folder) = &options.out {
        for (inputs, report) in &results {
            let folder = if results.len() == 1 { folder.clone() } else { folder.join(&inputs.scenario.name) };
            let written = report.write(&folder)?;
            output::note(&format!("wrote {} files to {}", written.len(), folder.display()));
        }
    }
    let mut is_met = true;
    for (inputs, report) in &results {
        is_met &= meets(options, &inputs.scenario, report.results())?;
    }
    output::print(&printed(options.format, &results))?;
    Ok(if is_met { Done::Well } else { Done::Failed })
}

/// Whether results are what their scenario expects; says what is not.
fn meets(options: &Run, scenario: &Scenario, results: &[RunResult]) -> Result<bool, RunError> {
    let is_all = options.devices.is_empty() && options.strategies.is_empty() && options.shard.is_none();
    let unmet = expect::unmet(scenario, &entries(results), if is_all { Which::All } else { Which::Some })?;
    for unmet in &unmet {
        output::error(&format!("{}: {}", unmet.label, unmet.text));
    }
    Ok(unmet.is_empty())
}

/// How cells are run on this machine.
fn host(options: &OnHost) -> Host {
    let mut host = Host::new(options.store_folder.clone().unwrap_or_else(std::env::temp_dir));
    host.store.clone_from(&options.store);
    host.reads = options.reads.map_or(host.reads, Into::into);
    host.verify = options.verify;
    host.note = output::note;
    host
}

/// Says how sure the results at the scenario's own memory limit are.
fn sample(inputs: &Inputs, samples: NonZeroU32, results: &mut [RunResult]) -> Result<(), RunError> {
    let cells = run::cells(inputs, Curve::Skip);
    let bar = progress::bar(cells.len() as u64, "cells sampled");
    let filled = uncertainty::fill(inputs, &cells, samples, &mut results[..cells.len()], || bar.inc(1));
    bar.finish_and_clear();
    filled
}

/// That no file is in the folder's place.
fn is_folder(folder: &Path) -> Result<(), RunError> {
    let there = folder.ancestors().find(|path| path.exists());
    match there.filter(|path| !path.is_dir()) {
        None => Ok(()),
        Some(file) => {
            let (folder, file) = (folder.display(), file.display());
            Err(RunError::Usage(format!("--out {folder}: {file} is a file: name a folder")))
        }
    }
}

/// What would stop the writing at the end is said before the run: a file in the folder's place, two scenarios of one name.
fn can_hold(folder: &Path, all: &[Inputs]) -> Result<(), RunError> {
    is_folder(folder)?;
    for (index, inputs) in all.iter().enumerate() {
        let name = &inputs.scenario.name;
        if all[..index].iter().any(|earlier| earlier.scenario.name == *name) {
            return Err(RunError::Usage(format!(
                "--out {}: two scenarios are called `{name}` and would share a folder: run them one by one",
                folder.display()
            )));
        }
    }
    Ok(())
}

/// Runs the one scenario that sweeps.
fn sweep(options: &Run, settings: Settings, scenario: &Scenario, scenarios: usize) -> Result<Done, RunError> {
    if scenarios > 1 {
        return Err(RunError::Usage(format!("scenario {} has a [sweep]: run it by itself", scenario.name)));
    }
    if let Some(folder) = &options.out {
        is_folder(folder)?;
    }
    let (devices, strategies) = (options.devices.clone(), options.strategies.clone());
    let asked = Asked { scenario: scenario.clone(), devices, strategies, settings };
    let shard = options.shard.unwrap_or(Shard::WHOLE);
    let results = super::sweep::run(asked, shard, options.out.as_deref(), options.format)?;
    Ok(if meets(options, scenario, &results)? { Done::Well } else { Done::Failed })
}

fn load(mut scenario: Scenario, options: &Run, settings: &Settings) -> Result<Inputs, RunError> {
    if !options.devices.is_empty() {
        scenario.devices.clone_from(&options.devices);
    }
    Inputs::load(scenario, settings)
}

/// The results as text. The table shows the scenario's own memory limit; the curve's points are for charts and files.
fn printed(format: Format, reports: &[(&Inputs, Report)]) -> String {
    let everything = || reports.iter().flat_map(|(_, report)| [report.results(), report.curve()].concat());
    let tables = |table: &dyn Fn(&Report) -> String| {
        reports.iter().map(|(_, report)| table(report)).collect::<Vec<_>>().join("\n")
    };
    match format {
        Format::Json => json::results(&everything().collect::<Vec<_>>()),
        Format::Csv => csv::results(&everything().collect::<Vec<_>>()),
        Format::Text => tables(&|report| report.text(width())),
        Format::Md => tables(&Report::markdown),
    }
}

/// Columns of the terminal, where there is one.
pub(super) fn width() -> Option<u16> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0)
}

/// The command as one would type it again, wherever the program lies.
pub(super) fn command_line() -> String {
    let quoted = |argument: String| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=,:".contains(letter);
        if !argument.is_empty() && argument.chars().all(plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    };
    let arguments = std::env::args_os().skip(1).map(|argument| quoted(argument.to_string_lossy().into_owned()));
    std::iter::once("tightfit".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}
