//! The chart of hit rates against DRAM, from made-up numbers.

use tightfit_reports::charts::hit_rate::{Budget, HitRate, HitRates, chart};
use tightfit_reports::write;

use crate::fixture;

fn row(policy: &str, budget: u64, hit_rate: f64, decode_hit_rate: Option<f64>) -> HitRate {
    HitRate { policy: policy.to_owned(), budget, hit_rate, decode_hit_rate }
}

fn small(rows: Vec<HitRate>) -> HitRates {
    HitRates { trace: "small".to_owned(), budget: Budget::Bundles, token_cycle: None, rows }
}

#[test]
fn every_policy_is_named_once_and_belady_is_a_bound() {
    let chart = chart(&fixture::hit_rates()).expect("eight budgets");
    let texts: Vec<&str> = chart.svg.split("<text").skip(1).filter_map(|text| text.split('\n').nth(1)).collect();
    for policy in ["fifo", "lru", "lfu-aged", "w-tinylfu", "least-stale", "belady †", "beyond any policy"] {
        assert_eq!(texts.iter().filter(|text| **text == policy).count(), 1, "{policy} in {texts:?}");
    }
    for title in [
        "lookups of prompt and decode found in DRAM, %",
        "lookups of decode alone found in DRAM, %",
        "one token: 800 MiB",
        "DRAM that the policy may use, MiB (logarithmic)",
    ] {
        assert!(texts.contains(&title), "{title} in {texts:?}");
    }
    assert!(texts.iter().any(|text| text.contains("clock = lru") || text.contains("lru = clock")), "{texts:?}");
    assert!(texts.contains(&"† knows the future: a bound, not a choice"), "{texts:?}");
    assert!(chart.png.starts_with(b"\x89PNG\r\n\x1a\n") && chart.png.len() > 50_000);
}

#[test]
fn its_data_is_what_was_given() {
    let rates = small(vec![
        row("lru", 200, 0.5, Some(0.625)),
        row("lru", 100, 0.25, Some(0.375)),
        row("belady", 100, 0.5, None),
    ]);
    let chart = chart(&rates).expect("two budgets");
    insta::assert_snapshot!(chart.csv, @r#"
    policy,budget_bundles,hit_rate,decode_hit_rate
    lru,200,0.5,0.625
    lru,100,0.25,0.375
    belady,100,0.5,
    "#);
    assert!(chart.svg.contains("bundles that the policy may hold") && !chart.svg.contains("logarithmic"));
    assert!(!chart.svg.contains("one token"), "no cycle was given");
}

#[test]
fn a_bound_that_is_beaten_is_called_none() {
    let rows = vec![
        row("belady", 100, 0.3, None),
        row("belady", 200, 0.5, None),
        row("layered", 100, 0.4, None),
        row("layered", 200, 0.4, None),
    ];
    let chart = chart(&small(rows)).expect("two budgets");
    assert!(chart.svg.contains("no bound here, since layered lies above it"), "{}", chart.svg);
    assert!(!chart.svg.contains("a bound, not a choice") && !chart.svg.contains("beyond any policy"));
    assert!(!chart.svg.contains("decode alone") && chart.caption.contains("layered lies above the one"));
}

#[test]
fn a_single_budget_is_no_curve() {
    assert!(chart(&small(vec![row("lru", 100, 0.5, None), row("belady", 100, 0.6, None)])).is_none());
    assert!(chart(&small(Vec::new())).is_none());
}

#[test]
fn charts_are_written_alone_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let charts = [chart(&fixture::hit_rates()).expect("eight budgets")];
    let paths = write::charts(&folder.path().join("new"), &charts).expect("written");
    let names: Vec<_> = paths.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(names, ["hit-rate-against-dram.svg", "hit-rate-against-dram.png", "hit-rate-against-dram.csv"]);
    assert_eq!(std::fs::read(&paths[1]).expect("there"), charts[0].png);
}
