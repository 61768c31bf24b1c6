//! Turns the notes of a run into a result, and holds it to the laws.

use std::collections::BTreeMap;

use tightfit_devices::Nanoseconds;
use tightfit_engine::{counters::Counters, platform::Cause};
use tightfit_reports::schema::{
    Bounds, Cache, Energy, Flash, Latency, Memory, Prefetch, Quality, RunResult, Thermal, Throughput, Time,
};
use tightfit_scenarios::{strategy::Mechanism, trace::Recorded};
use tightfit_sim::Footprint;

use super::{Cell, Recorder, World, curve};
use crate::{
    Inputs,
    compose::{room::Room, streams::Streams},
    provenance,
};

const HOUR_NS: f64 = 3600e9;

pub(super) fn result<P: World>(
    inputs: &Inputs,
    cell: Cell<'_>,
    streams: &Streams,
    room: &Room,
    recorder: Recorder,
) -> RunResult {
    let time = time(&recorder);
    let latency = latency(&recorder, streams);
    let result = RunResult {
        scenario: inputs.scenario.name.clone(),
        device: cell.device.name.clone(),
        model: inputs.model.name.clone(),
        strategy: cell.strategy.name.clone(),
        platform: P::NAME.to_owned(),
        parameters: parameters(inputs, cell, streams),
        seed: inputs.scenario.seed,
        digests: inputs
            .digests
            .iter()
            .filter(|(key, _)| !key.starts_with("device.") || **key == format!("device.{}", cell.device.name))
            .map(|(key, digest)| (key.split('.').next().unwrap_or(key).to_owned(), digest.clone()))
            .collect(),
        throughput: Throughput {
            prefill_tokens_per_s: per_s(u64::from(streams.prompt_tokens), latency.ttft_ns),
            decode_tokens_per_s: per_s(decode_tokens(streams), latency.e2e_ns - latency.ttft_ns),
        },
        bounds: bounds::<P>(cell, &recorder, streams),
        flash: flash(&recorder, streams, &time),
        cache: cache(
            &recorder.last.counters.since(&recorder.start.counters),
            &recorder.last.counters.since(&recorder.first_token.counters),
        ),
        prefetch: prefetch(&recorder),
        quality: quality(inputs, cell, &recorder),
        memory: memory::<P>(cell, room, &recorder),
        energy: energy(cell, &recorder, streams),
        thermal: thermal(&recorder, &time),
        not_measured: P::NOT_MEASURED.iter().map(|&group| group.to_owned()).collect(),
        provenance: provenance::provenance(inputs, cell, P::IS_VIRTUAL),
        samples: 0,
        intervals: BTreeMap::new(),
        sensitivity: Vec::new(),
        latency,
        time,
        tokens: recorder.tokens,
    };
    assert_laws(&result);
    result
}

/// The laws that hold between the numbers of any result.
fn assert_laws(result: &RunResult) {
    let Time { wall_ns, compute_ns, contention_ns, flash_stall_ns, memory_management_ns, overhead_ns, throttling_ns } =
        result.time;
    let owned_ns = compute_ns + contention_ns + flash_stall_ns + memory_management_ns + overhead_ns + throttling_ns;
    assert_eq!(owned_ns, wall_ns, "owners have {owned_ns} of {wall_ns} ns");
    assert_eq!(wall_ns, result.latency.e2e_ns, "the request is its wall time");
    let cache = &result.cache;
    assert_eq!(cache.hits + cache.late + cache.misses, cache.lookups, "hits + late + misses = lookups");
    assert_eq!(result.flash.demand_bytes + result.flash.prefetch_bytes, result.flash.bytes, "bytes have a cause");
    let energy = &result.energy;
    let components = energy.idle_pj + energy.compute_pj + energy.dram_pj + energy.flash_pj;
    assert_eq!(components, energy.total_pj, "energy is the sum of its components");
}

fn time(recorder: &Recorder) -> Time {
    let owners = recorder.last.owners.since(&recorder.start.owners);
    Time {
        wall_ns: recorder.last.now_ns - recorder.start.now_ns,
        compute_ns: owners.compute_ns,
        contention_ns: owners.contention_ns,
        flash_stall_ns: owners.flash_stall_ns,
        memory_management_ns: owners.memory_management_ns,
        overhead_ns: owners.overhead_ns,
        throttling_ns: owners.throttling_ns,
    }
}

fn latency(recorder: &Recorder, streams: &Streams) -> Latency {
    let ttft_ns = recorder.first_token.now_ns - recorder.start.now_ns;
    let e2e_ns = recorder.last.now_ns - recorder.start.now_ns;
    let mut gaps_ns: Vec<u64> = recorder.tokens.iter().skip(1).map(|row| row.gap_ns).collect();
    gaps_ns.sort_unstable();
    // Nearest rank: the smallest gap that at least this share of the gaps does not exceed.
    let percentile = |percent: usize| match gaps_ns.len() {
        0 => 0,
        count => gaps_ns[(count * percent).div_ceil(100).max(1) - 1],
    };
    Latency {
        load_ns: recorder.start.now_ns,
        ttft_ns,
        tpot_ns: (e2e_ns - ttft_ns).checked_div(streams.outputs).unwrap_or(0),
        itl_p50_ns: percentile(50),
        itl_p95_ns: percentile(95),
        itl_p99_ns: percentile(99),
        e2e_ns,
    }
}

fn bounds<P: World>(cell: Cell<'_>, recorder: &Recorder, streams: &Streams) -> Bounds {
    if P::NOT_MEASURED.contains(&"bounds") {
        return Bounds::default();
    }
    let kernel_bytes = recorder.last.kernel_bytes - recorder.first_token.kernel_bytes;
    Bounds {
        dram_bytes_per_token: kernel_bytes.checked_div(decode_tokens(streams)).unwrap_or(0),
        dram_bytes_per_s: cell.device.memory.bandwidth.get(),
        flash_bytes_per_s: cell.device.flash.law.ceiling().get(),
    }
}

fn flash(recorder: &Recorder, streams: &Streams, time: &Time) -> Flash {
    let counters = recorder.last.counters.since(&recorder.start.counters);
    // What was read ahead under the first token may be taken back under the next.
    let [first_bytes, last_bytes] =
        [&recorder.first_token, &recorder.last].map(|moment| moment.counters.read_bytes_total());
    let [demand, prefetch] = [Cause::Demand as usize, Cause::Prefetch as usize];
    let bytes = counters.read_bytes_total();
    let needed_bytes = counters.needed_bytes.iter().sum::<u64>() - counters.cancelled_needed_bytes;
    let busy_ns = recorder.last.flash_busy_ns - recorder.start.flash_busy_ns;
    Flash {
        load_bytes: recorder.start.counters.read_bytes_total(),
        bytes,
        demand_bytes: counters.read_bytes[demand],
        prefetch_bytes: counters.read_bytes[prefetch] - counters.cancelled_bytes,
        bytes_per_token: last_bytes.saturating_sub(first_bytes).checked_div(decode_tokens(streams)).unwrap_or(0),
        reads: counters.reads[demand] + counters.reads[prefetch] - counters.cancelled_reads,
        read_amplification: if needed_bytes == 0 { 1.0 } else { bytes as f64 / needed_bytes as f64 },
        mean_run_bundles: (counters.pieces[demand] as f64) / (counters.reads[demand].max(1) as f64),
        // Whoever waits for flash waits while it is busy: the rest of its busy time ran under something else. (On a real
        // machine the wait is longer by the hand-over.)
        hidden_ns: busy_ns.saturating_sub(time.flash_stall_ns),
    }
}

/// What was found in DRAM, of all counts and of those of decoded tokens.
pub(crate) fn cache(all: &Counters, decode: &Counters) -> Cache {
    let rate = |hits: u64, lookups: u64| if lookups == 0 { 0.0 } else { hits as f64 / lookups as f64 };
    Cache {
        lookups: all.lookups,
        hits: all.hits,
        late: all.late,
        misses: all.misses,
        re_reads: all.re_reads,
        evictions: all.evictions,
        hit_rate: rate(all.hits, all.lookups),
        decode_hit_rate: rate(decode.hits, decode.lookups),
    }
}

fn prefetch(recorder: &Recorder) -> Prefetch {
    let counters = recorder.last.counters.since(&recorder.start.counters);
    Prefetch {
        useful: counters.prefetch_useful,
        late: counters.late,
        wasted: counters.prefetch_wasted,
        cancelled: counters.prefetch_cancelled,
    }
}

/// What a strategy that bends the model lost. Where nothing is decoded the prompt is what was computed.
fn quality(inputs: &Inputs, cell: Cell<'_>, recorder: &Recorder) -> Quality {
    let decode = recorder.last.counters.since(&recorder.first_token.counters);
    let all = recorder.last.counters.since(&recorder.start.counters);
    let counters = if decode.mass > 0 { decode } else { all };
    let share = |mass: u64| if counters.mass == 0 { 0.0 } else { mass as f64 / counters.mass as f64 };
    // A trace of a model whose inactive neurons are not zero makes whatever skips them open-loop.
    let open_loop = cell.strategy.is_open_loop() || counters.lost_mass > 0;
    let has_scores = inputs.trace.as_deref().is_some_and(Recorded::has_scores);
    Quality {
        open_loop,
        lost_mass_share: share(counters.lost_mass),
        degraded_mass_share: share(counters.degraded_mass),
        mass_from: match (open_loop, has_scores) {
            (false, _) => "",
            (true, true) => "scores",
            (true, false) => "counts",
        }
        .to_owned(),
    }
}

fn memory<P: World>(cell: Cell<'_>, room: &Room, recorder: &Recorder) -> Memory {
    let held_bytes = recorder.resident_peak_bytes;
    let (resident_bytes, mapped_bytes) = match cell.strategy.mechanism {
        Mechanism::ResidentSet { .. } => (held_bytes, 0),
        Mechanism::PageCache(_) => (0, held_bytes),
    };
    // What a runtime holds is a number of the profile's, unless a process is there to be asked.
    let Footprint { dense_bytes, kv_bytes, runtime_bytes, .. } = room.fixed;
    let counted_bytes = dense_bytes + kv_bytes + resident_bytes;
    let runtime_bytes = recorder.process_bytes.map_or(runtime_bytes, |held| held.saturating_sub(counted_bytes));
    let grace_ns = cell.device.memory.kill_grace.map_or(0, Nanoseconds::get);
    // Nobody holds a real process to the limit of the device that is asked about: it ran, or there is no result.
    let (over_limit_at_ns, outcome) =
        if P::IS_VIRTUAL { (recorder.over_limit_at_ns, room.outcome(resident_bytes).as_str()) } else { (None, "ran") };
    Memory {
        peak_bytes: dense_bytes + kv_bytes + runtime_bytes + resident_bytes,
        dense_bytes,
        kv_bytes,
        runtime_bytes,
        resident_bytes,
        mapped_bytes,
        budget_bytes: room.budget_bytes,
        limit_bytes: room.limit_bytes,
        killed_after_ns: over_limit_at_ns.map_or(0, |at_ns| at_ns + grace_ns),
        outcome: outcome.to_owned(),
    }
}

fn energy(cell: Cell<'_>, recorder: &Recorder, streams: &Streams) -> Energy {
    let (start, first, last) = (&recorder.start.energy, &recorder.first_token.energy, &recorder.last.energy);
    let decode_pj = last.total_pj() - first.total_pj();
    let decode_ns = recorder.last.now_ns - recorder.first_token.now_ns;
    let tokens = decode_tokens(streams).max(1) as f64;
    let battery_pj = cell.device.battery.as_ref().map(|battery| battery.energy.get());
    Energy {
        total_pj: last.total_pj() - start.total_pj(),
        idle_pj: last.idle_pj - start.idle_pj,
        compute_pj: last.compute_pj - start.compute_pj,
        dram_pj: last.dram_pj - start.dram_pj,
        flash_pj: last.flash_pj - start.flash_pj,
        joules_per_token: decode_pj as f64 / 1e12 / tokens,
        battery_percent_per_1000_tokens: battery_pj
            .map_or(0.0, |battery| decode_pj as f64 / tokens * 1e5 / battery as f64),
        battery_percent_per_hour: battery_pj
            .filter(|_| decode_ns > 0)
            .map_or(0.0, |battery| decode_pj as f64 / decode_ns as f64 * HOUR_NS * 100.0 / battery as f64),
    }
}

fn thermal(recorder: &Recorder, time: &Time) -> Thermal {
    let energy_pj = recorder.last.energy.total_pj() - recorder.start.energy.total_pj();
    Thermal {
        mean_mw: energy_pj.checked_div(time.wall_ns).unwrap_or(0),
        peak_fill: recorder.peak_heat_fill,
        throttled: time.throttling_ns > 0,
        curve: curve::curve(&recorder.tokens, time.wall_ns),
    }
}

fn parameters(inputs: &Inputs, cell: Cell<'_>, streams: &Streams) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> =
        cell.strategy.settings.iter().map(|(key, value)| (format!("strategy.{key}"), value.clone())).collect();
    let mut put = |key: &str, value: String| parameters.insert(key.to_owned(), value);
    put("runtime", inputs.scenario.runtime.clone());
    put("processor", inputs.scenario.processor.to_string());
    put("quantization", inputs.quantization.clone());
    put("request.prompt-tokens", streams.prompt_tokens.to_string());
    put("request.output-tokens", (streams.outputs + 1).to_string());
    let request = &inputs.scenario.request;
    put("request.prefill", request.prefill.as_str().to_owned());
    if let Some(tokens) = request.context_tokens {
        put("request.context-tokens", tokens.to_string());
    }
    if let (Some(name), Some(trace)) = (&inputs.scenario.trace, &inputs.trace) {
        put("trace", name.clone());
        put("trace.definition", trace.header().definition.clone());
        put("request.trace-request", request.trace_request.to_string());
    }
    if inputs.scenario.thermal.start.0 > 0 {
        put("thermal.start", (f64::from(inputs.scenario.thermal.start.0) / 1e6).to_string());
    }
    let memory = &inputs.scenario.memory;
    put("memory.entitled", memory.entitled.to_string());
    if let Some(limit) = cell.limit.or(memory.limit) {
        put("memory.limit-mb", (limit.get() as f64 / 1e6).to_string());
    }
    if let Some(budget) = memory.budget {
        put("memory.budget-mib", (budget.get() as f64 / 1_048_576.0).to_string());
    }
    for (key, value) in &inputs.device_settings {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        put(&format!("device.{key}"), text);
    }
    parameters
}

/// Tokens of all sequences after each one's first.
fn decode_tokens(streams: &Streams) -> u64 {
    streams.outputs * u64::from(streams.sequences)
}

fn per_s(count: u64, span_ns: u64) -> f64 {
    if span_ns == 0 { 0.0 } else { count as f64 * 1e9 / span_ns as f64 }
}
