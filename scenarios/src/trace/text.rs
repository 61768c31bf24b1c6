//! A trace as text, for small fixtures that a person can read and write.
//!
//! ```text
//! # Lines that start with a hash are comments.
//! geometry neuron layers=2 bundles=8
//! bundle-bytes 864,864
//! model SmolLM2-135M
//! definition mass-share 0.90
//! note prompt = two words
//!
//! request 0
//! 0 prefill 0: 1 3 5
//! 0 prefill 1: 2
//! 1 decode 0: 1 4
//! 1 decode 1:
//! ```
//!
//! The bytes of a bundle, one number a layer, may be left out.
//! A row is token, phase, layer, then the active bundles. With scores, a bundle is `1:0.5`. The line `request 0` may
//! be left out; further requests begin with one. A line `scores` is needed only where no entry shows them.
//! In header values a backslash escapes: `\\`, `\n`, `\r`, `\t`, `\s` (a space at an edge), `\e` (an equals sign).

mod escape;
mod format;
mod parse;

pub use format::format;
pub use parse::parse;
