//! `tightfit device`: this machine measured, fits of runtimes, and checks of profiles.
#![allow(clippy::format_push_string, reason = "a table is printed once")]

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use tightfit::{
    RunError,
    devices::{Device, SourceKind},
    fit::{family::Free, fits::Fits, fits::Sample, write},
    host::probe,
    validate::memory,
};

use super::{
    args::{Check, Device as Command, Fit, ProbeOptions},
    output, validate,
};

/// Runs a command on devices.
pub(crate) fn device(command: &Command) -> Result<(), RunError> {
    match command {
        Command::Probe(options) => measure(options),
        Command::Fit(options) => fit(options),
        Command::Check(options) => check(options),
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
    put(&options.out, &text)?;
    output::note(&format!("run with --device {}", options.out.display()));
    Ok(())
}

fn fit(options: &Fit) -> Result<(), RunError> {
    let own = validate::own(&options.profiles)?;
    let loaded = validate::table(&options.measurements, None, &own)?;
    let samples: Vec<Sample> = loaded.rates.iter().map(|rate| rate.sample.clone()).collect();
    let fitted: Vec<&Sample> = samples.iter().filter(|sample| sample.is_fitted()).collect();
    // What is written into a profile stands beside the class that runs will take: the one that is built in.
    let free = if options.profiles.is_empty() || options.classes.is_some() { Free::All } else { Free::Devices };
    let fits = Fits::new(&fitted, &loaded.devices, free);
    let mut text = format!("{:28} {:>5} {:>6} {:>7}  median error in sample\n", "runtime", "rows", "models", "devices");
    for ((runtime, processor, class), family) in fits.families() {
        text.push_str(&format!(
            "{:28} {:>5} {:>6} {:>7}  {:.1} %\n",
            format!("{runtime} on {processor} ({class})"),
            family.rows,
            family.models,
            family.devices.len(),
            family.median_error * 100.0
        ));
    }
    output::print(&text)?;
    if let Some(folder) = &options.classes {
        for (name, text) in write::classes(&fits, &memory::own(&loaded)) {
            put(&folder.join(name), &text)?;
        }
    }
    for (path, device) in options.profiles.iter().zip(&own) {
        let own = write::device(&device.name, fits.families());
        if own.is_empty() {
            output::note(&format!("{}: no row is of `{}`; nothing is written", path.display(), device.name));
            continue;
        }
        let before =
            fs::read_to_string(path).map_err(|problem| RunError::File { path: path.display().to_string(), problem })?;
        let after = write::replaced(&before, &own);
        // A profile that could not be read any more would be lost.
        Device::parse(&path.display().to_string(), &after)?;
        put(path, &after)?;
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<(), RunError> {
    tightfit::reports::write::file(path, text.as_bytes())?;
    output::note(&format!("wrote {}", path.display()));
    Ok(())
}

fn check(options: &Check) -> Result<(), RunError> {
    let names: Vec<String> = if options.devices.is_empty() {
        Device::names().iter().map(|name| (*name).to_owned()).collect()
    } else {
        options.devices.clone()
    };
    let mut text = String::new();
    for name in names {
        let device = Device::load(&name)?;
        let mut kinds: BTreeMap<SourceKind, usize> = BTreeMap::new();
        for number in device.sourced() {
            *kinds.entry(number.kind).or_default() += 1;
        }
        let counts: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        text.push_str(&format!(
            "{} ({}): {} numbers: {}\n",
            device.name,
            device.title,
            device.sourced().len(),
            counts.join(", ")
        ));
        for number in device.sourced().iter().filter(|number| options.all || number.kind == SourceKind::Assumed) {
            text.push_str(&format!("  {} = {}  [{}] {}\n", number.key, number.value, number.kind, number.from));
        }
    }
    output::print(&text)
}
