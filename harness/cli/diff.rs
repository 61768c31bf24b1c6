//! `tightfit diff`.

use tightfit::{
    RunError,
    reports::{diff as report, entry, ink::Ink},
};

use super::{
    args::{Diff, DiffFormat},
    output,
};

/// Compares two files.
pub(crate) fn diff(options: &Diff, ink: Ink) -> Result<(), RunError> {
    let [before, after] = [entry::read(&options.before)?, entry::read(&options.after)?];
    let [before_name, after_name] = [&options.before, &options.after].map(|path| path.display().to_string());
    let diff = report::diff((&before_name, &before), (&after_name, &after));
    output::print(&match options.format {
        DiffFormat::Text => report::text(&diff, options.all, ink),
        DiffFormat::Md => report::markdown(&diff, options.all),
        DiffFormat::Json => report::json(&diff),
    })
}
