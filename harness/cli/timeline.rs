//! `tightfit run --timeline FILE`.

use std::path::Path;

use tightfit::{
    Inputs, RunError,
    reports::{schema::RunResult, timeline, write},
    run::{self, Curve},
    scenarios::Scenario,
};

use super::{args::On, output};

/// What would stop the writing at the end is said before the run: there is one scenario without a sweep, as a file holds the
/// cells of one run, and a folder for the file.
pub(crate) fn can_be_of(file: &Path, scenarios: &[Scenario], on: On) -> Result<(), RunError> {
    let wrong = |problem: String| Err(RunError::Usage(format!("--timeline {}: {problem}", file.display())));
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(missing) = folder.filter(|folder| !folder.is_dir()) {
        return wrong(format!("there is no folder {}", missing.display()));
    }
    if on == On::Host {
        return wrong(
            "it is of simulated runs, whose time stands still while it is looked at: leave --on host out".to_owned(),
        );
    }
    match scenarios {
        [scenario] if scenario.sweep.is_empty() => Ok(()),
        [scenario] => wrong(format!(
            "scenario {} has a [sweep]: run the point of interest by itself (--set KEY=VALUE)",
            scenario.name
        )),
        _ => wrong("it is of one scenario: run them one by one".to_owned()),
    }
}

/// Runs the scenario and writes its timeline.
pub(crate) fn run(
    file: &Path,
    inputs: &Inputs,
    curve: Curve,
    done: impl Fn() + Sync,
) -> Result<Vec<RunResult>, RunError> {
    let (results, processes) = run::run_traced(inputs, curve, done)?;
    let about = [
        ("program", concat!("tightfit ", env!("CARGO_PKG_VERSION"))),
        ("command", &super::run::command_line()),
        ("scenario", &inputs.scenario.name),
        ("model", &inputs.model.name),
        ("time", "nanoseconds of the simulated device since a cold start"),
        ("reads", "drawn from when a lane is free until the engine's next call after they landed"),
        ("evictions", "seen at the next kernel"),
    ];
    write::file(file, timeline::file(&processes, &about).as_bytes())?;
    let cut = processes.iter().filter(|process| !process.is_open()).count();
    let cells = processes.len();
    let left_out = match cut {
        0 => String::new(),
        _ => format!(
            "; {cut} of {cells} are cut where their share of the file was full: name fewer devices and strategies \
             (--device, --strategy) to see more of each"
        ),
    };
    output::note(&format!("wrote {}: {cells} cells{left_out}", file.display()));
    Ok(results)
}
