//! Charts: there, alike every time, holding what they claim.

use tightfit_reports::charts;
use tightfit_reports::json;

use crate::fixture;

#[test]
fn every_chart_is_drawn_and_none_without_its_data() {
    let names = |charts: &[charts::Chart]| charts.iter().map(|chart| chart.name.clone()).collect::<Vec<_>>();
    let quickstart = charts::all(&fixture::quickstart(), &[]);
    let without_limits = [
        "decode-speed",
        "time-per-token",
        "speed-over-time",
        "energy-by-component",
        "memory-over-time",
        "hits-and-traffic",
    ];
    assert_eq!(names(&quickstart), without_limits);
    let sweep = charts::all(&fixture::sweep(), &[]);
    assert_eq!(names(&sweep)[2], "speed-against-memory");
    for chart in quickstart.iter().chain(&sweep) {
        assert!(chart.svg.matches("<text").count() > 20, "{} is nearly empty", chart.name);
        assert!(chart.svg.contains("role=\"img\"") && chart.svg.trim_end().ends_with("</svg>"));
        assert!(chart.png.starts_with(b"\x89PNG\r\n\x1a\n") && chart.png.len() > 20_000);
        assert!(chart.csv.lines().count() > 8 && !chart.caption.is_empty());
        let narrow = chart.narrow_svg.as_ref().expect("drawn for phones too");
        for svg in [&chart.svg, narrow] {
            assert!(
                svg.matches("<rect").count() > 8 && svg.contains("</title></rect>"),
                "{} tells no values",
                chart.name
            );
        }
    }
    assert!(charts::all(&[], &[]).is_empty());
    assert_eq!(charts::all(&fixture::many(), &[]).len(), 6);
}

#[test]
fn two_renders_are_the_same_bytes() {
    assert_eq!(charts::all(&fixture::sweep(), &[]), charts::all(&fixture::sweep(), &[]));
}

/// Results read back have no token rows: what is not over time or tokens needs none.
#[test]
fn results_read_back_still_draw() {
    let text = json::results(&fixture::sweep());
    let results = json::parse(&text, "results.json").expect("our own file");
    let charts = charts::all(&results, &[]);
    let names: Vec<&str> = charts.iter().map(|chart| chart.name.as_str()).collect();
    assert_eq!(names, ["decode-speed", "time-per-token", "speed-against-memory", "energy-by-component"]);
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
    assert_eq!(charts::all(&results, &[]).len(), 4, "speed over time needs one that lives");
    for r in &mut results {
        r.memory.outcome = "fits".to_owned();
        r.throughput.decode_tokens_per_s = 0.0;
        r.time = tightfit_reports::schema::Time::default();
        r.tokens.iter_mut().for_each(|token| *token = tightfit_reports::schema::TokenRow::default());
    }
    assert_eq!(charts::all(&results, &[]).len(), 5, "no footprint, no memory over time");
}

/// The limits bound what they are limits of: no strategy is above the DRAM bound, and the fastest not above its own misses.
#[test]
fn the_limits_are_above_what_they_bound() {
    let charts = charts::all(&fixture::sweep(), &[]);
    let chart = charts.iter().find(|chart| chart.name == "speed-against-memory").expect("two limits");
    let rows: Vec<Vec<&str>> = chart.csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let speed = |row: &[&str]| row[6].parse::<f64>().expect("a speed");
    let bounds: Vec<_> = rows.iter().filter(|row| row[3] == "bound").collect();
    let named = |name: &str| bounds.iter().filter(|row| row[1].starts_with(name)).count();
    assert!(named("DRAM") == 15 && named("flash") > 8 && named("Belady") > 8, "{bounds:?}");
    for bound in bounds.iter().filter(|row| row[1].starts_with("DRAM")) {
        let here = rows.iter().filter(|row| row[3] == "lives" && row[0] == bound[0] && row[2] == bound[2]);
        assert!(here.clone().count() > 0 && here.map(|row| speed(row)).all(|one| one < speed(bound)), "{bound:?}");
    }
}

/// A bound stands in the chart as a line, in the legend and under the pointer.
#[test]
fn what_bounds_is_named_under_the_pointer() {
    let charts = charts::all(&fixture::sweep(), &[]);
    let svg = &charts[2].svg;
    assert!(svg.contains("\nDRAM bound: ") && svg.contains("\nwindow-5: "), "values of strategies and limits");
    assert!(svg.contains("DRAM bound: the fastest"), "the legend");
}
