//! What is asked of a device: models, traces and scenarios.
pub mod trace;
