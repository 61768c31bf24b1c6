//! Power and battery: what idling and moving bytes cost, and how much energy there is.

use serde::Deserialize;

use crate::{
    Sources, read,
    units::{FemtojoulesPerByte, Milliwatts, Picojoules},
};

/// The `[power]` section of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Device awake with the screen on, doing nothing else (`idle-mw`).
    #[serde(rename = "idle-mw", deserialize_with = "read::power_mw")]
    pub idle: Milliwatts,
    /// Energy of a byte through DRAM (`dram-pj-per-byte`).
    #[serde(rename = "dram-pj-per-byte", deserialize_with = "read::energy_pj_per_byte")]
    pub dram: FemtojoulesPerByte,
    /// Energy of a byte out of flash (`flash-pj-per-byte`).
    #[serde(rename = "flash-pj-per-byte", deserialize_with = "read::energy_pj_per_byte")]
    pub flash: FemtojoulesPerByte,
    /// Where the numbers come from.
    pub source: Sources,
}

/// The `[battery]` section of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Battery {
    /// Energy of a full charge (`energy-mwh`).
    #[serde(rename = "energy-mwh", deserialize_with = "read::energy_mwh")]
    pub energy: Picojoules,
    /// Where the number comes from.
    pub source: Sources,
}
