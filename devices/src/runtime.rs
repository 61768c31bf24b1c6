//! Runtimes: what share of a processor a program that runs models really attains.

use serde::Deserialize;

use crate::{
    ComputeFormat, ProcessorKind, Sources, read,
    units::{Bytes, Nanoseconds, Share},
};

/// A `[[runtime]]` entry of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// Its name, such as `llama.cpp` or `mlx`.
    #[serde(deserialize_with = "read::text")]
    pub name: String,
    /// The processor that it runs on.
    pub processor: ProcessorKind,
    /// The number format of its arithmetic (`compute-format`).
    #[serde(rename = "compute-format")]
    pub compute_format: ComputeFormat,
    /// Share of the processor's attainable bandwidth that it attains (`bandwidth-share`).
    #[serde(rename = "bandwidth-share", deserialize_with = "read::share")]
    pub bandwidth_share: Share,
    /// Share of the processor's peak rate that it attains (`compute-share`).
    #[serde(rename = "compute-share", deserialize_with = "read::share")]
    pub compute_share: Share,
    /// Fixed cost of a token: sampling, graph building, synchronisation (`token-overhead-us`).
    #[serde(rename = "token-overhead-us", deserialize_with = "read::cost_us")]
    pub token_overhead: Nanoseconds,
    /// Its own buffers and activations (`memory-mb`).
    #[serde(rename = "memory-mb", deserialize_with = "read::size_mb_or_zero")]
    pub memory: Bytes,
    /// Where the numbers come from.
    pub source: Sources,
}
