//! `tightfit store`.

use tightfit::{
    Inputs, RunError,
    cell::{self, Cell},
    host::WeightFile,
    scenarios::{Scenario, Settings},
};

use super::{
    args::{Build, StoreCommand},
    output,
};

/// Runs a store command.
pub(crate) fn store(command: &StoreCommand) -> Result<(), RunError> {
    match command {
        StoreCommand::Build(options) => build(options),
        StoreCommand::Info { file } => output::print(&format!("{}\n", WeightFile::label(file)?)),
    }
}

fn build(options: &Build) -> Result<(), RunError> {
    let settings = Settings::parse(&options.settings)?;
    let scenario = Scenario::load_with(&options.scenario, std::slice::from_ref(&options.strategy), &settings)?;
    let inputs = Inputs::load(scenario, &settings)?;
    let (device, strategy) = (&inputs.devices[0], &inputs.scenario.strategies[0]);
    let label =
        cell::host::build(&inputs, Cell { device, strategy, limit: None }, options.gguf.as_deref(), &options.out)?;
    output::note(&format!("wrote {}: {label}", options.out.display()));
    Ok(())
}
