//! What a device is: memory, flash, processors, runtimes, power, battery and heat, each number with its source.
//!
//! A profile is a TOML file (`devices/profiles/<name>.toml`), perhaps built on others (`base`). Parsing turns every figure into an integer of a unit type,
//! and refuses at the door whatever could not be a device, so that nothing behind it has to check again.

mod check;
mod device;
mod embedded;
mod error;
mod flash;
mod flash_fit;
mod heat;
mod layers;
pub mod locate;
mod memory;
mod merge;
pub mod near;
mod overrides;
mod power;
mod processor;
pub mod read;
mod render;
mod runtime;
mod simplex;
mod source;
mod sourced;
mod spread;
mod uncertain;
pub mod units;
mod weight_format;

pub use device::{Class, Device, Os};
pub use error::DeviceError;
pub use flash::{Flash, FlashLaw, law_ns};
pub use flash_fit::{Fit, Point, fit};
pub use heat::Heat;
pub use memory::Memory;
pub use power::{Battery, Power};
pub use processor::{ComputeFormat, Processor, ProcessorKind};
pub use runtime::{ByFormat, ByFormatValue, LargeHead, Placement, Runtime, RuntimeFit, Scale};
pub use source::{Source, SourceKind, Sources};
pub use sourced::{Sourced, sourced_numbers};
pub use spread::Spread;
pub use uncertain::{Parameter, Uncertain};
pub use units::{
    Bytes, BytesPerSecond, Factor, FemtojoulesPerByte, FlopsPerSecond, MilliOperations, Milliwatts, Nanoseconds,
    Picojoules, Share,
};
pub use weight_format::{Counts, Stored, WeightFormat};
