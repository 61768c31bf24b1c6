//! What came of a line: the groups of the result schema that a live run has numbers for, and what is its own.

use std::collections::BTreeMap;

use serde::Serialize;
use tightfit_engine::platform::Cause;
use tightfit_host::Reads;
use tightfit_live::infer::Moment;
use tightfit_reports::schema::{Cache, Flash, Latency, SCHEMA, Throughput, Time};
use tightfit_scenarios::Strategy;

use crate::cell::assemble::cache;

/// A file of results: `{"schema": 1, "results": [...]}`.
#[derive(Clone, Debug, Serialize)]
pub struct InferFile {
    /// Version of the groups, which are those of the result schema.
    pub schema: u32,
    /// One entry a line.
    pub results: Vec<Inferred>,
}

impl InferFile {
    /// A file of these lines.
    #[must_use]
    pub fn new(results: Vec<Inferred>) -> Self {
        Self { schema: SCHEMA, results }
    }
}

/// What a text cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Told {
    /// Tokens that were told, each from those before it.
    pub tokens: u64,
    /// e to the mean number of nats a token.
    pub perplexity: f64,
}

/// Bytes held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HeldMemory {
    /// Dense weights, key-value cache and the highest resident set.
    pub peak_bytes: u64,
    /// Weights that are always held: all but the bundles.
    pub dense_bytes: u64,
    /// The key-value cache.
    pub kv_bytes: u64,
    /// Highest resident set.
    pub resident_bytes: u64,
    /// What the resident set may use.
    pub budget_bytes: u64,
}

/// What one line gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Inferred {
    /// The model's name.
    pub model: String,
    /// The strategy's name.
    pub strategy: String,
    /// What is active: `all`, or a definition.
    pub active: String,
    /// `live`.
    pub platform: &'static str,
    /// How the strategy was set up, and what was asked, by dotted key.
    pub parameters: BTreeMap<String, String>,
    /// How long things took.
    pub latency: Latency,
    /// Tokens in a second.
    pub throughput: Throughput,
    /// Who owned each nanosecond: the owners sum to `wall_ns`.
    pub time: Time,
    /// What was read from flash.
    pub flash: Flash,
    /// What the resident set did.
    pub cache: Cache,
    /// Share of the neurons that a token computes; decode only, where there is any.
    pub computed_share: f64,
    /// What the text cost; absent where a prompt was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// Bytes held.
    pub memory: HeldMemory,
    /// The answer.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// The figures of a request from its moments: the start, the first token (of a prompt of so many), then each token. The
/// model has so many `bundles`.
///
/// # Panics
/// If there was no token.
pub(super) fn inferred(moments: &[Moment], prompt_tokens: usize, bundles: u32) -> Inferred {
    let [start, first, ..] = moments else { panic!("a request gives a token") };
    let last = moments.last().expect("two at least");
    let tokens = (moments.len() - 2) as u64;
    let [ttft_ns, e2e_ns] = [first, last].map(|moment| moment.at_ns - start.at_ns);
    let time = time(start, last);
    // The union over a prompt's positions says little: decode alone, where there is any.
    let (since, passes) = if tokens == 0 { (start, 1) } else { (first, tokens) };
    let computed = last.counters.since(&since.counters).lookups;
    Inferred {
        platform: "live",
        latency: latency(moments, ttft_ns, e2e_ns),
        throughput: Throughput {
            prefill_tokens_per_s: per_s(prompt_tokens as u64, ttft_ns),
            decode_tokens_per_s: per_s(tokens, e2e_ns - ttft_ns),
        },
        flash: flash(start, first, last, tokens, &time),
        cache: cache(&last.counters.since(&start.counters), &last.counters.since(&first.counters)),
        computed_share: computed as f64 / (passes * u64::from(bundles)) as f64,
        time,
        ..Inferred::default()
    }
}

fn latency(moments: &[Moment], ttft_ns: u64, e2e_ns: u64) -> Latency {
    let mut gaps_ns: Vec<u64> = moments[1..].windows(2).map(|pair| pair[1].at_ns - pair[0].at_ns).collect();
    gaps_ns.sort_unstable();
    // Nearest rank.
    let percentile = |percent: usize| match gaps_ns.len() {
        0 => 0,
        count => gaps_ns[(count * percent).div_ceil(100).max(1) - 1],
    };
    Latency {
        load_ns: moments[0].at_ns,
        ttft_ns,
        tpot_ns: (e2e_ns - ttft_ns).checked_div(gaps_ns.len() as u64).unwrap_or(0),
        itl_p50_ns: percentile(50),
        itl_p95_ns: percentile(95),
        itl_p99_ns: percentile(99),
        e2e_ns,
    }
}

fn time(start: &Moment, last: &Moment) -> Time {
    let owners = last.owners.since(&start.owners);
    let time = Time {
        wall_ns: last.at_ns - start.at_ns,
        compute_ns: owners.compute_ns,
        contention_ns: owners.contention_ns,
        flash_stall_ns: owners.flash_stall_ns,
        memory_management_ns: owners.memory_management_ns,
        overhead_ns: owners.overhead_ns,
        throttling_ns: owners.throttling_ns,
    };
    assert_eq!(owners.total_ns(), time.wall_ns, "every nanosecond has an owner");
    time
}

fn flash(start: &Moment, first: &Moment, last: &Moment, tokens: u64, time: &Time) -> Flash {
    let counters = last.counters.since(&start.counters);
    let demand = Cause::Demand as usize;
    let bytes = counters.read_bytes_total();
    let needed_bytes: u64 = counters.needed_bytes.iter().sum();
    let decode_bytes = last.counters.read_bytes_total() - first.counters.read_bytes_total();
    Flash {
        load_bytes: start.counters.read_bytes_total(),
        bytes,
        demand_bytes: counters.read_bytes[demand],
        prefetch_bytes: 0,
        bytes_per_token: decode_bytes.checked_div(tokens).unwrap_or(0),
        reads: counters.reads[demand],
        read_amplification: if needed_bytes == 0 { 1.0 } else { bytes as f64 / needed_bytes as f64 },
        mean_run_bundles: counters.pieces[demand] as f64 / counters.reads[demand].max(1) as f64,
        hidden_ns: (last.flash_busy_ns - start.flash_busy_ns).saturating_sub(time.flash_stall_ns),
    }
}

/// How a line was set up.
pub(super) fn parameters(
    strategy: &Strategy,
    reads: Reads,
    given_tokens: usize,
    answered_tokens: usize,
) -> BTreeMap<String, String> {
    let settings = strategy.settings.iter().map(|(key, value)| (format!("strategy.{key}"), value.clone()));
    let own = [
        ("reads", format!("{reads:?}").to_lowercase()),
        ("request.given-tokens", given_tokens.to_string()),
        ("request.answered-tokens", answered_tokens.to_string()),
    ];
    settings.chain(own.map(|(key, value)| (key.to_owned(), value))).collect()
}

fn per_s(count: u64, span_ns: u64) -> f64 {
    if span_ns == 0 { 0.0 } else { count as f64 * 1e9 / span_ns as f64 }
}
