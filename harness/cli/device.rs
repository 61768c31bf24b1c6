//! `tightfit device`.

use std::{path::Path, time::Instant};

use tightfit::{
    RunError,
    devices::{Device, SourceKind},
    host::probe,
};

use super::{
    args::{DeviceCommand, ProbeOptions},
    output,
};

/// Runs a device command.
pub(crate) fn device(command: &DeviceCommand) -> Result<(), RunError> {
    match command {
        DeviceCommand::Probe(options) => measure(options),
        DeviceCommand::Check { device } => check(device),
    }
}

/// Measures this machine and writes its profile.
fn measure(options: &ProbeOptions) -> Result<(), RunError> {
    let start = Instant::now();
    let stem = options.out.file_stem().and_then(|stem| stem.to_str()).unwrap_or("this-machine");
    if options.out.extension().is_none_or(|extension| extension != "toml") {
        return Err(RunError::Usage(format!("--out {}: a profile's name ends in .toml", options.out.display())));
    }
    let told = |step: &str| output::note(&format!("{step} measured after {:.0} s", start.elapsed().as_secs_f64()));
    let measured = probe::measure(&options.folder, options.reads.into(), probe::Effort::default(), told)?;
    let text = probe::profile(stem, &measured);
    Device::parse(stem, &text)?;
    write(&options.out, &text)?;
    output::note(&format!("wrote {}: run with --device {}", options.out.display(), options.out.display()));
    Ok(())
}

/// Loads a profile and says what its numbers rest on.
fn check(name: &str) -> Result<(), RunError> {
    let device = Device::load(name)?;
    let kinds =
        [SourceKind::Measured, SourceKind::Datasheet, SourceKind::Published, SourceKind::Derived, SourceKind::Assumed];
    let counts: Vec<String> = kinds
        .iter()
        .map(|kind| format!("{} {kind}", device.sourced().iter().filter(|number| number.kind == *kind).count()))
        .collect();
    output::print(&format!("{}: {} numbers: {}\n", device.name, device.sourced().len(), counts.join(", ")))
}

/// Writes a file that appears whole or not at all.
fn write(path: &Path, text: &str) -> Result<(), RunError> {
    let failed = |problem| RunError::File { path: path.display().to_string(), problem };
    let unfinished = path.with_extension("unfinished");
    std::fs::write(&unfinished, text).map_err(failed)?;
    std::fs::rename(&unfinished, path).map_err(failed)
}
