//! The gate on simulated results: exact, whatever the metric; what passes is stated.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use insta::assert_snapshot;
use tightfit_reports::{
    entry::{Entry, Value, entries},
    gate::{Baseline, Blessing, Judgement, Rules, Side, Tolerance, Unmet, Verdict, judge, markdown, text},
    ink::Ink,
    schema::RunResult,
};

use crate::fixture;

pub(crate) fn judged(before: &[RunResult], after: &[RunResult], rules: &Rules) -> Judgement {
    judge(&entries(before), &entries(after), rules)
}

pub(crate) fn exact(before: &[RunResult], after: &[RunResult]) -> Judgement {
    judged(before, after, &Rules::default())
}

pub(crate) fn blessing(day: u32) -> Blessing {
    Blessing {
        date: NaiveDate::from_ymd_opt(2026, 11, day).expect("a day"),
        version: "0.1.0".to_owned(),
        commit: "525e1af0c3d2".to_owned(),
        reason: "first baseline".to_owned(),
        scenarios: vec!["keyboard".to_owned()],
    }
}

#[test]
fn the_same_results_pass() {
    let judgement = exact(&fixture::quickstart(), &fixture::quickstart());
    assert!(judgement.passes());
    assert_eq!(judgement.results.len(), 24);
    assert_snapshot!(text(&judgement, &[], Ink::Plain), @"gate passed: 24 results as accepted");
}

/// One hit more is a change, and nobody has accepted it.
#[test]
fn one_hit_more_fails() {
    let mut after = fixture::one();
    after[0].cache.hits += 1;
    let judgement = exact(&fixture::one(), &after);
    assert!(!judgement.passes());
    let failing: Vec<(&str, Verdict)> =
        judgement.results[0].failing().map(|judged| (judged.metric.as_str(), judged.verdict)).collect();
    assert_eq!(failing, [("cache.hits", Verdict::Better)]);
}

/// The smallest change of any metric fails, and is named.
#[test]
fn no_metric_can_change_unseen() {
    let before = entries(&fixture::one());
    let names: Vec<String> = before[0].metrics.keys().cloned().collect();
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        let mut after = before.clone();
        let value = after[0].metrics.get_mut(&name).expect("there");
        *value = match value {
            Value::Integer(number) => Value::Integer(*number + 1),
            Value::Real(number) => Value::Real(number.next_up()),
            Value::Truth(truth) => Value::Truth(!*truth),
            _ => Value::Text("other".to_owned()),
        };
        let judgement = judge(&before, &after, &Rules::default());
        let failing: Vec<&str> = judgement.results[0].failing().map(|judged| judged.metric.as_str()).collect();
        assert_eq!(failing, [name.as_str()]);
        after[0].metrics.remove(&name);
        assert_eq!(judge(&before, &after, &Rules::default()).count(Verdict::Missing), 1, "{name}");
        assert!(!judge(&after, &before, &Rules::default()).passes(), "{name} is new");
    }
}

#[test]
fn new_and_missing_results_fail() {
    let (all, mut fewer) = (fixture::quickstart(), fixture::quickstart());
    fewer.remove(5);
    for (before, after, side) in [(&all, &fewer, Side::Missing), (&fewer, &all, Side::New)] {
        let judgement = exact(before, after);
        let odd: Vec<Side> = judgement.results.iter().filter(|case| !case.passes()).map(|case| case.side).collect();
        assert_eq!(odd, [side]);
    }
}

#[test]
fn a_tolerance_holds_what_it_is_about() {
    let mut after = fixture::one();
    after[0].throughput.decode_tokens_per_s *= 0.99;
    let (scenario, strategies) = (after[0].scenario.clone(), vec![after[0].strategy.clone()]);
    let tolerance = Tolerance {
        scenario,
        devices: Vec::new(),
        strategies,
        metric: "throughput.decode_tokens_per_s",
        relative: Some(0.02),
        absolute: None,
    };
    let passes = |tolerance: Tolerance| {
        judged(&fixture::one(), &after, &Rules { tolerances: vec![tolerance], ..Rules::default() }).passes()
    };
    assert!(passes(tolerance.clone()));
    assert!(!passes(Tolerance { relative: Some(0.005), ..tolerance.clone() }));
    assert!(passes(Tolerance { relative: None, absolute: Some(10.0), ..tolerance.clone() }));
    assert!(!passes(Tolerance { strategies: vec!["naive".to_owned()], ..tolerance.clone() }));
    assert!(!passes(Tolerance { metric: "latency.tpot_ns", ..tolerance }));
}

/// Other inputs with the same numbers pass, and are said.
#[test]
fn inputs_alone_do_not_fail() {
    let mut after = fixture::one();
    after[0].digests.insert("device".to_owned(), "f".repeat(64));
    let judgement = exact(&fixture::one(), &after);
    assert!(judgement.passes());
    let text = text(&judgement, &[], Ink::Plain);
    assert!(text.contains("the same numbers with other inputs: digest of the device"), "{text}");
}

#[test]
fn a_failure_is_told_with_its_reasons() {
    let (before, mut after) = (fixture::quickstart(), fixture::quickstart());
    after[5].cache.hits -= 100;
    after[5].cache.misses += 100;
    after[5].time.flash_stall_ns += 30_000_000;
    after[5].time.wall_ns += 30_000_000;
    after[5].throughput.decode_tokens_per_s -= 0.5;
    after.remove(0);
    let mut judgement = exact(&before, &after);
    judgement.unmet.push(Unmet {
        label: "iPhone 15 Pro · lru".to_owned(),
        scenario: "keyboard".to_owned(),
        text: "decode-tokens-per-s is 9, expected at least 10".to_owned(),
    });
    let heads = [blessing(18).words(NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day"))];
    assert_snapshot!(text(&judgement, &heads, Ink::Plain), @r#"
    blessed 2026-11-18 (3 days ago) at 525e1af0c3d2 by tightfit 0.1.0: first baseline

    iPhone 13 Pro · lru
      worse: decode 39.6 tok/s → 39.1 tok/s (-1.26 %)
      worse: cache.hits 1,394,732 → 1,394,632 (-0.00717 %)
      worse: cache.misses 1,011,988 → 1,012,088 (+0.00988 %)
      worse: time.flash_stall_ns 2.15 s → 2.18 s (+1.39 %)
      worse: time.wall_ns 3.727 s → 3.757 s (+0.805 %)
      time     +30.0 ms (+0.805 %): waiting for flash +30.0 ms
      because  hits -100 (-0.00717 %), misses +100 (+0.00988 %); no input differs: the program does

    iPhone 13 Pro · resident
      missing: the baseline has this result, the run does not

    expectations that do not hold
      iPhone 15 Pro · lru: decode-tokens-per-s is 9, expected at least 10

    gate failed: of 24 results 1 changed, 1 missing, 1 expectation not met
    "#);
    assert_snapshot!(markdown(&judgement, &heads), @r#"
    ### ❌ gate failed: of 24 results 1 changed, 1 missing, 1 expectation not met

    - blessed 2026-11-18 (3 days ago) at 525e1af0c3d2 by tightfit 0.1.0: first baseline

    | result | verdict | metric | change |
    |---|---|---|---|
    | iPhone 13 Pro · lru | worse | decode | 39.6 tok/s → 39.1 tok/s (-1.26 %) |
    | iPhone 13 Pro · lru | changed | 4 others | cache.hits, cache.misses, time.flash\_stall\_ns, time.wall\_ns |
    | iPhone 13 Pro · resident | missing | – | in the baseline only |

    - **iPhone 13 Pro · lru**: time +30.0 ms (+0.805 %): waiting for flash +30.0 ms; because hits -100 (-0.00717 %), misses +100 (+0.00988 %); no input differs: the program does

    Expectations that do not hold:

    - iPhone 15 Pro · lru: decode-tokens-per-s is 9, expected at least 10
    "#);
}

#[test]
fn a_blessing_says_its_age() {
    let today = |day| NaiveDate::from_ymd_opt(2026, 11, day).expect("a day");
    let age = |day| blessing(18).words(today(day));
    assert!(age(18).contains("2026-11-18 (today) at 525e1af0c3d2 by tightfit 0.1.0: first baseline"), "{}", age(18));
    assert!(age(19).contains("(yesterday)") && age(28).contains("(10 days ago)") && age(17).contains("future"));
}

#[test]
fn a_baseline_reads_back_as_written() {
    let mut baseline = Baseline::default();
    let scenarios = BTreeMap::from([("keyboard".to_owned(), "keyboard.toml".to_owned())]);
    baseline.bless(&entries(&fixture::sweep()), &scenarios, blessing(18));
    let text = baseline.text();
    assert_eq!(Baseline::parse(&text, "here").expect("a baseline"), baseline);
    assert!(!text.contains("nobody has published"), "no texts of sources");
    let metric = |line: &&str| line.trim_start().starts_with("\"latency.ttft_ns\": ");
    assert_eq!(text.lines().filter(metric).count(), baseline.entries.len(), "a metric a line");
    let again: Vec<RunResult> = fixture::sweep().into_iter().rev().collect();
    let mut other = Baseline::default();
    other.bless(&entries(&again), &scenarios, blessing(18));
    assert_eq!(other.text(), text, "sorted, whatever the order of the run");
}

/// A blessing replaces what there was of its scenarios, and leaves the others.
#[test]
fn other_scenarios_are_left_alone() {
    let named = |scenario: &str| -> Vec<Entry> {
        let mut results = fixture::one();
        scenario.clone_into(&mut results[0].scenario);
        entries(&results)
    };
    let by = |scenario: &str| BTreeMap::from([(scenario.to_owned(), scenario.to_owned())]);
    let mut baseline = Baseline::default();
    baseline.bless(&named("b"), &by("b"), Blessing { scenarios: vec!["b".to_owned()], ..blessing(1) });
    baseline.bless(&named("a"), &by("a"), Blessing { scenarios: vec!["a".to_owned()], ..blessing(2) });
    baseline.bless(&named("b"), &by("b"), Blessing { scenarios: vec!["b".to_owned()], ..blessing(3) });
    assert_eq!(baseline.entries.iter().map(|entry| entry.scenario.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(baseline.blessings.len(), 3, "all of them are kept");
    assert_eq!(baseline.blessing("b"), Some(&Blessing { scenarios: vec!["b".to_owned()], ..blessing(3) }));
    assert_eq!(baseline.blessing("c"), None);
}

#[test]
fn a_damaged_baseline_is_refused() {
    let error = |text: &str| Baseline::parse(text, "base.json").expect_err("refused").to_string();
    assert!(error("{\"schema\": 2}").contains("a baseline of schema 2 is not known"), "{}", error("{\"schema\": 2}"));
    assert!(error("{\"schema\": 1, \"results\": []}").starts_with("base.json:1:23: unknown field `results`"));
    let mut baseline = Baseline::default();
    baseline.bless(&entries(&fixture::one()), &BTreeMap::new(), blessing(1));
    let text = baseline.text();
    assert!(error(&text[..text.len() / 2]).contains("EOF"), "torn");
}
