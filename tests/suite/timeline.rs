//! `--timeline`: what is written down is what happened, and writing it down changes nothing.

use std::collections::BTreeMap;

use serde_json::Value;
use tightfit::{
    Inputs,
    cell::{self, Cell},
    reports::{
        schema::RunResult,
        timeline::{self, Process},
    },
};

use crate::{ask::Ask, program, tiny};

/// Strategies that between them wait, move, read ahead, take back, are mapped, draft and load.
const STRATEGIES: [&str; 6] = ["lru", "window", "layer-stream", "page-cache", "hybrid-fit", "belady"];

/// A runtime for which room costs time, on a device that says how much, in so little memory that room must be made.
const PRICED: [&str; 3] = ["request.output-tokens=3", "runtime=bigmoe", "memory.limit-mb=320"];

fn inputs(strategy: &str) -> Inputs {
    inputs_on("iphone-15-pro", strategy, &["request.output-tokens=3"])
}

fn inputs_on(device: &str, strategy: &str, set: &[&str]) -> Inputs {
    let ask = Ask { scenario: "quickstart", device: Some(device), strategy: Some(strategy), set };
    ask.inputs_with(&[]).unwrap_or_else(|error| panic!("{error}"))
}

/// The cell's result without and with a timeline, and the timeline's events.
fn traced(inputs: &Inputs, bytes_max: usize) -> (RunResult, RunResult, Vec<Value>) {
    let cell = Cell { device: &inputs.devices[0], strategy: &inputs.scenario.strategies[0], limit: None };
    let plain = cell::run(inputs, cell).unwrap_or_else(|error| panic!("{error}"));
    let process = Process::new(1, "a cell".to_owned(), bytes_max);
    let (result, process) = cell::run_traced(inputs, cell, process).unwrap_or_else(|error| panic!("{error}"));
    let text = timeline::file(&[process], &[]);
    let file: Value = serde_json::from_str(&text).expect("JSON");
    (plain, result, file["traceEvents"].as_array().expect("events").clone())
}

/// A span in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
struct Span {
    from_ns: u64,
    to_ns: u64,
    name: String,
    arguments: Value,
}

/// Microseconds with three decimals, as nanoseconds.
fn ns(value: &Value) -> u64 {
    let text = value.as_f64().map(|us| format!("{:.0}", us * 1000.0)).expect("a number");
    text.parse().expect("nanoseconds")
}

/// The spans by track, in order.
fn tracks(events: &[Value]) -> BTreeMap<u64, Vec<Span>> {
    let mut tracks: BTreeMap<u64, Vec<Span>> = BTreeMap::new();
    for event in events.iter().filter(|event| event["ph"] == "X") {
        let from_ns = ns(&event["ts"]);
        let name = event["name"].as_str().expect("a name").to_owned();
        let span = Span { from_ns, to_ns: from_ns + ns(&event["dur"]), name, arguments: event["args"].clone() };
        let thread = event["tid"].as_u64().expect("a track");
        tracks.entry(thread % u64::from(timeline::TRACKS)).or_default().push(span);
    }
    for spans in tracks.values_mut() {
        spans.sort_by_key(|span| (span.from_ns, std::cmp::Reverse(span.to_ns)));
    }
    tracks
}

/// Each span lies beside the one before it, or inside one that is open.
fn assert_nested(track: u64, spans: &[Span]) {
    let mut open: Vec<&Span> = Vec::new();
    for span in spans {
        while open.last().is_some_and(|outer| outer.to_ns <= span.from_ns) {
            open.pop();
        }
        if let Some(outer) = open.last() {
            assert!(span.to_ns <= outer.to_ns, "track {track}: {span:?} goes beyond {outer:?}");
        }
        open.push(span);
    }
}

#[test]
fn the_parts_of_the_timeline_are_the_owners_of_the_time() {
    // The last makes room at a price.
    let with_price = inputs_on("oneplus-15r", "lru", &PRICED);
    for (strategy, inputs) in STRATEGIES.map(|name| (name, inputs(name))).into_iter().chain([("priced", with_price)]) {
        let (plain, result, events) = traced(&inputs, usize::MAX);
        assert_eq!(plain, result, "{strategy}: watched, it runs as ever");
        let tracks = tracks(&events);
        for (track, spans) in &tracks {
            assert_nested(*track, spans);
        }

        let (load, time) = (result.latency.load_ns, &result.time);
        let work: Vec<&Span> = tracks[&1].iter().filter(|span| span.from_ns >= load).collect();
        let sum = |of: &dyn Fn(&Span) -> u64| work.iter().map(|span| of(span)).sum::<u64>();
        let lasting =
            |is: &dyn Fn(&str) -> bool| sum(&|span| if is(&span.name) { span.to_ns - span.from_ns } else { 0 });
        let argument = |key: &str| sum(&|span| span.arguments[key].as_u64().unwrap_or(0));
        assert_eq!(lasting(&|name| name == "waiting for flash"), time.flash_stall_ns, "{strategy}");
        let [moving, making_room] = ["moving rows", "making room"].map(|wanted| lasting(&|name| name == wanted));
        assert_eq!(moving + making_room, time.memory_management_ns, "{strategy}");
        assert_eq!(making_room > 0, strategy == "priced", "{strategy}");
        assert_eq!(argument("contention_ns"), time.contention_ns, "{strategy}");
        assert_eq!(argument("overhead_ns"), time.overhead_ns, "{strategy}");
        assert_eq!(argument("throttling_ns"), time.throttling_ns, "{strategy}");
        let kernels = lasting(&|name| !["waiting for flash", "moving rows", "making room"].contains(&name));
        assert_eq!(kernels, time.compute_ns + time.contention_ns + time.overhead_ns + time.throttling_ns, "{strategy}");
        assert_eq!(lasting(&|_| true), time.wall_ns, "{strategy}: no nanosecond is without a span");

        let reads = tracks.range(3..).flat_map(|(_, spans)| spans);
        let bytes: u64 = reads.filter_map(|span| span.arguments["bytes"].as_u64()).sum();
        assert_eq!(bytes, result.flash.bytes + result.flash.load_bytes, "{strategy}: every read is on a lane");
    }
}

/// Tokens follow each other without a gap, and each but the load holds every layer and the head.
#[test]
fn tokens_hold_their_layers() {
    let (_, result, events) = traced(&inputs("lru"), usize::MAX);
    let steps = &tracks(&events)[&0];
    let is_token = |span: &&Span| !span.name.starts_with("layer") && span.name != "head";
    let tokens: Vec<&Span> = steps.iter().filter(is_token).collect();
    let names: Vec<&str> = tokens.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["load", "prompt", "token 1", "token 2"]);
    assert!(tokens.windows(2).all(|pair| pair[0].to_ns == pair[1].from_ns));
    let rows: Vec<u64> = result.tokens.iter().map(|row| row.gap_ns).collect();
    assert_eq!(tokens[1..].iter().map(|span| span.to_ns - span.from_ns).collect::<Vec<_>>(), rows);
    for token in &tokens[1..] {
        let inside: Vec<&Span> = steps
            .iter()
            .filter(|span| span.from_ns >= token.from_ns && span.to_ns <= token.to_ns && span != token)
            .collect();
        assert_eq!(inside.len(), 31, "30 layers and the head: {inside:?}");
        assert!(inside[0].from_ns == token.from_ns && inside[30].to_ns == token.to_ns && inside[30].name == "head");
    }
}

/// Evictions are seen one kernel late: all but those after the last.
#[test]
fn evictions_are_counted() {
    let (_, result, events) = traced(&inputs("lru"), usize::MAX);
    let of = |name: &str| events.iter().filter(|event| event["name"] == name).collect::<Vec<_>>();
    let evicted: u64 = of("evicted").iter().filter_map(|event| event["args"]["bundles"].as_u64()).sum();
    assert!(result.cache.evictions > 1000 && evicted > 0);
    assert!(
        evicted <= result.cache.evictions && evicted * 100 >= result.cache.evictions * 95,
        "{evicted} of {:?}",
        result.cache
    );
    let levels: Vec<u64> = of("resident set").iter().filter_map(|event| event["args"]["bytes"].as_u64()).collect();
    let most = levels.iter().max().copied().unwrap_or_default();
    assert!(levels.len() > 80, "{}", levels.len());
    assert!(most > 0 && most <= result.memory.resident_bytes, "{most} of {}", result.memory.resident_bytes);
}

/// A file of limited size ends where it is full, between whole events, and the run goes on.
#[test]
fn a_long_run_is_cut() {
    let (plain, result, events) = traced(&inputs("lru"), 20_000);
    assert_eq!(plain, result);
    let tracks = tracks(&events);
    for (track, spans) in &tracks {
        assert_nested(*track, spans);
    }
    let last_ns = tracks[&1].iter().map(|span| span.to_ns).max().expect("some work");
    let end_ns = result.latency.load_ns + result.time.wall_ns;
    assert!(last_ns < end_ns / 4 * 3 && events.len() > 100, "{} events until {last_ns}", events.len());
}

#[test]
fn the_command_writes_a_file_and_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let output = program::run(folder.path(), &["run", "tiny.toml", "--timeline", "t.json", "--format", "csv"]);
    let notes = program::text(&output.stderr);
    assert!(output.status.success(), "{notes}");
    assert_eq!(notes, "wrote t.json: 1 cells\n");
    let text = std::fs::read_to_string(folder.path().join("t.json")).expect("the file");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(file["otherData"]["scenario"], "tiny");
    assert_eq!(file["traceEvents"][0]["args"]["name"], "toy \u{b7} lru");
    let plain = program::printed(folder.path(), &["run", "tiny.toml", "--format", "csv"]);
    assert_eq!(program::text(&output.stdout), plain);

    for (arguments, says) in [
        (vec!["run", "tiny.toml", "tiny.toml", "--timeline", "t.json"], "it is of one scenario: run them one by one"),
        (vec!["run", "tiny.toml", "--timeline", "t.json", "--set", "sweep.seed=[1, 2]"], "scenario tiny has a [sweep]"),
        (vec!["run", "tiny.toml", "--timeline", "none/t.json"], "there is no folder none"),
        (vec!["run", "tiny.toml", "--timeline", "t.json", "--on", "host"], "it is of simulated runs"),
    ] {
        let output = program::run(folder.path(), &arguments);
        let error = program::text(&output.stderr);
        assert!(output.status.code() == Some(2) && error.contains(says), "{arguments:?}: {error}");
    }
}
