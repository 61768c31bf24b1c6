//! What is asked of a device: models, traces, strategies and scenarios.

pub mod case;
mod cases;
pub mod catalog;
mod error;
pub mod expect;
pub mod model;
pub mod published;
pub mod scenario;
pub mod settings;
pub mod strategy;
pub mod sweep;
pub mod trace;
pub mod traces;

pub use case::{Case, Cases, Condition};
pub use error::ScenarioError;
pub use expect::Expect;
pub use model::Model;
pub use published::Published;
pub use scenario::Scenario;
pub use settings::Settings;
pub use strategy::Strategy;
pub use sweep::Sweep;
