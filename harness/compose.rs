//! Turns inputs into what the engine and the simulator take: geometry, script, costs, budget.

pub mod costs;
pub mod profile;
pub mod room;
pub mod stepper;
pub mod streams;
