//! Tests of this machine as a platform.

mod case;
mod conformance;
mod faults;
mod kernels;
mod probe;
mod reads;
mod weights;
