//! `tightfit gate`: runs scenarios, or takes results made elsewhere, and holds them to what was accepted.

mod bless;
mod gather;
mod outputs;

use std::path::Path;

use tightfit::{
    RunError,
    reports::{
        entry::Value,
        gate::{self as report, Baseline, Judgement, Rules, statistics::RUNS_MIN},
        ink::Ink,
    },
};

use super::{Done, args::Gate, output};
use gather::Gathered;

/// Judges, or blesses.
pub(crate) fn gate(options: &Gate, ink: Ink) -> Result<Done, RunError> {
    let accepted = read(&options.baseline)?;
    if accepted.is_none() && !options.bless {
        return Err(missing(&options.baseline, &gather::command(options)));
    }
    let baseline = accepted.unwrap_or_default();
    let gathered = gather::gather(options, &baseline)?;
    enough_runs(&gathered)?;
    if !options.bless {
        for name in gathered.scenarios.keys() {
            if !baseline.scenarios.contains_key(name) {
                let what = format!("{} holds nothing of the scenario {name}", options.baseline.display());
                return Err(RunError::Usage(format!("{what}: accept it with {}", gather::command(options))));
            }
        }
    }
    let names: Vec<String> = gathered.scenarios.keys().cloned().collect();
    let rules = Rules { tolerances: gathered.tolerances.clone(), threshold: options.threshold };
    let mut judgement = report::judge(&baseline.of(&names), &gathered.entries, &rules);
    judgement.unmet.clone_from(&gathered.unmet);
    if options.bless {
        return bless::bless(options, baseline, &gathered, &judgement, ink);
    }
    let heads = heads(&options.baseline, &baseline, &names);
    // Files first: where they can't be written nothing is printed either.
    outputs::write(options, &judgement, &heads, Vec::new())?;
    output::print(&report::text(&judgement, &heads, ink))?;
    if judgement.passes() {
        return Ok(Done::Well);
    }
    if judgement.results.iter().any(|case| !case.passes()) {
        output::note(&format!("if that is meant: {}", gather::command(options)));
    }
    Ok(Done::Failed)
}

/// The baseline, where there is a file.
fn read(path: &Path) -> Result<Option<Baseline>, RunError> {
    if path.exists() { Ok(Some(Baseline::read(path)?)) } else { Ok(None) }
}

fn missing(path: &Path, command: &str) -> RunError {
    RunError::Usage(format!("no baseline at {}: accept the results of today with {command}", path.display()))
}

/// When, where and why each scenario's results were accepted, each blessing once.
fn heads(path: &Path, baseline: &Baseline, scenarios: &[String]) -> Vec<String> {
    let today = bless::today();
    let mut heads: Vec<String> = Vec::new();
    for words in scenarios.iter().filter_map(|name| baseline.blessing(name)).map(|blessing| blessing.words(today)) {
        let head = format!("{}: {words}", path.display());
        if !heads.contains(&head) {
            heads.push(head);
        }
    }
    heads
}

/// That there are runs enough of what is measured: fewer could never differ significantly, and the gate would always pass.
fn enough_runs(gathered: &Gathered) -> Result<(), RunError> {
    for entry in gathered.entries.iter().filter(|entry| !entry.is_simulated()) {
        let runs = entry.metrics.get("latency.e2e_ns").map_or(0, |value: &Value| value.runs().len());
        if runs < RUNS_MIN {
            let what = entry.names().join(", ");
            return Err(RunError::Usage(format!(
                "{runs} run(s) of {what} on {}: what is measured is judged by {RUNS_MIN} runs or more",
                entry.platform
            )));
        }
    }
    Ok(())
}

/// How the judgement went, for notes about a blessing.
fn counts(judgement: &Judgement) -> String {
    let count = |side| judgement.results.iter().filter(|case| case.side == side).count();
    let changed = judgement.results.iter().filter(|case| case.side == report::Side::Both && !case.passes()).count();
    format!("{changed} changed, {} new, {} gone", count(report::Side::New), count(report::Side::Missing))
}
