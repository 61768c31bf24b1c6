//! What leaves for other programs, read back with parsers that are not ours, and held to the published shapes.

use roxmltree::Document;
use serde_json::Value;
use tightfit_reports::{
    direction::Direction,
    gate::{Judgement, Unmet, bencher::bencher, github::benchmarks, junit::junit},
    schema::RunResult,
};

use crate::{fixture, gate::exact};

/// One of everything: changed, new, missing, an expectation that does not hold, and texts that XML has to escape.
fn judgement() -> Judgement {
    let (mut before, mut after) = (fixture::quickstart(), fixture::quickstart());
    before.remove(0);
    after.remove(8);
    after[3].cache.hits += 1;
    for result in before.iter_mut().chain(&mut after) {
        result.strategy = format!("<{}> & \"co\"", result.strategy);
    }
    let mut judgement = exact(&before, &after);
    let unmet =
        Unmet { label: "iPhone <15>".to_owned(), scenario: "keyboard".to_owned(), text: "a < b & c".to_owned() };
    judgement.unmet.push(unmet);
    judgement
}

/// Several runs of a machine without a meter.
fn measured() -> Judgement {
    let run = |add: u64| {
        let mut result: RunResult = fixture::one().remove(0);
        "host".clone_into(&mut result.platform);
        result.latency.tpot_ns += add * 1_000;
        result.energy = tightfit_reports::schema::Energy::default();
        result.not_measured = ["energy", "thermal"].map(str::to_owned).to_vec();
        result
    };
    let runs: Vec<RunResult> = (0..7).map(run).collect();
    exact(&runs, &runs)
}

#[test]
fn junit_is_xml_with_the_right_counts() {
    let judgement = judgement();
    let text = junit(&judgement);
    let document = Document::parse(&text).expect("XML");
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let all = |name: &'static str| document.descendants().filter(move |node| node.has_tag_name(name)).count();
    assert_eq!((all("testsuite"), all("testcase"), all("failure"), all("error")), (1, 25, 4, 0));
    for (attribute, expected) in [("tests", "25"), ("failures", "4"), ("errors", "0")] {
        assert_eq!(root.attribute(attribute), Some(expected), "{attribute}");
    }
    // What Jenkins' junit-10.xsd knows of: other attributes are refused by its strict readers.
    for (element, known) in [
        ("testsuites", &["name", "tests", "failures", "errors"][..]),
        ("testsuite", &["name", "tests", "failures", "errors", "skipped"]),
        ("testcase", &["name", "classname"]),
        ("failure", &["type", "message"]),
    ] {
        for node in document.descendants().filter(|node| node.has_tag_name(element)) {
            assert!(node.attributes().all(|attribute| known.contains(&attribute.name())), "{element}: {node:?}");
        }
    }
    let kinds: Vec<&str> =
        document.descendants().filter(|n| n.has_tag_name("failure")).filter_map(|n| n.attribute("type")).collect();
    assert_eq!(kinds, ["changed", "missing", "new", "expectation"]);
    let names: Vec<&str> =
        document.descendants().filter(|n| n.has_tag_name("testcase")).filter_map(|n| n.attribute("name")).collect();
    assert!(names.iter().any(|name| name.contains("<lru> & \"co\"")), "{names:?}");
    let cases = document.descendants().filter(|n| n.has_tag_name("testcase"));
    assert!(cases.into_iter().all(|n| n.attribute("classname").is_some_and(|name| name.starts_with("keyboard."))));
}

#[test]
fn junit_says_what_cannot_be_measured() {
    let text = junit(&measured());
    let document = Document::parse(&text).expect("XML");
    let output = document.descendants().find(|node| node.has_tag_name("system-out")).and_then(|node| node.text());
    assert!(output.is_some_and(|text| text.contains("not measurable: energy.")), "{text}");
}

/// <https://bencher.dev/bmf.json>: an object of objects of `{value, lower_value?, upper_value?}`, all numbers.
#[test]
fn bencher_metric_format_has_its_published_shape() {
    for (judgement, benchmarks_expected, bounds) in [(judgement(), 24, false), (measured(), 1, true)] {
        let file: Value = serde_json::from_str(&bencher(&judgement)).expect("JSON");
        let benchmarks = file.as_object().expect("an object");
        assert_eq!(benchmarks.len(), benchmarks_expected - usize::from(!bounds), "missing results are left out");
        for (name, measures) in benchmarks {
            assert!(name.starts_with("keyboard/") && name.len() <= 1024, "{name}");
            let measures = measures.as_object().expect("measures");
            assert!(measures.contains_key("decode-tokens-per-s"), "{name}");
            assert_eq!(measures.contains_key("joules-per-token"), !bounds, "without a meter no energy");
            for (slug, metric) in measures {
                let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
                assert!(slug.len() <= 64 && slug.chars().all(plain), "{slug} is a slug");
                let metric = metric.as_object().expect("a metric");
                assert!(metric["value"].is_number());
                assert!(metric.iter().all(|(key, value)| value.is_number() && key.ends_with("value")), "{metric:?}");
                assert_eq!(metric.len(), if bounds { 3 } else { 1 }, "bounds for runs only");
                if bounds {
                    let [low, value, high] =
                        ["lower_value", "value", "upper_value"].map(|key| metric[key].as_f64().expect("a number"));
                    assert!(low <= value && value <= high, "{metric:?}");
                }
            }
        }
    }
}

/// What the action reads: an array of `{name, unit, value, range?, extra?}`, never empty, one name once.
#[test]
fn github_action_benchmark_has_its_published_shape() {
    for judgement in [judgement(), measured()] {
        let mut names = std::collections::BTreeSet::new();
        for direction in [Direction::Lower, Direction::Higher] {
            let file: Value = serde_json::from_str(&benchmarks(&judgement, direction)).expect("JSON");
            let benches = file.as_array().expect("an array");
            assert!(!benches.is_empty(), "the action refuses an empty file");
            for bench in benches {
                let bench = bench.as_object().expect("an object");
                let text = |key: &str| bench[key].as_str().expect("a text").to_owned();
                assert!(bench["value"].is_number() && !text("unit").is_empty());
                assert!(names.insert(text("name")), "{} twice", text("name"));
                assert!(text("extra").starts_with("baseline ") || text("extra") == "not in the baseline");
                assert!(bench.get("range").is_none_or(|range| range.as_str().is_some_and(|r| r.starts_with("± "))));
                let is_speed = text("name").ends_with("tokens-per-s");
                assert_eq!(is_speed, direction == Direction::Higher, "{}", text("name"));
            }
        }
    }
}
