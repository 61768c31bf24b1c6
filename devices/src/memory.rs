//! DRAM: its size and speed, and what one app may use of it.

use serde::Deserialize;

use crate::{
    Sources, read,
    units::{Bytes, BytesPerSecond, Nanoseconds, Share},
};

/// The `[memory]` section of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// All DRAM of the device (`total-mb`).
    #[serde(rename = "total-mb", deserialize_with = "read::size_mb")]
    pub total: Bytes,
    /// Peak DRAM bandwidth (`bandwidth-mb-per-s`).
    #[serde(rename = "bandwidth-mb-per-s", deserialize_with = "read::dram_mb_per_s")]
    pub bandwidth: BytesPerSecond,
    /// Bytes that a memory copy copies per second; each is read and written (`copy-mb-per-s`).
    #[serde(rename = "copy-mb-per-s", deserialize_with = "read::dram_mb_per_s")]
    pub copy: BytesPerSecond,
    /// Page of the operating system (`page-kib`).
    #[serde(rename = "page-kib", deserialize_with = "read::size_kib")]
    pub page: Bytes,
    /// Rate at which faulted pages of a mapped file are brought in, beside their read: room, page tables, faults
    /// (`page-in-mb-per-s`). Without it, that costs nothing.
    #[serde(rename = "page-in-mb-per-s", default, deserialize_with = "read::optional_flash_mb_per_s")]
    pub page_in: Option<BytesPerSecond>,
    /// Footprint at which the system kills an ordinary app (`app-limit-mb`).
    #[serde(rename = "app-limit-mb", deserialize_with = "read::size_mb")]
    pub app_limit: Bytes,
    /// The same for an app that holds the larger entitlement (`app-limit-entitled-mb`).
    #[serde(rename = "app-limit-entitled-mb", default, deserialize_with = "optional_size_mb")]
    pub app_limit_entitled: Option<Bytes>,
    /// Share of the app limit above which the system is under memory pressure (`pressure-share`).
    #[serde(rename = "pressure-share", deserialize_with = "read::share")]
    pub pressure: Share,
    /// What the system reclaims per second under pressure, before a byte from flash finds room (`reclaim-mb-per-s`): at
    /// the app limit for every byte, at the pressure share for none, in between in proportion. None where streaming is
    /// not known to slow down.
    #[serde(rename = "reclaim-mb-per-s", default, deserialize_with = "read::optional_flash_mb_per_s")]
    pub reclaim: Option<BytesPerSecond>,
    /// How long an app lives above its limit (`kill-grace-s`); none: it is killed at once.
    #[serde(rename = "kill-grace-s", default, deserialize_with = "read::optional_time_s")]
    pub kill_grace: Option<Nanoseconds>,
    /// Where the numbers come from.
    pub source: Sources,
}

fn optional_size_mb<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
    read::size_mb(from).map(Some)
}
