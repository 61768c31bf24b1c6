//! Reads the command line, runs the command, prints what it gives, and turns errors into exit codes.

mod args;
mod curve;
mod files;
mod list;
mod output;
mod progress;
mod run;
mod show;
mod sweep;
mod synth;
mod trace;

use std::process::ExitCode;

use clap::Parser;
use tightfit::RunError;

use args::{Arguments, Command};

/// Wrong input.
const WRONG_INPUT: u8 = 2;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command.unwrap_or_default() {
        Command::Run(run) => run::run(&run),
        Command::Merge(options) => sweep::merge(&options),
        Command::List { kind } => list::list(kind),
        Command::Show { kind, name } => show::show(kind, &name),
        Command::Trace(command) => trace::trace(&command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&message(&error));
            ExitCode::from(WRONG_INPUT)
        }
    }
}

fn message(error: &RunError) -> String {
    error.to_string().trim_end().to_owned()
}
