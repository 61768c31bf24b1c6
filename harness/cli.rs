//! Reads the command line, runs the command, prints what it gives, and turns errors into exit codes.

mod args;
mod completions;
mod curve;
mod device;
mod diff;
mod figures;
mod files;
mod gate;
#[cfg(feature = "live")]
mod infer;
mod list;
#[cfg_attr(not(feature = "live"), path = "cli/live_absent.rs")]
mod live;
mod model;
mod output;
mod progress;
mod run;
mod show;
mod store;
mod sweep;
mod synth;
mod timeline;
mod trace;
mod validate;

use std::process::ExitCode;

use clap::Parser;
use tightfit::RunError;

use args::{Arguments, Command};

/// What a command that did what was asked has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// All is well.
    Well,
    /// A gate or an expectation failed.
    Failed,
}

/// A gate or an expectation failed.
const FAILED: u8 = 1;

/// Wrong input.
const WRONG_INPUT: u8 = 2;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    output::set_quiet(arguments.quiet);
    let ink = arguments.color.ink();
    let well = |()| Done::Well;
    let done = match arguments.command.unwrap_or_default() {
        Command::Run(run) => run::run(&run),
        Command::Merge(options) => sweep::merge(&options).map(well),
        Command::Diff(options) => diff::diff(&options, ink).map(well),
        Command::Gate(options) => gate::gate(&options, ink),
        Command::List { kind } => list::list(kind).map(well),
        Command::Show { kind, name } => show::show(kind, &name).map(well),
        Command::Model(command) => model::model(&command).map(well),
        Command::Store(command) => store::store(&command).map(well),
        Command::Trace(command) => trace::trace(&command).map(well),
        Command::Infer(options) => live::infer(&options).map(well),
        Command::Train(options) => live::train(&options).map(well),
        Command::Perplexity(options) => live::perplexity(&options).map(well),
        Command::Validate(options) => validate::validate(&options).map(well),
        Command::Figures(options) => figures::figures(&options).map(well),
        Command::Device(command) => device::device(&command).map(well),
        Command::Completions { shell } => completions::completions(shell).map(well),
        Command::Man { out } => completions::man(out.as_deref()).map(well),
    };
    match done {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::Failed) => ExitCode::from(FAILED),
        Err(error) => {
            output::error(&message(&error));
            ExitCode::from(WRONG_INPUT)
        }
    }
}

fn message(error: &RunError) -> String {
    error.to_string().trim_end().to_owned()
}
