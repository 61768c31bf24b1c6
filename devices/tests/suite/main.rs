//! Tests of the device profiles: the embedded ones, what is refused, settings from outside, and mutated texts.

mod aliases;
mod bases;
mod errors;
mod flash_fit;
mod mutation;
mod order;
mod overrides;
mod profiles;
