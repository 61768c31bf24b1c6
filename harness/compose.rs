//! Turns inputs into what the engine and the simulator take: geometry, script, costs, budget.

pub(crate) mod contents;
pub mod costs;
#[cfg(feature = "live")]
pub(crate) mod live;
mod policy;
pub mod profile;
pub mod room;
mod setup;
pub mod shape;
pub mod stepper;
pub mod store;
pub mod streams;
