//! Made-up results that look like real ones: three iPhones, eight strategies, 128 output tokens each. Only the tests and
//! the gallery use them; no number here is a claim about a device.

use std::collections::BTreeMap;

use tightfit_reports::charts::hit_rate::{Budget, HitRate, HitRates};
use tightfit_reports::schema::{
    Cache, Energy, Flash, Latency, Memory, Prefetch, Provenance, Quality, RunResult, Source, Thermal, Throughput, Time,
    TokenRow,
};

/// Milliseconds of compute per token, flash bytes per microsecond, device name.
const DEVICES: [(&str, u64, u64); 3] =
    [("iPhone 13 Pro", 9, 1_300), ("iPhone 15 Pro", 7, 1_700), ("iPhone 17 Pro", 5, 2_600)];

/// Label, share of lookups that hit (percent), peak of the app in MB.
const STRATEGIES: [(&str, u64, u64); 8] = [
    ("resident", 100, 104),
    ("naive", 0, 31),
    ("hybrid", 42, 61),
    ("page-cache", 35, 57),
    ("layer-stream", 4, 36),
    ("lru", 58, 62),
    ("window-5", 71, 60),
    ("belady", 79, 62),
];

/// The quickstart, more or less.
pub(crate) fn quickstart() -> Vec<RunResult> {
    let pairs = DEVICES.iter().flat_map(|device| STRATEGIES.iter().map(move |s| (device, s)));
    pairs.map(|(device, strategy)| result(*device, *strategy, None)).collect()
}

/// Five memory budgets.
pub(crate) fn sweep() -> Vec<RunResult> {
    let mut results = Vec::new();
    for device in DEVICES {
        for strategy in STRATEGIES {
            for budget_mib in [8, 16, 24, 32, 48] {
                results.push(result(device, strategy, Some(budget_mib)));
            }
        }
    }
    results
}

/// Eight devices, and one strategy on one device: the extremes of every layout.
pub(crate) fn many() -> Vec<RunResult> {
    let extra = [("iPhone 15 Pro Max", 7, 1_800), ("OnePlus 15R", 6, 2_900), ("MacBook Pro M1 Max", 2, 6_100)];
    let devices = DEVICES.iter().chain(&extra);
    let mut results: Vec<RunResult> =
        devices.flat_map(|device| STRATEGIES.iter().map(move |strategy| result(*device, *strategy, None))).collect();
    for (index, r) in results.iter_mut().enumerate() {
        if index % 8 == 5 {
            "lru-with-a-rather-long-label".clone_into(&mut r.strategy);
        }
    }
    results
}

/// One device where two strategies bend the model: one drops what is cold, which is the fastest of all, and one computes
/// it at a lower precision, which is killed. Two read ahead.
pub(crate) fn bent() -> Vec<RunResult> {
    let mut results: Vec<RunResult> = ["naive", "layer-stream", "lru", "belady"]
        .map(|label| STRATEGIES[at(label)])
        .map(|s| result(DEVICES[1], s, None))
        .into();
    let mut drop = result(DEVICES[1], ("drop-cold", 84, 59), None);
    drop.quality = bent_by(0.081, 0.0);
    let mut coarse = result(DEVICES[1], ("coarse-cold", 81, 71), None);
    coarse.quality = bent_by(0.0125, 0.3);
    results.extend([drop, coarse]);
    results[1].prefetch = Prefetch { useful: 600, late: 150, wasted: 250, cancelled: 40 };
    results[2].prefetch = Prefetch { useful: 0, late: 3, wasted: 1, cancelled: 0 };
    results
}

fn at(label: &str) -> usize {
    STRATEGIES.iter().position(|strategy| strategy.0 == label).expect("a strategy of the list")
}

fn bent_by(lost_mass_share: f64, degraded_mass_share: f64) -> Quality {
    Quality { open_loop: true, lost_mass_share, degraded_mass_share, mass_from: "scores".to_owned() }
}

/// Sixteen policies with Belady over eight budgets, doubling from 64 MiB; a token touches 800 MiB.
pub(crate) fn hit_rates() -> HitRates {
    const POLICIES: [(&str, f64); 16] = [
        ("fifo", 0.70),
        ("lru", 0.74),
        ("clock", 0.74),
        ("lfu", 0.82),
        ("lfu-aged", 0.83),
        ("sieve", 0.79),
        ("s3-fifo", 0.80),
        ("arc", 0.81),
        ("2q", 0.78),
        ("w-tinylfu", 0.84),
        ("lhd", 0.86),
        ("window-5", 0.66),
        ("static-hot-set", 0.77),
        ("layered-lru", 0.76),
        ("least-stale", 0.72),
        ("belady", 1.0),
    ];
    let mut rows = Vec::new();
    for (policy, skill) in POLICIES {
        for doubling in 0..8_u32 {
            let budget = 64 << (20 + doubling);
            let share = f64::from(doubling + 1) / 8.0;
            let blind = matches!(policy, "lru" | "clock" | "fifo" | "window-5") && doubling < 4;
            let decode =
                if blind { 0.0 } else { (0.97 * share.powf(0.6) * (skill + (1.0 - skill) * share * share)).min(1.0) };
            let row =
                HitRate { policy: policy.to_owned(), budget, hit_rate: decode * 0.93, decode_hit_rate: Some(decode) };
            rows.push(row);
        }
    }
    HitRates { trace: "made-up, 16 policies".to_owned(), budget: Budget::Bytes, token_cycle: Some(800 << 20), rows }
}

/// One strategy on one device, for instance to watch a single number.
pub(crate) fn one() -> Vec<RunResult> {
    vec![result(DEVICES[1], STRATEGIES[6], None)]
}

fn result(device: (&str, u64, u64), strategy: (&str, u64, u64), budget: Option<u64>) -> RunResult {
    let (device, compute_ms, bytes_per_us) = device;
    let (label, hits_percent, peak_mb) = strategy;
    let (hits_percent, peak_mb) = match (budget, label) {
        (Some(mib), "hybrid" | "page-cache" | "lru" | "window-5" | "belady") => {
            ((hits_percent * mib / 28).min(hits_percent + 14).min(97), 34 + mib)
        }
        _ => (hits_percent, peak_mb),
    };
    let tokens = tokens(label, compute_ms * 1_000_000, bytes_per_us, hits_percent);
    let mut parameters = BTreeMap::from([("strategy.kind".to_owned(), label.to_owned())]);
    parameters.insert("memory.limit-mb".to_owned(), budget.unwrap_or(28).to_string());
    if label == "window-5" {
        parameters.insert("strategy.window-tokens".to_owned(), "5".to_owned());
    }
    let sum = |of: fn(&TokenRow) -> u64| tokens.iter().map(of).sum::<u64>();
    let time = Time {
        wall_ns: sum(|t| t.gap_ns),
        compute_ns: sum(|t| t.compute_ns),
        contention_ns: sum(|t| t.contention_ns),
        flash_stall_ns: sum(|t| t.flash_stall_ns),
        memory_management_ns: sum(|t| t.memory_management_ns),
        overhead_ns: sum(|t| t.overhead_ns),
        throttling_ns: sum(|t| t.throttling_ns),
    };
    let mut gaps: Vec<u64> = tokens[1..].iter().map(|t| t.gap_ns).collect();
    gaps.sort_unstable();
    let tpot_ns = gaps.iter().sum::<u64>() / gaps.len() as u64;
    let bytes_per_token = tokens[1..].iter().map(|t| t.flash_bytes).sum::<u64>() / 127;
    let (lookups, hits) = (sum(|t| t.lookups), sum(|t| t.hits));
    let total_pj = sum(|t| t.energy_pj);
    let joules_per_token = total_pj as f64 / 1e12 / 128.0;
    RunResult {
        scenario: "keyboard".to_owned(),
        device: device.to_owned(),
        model: "SmolLM2-135M".to_owned(),
        strategy: label.to_owned(),
        platform: "sim".to_owned(),
        parameters,
        seed: 7,
        digests: BTreeMap::from([
            ("device".to_owned(), format!("{:064x}", device.len() as u128 * 0x9e37_79b9_7f4a_7c15)),
            ("trace".to_owned(), format!("{:064x}", 0x5851_f42d_4c95_7f2d_u128)),
        ]),
        latency: Latency {
            load_ns: 61_000_000,
            ttft_ns: tokens[0].gap_ns,
            tpot_ns,
            itl_p50_ns: gaps[63],
            itl_p95_ns: gaps[120],
            itl_p99_ns: gaps[125],
            e2e_ns: time.wall_ns,
        },
        throughput: Throughput {
            prefill_tokens_per_s: 24e9 / tokens[0].gap_ns as f64,
            decode_tokens_per_s: 1e9 / tpot_ns as f64,
        },
        flash: Flash {
            load_bytes: 28_300_000,
            bytes: sum(|t| t.flash_bytes),
            demand_bytes: sum(|t| t.flash_bytes),
            prefetch_bytes: 0,
            bytes_per_token,
            reads: sum(|t| t.flash_bytes) / 32_768,
            read_amplification: 1.0625,
            mean_run_bundles: 4.5,
            hidden_ns: 0,
        },
        cache: Cache {
            lookups,
            hits,
            late: 0,
            misses: lookups - hits,
            re_reads: (lookups - hits) / 2,
            evictions: (lookups - hits) / 3,
            hit_rate: hits as f64 / lookups as f64,
            decode_hit_rate: hits as f64 / lookups as f64,
        },
        prefetch: Prefetch::default(),
        quality: Quality::default(),
        memory: memory(peak_mb, budget.unwrap_or(28)),
        energy: Energy {
            total_pj,
            idle_pj: total_pj / 4,
            compute_pj: total_pj / 2,
            dram_pj: total_pj / 8,
            flash_pj: total_pj - total_pj / 4 - total_pj / 2 - total_pj / 8,
            joules_per_token,
            battery_percent_per_1000_tokens: joules_per_token * 1_000.0 / 46_000.0 * 100.0,
            battery_percent_per_hour: 3.1 * 3_600.0 / 46_000.0 * 100.0,
        },
        thermal: Thermal { mean_mw: 3_100, peak_fill: 0.21, throttled: false, curve: Vec::new() },
        not_measured: Vec::new(),
        provenance: provenance(device),
        time,
        tokens,
    }
}

fn memory(peak_mb: u64, budget_mib: u64) -> Memory {
    Memory {
        peak_bytes: peak_mb * 1_000_000 + 410_000,
        dense_bytes: 28_300_000,
        kv_bytes: 2_900_000,
        runtime_bytes: 1_100_000,
        resident_bytes: peak_mb * 600_000,
        mapped_bytes: 0,
        budget_bytes: budget_mib << 20,
        limit_bytes: 64_000_000,
        killed_after_ns: 0,
        outcome: match peak_mb {
            0..60 => "fits",
            60..64 => "under-pressure",
            _ => "killed",
        }
        .to_owned(),
    }
}

fn tokens(label: &str, compute_ns: u64, bytes_per_us: u64, hits_percent: u64) -> Vec<TokenRow> {
    let mut noise = label.bytes().fold(17_u64, |sum, byte| sum * 31 + u64::from(byte));
    let mut at_ns = 0;
    (0..128)
        .map(|token| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let wobble = (noise >> 33) % 17;
            let factor = if token == 0 { 24 } else { 1 };
            let lookups = (15_000 + 120 * wobble) * factor;
            let warm = (token * 6).min(100).max(if token == 0 { 10 } else { 0 });
            let steady = matches!(label, "resident" | "hybrid" | "naive" | "layer-stream");
            let percent = if steady { hits_percent } else { hits_percent * (80 + warm / 5) / 100 };
            let varied = if hits_percent == 0 || hits_percent == 100 { percent } else { percent + wobble / 3 };
            let hits = lookups * varied.min(100) / 100;
            let flash_bytes = (lookups - hits) * 3_456 * if label == "page-cache" { 2 } else { 1 };
            let slow = if label == "page-cache" { 3 } else { 1 };
            let row = TokenRow {
                token,
                compute_ns: compute_ns * if token == 0 { 9 } else { 1 } + 40_000 * wobble,
                contention_ns: flash_bytes / 90,
                flash_stall_ns: flash_bytes * 1_000 / bytes_per_us * slow * 4 / 5,
                memory_management_ns: if steady { 0 } else { flash_bytes / 30 },
                overhead_ns: 1_200_000,
                throttling_ns: 0,
                lookups,
                hits,
                flash_bytes,
                ..TokenRow::default()
            };
            let gap_ns =
                row.compute_ns + row.contention_ns + row.flash_stall_ns + row.memory_management_ns + row.overhead_ns;
            at_ns += gap_ns;
            TokenRow { at_ns, gap_ns, energy_pj: gap_ns * 2_900 + flash_bytes * 60, ..row }
        })
        .collect()
}

fn provenance(device: &str) -> Provenance {
    let source = |key: &str, value: &str, kind: &str, from: &str| Source {
        key: key.to_owned(),
        value: value.to_owned(),
        kind: kind.to_owned(),
        from: from.to_owned(),
    };
    let year = device.len();
    Provenance {
        weakest: "assumed".to_owned(),
        assumed: vec!["device.flash.read-latency-us".to_owned(), "device.power.idle-mw".to_owned()],
        sources: vec![
            source(
                "device.dram.bandwidth-mb-per-s",
                &format!("{year}000"),
                "datasheet",
                "LPDDR5 data sheet, JEDEC JESD209-5B",
            ),
            source(
                "device.flash.read-latency-us",
                "120",
                "assumed",
                "like the M1 Max; nobody has published this iPhone's",
            ),
            source(
                "device.flash.bandwidth-mb-per-s",
                &format!("{year}00"),
                "measured",
                "Jazz Disk Bench runs on three phones, https://example.org/a-very-long-address-that-nobody-would-type/by/hand/iphone",
            ),
            source("device.power.idle-mw", "850", "assumed", "between two teardowns"),
            source("model.layers", "30", "published", "config.json of HuggingFaceTB/SmolLM2-135M-Instruct"),
            source("trace.tokens", "128", "measured", "trace record, tightfit 0.1.0"),
        ],
    }
}
