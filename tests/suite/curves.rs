//! Curves of policies over budgets: a phone's own recording to the digit, whole curves beside single budgets, the
//! command line's numbers and files.

use std::{fs, path::PathBuf};

use insta::assert_snapshot;
use tightfit::{
    curve::{self, Asked, Budget, Counting, Point, Stream, all_sizes, points},
    engine::evict::Kind,
    scenarios::{scenario::Prefill, trace},
};

use crate::{bad_input::refused_in, program::printed, program::run, program::text, tiny};

/// Recordings that are not part of the project lie beside it, where they are at all.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn shared(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/bigmoe").join(name);
    if !path.exists() {
        eprintln!("skipped: {name} is not in ../shared/data/bigmoe");
        return None;
    }
    Some(path)
}

/// Qwen3-30B-A3B with six experts a layer on a phone: the route of `BigMoeOnEdge`.
fn qwen() -> Option<Stream> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("qwen.parquet");
    let imported = trace::import(&shared("qwen.route.csv")?, &path, None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((imported.tokens, imported.lookups), (28 + 128, 44_766));
    let trace = trace::read(&path).unwrap_or_else(|error| panic!("{error}"));
    Some(Stream::new(&trace, Prefill::Batched))
}

/// A policy whose name means the same however lookups are counted.
fn asked(name: &str) -> Asked {
    curve::parse(name, Counting::Lookups).unwrap_or_else(|error| panic!("{error}"))
}

fn percent(hits: u64, lookups: u64) -> f64 {
    hits as f64 * 100.0 / lookups as f64
}

#[test]
fn the_phone_s_curve_comes_out() {
    let (Some(stream), Some(curve)) = (qwen(), shared("qwen-curve.csv")) else { return };
    let curve = fs::read_to_string(curve).expect("the curve");
    let mut compared = 0;
    for line in curve.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let Ok(asked) = curve::parse(fields[1], Counting::Steps) else { continue };
        let number = |field: usize| fields[field].parse::<f64>().expect("a number");
        let budget = Budget::Mib(fields[0].parse().expect("MiB"));
        let point = &points(&stream, std::slice::from_ref(&asked), &[budget], Counting::Steps)[0];
        let all = percent(point.hits, point.lookups) - number(2);
        let decode = percent(point.decode_hits, point.decode_lookups) - number(3);
        // Belady does not care in which order a step's experts were used. LRU does, and a trace does not keep it.
        let allowed = if asked.kind == Kind::Belady { 0.000_6 } else { 0.035 };
        assert!(all.abs() < allowed && decode.abs() < allowed, "{line}: {all:+.3} and {decode:+.3} points off");
        if fields[1] == "lru" && number(0) < 785.0 {
            assert_eq!(point.hits, 0, "{line}");
        }
        compared += 1;
    }
    assert_eq!(compared, 3 * 11, "LRU, LFU and Belady at eleven sizes");
}

/// Row by row, in one pass for all of them, it is the same: prompts at once and one by one, steps and lookups.
#[test]
fn a_trace_that_is_read_row_by_row_is_replayed_alike() {
    let requests = [(3, 8), (2, 0), (0, 7)].iter().zip(0..).flat_map(|(&(prompt, decode), request)| {
        (0..prompt + decode)
            .flat_map(move |token: u32| (0..2_u32).map(move |layer| (request, token, token < prompt, layer)))
    });
    let mut text = "geometry neuron layers=2 bundles=40\nbundle-bytes 262144,524288\nmodel toy\n".to_owned();
    for (request, token, is_prompt, layer) in requests {
        if (token, layer) == (0, 0) {
            text.push_str("request ");
            text.push_str(&request.to_string());
            text.push('\n');
        }
        let ids = (0..40_u32).filter(|id| (id * 7 + token * (id % 5 + 1) + layer + request).is_multiple_of(6));
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        let phase = if is_prompt { "prefill" } else { "decode" };
        let line = [token.to_string(), phase.to_owned(), format!("{layer}:"), ids.join(" ")].join(" ");
        text.push_str(&line);
        text.push('\n');
    }
    let trace = trace::text::parse("toy", &text).unwrap_or_else(|error| panic!("{error}"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.parquet");
    trace.write(&path).unwrap_or_else(|error| panic!("{error}"));
    let policies: Vec<Asked> =
        curve::NAMES.iter().map(|name| asked(name)).filter(|asked| asked.kind != Kind::Belady).collect();
    let budgets = [Budget::Mib(2), Budget::Mib(9), Budget::Units(3), Budget::Units(30)];
    let mut hits = 0;
    for prefill in [Prefill::Batched, Prefill::Sequential] {
        let stream = Stream::new(&trace, prefill);
        for counting in [Counting::Steps, Counting::Lookups] {
            let mut reader = trace::Reader::open(&path).unwrap_or_else(|error| panic!("{error}"));
            let found = curve::streamed(&mut reader, &policies, &budgets, counting, prefill);
            let expected = points(&stream, &policies, &budgets, counting);
            assert_eq!(found.unwrap_or_else(|error| panic!("{error}")), expected, "{prefill:?}, {counting:?}");
            hits += expected.iter().map(|point| point.hits).sum::<u64>();
        }
    }
    assert!(hits > 0, "something was kept");
    let belady = [asked("belady")];
    let mut reader = trace::Reader::open(&path).unwrap_or_else(|error| panic!("{error}"));
    let refused = curve::streamed(&mut reader, &belady, &budgets, Counting::Steps, Prefill::Batched);
    assert!(refused.is_err_and(|error| error.to_string().contains("looks into the future")));
}

/// The phone had 4000 MiB under LRU and wrote down that 74.88 % were there: 29,597 of 39,526.
#[test]
fn the_phone_s_own_hits_come_out() {
    let Some(stream) = qwen() else { return };
    let point = &points(&stream, &[asked("lru")], &[Budget::Mib(4000)], Counting::Steps)[0];
    assert_eq!((point.lookups, point.decode_lookups), (39_526, 36_864));
    assert!(point.hits.abs_diff(29_597) <= 1, "{} hits", point.hits);
    assert_snapshot!(format!("{:.1}", percent(point.hits, point.lookups)), @"74.9");
}

/// Hits of libcachesim 0.3.5 on `tightfit trace export qwen.parquet --to oracle-general`, with `ignore_obj_size`:
/// `LRU(cache_size=n).process_trace(reader)` and `Belady(cache_size=n).process_trace(reader)`.
#[test]
fn counted_one_at_a_time_it_is_libcachesim_s_count() {
    let Some(stream) = qwen() else { return };
    let budgets = [288, 289, 500, 1000].map(Budget::Units);
    let found = points(&stream, &[asked("lru"), asked("belady")], &budgets, Counting::Lookups);
    let hits: Vec<u64> = found.iter().map(|point| point.hits).collect();
    assert_eq!(hits, [10_574, 13_153, 16_642, 24_953, 20_971, 21_004, 25_989, 31_743]);
}

/// Every row of a whole curve is what a replay at that size finds; here at some of the thousands of sizes.
#[test]
fn whole_curves_go_through_the_single_budgets() {
    let Some(stream) = qwen() else { return };
    for counting in [Counting::Steps, Counting::Lookups] {
        let table = all_sizes(&stream, &[asked("lru"), asked("belady")], true, counting)
            .unwrap_or_else(|error| panic!("{error}"));
        let rows: Vec<&str> = table.lines().skip(1).collect();
        assert!(rows.len() > 5000, "{} sizes", rows.len());
        for row in rows.iter().step_by(997) {
            let fields: Vec<&str> = row.split(',').collect();
            let budget = Budget::Units(fields[1].parse().expect("units"));
            let policy = curve::parse(fields[0], counting).expect("a policy");
            let Point { lookups, hits, decode_lookups, decode_hits, bytes_read, .. } =
                points(&stream, &[policy], &[budget], counting).remove(0);
            let read = bytes_read.expect("the trace knows its bytes");
            let expected =
                format!("{},{},{lookups},{hits},{decode_lookups},{decode_hits},{read}", fields[0], fields[1]);
            assert_eq!(*row, expected, "{counting:?}");
        }
    }
}

#[test]
fn a_table_and_json_of_the_tiny_trace() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let ask = ["trace", "info", "trace.parquet", "--curve", "lru,belady"];
    let table = printed(folder.path(), &ask);
    let rows: Vec<&str> = table.lines().skip_while(|line| !line.starts_with("hits in %")).skip(1).collect();
    assert_eq!(rows[0].split_whitespace().collect::<Vec<_>>(), ["bundles", "lru", "belady"], "{table}");
    let budgets: Vec<&str> = rows[1..].iter().filter_map(|row| row.split_whitespace().next()).collect();
    assert_eq!(budgets, ["1", "2", "5", "10", "20", "32"], "{table}");
    let json = printed(folder.path(), &[&ask[..], &["--budget-units", "4,32", "--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["lookups"], 33, "the summary is still there");
    let point = &json["curve"][3];
    assert_eq!((&point["policy"], &point["budget_units"]), (&"belady".into(), &32.into()));
    assert_eq!(point["bytes_read"], serde_json::Value::Null, "nobody says what a bundle weighs");
    // Where all fits, only the first lookup of a bundle misses.
    let misses = point["lookups"].as_u64().zip(point["hits"].as_u64()).map(|(lookups, hits)| lookups - hits);
    assert_eq!(misses, Some(16), "{point}");
    assert_eq!(json["curve"].as_array().map(Vec::len), Some(4));
}

#[test]
fn files_go_out_and_come_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let told = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert!(output.status.success() && output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stderr)
    };
    for format in ["csv", "oracle-general"] {
        let sent =
            told(&["trace", "export", "trace.parquet", "--to", format, "--out", "stream", "--prefill", "sequential"]);
        assert_eq!(sent, "wrote stream: 33 lookups\n");
        let back = told(&["trace", "import", "stream", "--out", "back.parquet", "--from", format]);
        assert_eq!(
            back,
            format!("wrote back.parquet: 33 tokens, 33 lookups, 1 layers of 32 experts of stream, from {format}\n")
        );
    }
    let sampled = ["--curve", "lru", "--all-sizes", "sizes.csv", "--sample", "1"];
    printed(folder.path(), &["trace", "info", "back.parquet"]);
    let output = run(folder.path(), &[&["trace", "info", "back.parquet"], &sampled[..]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let sizes = fs::read_to_string(folder.path().join("sizes.csv")).expect("the curve");
    assert!(sizes.starts_with("policy,budget_units,lookups,hits,hits_standard_error,"), "{sizes}");
    // Where all fits, only the 16 different bundles miss, each in one class.
    assert!(sizes.ends_with("\nlru,9,33,17.0,3.4,33,17.0,3.4\n"), "{sizes}");
}

#[test]
fn wrong_curves() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let refused = |arguments: &[&str]| {
        let trace = ["trace", "info", "trace.parquet"];
        refused_in(folder.path(), &[&trace[..], arguments].concat())
    };
    assert_snapshot!(refused(&["--curve", "lur"]), @"error: no policy is named `lur`: known are retain-none, fifo, lru, clock, lfu, lfu-perfect, lfu-aged, sieve, s3-fifo, arc, two-q, w-tinylfu, lhd, window, least-stale, cost-aware, belady; `all` is every one");
    assert_snapshot!(refused(&["--curve", "lru", "--budget-mib", "1"]), @"error: the trace does not say how many bytes a bundle has, and there is no model `tiny` of its shape built in: count bundles, with --budget-units");
    assert_snapshot!(refused(&["--curve", "lru,window", "--all-sizes", "a.csv"]), @"error: all sizes at once are known of lru and belady, not of window: give budgets for it instead");
    assert_snapshot!(refused(&["--curve", "belady", "--all-sizes", "a.csv", "--sample", "0.1"]), @"error: a curve from a sample is known of lru only: ask for --curve lru");
}
