//! The gate on recorded runs of a real machine: judged by statistics, failing only for what a user feels and for the
//! worse; what can't be measured is no failure.

use tightfit_reports::{
    entry::{Value, entries},
    gate::{Rules, Verdict, text},
    ink::Ink,
    schema::{Energy, RunResult, Thermal},
};

use crate::{
    fixture,
    gate::{exact, judged},
};

/// Thousandths of the usual time that ten runs take, as a shared machine has them: 2 % apart, one of them far off.
const RUNS: [u64; 10] = [1000, 1011, 994, 1006, 1003, 991, 1270, 1008, 997, 1002];

/// Runs of a machine without a power meter, so many thousandths as long.
fn runs(thousandths: u64) -> Vec<RunResult> {
    let run = |noise: &u64| {
        let mut result = fixture::one().remove(0);
        "host".clone_into(&mut result.platform);
        "ran".clone_into(&mut result.memory.outcome);
        let scaled = |time_ns: u64| time_ns * thousandths * noise / 1_000_000;
        result.latency.tpot_ns = scaled(result.latency.tpot_ns);
        result.latency.e2e_ns = scaled(result.latency.e2e_ns);
        result.time.overhead_ns = scaled(result.time.overhead_ns);
        result.throughput.decode_tokens_per_s /= (thousandths * noise) as f64 / 1e6;
        result.energy = Energy::default();
        result.thermal = Thermal::default();
        result.not_measured = ["energy", "thermal"].map(str::to_owned).to_vec();
        result
    };
    RUNS.iter().map(run).collect()
}

#[test]
fn runs_of_one_thing_are_one_entry() {
    let entries = entries(&runs(1000));
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].metrics["latency.tpot_ns"].runs().len(), 10);
    assert_eq!(entries[0].metrics["energy.total_pj"], Value::NotMeasurable);
    assert_eq!(entries[0].metrics["memory.outcome"], Value::NotMeasurable, "no device held it to its limit");
    let simulated = [fixture::one(), fixture::one()].concat();
    assert_eq!(tightfit_reports::entry::entries(&simulated).len(), 2, "simulated ones are not folded");
}

#[test]
fn noise_passes_and_says_what_it_cannot_see() {
    let mut other = runs(1010);
    other.rotate_left(3);
    let judgement = exact(&runs(1000), &other);
    assert!(judgement.passes());
    assert_eq!(judgement.count(Verdict::NotMeasurable), 12, "energy, heat and what a device would do");
    assert!(text(&judgement, &[], Ink::Plain).contains("12 metrics not measurable here"));
}

#[test]
fn a_slowdown_fails_with_its_statistics() {
    let judgement = exact(&runs(1000), &runs(1200));
    let failing: Vec<(&str, Verdict)> =
        judgement.results[0].failing().map(|judged| (judged.metric.as_str(), judged.verdict)).collect();
    let worse = |metric| (metric, Verdict::Worse);
    let felt = ["latency.e2e_ns", "latency.tpot_ns", "throughput.decode_tokens_per_s"].map(worse);
    assert_eq!(failing, felt, "an owner of the time is told and does not fail");
    let text = text(&judgement, &[], Ink::Plain);
    assert!(text.contains("median +20.0 % [") && text.contains("10 and 10 runs"), "{text}");
    let lenient = Rules { threshold: 0.3, ..Rules::default() };
    assert!(judged(&runs(1000), &runs(1200), &lenient).passes(), "a threshold above the change");
}

#[test]
fn a_speedup_passes_and_is_told() {
    let judgement = exact(&runs(1000), &runs(800));
    assert!(judgement.passes());
    let text = text(&judgement, &[], Ink::Plain);
    assert!(text.contains("passes with better: decode 61.0 tok/s → 76.3 tok/s (median +25.0 %"), "{text}");
}

#[test]
fn counts_of_a_machine_are_judged_too() {
    let mut other = runs(1000);
    for result in &mut other {
        result.memory.peak_bytes *= 2;
    }
    let judgement = exact(&runs(1000), &other);
    let failing: Vec<&str> = judgement.results[0].failing().map(|judged| judged.metric.as_str()).collect();
    assert_eq!(failing, ["memory.peak_bytes"]);
}
