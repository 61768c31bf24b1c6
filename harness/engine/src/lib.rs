//! The engine: which weights are in DRAM, which are read from flash, and when.
//!
//! It is generic over one seam, [`Platform`]: time, flash, DRAM and compute change together. The simulator and the
//! real machine drive the same code. The crate has no dependencies and names no clock, file, random generator or
//! print; after construction a step allocates nothing and cannot fail.

#![no_std]
extern crate alloc;

pub mod bend;
pub mod bitset;
pub mod counters;
pub mod curve;
pub mod engine;
pub mod evict;
mod flights;
pub mod geometry;
pub mod list;
pub mod live;
pub mod marks;
pub mod oracle;
pub mod order;
pub mod paged;
pub mod parts;
pub mod plan;
pub mod platform;
pub mod prefetch;
pub mod replay;
pub mod resident;
pub mod script;
pub mod session;
mod stopwatch;
pub mod store;
mod warm_up;

pub use engine::{Engine, Overlap, Rows, Setup};
pub use geometry::{BundleId, Geometry, NONE};
pub use platform::Platform;
pub use script::Script;
pub use store::Store;
