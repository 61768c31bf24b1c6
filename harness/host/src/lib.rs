//! This machine as a platform: the engine that the simulator replays, on a real file, real memory and real kernels.
//!
//! [`weights`] is the store on disk, [`HostPlatform`] the seam over it, [`probe`] measures the machine into a device
//! profile. Nothing here decides which weights are read or kept: that is the engine's. This is the one crate that may
//! say `unsafe`; each block says why it is sound.

mod buffer;
mod error;
pub mod gguf;
mod jobs;
pub mod kernels;
mod lanes;
mod latch;
pub mod machine;
mod mapped;
mod platform;
pub mod probe;
#[cfg(target_os = "linux")]
mod ring;
pub mod shape;
mod slots;
pub mod storage;
mod view;
pub mod weights;

pub use buffer::Buffer;
pub use error::{Fault, HostError};
pub use platform::{Bundles, HostPlatform, Kernels, Pause, Reads, Replayed, Spec};
pub use shape::{DenseParts, Shape};
pub use weights::WeightFile;

/// Whether this machine lets a program have an `io_uring`, and if not, what it said.
pub fn ring_is_there() -> Result<(), String> {
    #[cfg(target_os = "linux")]
    return ring::is_there();
    #[cfg(not(target_os = "linux"))]
    return Err("io_uring is Linux's".to_owned());
}
