//! Two sides put together: what is matched with what, what moved, and the reasons that are given.

use insta::assert_snapshot;
use tightfit_reports::{
    diff::{Diff, diff, json, markdown, text},
    entry::{Entry, entries},
    ink::Ink,
    schema::RunResult,
};

use crate::fixture;

fn compared<'e>(before: &'e [Entry], after: &'e [Entry]) -> Diff<'e> {
    diff(("a.json", before), ("b.json", after))
}

/// Fewer hits, more read, longer waits: as a shorter window would have it.
fn slower(mut result: RunResult) -> RunResult {
    let gone = result.cache.hits.min(1_000);
    result.cache.hits -= gone;
    result.cache.misses += gone;
    result.flash.bytes += 3_456_000;
    result.time.flash_stall_ns += 2_000_000;
    result.time.compute_ns -= 500_000;
    result.time.wall_ns += 1_500_000;
    result.latency.e2e_ns += 1_500_000;
    result.throughput.decode_tokens_per_s *= 0.99;
    result
}

#[test]
fn what_is_the_same_says_so_in_one_line() {
    let entries = entries(&fixture::quickstart());
    let diff = compared(&entries, &entries);
    assert!(diff.is_empty());
    assert_eq!(text(&diff, false, Ink::Plain), "a.json and b.json: 24 results, identical\n");
    assert_eq!(markdown(&diff, false), "### a.json and b.json: 24 results, identical\n");
}

#[test]
fn a_result_that_moved_tells_time_counts_and_inputs() {
    let before = fixture::one();
    let mut after: Vec<RunResult> = before.iter().cloned().map(slower).collect();
    after[0].parameters.insert("strategy.window-tokens".to_owned(), "4".to_owned());
    after[0].provenance.sources[1].value = "90".to_owned();
    let (before, after) = (entries(&before), entries(&after));
    assert_snapshot!(text(&compared(&before, &after), false, Ink::Plain), @r#"
    a.json → b.json: 1 result in both, 1 with other numbers

    iPhone 15 Pro · window-5
      decode         61.19 tok/s → 60.57 tok/s (-1.00 %)
      whole request  2.4081 s → 2.4096 s (+0.0623 %)
      time           +1.50 ms (+0.0623 %): waiting for flash +2.00 ms, compute -500 µs
      because        hits -1,000 (-0.0594 %), misses +1,000 (+0.140 %), flash bytes +3.46 MB (+0.140 %)
      inputs         device.flash.read-latency-us 120 → 90, strategy.window-tokens 5 → 4
    "#);
    assert_snapshot!(markdown(&compared(&before, &after), false), @r#"
    ### a.json → b.json: 1 result in both, 1 with other numbers

    | result | metric | change | |
    |---|---|---|---|
    | iPhone 15 Pro · window-5 | decode | 61.19 tok/s → 60.57 tok/s (-1.00 %) | worse |
    | iPhone 15 Pro · window-5 | whole request | 2.4081 s → 2.4096 s (+0.0623 %) | worse |

    - **iPhone 15 Pro · window-5**: time +1.50 ms (+0.0623 %): waiting for flash +2.00 ms, compute -500 µs; because hits -1,000 (-0.0594 %), misses +1,000 (+0.140 %), flash bytes +3.46 MB (+0.140 %); inputs device.flash.read-latency-us 120 → 90, strategy.window-tokens 5 → 4
    "#);
}

#[test]
fn what_no_input_explains_is_laid_to_the_program() {
    let before = fixture::one();
    let after: Vec<RunResult> = before.iter().cloned().map(slower).collect();
    let (before, after) = (entries(&before), entries(&after));
    let text = text(&compared(&before, &after), false, Ink::Plain);
    assert!(text.contains("no input differs: the program does"), "{text}");
}

#[test]
fn colours_are_for_those_who_ask() {
    let before = fixture::one();
    let after: Vec<RunResult> = before.iter().cloned().map(slower).collect();
    let (before, after) = (entries(&before), entries(&after));
    let diff = compared(&before, &after);
    let [plain, coloured] = [Ink::Plain, Ink::Colour].map(|ink| text(&diff, false, ink));
    assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}[1m\u{1b}[31m"), "{coloured:?}");
    let stripped = coloured
        .split('\u{1b}')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) });
    assert_eq!(stripped.collect::<String>(), plain, "colour changes no letter");
}

/// Points of a sweep find their own, in whatever order they come.
#[test]
fn sweep_points_are_matched_by_what_varies() {
    let before = fixture::sweep();
    let mut after: Vec<RunResult> = before.iter().rev().cloned().collect();
    let lru = after.iter_mut().find(|r| r.strategy == "lru" && r.parameters["memory.limit-mb"] == "24").expect("lru");
    lru.cache.hits += 1;
    let label = lru.device.clone();
    let (before, after) = (entries(&before), entries(&after));
    let diff = compared(&before, &after);
    assert_eq!((diff.pairs, diff.with_changes()), (before.len(), 1));
    assert_eq!(diff.moved[0].label, format!("{label} · lru · limit 24 MB"));
    assert_eq!(diff.moved[0].changes.len(), 1);
}

/// A side of one point is matched with that point of a sweep; the rest is one-sided.
#[test]
fn what_only_one_side_has_is_listed() {
    let (all, some) = (fixture::sweep(), fixture::sweep());
    let one: Vec<RunResult> =
        some.into_iter().filter(|r| r.parameters["memory.limit-mb"] == "16" && r.strategy != "naive").collect();
    let (all, one) = (entries(&all), entries(&one));
    let there = compared(&all, &one);
    assert_eq!((there.pairs, there.only_before.len(), there.only_after.len()), (21, 99, 0));
    let back = compared(&one, &all);
    assert_eq!((back.pairs, back.only_before.len(), back.only_after.len()), (21, 0, 99));
    assert!(there.moved.is_empty() && back.moved.is_empty(), "the same numbers");
}

#[test]
fn strangers_share_nothing_and_say_so() {
    let mut other = fixture::one();
    "another".clone_into(&mut other[0].scenario);
    let (before, after) = (entries(&fixture::one()), entries(&other));
    let text = text(&compared(&before, &after), false, Ink::Plain);
    assert!(text.contains("no result is in both: results are matched by scenario"), "{text}");
}

/// Inputs that differ in the same way everywhere are said once.
#[test]
fn what_changed_everywhere_is_said_once() {
    let mut after: Vec<RunResult> = fixture::quickstart().into_iter().map(slower).collect();
    for result in &mut after {
        result.seed = 8;
    }
    let (before, after) = (entries(&fixture::quickstart()), entries(&after));
    let text = text(&compared(&before, &after), false, Ink::Plain);
    assert_eq!(text.matches("seed 7 → 8").count(), 1, "{text}");
    assert!(text.contains("in all of them: seed 7 → 8"), "{text}");
}

#[test]
fn json_has_every_metric_that_differs() {
    let before = fixture::one();
    let after: Vec<RunResult> = before.iter().cloned().map(slower).collect();
    let (before, after) = (entries(&before), entries(&after));
    let read: serde_json::Value = serde_json::from_str(&json(&compared(&before, &after))).expect("JSON");
    let changes = read["moved"][0]["changes"].as_array().expect("changes");
    let names: Vec<&str> = changes.iter().filter_map(|change| change["metric"].as_str()).collect();
    let expected = [
        "cache.hits",
        "cache.misses",
        "flash.bytes",
        "latency.e2e_ns",
        "throughput.decode_tokens_per_s",
        "time.compute_ns",
        "time.flash_stall_ns",
        "time.wall_ns",
    ];
    assert_eq!(names, expected);
    assert_eq!(changes[0]["absolute"], -1000.0);
    assert_eq!((&changes[0]["verdict"], &changes[5]["verdict"]), (&"worse".into(), &"better".into()));
    let owners: f64 =
        read["moved"][0]["time"].as_array().expect("owners").iter().filter_map(|o| o["delta_ns"].as_f64()).sum();
    assert!((owners - 1_500_000.0).abs() < f64::EPSILON, "the owners' differences sum to the wall's");
}

/// A baseline has no sources: what is set on the command line is an input all the same, and an unknown source is none.
#[test]
fn what_one_side_does_not_say_is_no_difference() {
    let mut before = entries(&fixture::one());
    before[0].sources.clear();
    let mut after = entries(&fixture::one());
    assert!(compared(&before, &after).is_empty(), "sources of one side alone");
    after[0].parameters.insert("device.flash.read-latency-us".to_owned(), "120".to_owned());
    let text = text(&compared(&before, &after), false, Ink::Plain);
    assert!(text.contains("inputs   device.flash.read-latency-us none → 120"), "{text}");
}
