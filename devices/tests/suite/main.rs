//! Tests of the device profiles: the embedded ones, what is refused, settings from outside, and mutated texts.

mod bases;
mod errors;
mod flash_fit;
mod mutation;
mod overrides;
mod profiles;
mod uncertain;
