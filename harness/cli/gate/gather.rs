//! What is judged: results of scenarios run now, or of files, with what the scenarios expect of them.

use std::collections::BTreeMap;

use tightfit::{
    Inputs, RunError,
    expect::{self, Asked as Which},
    reports::{
        entry::{Entry, entries},
        gate::{Baseline, Tolerance, Unmet},
        json,
        schema::RunResult,
    },
    run::{self, Curve},
    scenarios::{Scenario, Settings},
    sweep::{Asked, Plan, Shard},
};

use crate::cli::{args::Gate, progress};

/// Entries, and all that comes with them.
pub(super) struct Gathered {
    /// What is judged.
    pub(super) entries: Vec<Entry>,
    /// Scenario names with what each is run by.
    pub(super) scenarios: BTreeMap<String, String>,
    /// Tolerances that the scenarios state.
    pub(super) tolerances: Vec<Tolerance>,
    /// Expectations that do not hold.
    pub(super) unmet: Vec<Unmet>,
}

/// Runs the scenarios, or reads the files.
pub(super) fn gather(options: &Gate, baseline: &Baseline) -> Result<Gathered, RunError> {
    let settings = Settings::parse(&options.settings)?;
    let is_read = !options.results.is_empty();
    let names =
        if options.scenarios.is_empty() && !is_read { of_baseline(baseline)? } else { options.scenarios.clone() };
    let mut scenarios = BTreeMap::new();
    let mut loaded: Vec<Scenario> = Vec::new();
    for name in &names {
        let scenario = Scenario::load(name, &settings)?;
        if scenarios.insert(scenario.name.clone(), name.clone()).is_some() {
            return Err(RunError::Usage(format!(
                "two scenarios are called `{}`: give one of them another name",
                scenario.name
            )));
        }
        loaded.push(scenario);
    }
    let mut results: Vec<RunResult> = Vec::new();
    for path in &options.results {
        results.extend(json::read(path)?);
    }
    if !is_read {
        for scenario in &loaded {
            results.extend(simulate(scenario.clone(), &settings)?);
        }
    }
    let entries = entries(&results);
    for entry in &entries {
        let asked = baseline.scenarios.get(&entry.scenario).cloned().unwrap_or_default();
        scenarios.entry(entry.scenario.clone()).or_insert(asked);
    }
    let mut unmet = Vec::new();
    for scenario in &loaded {
        unmet.extend(expect::unmet(scenario, &entries, if is_read { Which::Some } else { Which::All })?);
    }
    let tolerances = loaded.iter().flat_map(expect::tolerances).collect();
    Ok(Gathered { entries, scenarios, tolerances, unmet })
}

/// What the baseline's scenarios are run by.
fn of_baseline(baseline: &Baseline) -> Result<Vec<String>, RunError> {
    let names: Vec<String> = baseline.scenarios.values().filter(|asked| !asked.is_empty()).cloned().collect();
    if names.is_empty() {
        return Err(RunError::Usage(
            "nothing to judge: name scenarios (`tightfit list scenarios`), or --results".to_owned(),
        ));
    }
    Ok(names)
}

/// All results of a scenario, those of its sweep too.
fn simulate(scenario: Scenario, settings: &Settings) -> Result<Vec<RunResult>, RunError> {
    if scenario.sweep.is_empty() {
        let inputs = Inputs::load(scenario, settings)?;
        let bar = progress::bar(run::cells(&inputs, Curve::Skip).len() as u64, "cells");
        let results = run::run(&inputs, Curve::Skip, || bar.inc(1));
        bar.finish_and_clear();
        return results;
    }
    let plan = Plan::new(Asked { scenario, devices: Vec::new(), strategies: Vec::new(), settings: settings.clone() })?;
    let bar = progress::bar(plan.places().len() as u64, "results");
    let done = |_: &_| {
        bar.inc(1);
        Ok(())
    };
    let rows = plan.run(Shard::WHOLE, Vec::new(), done);
    bar.finish_and_clear();
    Ok(rows?.into_iter().map(|row| row.result).collect())
}

/// The command that accepts what is judged.
pub(super) fn command(options: &Gate) -> String {
    let mut words = vec!["tightfit gate".to_owned()];
    words.extend(options.scenarios.iter().cloned());
    words.extend(options.settings.iter().map(|setting| format!("--set '{setting}'")));
    words.extend(options.results.iter().map(|path| format!("--results {}", path.display())));
    if options.baseline.as_os_str() != "tightfit-baseline.json" {
        words.push(format!("--baseline {}", options.baseline.display()));
    }
    words.push("--bless --reason '…'".to_owned());
    words.join(" ")
}
