//! The gallery: cheap figures are those that are committed, number by number, and drawing again changes nothing.

use std::{fs, path::Path};

use tightfit::{
    figures::{self, ALL, Drawn, Figure},
    reports::charts::Chart,
};

/// Figures of a few seconds each, even where tests run all at once.
const CHEAP: [&str; 6] = [
    "flash-throughput",
    "io-latency-ladder",
    "window-size",
    "small-models",
    "quantization-ladder",
    "strategies-on-iphones",
];

fn drawn(figure: &Figure) -> Chart {
    match figure.draw().unwrap_or_else(|error| panic!("{}: {error}", figure.name)) {
        Drawn::Chart(chart) => *chart,
        Drawn::PassedBy(reason) => panic!("{}: {reason}", figure.name),
    }
}

fn committed(name: &str, ending: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/figures").join(format!("{name}.{ending}"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run `tightfit figures {name}`", path.display()))
}

#[test]
fn cheap_figures_are_the_committed_ones() {
    let figures = figures::named(&CHEAP.map(str::to_owned)).expect("they are in the gallery");
    for figure in figures {
        let chart = drawn(&figure);
        assert!(chart.csv.lines().count() > 5, "{}: {}", figure.name, chart.csv);
        let said = format!("{} has moved: run `tightfit figures {}` and look at it", figure.name, figure.name);
        assert_eq!(String::from_utf8_lossy(&committed(figure.name, "csv")), chart.csv, "{said}");
        assert!(committed(figure.name, "svg") == chart.svg.as_bytes(), "{said}");
        assert!(committed(figure.name, "png") == chart.png, "{said}");
    }
}

#[test]
fn a_figure_is_the_same_twice() {
    let [figure] = figures::named(&["io-latency-ladder".to_owned()]).expect("there is one")[..] else {
        panic!("one is named");
    };
    assert_eq!(drawn(&figure), drawn(&figure));
}

#[test]
fn every_figure_is_committed_with_its_data() {
    for figure in ALL {
        let data = String::from_utf8(committed(figure.name, "csv")).expect("text");
        let columns = data.lines().next().map(|line| line.split(',').count()).unwrap_or_default();
        assert!(data.lines().count() > 5 && columns > 2, "{}: {data}", figure.name);
        assert!(committed(figure.name, "svg").starts_with(b"<svg"), "{}", figure.name);
        assert!(committed(figure.name, "png").starts_with(b"\x89PNG"), "{}", figure.name);
    }
}

#[test]
fn an_unknown_figure_is_told_the_known() {
    let error = figures::named(&["window".to_owned()]).expect_err("there is none").to_string();
    assert!(error.contains("`window`") && error.contains("window-size"), "{error}");
}
