//! The result: the contract of the product. Units stand last in every name; groups are flat lists of numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of this contract.
pub const SCHEMA: u32 = 1;

/// A result file: `{"schema": 1, "results": [...]}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultFile {
    /// Always [`SCHEMA`].
    pub schema: u32,
    /// One entry per scenario, device, strategy and sweep point, in the order of the scenario's lists.
    pub results: Vec<RunResult>,
}

/// What one (scenario, device, model, strategy, sweep point) gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunResult {
    /// Scenario name.
    pub scenario: String,
    /// Device profile name.
    pub device: String,
    /// Model name.
    pub model: String,
    /// Strategy label, unique within the scenario.
    pub strategy: String,
    /// `sim` or `host`.
    pub platform: String,
    /// What set this point apart and how the strategy was set up, by dotted key.
    pub parameters: BTreeMap<String, String>,
    /// Seed of every random stream.
    pub seed: u64,
    /// SHA-256 of each input (device, model, scenario, trace), hexadecimal.
    pub digests: BTreeMap<String, String>,
    /// How long things took.
    pub latency: Latency,
    /// Tokens in a second.
    pub throughput: Throughput,
    /// What no strategy gets past.
    pub bounds: Bounds,
    /// Who owned each nanosecond of the request: the owners sum to `wall_ns`.
    pub time: Time,
    /// What was read from flash during the request.
    pub flash: Flash,
    /// What the resident set did.
    pub cache: Cache,
    /// What came of reads ahead.
    pub prefetch: Prefetch,
    /// Whether the model's choices were bent, and what that lost.
    pub quality: Quality,
    /// Bytes held, and what the system would do about it.
    pub memory: Memory,
    /// Energy of the request by component.
    pub energy: Energy,
    /// Heat over the request.
    pub thermal: Thermal,
    /// Groups of this result whose numbers mean nothing because the platform can't measure them: `energy` and `thermal` on a
    /// real machine. Left out where all are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_measured: Vec<String>,
    /// What the inputs rest on.
    pub provenance: Provenance,
    /// Samples that the intervals are from; 0 where none were drawn.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub samples: u32,
    /// Where each number lies nine times of ten, its inputs being as unsure as their sources: by dotted name, such as
    /// `throughput.decode_tokens_per_s`. Empty where no samples were drawn.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub intervals: BTreeMap<String, Interval>,
    /// The five inputs whose spread moves the speed most, the first most. Empty where no samples were drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitivity: Vec<Sensitivity>,
    /// Per-token rows, kept out of the JSON (they go to Parquet and CSV).
    #[serde(skip)]
    pub tokens: Vec<TokenRow>,
}

impl RunResult {
    /// Whether the numbers of a group mean nothing here.
    #[must_use]
    pub fn lacks(&self, group: &str) -> bool {
        self.not_measured.iter().any(|none| none == group)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Where a number lies nine times of ten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// 5th percentile of the samples.
    pub low: f64,
    /// 95th percentile.
    pub high: f64,
}

/// How much one input's spread matters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensitivity {
    /// Its dotted key, for instance `device.flash.ceiling-mb-per-s`; a fitted runtime as a whole is
    /// `device.runtime.0.fit.spread`.
    pub key: String,
    /// Its spread: a standard deviation of the logarithm.
    pub spread: f64,
    /// Its share of the variance of decoded tokens a second (prompt tokens where nothing is decoded), each input moved
    /// up by its spread alone.
    pub share: f64,
}

/// Latencies of the request, nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// From a cold start to readiness: dense weights and pinned bundles read from flash. Outside `e2e_ns`.
    pub load_ns: u64,
    /// Time to first token: prefill and one head.
    pub ttft_ns: u64,
    /// Mean time per output token after the first.
    pub tpot_ns: u64,
    /// Median gap between tokens.
    pub itl_p50_ns: u64,
    /// 95th percentile of the gaps.
    pub itl_p95_ns: u64,
    /// 99th percentile of the gaps.
    pub itl_p99_ns: u64,
    /// Whole request.
    pub e2e_ns: u64,
}

/// Tokens a second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throughput {
    /// Prompt tokens over TTFT.
    pub prefill_tokens_per_s: f64,
    /// Output tokens after the first, over their time.
    pub decode_tokens_per_s: f64,
}

/// The physical limits of a decoded token: what its bytes would take if nothing else did. 0 where it is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Bytes that the kernels of a decoded token move through DRAM, on average: weights and KV cache.
    pub dram_bytes_per_token: u64,
    /// Peak bandwidth of the DRAM.
    pub dram_bytes_per_s: u64,
    /// The most that the flash ever delivers.
    pub flash_bytes_per_s: u64,
}

/// The request's wall time and its owners: `wall_ns` is the exact sum of the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Whole request.
    pub wall_ns: u64,
    /// Kernels.
    pub compute_ns: u64,
    /// Kernels slowed by flash reads landing in the same DRAM.
    pub contention_ns: u64,
    /// Waiting for flash.
    pub flash_stall_ns: u64,
    /// Moving rows inside DRAM.
    pub memory_management_ns: u64,
    /// Dispatches and the runtime's fixed cost per token.
    pub overhead_ns: u64,
    /// Kernels slowed by heat.
    pub throttling_ns: u64,
}

/// Flash traffic of the request (load excluded).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flash {
    /// Bytes read at cold start, before the request.
    pub load_bytes: u64,
    /// Bytes read during the request.
    pub bytes: u64,
    /// Of them on demand.
    pub demand_bytes: u64,
    /// Of them ahead of need.
    pub prefetch_bytes: u64,
    /// Mean over decode tokens.
    pub bytes_per_token: u64,
    /// Reads issued during the request.
    pub reads: u64,
    /// Bytes read over bytes needed.
    pub read_amplification: f64,
    /// Bundles that a demand read brings, on average: neighbours that were needed together. A part of a bundle counts as
    /// one, bytes of gaps do not; 0 where pages are read.
    pub mean_run_bundles: f64,
    /// Flash busy time that ran under compute.
    pub hidden_ns: u64,
}

/// What the resident set did. `lookups` = `hits` + `late` + `misses`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Once per unique bundle per step.
    pub lookups: u64,
    /// Found in DRAM.
    pub hits: u64,
    /// Found in flight.
    pub late: u64,
    /// Read on demand.
    pub misses: u64,
    /// Misses on something held before.
    pub re_reads: u64,
    /// Bundles dropped.
    pub evictions: u64,
    /// Hits over lookups, whole request.
    pub hit_rate: f64,
    /// Hits over lookups, decode only.
    pub decode_hit_rate: f64,
}

/// What came of bundles that were read ahead.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prefetch {
    /// Used after they had landed.
    pub useful: u64,
    /// Needed while they were still in flight.
    pub late: u64,
    /// Dropped unused.
    pub wasted: u64,
    /// Taken back before their read began.
    pub cancelled: u64,
}

/// What became of the model's own choices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Whether the strategy computes other things than the model would: a replayed trace can't tell what the model would
    /// have done next, so the result holds for the first such step and is a guess from then on.
    pub open_loop: bool,
    /// Share of the active mass that was not computed; decode only, where there is any.
    pub lost_mass_share: f64,
    /// Share of it that was computed at a lower precision.
    pub degraded_mass_share: f64,
    /// What mass means: the trace's `scores`, or `counts` where it has none; empty where nothing was bent.
    pub mass_from: String,
}

/// Memory of the app.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Highest footprint: dense weights, KV cache, runtime and resident set.
    pub peak_bytes: u64,
    /// Always-resident weights.
    pub dense_bytes: u64,
    /// KV cache at the end of the request.
    pub kv_bytes: u64,
    /// The runtime's own; on a real machine all that the process holds besides the others.
    pub runtime_bytes: u64,
    /// Highest resident set.
    pub resident_bytes: u64,
    /// Clean file-backed pages, which the system does not count against the app.
    pub mapped_bytes: u64,
    /// What the resident set may use.
    pub budget_bytes: u64,
    /// What the system lets the app use.
    pub limit_bytes: u64,
    /// From the cold start to the kill; 0 where the app is not killed.
    pub killed_after_ns: u64,
    /// `fits`, `under-pressure` or `killed`; a killed run's other numbers say what it would have done. On a real machine
    /// `ran`: it ended by itself, and what limit the system held it to, if any, the provenance says.
    pub outcome: String,
}

/// Energy of the request, picojoules (mW x ns): `total_pj` is the exact sum of the components.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Energy {
    /// All components.
    pub total_pj: u64,
    /// The device awake, doing nothing.
    pub idle_pj: u64,
    /// The processor while it computes.
    pub compute_pj: u64,
    /// Bytes through DRAM.
    pub dram_pj: u64,
    /// Bytes out of flash.
    pub flash_pj: u64,
    /// Decode energy over output tokens after the first.
    pub joules_per_token: f64,
    /// Share of the battery that 1,000 decoded tokens take.
    pub battery_percent_per_1000_tokens: f64,
    /// Share of the battery that an hour of decoding takes.
    pub battery_percent_per_hour: f64,
}

/// Heat over the request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thermal {
    /// Mean power of the whole device, milliwatts.
    pub mean_mw: u64,
    /// Highest fill of the device's heat store, 1 = throttling begins.
    pub peak_fill: f64,
    /// Whether the run was slowed by heat.
    pub throttled: bool,
    /// How a request of a minute or more went on: at most 120 spans of equal length, those without a token left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<ThermalPoint>,
}

/// A span of a long request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThermalPoint {
    /// When its last token was out, from the request's start.
    pub t_s: f64,
    /// Its tokens over the time that they took.
    pub tokens_per_s: f64,
    /// Fill of the heat store after the last of them.
    pub fill: f64,
    /// Mean power of the whole device while they ran.
    pub power_mw: u64,
}

/// What the inputs rest on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Weakest kind of source that the run leaned on.
    pub weakest: String,
    /// Every assumed number, by dotted key.
    pub assumed: Vec<String>,
    /// Every input with its source.
    pub sources: Vec<Source>,
}

/// One input and where it is from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Dotted key, for instance `device.flash.read-latency-us`.
    pub key: String,
    /// The value as the run used it, with its unit in the key.
    pub value: String,
    /// `measured`, `datasheet`, `published`, `derived` or `assumed`.
    pub kind: String,
    /// Where it is from.
    pub from: String,
}

/// One output token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Number of the output token, from 0 (0 = the one that prefill gives).
    pub token: u64,
    /// When it was out, from the request's start.
    pub at_ns: u64,
    /// Its gap to the one before (TTFT for token 0).
    pub gap_ns: u64,
    /// Owners of the gap, as in [`Time`].
    pub compute_ns: u64,
    /// See [`Time`].
    pub contention_ns: u64,
    /// See [`Time`].
    pub flash_stall_ns: u64,
    /// See [`Time`].
    pub memory_management_ns: u64,
    /// See [`Time`].
    pub overhead_ns: u64,
    /// See [`Time`].
    pub throttling_ns: u64,
    /// Lookups of the token.
    pub lookups: u64,
    /// Hits of the token.
    pub hits: u64,
    /// Flash bytes of the token.
    pub flash_bytes: u64,
    /// Energy of the token.
    pub energy_pj: u64,
    /// Footprint of the app when the token is out.
    pub memory_bytes: u64,
    /// Fill of the device's heat store then, parts per million: a million = throttling begins.
    pub heat_ppm: u64,
}
