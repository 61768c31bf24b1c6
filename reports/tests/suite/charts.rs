//! Charts: there, alike every time, holding what they claim.

use tightfit_reports::charts;
use tightfit_reports::json;

use crate::fixture;

#[test]
fn every_chart_is_drawn_and_none_without_its_data() {
    let names = |charts: &[charts::Chart]| charts.iter().map(|chart| chart.name.clone()).collect::<Vec<_>>();
    let quickstart = charts::all(&fixture::quickstart(), &[]);
    assert_eq!(names(&quickstart), ["decode-speed", "time-per-token", "hits-and-traffic"]);
    let sweep = charts::all(&fixture::sweep(), &[]);
    assert_eq!(names(&sweep)[3], "speed-against-memory");
    for chart in quickstart.iter().chain(&sweep) {
        assert!(chart.svg.matches("<text").count() > 20, "{} is nearly empty", chart.name);
        assert!(chart.svg.contains("role=\"img\"") && chart.svg.trim_end().ends_with("</svg>"));
        assert!(chart.png.starts_with(b"\x89PNG\r\n\x1a\n") && chart.png.len() > 20_000);
        assert!(chart.csv.lines().count() > 8 && !chart.caption.is_empty());
    }
    assert!(charts::all(&[], &[]).is_empty());
    assert_eq!(charts::all(&fixture::many(), &[]).len(), 3);
}

#[test]
fn two_renders_are_the_same_bytes() {
    assert_eq!(charts::all(&fixture::sweep(), &[]), charts::all(&fixture::sweep(), &[]));
}

/// Results read back have no token rows: the first two charts, and the budgets, need none.
#[test]
fn results_read_back_still_draw() {
    let text = json::results(&fixture::sweep());
    let results = json::parse(&text, "results.json").expect("our own file");
    let charts = charts::all(&results, &[]);
    let names: Vec<&str> = charts.iter().map(|chart| chart.name.as_str()).collect();
    assert_eq!(names, ["decode-speed", "time-per-token", "speed-against-memory"]);
}

#[test]
fn killed_runs_have_no_speed_in_the_data() {
    let charts = charts::all(&fixture::quickstart(), &[]);
    let rows: Vec<&str> = charts[0].csv.lines().filter(|line| line.contains(",resident,")).collect();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.ends_with(",killed,false,0,")), "{rows:?}");
}

#[test]
fn everything_killed_or_zero_is_no_reason_to_fail() {
    let mut results = fixture::quickstart();
    for r in &mut results {
        r.memory.outcome = "killed".to_owned();
    }
    assert_eq!(charts::all(&results, &[]).len(), 2);
    for r in &mut results {
        r.memory.outcome = "fits".to_owned();
        r.throughput.decode_tokens_per_s = 0.0;
        r.time = tightfit_reports::schema::Time::default();
        r.tokens.iter_mut().for_each(|token| *token = tightfit_reports::schema::TokenRow::default());
    }
    assert_eq!(charts::all(&results, &[]).len(), 3);
}
