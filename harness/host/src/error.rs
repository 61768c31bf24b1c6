//! What can go wrong on a real machine: with the store before a run, and with a read or the bytes during it.

use std::path::PathBuf;

use tightfit_engine::store::Extent;

/// Why a store can't be built or opened, or why a run on it came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The file could not be opened, read or written.
    #[error("weight store {}: {problem}", .path.display())]
    File {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        problem: std::io::Error,
    },
    /// The file is not a weight store, or not this one.
    #[error("weight store {}: {problem}", .path.display())]
    Foreign {
        /// The path as given.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Something that this machine does not offer.
    #[error("{0}")]
    Unsupported(String),
    /// A read failed, or the bytes that it brought are not those that were written.
    #[error("weight store {}: {fault}", .path.display())]
    Run {
        /// The path as given.
        path: PathBuf,
        /// The first fault.
        fault: Fault,
    },
}

/// What ended a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A read failed or came short, again and again.
    #[error("{} B at byte {} could not be read in {attempts} attempts: {problem}", .extent.bytes, .extent.offset)]
    Read {
        /// What was asked for, counted from the first bundle.
        extent: Extent,
        /// How often it was tried.
        attempts: u32,
        /// What the system said last.
        problem: String,
    },
    /// The thread that read died.
    #[error("the lane that read {} B at byte {} died: {problem}", .extent.bytes, .extent.offset)]
    Lane {
        /// What was asked for.
        extent: Extent,
        /// Its last words.
        problem: String,
    },
    /// Bytes in DRAM differ from those that were written to the store.
    #[error("{what} ({} B at byte {}) is not what was written: the file was changed or the device is failing; build it again", .extent.bytes, .extent.offset)]
    Checksum {
        /// Which bundle or part of the dense weights.
        what: String,
        /// Where it lies.
        extent: Extent,
    },
}
