//! What can be wrong with what is asked: everything here is wrong input, exit code 2.

use tightfit_devices::DeviceError;
use tightfit_reports::ReportError;
use tightfit_scenarios::{
    ScenarioError,
    model::{ModelError, import::ImportError},
    trace::TraceError,
};

/// Why a run can't be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scenario, a strategy or a setting.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A device profile.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A file that a model is to be made of.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The trace.
    #[error("{}", of_trace(.0))]
    Trace(#[from] TraceError),
    /// Writing results.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A table of measurements.
    #[error("measurements {}: {problem}", .path.display())]
    Measurements {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong, with the row.
        problem: String,
    },
    /// Inputs that are fine one by one and impossible together.
    #[error("scenario {scenario}: {problem}")]
    Together {
        /// The scenario's name.
        scenario: String,
        /// What is wrong, and what to change.
        problem: String,
    },
    /// One point of a sweep.
    #[error("at {point}: {error}")]
    Point {
        /// Its keys and values.
        point: String,
        /// What is wrong there.
        error: Box<RunError>,
    },
    /// The journal of a sweep.
    #[error("{path}: {problem}")]
    Journal {
        /// The file.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// This machine as a platform.
    #[error(transparent)]
    Host(#[from] tightfit_host::HostError),
    /// The recorder could not run.
    #[cfg(feature = "live")]
    #[error(transparent)]
    Live(#[from] tightfit_live::LiveError),
    /// A file that the command line names.
    #[error("{path}: {problem}")]
    File {
        /// The path as given.
        path: String,
        /// What the system said.
        problem: std::io::Error,
    },
    /// The command line asks for what this build lacks, or for two things that exclude each other.
    #[error("{0}")]
    Usage(String),
}

/// Errors of a trace begin with its file; those about its name or its recipe say themselves what they are about.
fn of_trace(error: &TraceError) -> String {
    if matches!(error, TraceError::Missing { .. } | TraceError::Recipe(_)) {
        error.to_string()
    } else {
        format!("trace {error}")
    }
}
