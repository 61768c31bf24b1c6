//! Tests of this machine as a platform.

#![expect(clippy::print_stdout, reason = "a test that is skipped says why")]

mod case;
mod conformance;
mod faults;
mod gguf;
mod kernels;
mod mapped;
mod memory;
mod probe;
mod reads;
mod weights;
