//! The engine held to its laws: slow twins, exhaustive small spaces, closed forms, and a world that really holds bytes.

mod allocations;
mod belady;
mod bytes_world;
mod care;
mod case;
mod clock_world;
mod dependencies;
mod exhaustive;
mod ghosts;
mod golden;
mod laws;
mod order;
mod paged;
mod paged_twin;
mod plan;
mod policy;
mod replay;
mod residency;
mod slab;
mod slow;
mod structures;
mod twin;
mod weights;
