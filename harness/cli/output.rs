//! Standard output and standard error. A reader that has gone away is no error.

use std::{
    io::{self, ErrorKind, Write},
    sync::OnceLock,
};

use tightfit::RunError;

/// Whether only errors are said: set once, from the command line.
static QUIET: OnceLock<bool> = OnceLock::new();

/// Says whether notes and progress are to be kept back.
pub(crate) fn set_quiet(quiet: bool) {
    let _ = QUIET.set(quiet);
}

/// Whether they are.
pub(crate) fn is_quiet() -> bool {
    QUIET.get().copied().unwrap_or(false)
}

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<(), RunError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(problem) if problem.kind() != ErrorKind::BrokenPipe => {
            Err(RunError::File { path: "standard output".to_owned(), problem })
        }
        _ => Ok(()),
    }
}

/// Prints an error to standard error; there is nowhere to report that this failed.
pub(crate) fn error(text: &str) {
    let _ = writeln!(io::stderr(), "error: {text}");
}

/// Prints a note to standard error.
pub(crate) fn note(text: &str) {
    if !is_quiet() {
        let _ = writeln!(io::stderr(), "{text}");
    }
}
