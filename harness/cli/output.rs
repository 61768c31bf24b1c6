//! Standard output and standard error. A reader that has gone away is no error.

use std::io::{self, ErrorKind, Write};

use tightfit::RunError;

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
    let _ = writeln!(io::stderr(), "{text}");
}
