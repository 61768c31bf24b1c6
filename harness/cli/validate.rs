//! `tightfit validate`: predictions beside published measurements.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tightfit::{
    RunError,
    devices::Device,
    reports::{charts::scatter, validation},
    scenarios::Cases,
    validate::{self, Which, load::Loaded, written},
};

use super::{
    args::{Validate, ValidateFormat},
    output,
};

/// Predicts, prints, and writes what is asked for.
pub(crate) fn validate(options: &Validate) -> Result<(), RunError> {
    let loaded = match &options.measurements {
        None => Loaded::built_in(&options.only)?,
        Some(path) => table(path, options.write_cases.as_deref(), &own(&options.profiles)?)?,
    };
    for (reason, rows) in &loaded.passed_by {
        output::note(&format!("passed by {rows} figures: {reason}"));
    }
    let which = if options.fit_split { Which::LeftOut } else { Which::Profiles };
    let validation = validate::validate(&loaded, which)?;
    if let Some(folder) = &options.out {
        let file = |problem| RunError::File { path: folder.display().to_string(), problem };
        fs::create_dir_all(folder).map_err(file)?;
        let write = |name: &str, bytes: &[u8]| tightfit::reports::write::file(&folder.join(name), bytes);
        write("validation.json", validation.json().as_bytes())?;
        write("validation.md", validation::markdown(&validation).as_bytes())?;
        if let Some(chart) = scatter::chart(&validation) {
            write("predicted-against-published.svg", chart.svg.as_bytes())?;
            write("predicted-against-published.png", &chart.png)?;
            write("predicted-against-published.csv", chart.csv.as_bytes())?;
        }
        output::note(&format!("wrote {} cases to {}", validation.cases.len(), folder.display()));
    }
    output::print(&match options.format {
        ValidateFormat::Text => validation::text(&validation),
        ValidateFormat::Md => validation::markdown(&validation),
        ValidateFormat::Json => validation.json(),
    })
}

/// The rows of a table as cases; what is passed by is said.
pub(crate) fn table(path: &Path, write_to: Option<&Path>, own: &[Device]) -> Result<Loaded, RunError> {
    let (files, passed_by) = Loaded::table(path, own)?;
    for (reason, rows) in &passed_by {
        output::note(&format!("passed by {rows} rows: {reason}"));
    }
    if let Some(folder) = write_to {
        write_cases(folder, &files)?;
    }
    Loaded::of(files, own)
}

/// Devices of one's own.
pub(crate) fn own(profiles: &[PathBuf]) -> Result<Vec<Device>, RunError> {
    Ok(profiles.iter().map(|path| Device::load(&path.display().to_string())).collect::<Result<_, _>>()?)
}

fn write_cases(folder: &Path, files: &[Cases]) -> Result<(), RunError> {
    fs::create_dir_all(folder).map_err(|problem| RunError::File { path: folder.display().to_string(), problem })?;
    for (name, text) in written::files(files) {
        tightfit::reports::write::file(&folder.join(name), text.as_bytes())?;
    }
    Ok(())
}
