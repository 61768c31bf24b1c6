//! How sure results are: intervals hold the middle, are as wide as the sources are weak, and are the same everywhere.

use std::num::NonZeroU32;

use tightfit::{
    devices::Device,
    reports::schema::{Interval, RunResult},
    run::{self, Curve},
    uncertainty,
};

use crate::{
    ask::Ask,
    program::{program, run as ran, text},
};

/// Few tokens: a sample costs as much as a run.
const SHORT: &str = "request.output-tokens=4";
const SPEED: &str = "throughput.decode_tokens_per_s";

/// One strategy on one phone, with so many samples.
fn sampled(device: &str, strategy: &str, set: &[&str], samples: u32) -> RunResult {
    let ask = Ask { scenario: "quickstart", device: Some(device), strategy: Some(strategy), set };
    let inputs = ask.inputs_with(&[SHORT]).unwrap_or_else(|error| panic!("{error}"));
    let mut results = run::run(&inputs, Curve::Skip, || ()).unwrap_or_else(|error| panic!("{error}"));
    let cells = run::cells(&inputs, Curve::Skip);
    let samples = NonZeroU32::new(samples).expect("some");
    uncertainty::fill(&inputs, &cells, samples, &mut results, || ()).unwrap_or_else(|error| panic!("{error}"));
    results.remove(0)
}

/// The phone with all its sources of one kind, each with `more` in it.
fn all_of(kind: &str, more: &str) -> tempfile::TempPath {
    let text = Device::whole_text("iphone-15-pro").expect("an embedded profile");
    let kinds = ["measured", "datasheet", "published", "derived", "assumed"];
    let one = kinds.iter().fold(text, |text, old| text.replace(&format!("kind = \"{old}\""), "kind = \"any\""));
    let said = one.replace("kind = \"any\"", &format!("{more}kind = \"{kind}\""));
    let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a temporary file");
    std::fs::write(file.path(), said).expect("a file");
    file.into_temp_path()
}

fn width(interval: Interval) -> f64 {
    interval.high / interval.low
}

#[test]
fn intervals_hold_the_prediction_and_say_where_the_doubt_is_from() {
    let result = sampled("iphone-15-pro", "lru", &[], 40);
    assert_eq!(result.samples, 40);
    for (name, value) in [
        (SPEED, result.throughput.decode_tokens_per_s),
        ("latency.ttft_ns", result.latency.ttft_ns as f64),
        ("energy.joules_per_token", result.energy.joules_per_token),
    ] {
        let interval = result.intervals[name];
        assert!(interval.low < value && value < interval.high, "{name}: {value} in {interval:?}");
    }
    let lookups = result.intervals["cache.lookups"];
    let exact = result.cache.lookups as f64;
    assert_eq!(lookups, Interval { low: exact, high: exact }, "the trace is what it is");
    let shares: Vec<f64> = result.sensitivity.iter().map(|one| one.share).collect();
    assert!(shares.len() == 5 && shares.is_sorted_by(|one, other| one >= other), "{shares:?}");
    assert!(shares.iter().sum::<f64>() <= 1.0 + 1e-9 && shares[0] > 0.1, "{shares:?}");
}

#[test]
fn a_guess_is_wider_than_a_measurement_and_what_is_exact_does_not_move() {
    let with = |kind: &str, more: &str| {
        let path = all_of(kind, more);
        sampled(path.to_str().expect("letters"), "lru", &[], 20)
    };
    let [assumed, measured] = ["assumed", "measured"].map(|kind| with(kind, ""));
    let [wide, narrow] = [&assumed, &measured].map(|result| width(result.intervals[SPEED]));
    // A deviation of 0.3 and one of 0.03, seen through the same draws.
    assert!(narrow > 1.01 && wide > 1.0 + 4.0 * (narrow - 1.0), "{wide} beside {narrow}");
    let exact = with("assumed", "spread = 0, ");
    let speed = exact.throughput.decode_tokens_per_s;
    assert_eq!(exact.intervals[SPEED], Interval { low: speed, high: speed });
    assert!(exact.sensitivity.is_empty());
    assert_eq!(speed.to_bits(), measured.throughput.decode_tokens_per_s.to_bits(), "sources change no prediction");
}

#[test]
fn more_samples_and_another_seed_draw_others() {
    let speed = |set: &[&str], samples| sampled("iphone-15-pro", "layer-stream", set, samples).intervals[SPEED];
    let first = speed(&[], 5);
    assert_ne!(first, speed(&["seed=99"], 5));
    assert_ne!(first, speed(&[], 6));
}

#[test]
fn the_same_bytes_in_two_processes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let asked = ["run", "quickstart", "--strategy", "lru", "--device", "iphone-17-pro", "--set", SHORT];
    let arguments = [&asked[..], &["--samples", "6", "--format", "json"]].concat();
    let [one, two] = ["1", "2"].map(|threads| {
        let output = program(folder.path()).args(&arguments).env("RAYON_NUM_THREADS", threads).output();
        let output = output.expect("the program starts");
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    });
    assert!(one.contains("\"intervals\"") && one.contains("\"sensitivity\""), "{one}");
    assert_eq!(one, two);
}

#[test]
fn the_table_shows_them_and_a_sweep_refuses() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let device = ["run", "quickstart", "--strategy", "lru", "--device", "iphone-17-pro"];
    let asked = [&device[..], &["--set", SHORT, "--samples", "3"]].concat();
    let table = text(&ran(folder.path(), &asked).stdout);
    assert!(table.contains(" [") && table.contains("[low-high]: nine of ten of 3 samples"), "{table}");
    let csv = text(&ran(folder.path(), &[&asked[..], &["--format", "csv"]].concat()).stdout);
    assert!(csv.lines().next().is_some_and(|line| line.contains(",intervals.latency.ttft_ns.low,")), "{csv}");
    let swept = ran(folder.path(), &[&asked[..], &["--set", "sweep.seed=[1, 2]"]].concat());
    assert_eq!(swept.status.code(), Some(2));
    assert!(text(&swept.stderr).contains("--samples: a [sweep]"), "{}", text(&swept.stderr));
}
