//! The cases that are built into the program.

/// Name and text, sorted by name; a test holds it to the folder.
pub(crate) const CASES: &[(&str, &str)] = &[];
