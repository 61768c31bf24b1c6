//! `tightfit model`.

use std::path::Path;

use tightfit::{RunError, reports::write, scenarios::model::import};

use super::{
    args::{ImportModel, ModelCommand},
    output,
};

/// Runs a model command.
pub(crate) fn model(command: &ModelCommand) -> Result<(), RunError> {
    match command {
        ModelCommand::Import(options) => import_model(options),
    }
}

/// Makes a model of a file's header.
fn import_model(options: &ImportModel) -> Result<(), RunError> {
    let done = import::import(&options.file)?;
    done.notes.iter().for_each(|note| output::note(note));
    match &options.out {
        Some(path) => written(path, &done.text),
        None => output::print(&done.text),
    }
}

fn written(path: &Path, text: &str) -> Result<(), RunError> {
    write::file(path, text.as_bytes())?;
    output::note(&format!("wrote {}", path.display()));
    Ok(())
}
