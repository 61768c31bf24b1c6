//! The engine held to its laws: slow twins, exhaustive small spaces, closed forms, and a world that really holds bytes.

mod ahead;
mod allocations;
mod allocations_ahead;
mod belady;
mod bytes_world;
mod case;
mod clock_world;
mod dependencies;
mod exhaustive;
mod laws;
mod paged;
mod paged_twin;
mod plan;
mod policy;
mod replay;
mod residency;
mod rich_case;
mod session;
mod slab;
mod structures;
mod twin;
mod watched;
mod weights;
mod weights_ahead;
