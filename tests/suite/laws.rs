//! The laws of a result, on every result of the catalog, and those between results.

use std::sync::OnceLock;

use tightfit::{
    reports::schema::RunResult,
    run::Curve,
    scenarios::{scenario, strategy::Mechanism},
};

use crate::ask::Ask;

/// Panics unless the numbers of a result keep the laws among each other.
pub(crate) fn assert_laws(result: &RunResult) {
    let time = &result.time;
    let owners = [
        time.compute_ns,
        time.contention_ns,
        time.flash_stall_ns,
        time.memory_management_ns,
        time.overhead_ns,
        time.throttling_ns,
    ];
    assert_eq!(owners.iter().sum::<u64>(), time.wall_ns, "owners sum to the wall");
    assert_eq!((time.wall_ns, time.throttling_ns > 0), (result.latency.e2e_ns, result.thermal.throttled));
    let cache = &result.cache;
    assert_eq!(cache.hits + cache.late + cache.misses, cache.lookups, "a lookup has one outcome");
    assert!(cache.re_reads <= cache.misses, "a re-read is a miss");
    let energy = &result.energy;
    assert_eq!(energy.idle_pj + energy.compute_pj + energy.dram_pj + energy.flash_pj, energy.total_pj);
    let flash = &result.flash;
    assert_eq!(flash.demand_bytes + flash.prefetch_bytes, flash.bytes, "bytes have a cause");
    assert!(flash.read_amplification >= 1.0, "never less than needed: {}", flash.read_amplification);
    let reads_bundles = cache.misses > 0 && !result.parameters.contains_key("strategy.page-cache.read-around-kib");
    assert_eq!(flash.mean_run_bundles >= 1.0, reads_bundles, "a read of bundles brings one at least");
    let memory = &result.memory;
    let held = [memory.dense_bytes, memory.kv_bytes, memory.runtime_bytes, memory.resident_bytes];
    assert_eq!(held.iter().sum::<u64>(), memory.peak_bytes, "the footprint is its parts");
    assert_eq!(memory.outcome == "killed", memory.peak_bytes > memory.limit_bytes);
    assert_tokens(result);
}

/// That the rows of the tokens add up to the result.
fn assert_tokens(result: &RunResult) {
    let sum = |of: fn(&tightfit::reports::schema::TokenRow) -> u64| result.tokens.iter().map(of).sum::<u64>();
    assert_eq!(result.tokens.len().to_string(), result.parameters["request.output-tokens"]);
    assert_eq!(result.tokens[0].gap_ns, result.latency.ttft_ns);
    assert_eq!(sum(|row| row.gap_ns), result.time.wall_ns);
    assert_eq!(sum(|row| row.compute_ns), result.time.compute_ns);
    assert_eq!(sum(|row| row.flash_stall_ns), result.time.flash_stall_ns);
    assert_eq!(sum(|row| row.lookups), result.cache.lookups);
    assert_eq!(sum(|row| row.hits), result.cache.hits);
    assert_eq!(sum(|row| row.flash_bytes), result.flash.bytes);
    assert_eq!(sum(|row| row.energy_pj), result.energy.total_pj);
    assert!(result.tokens.is_sorted_by(|a, b| a.at_ns <= b.at_ns), "time never goes back");
}

fn all_of(scenario: &str) -> Vec<RunResult> {
    let ask = Ask { scenario, ..Ask::default() };
    ask.results_with(&[], Curve::Run).unwrap_or_else(|error| panic!("{error}"))
}

/// The quickstart with its curve: run once, looked at by every test.
fn quickstart() -> &'static [RunResult] {
    static RESULTS: OnceLock<Vec<RunResult>> = OnceLock::new();
    RESULTS.get_or_init(|| all_of("quickstart"))
}

#[test]
fn every_result_of_the_catalog_keeps_the_laws() {
    let mut results = 0;
    for name in scenario::CATALOG.names().filter(|&name| name != "quickstart") {
        for result in all_of(name) {
            assert_laws(&result);
            results += 1;
        }
    }
    for result in quickstart() {
        assert_laws(result);
        results += 1;
    }
    assert!(results > 100, "{results} results");
}

/// Hits and time by memory limit, of one strategy on one device.
fn curve(results: &[RunResult], device: &str, strategy: &str) -> Vec<(u64, u64, u64)> {
    let mut points: Vec<(u64, u64, u64)> = results
        .iter()
        .filter(|result| result.device == device && result.strategy == strategy)
        .map(|result| (result.memory.limit_bytes, result.cache.hits, result.latency.e2e_ns))
        .collect();
    points.sort_unstable();
    points
}

#[test]
fn more_memory_never_hurts_and_nobody_beats_the_oracle() {
    let results = quickstart();
    for device in ["iphone-13-pro", "iphone-15-pro", "iphone-17-pro"] {
        let lru = curve(results, device, "lru");
        assert!(lru.len() > 8, "a curve of {} points", lru.len());
        for pair in lru.windows(2) {
            assert!(pair[0].1 <= pair[1].1, "{device}: hits fall from {:?} to {:?}", pair[0], pair[1]);
            // More hits leave shorter reads between them, and flash is slower on those: a hundredth or two.
            assert!(pair[0].2 * 102 >= pair[1].2 * 100, "{device}: slower from {:?} to {:?}", pair[0], pair[1]);
        }
        assert!(lru[0].1 < lru[lru.len() - 1].1, "the curve rises");
        let belady = curve(results, device, "belady");
        for online in ["lru", "window"] {
            for (oracle, online) in belady.iter().zip(curve(results, device, online)) {
                assert_eq!(oracle.0, online.0, "the same limit");
                assert!(
                    oracle.1 >= online.1,
                    "{device} at {} B: {} hits of the oracle, {}",
                    oracle.0,
                    oracle.1,
                    online.1
                );
            }
        }
    }
}

#[test]
fn no_strategy_holds_more_than_its_budget_but_for_a_step() {
    let inputs =
        Ask { scenario: "quickstart", ..Ask::default() }.inputs_with(&[]).unwrap_or_else(|error| panic!("{error}"));
    // The largest step of the quickstart: all rows of a layer, or a layer and the next.
    let step_bytes = 2 * inputs.weights.layers[0].total().bytes_total();
    let results = quickstart();
    let mut held = 0;
    for strategy in &inputs.scenario.strategies {
        // What is pinned by a share is held whatever the budget is.
        let Mechanism::ResidentSet { .. } = strategy.mechanism else { continue };
        for result in results.iter().filter(|result| result.strategy == strategy.name && strategy.name != "resident") {
            let (resident, budget) = (result.memory.resident_bytes, result.memory.budget_bytes);
            assert!(resident <= budget.max(step_bytes), "{}: {resident} B of {budget} B", strategy.name);
            held += 1;
        }
    }
    assert!(held > 100, "{held} results");
}
