//! Heat: the power that can be held for ever, and how long a burst above it lasts.

use serde::Deserialize;

use crate::{
    Sources, read,
    units::{Milliwatts, Nanoseconds},
};

/// The `[heat]` section of a profile: a first-order thermal store of `sustained` x `time_constant`.
///
/// Power P into a cold store fills it as x(t) = P / `sustained` x (1 - exp(-t / `time_constant`)); at x = 1 the device
/// begins to throttle. A processor at the share f of its pace draws f to the power of the clock exponent of its power.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heat {
    /// Whole-device power that can be held for ever at full pace (`sustained-mw`).
    #[serde(rename = "sustained-mw", deserialize_with = "read::power_mw")]
    pub sustained: Milliwatts,
    /// Time constant of the thermal store (`time-constant-s`).
    #[serde(rename = "time-constant-s", deserialize_with = "read::time_s")]
    pub time_constant: Nanoseconds,
    /// Twice the exponent of power over pace (`clock-exponent`, 1 to 3 in halves); 2, power in proportion to pace, where
    /// nothing is known of the clocks.
    #[serde(rename = "clock-exponent", default = "in_proportion", deserialize_with = "read::exponent_halves")]
    pub clock_exponent_halves: u32,
    /// Where the numbers come from.
    pub source: Sources,
}

const fn in_proportion() -> u32 {
    2
}
