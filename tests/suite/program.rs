//! The binary, run in a folder of its own.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

/// The built program, in `folder`, with nothing of this process's environment that it could read.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tightfit"));
    command.current_dir(folder).stdin(Stdio::null()).env_remove("RAYON_NUM_THREADS").env_remove("RUST_BACKTRACE");
    command
}

/// Runs it to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder).args(arguments).output().expect("the program starts")
}

/// What it printed, where it did what was asked and had nothing to say beside it.
pub(crate) fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let notes = text(&output.stderr);
    assert!(output.status.success() && notes.is_empty(), "{arguments:?}: {}\n{notes}", output.status);
    text(&output.stdout)
}

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}
