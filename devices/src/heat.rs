//! Heat: the power that can be held for ever, and how long a burst above it lasts.

use serde::Deserialize;

use crate::{
    Sources, read,
    units::{Milliwatts, Nanoseconds},
};

/// The `[heat]` section of a profile: a first-order thermal store of `sustained` x `time_constant`.
///
/// Power P into a cold store fills it as x(t) = P / `sustained` x (1 - exp(-t / `time_constant`)); at x = 1 the device throttles.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heat {
    /// Whole-device power that can be held for ever (`sustained-mw`).
    #[serde(rename = "sustained-mw", deserialize_with = "read::power_mw")]
    pub sustained: Milliwatts,
    /// Time constant of the thermal store (`time-constant-s`).
    #[serde(rename = "time-constant-s", deserialize_with = "read::time_s")]
    pub time_constant: Nanoseconds,
    /// Where the numbers come from.
    pub source: Sources,
}
