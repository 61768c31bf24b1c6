//! Fitting the few numbers of runtimes to published measurements.

mod belief;
pub mod family;
pub mod fits;
mod knobs;
mod least_squares;
pub mod measurement;
pub mod names;
pub mod split;
pub mod work;
pub mod write;
