//! tightfit: how will a language model that is too big for a device run on it, and which strategy runs it best?
//!
//! This crate is the composition root: it loads a scenario's inputs, builds the engine on a simulated device, runs every
//! (device, strategy) and assembles results. Only it knows all the other crates.

pub mod alone;
pub mod cell;
pub mod compose;
pub mod curve;
pub mod error;
pub mod expect;
pub mod figures;
pub mod fit;
#[cfg(feature = "live")]
pub mod infer;
pub mod inputs;
pub mod likeness;
mod own_policy;
pub mod provenance;
mod report;
pub mod run;
pub mod schemas;
mod shelf;
mod study;
pub mod sweep;
pub mod uncertainty;
pub mod validate;

pub use error::RunError;
pub use inputs::Inputs;
pub use own_policy::OwnPolicy;
pub use report::Report;
pub use study::{Study, run};
pub use tightfit_devices as devices;
pub use tightfit_engine as engine;
pub use tightfit_host as host;
pub use tightfit_reports as reports;
pub use tightfit_scenarios as scenarios;
pub use tightfit_sim as sim;
