//! JSON, CSV, Parquet.

use std::collections::BTreeSet;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;
use tightfit_reports::schema::RunResult;
use tightfit_reports::{csv, json, tokens};

use crate::fixture;

#[test]
fn json_comes_back_as_it_went() {
    let results = fixture::quickstart();
    let text = json::results(&results);
    assert!(text.ends_with("}\n") && text.starts_with("{\n  \"schema\": 1,\n  \"results\": ["));
    let back = json::parse(&text, "results.json").expect("our own file");
    let bare: Vec<RunResult> = results.into_iter().map(|r| RunResult { tokens: Vec::new(), ..r }).collect();
    assert_eq!(back, bare);
    assert_eq!(json::results(&back), text, "same bytes");
}

#[test]
fn json_errors_show_the_place() {
    let text = json::results(&fixture::one()).replace("\"ttft_ns\":", "\"ttfb_ns\":");
    let error = json::parse(&text, "old.json").expect_err("no such field").to_string();
    assert!(error.starts_with("old.json:22:17: "), "{error}");
    assert!(error.contains("unknown field `ttfb_ns`") && error.contains('^'), "{error}");
    let error = json::parse("{\"schema\": 9, \"other\": 1}", "new.json").expect_err("another version").to_string();
    assert!(error.contains("schema 9 is not known"), "{error}");
    let error = json::parse("{\"schema\": 1,\n \"results\": [", "cut.json").expect_err("cut off").to_string();
    assert!(error.starts_with("cut.json:2:13: EOF"), "{error}");
}

#[test]
fn csv_header() {
    let text = csv::results(&fixture::one());
    insta::assert_snapshot!(text.lines().next().unwrap_or_default().replace(',', "\n"), @r#"
    scenario
    device
    model
    strategy
    platform
    seed
    parameters.memory.limit-mb
    parameters.strategy.kind
    parameters.strategy.window-tokens
    digests.device
    digests.trace
    latency.load_ns
    latency.ttft_ns
    latency.tpot_ns
    latency.itl_p50_ns
    latency.itl_p95_ns
    latency.itl_p99_ns
    latency.e2e_ns
    throughput.prefill_tokens_per_s
    throughput.decode_tokens_per_s
    time.wall_ns
    time.compute_ns
    time.contention_ns
    time.flash_stall_ns
    time.memory_management_ns
    time.overhead_ns
    time.throttling_ns
    flash.load_bytes
    flash.bytes
    flash.demand_bytes
    flash.prefetch_bytes
    flash.bytes_per_token
    flash.reads
    flash.read_amplification
    flash.mean_run_bundles
    flash.hidden_ns
    cache.lookups
    cache.hits
    cache.late
    cache.misses
    cache.re_reads
    cache.evictions
    cache.hit_rate
    cache.decode_hit_rate
    prefetch.useful
    prefetch.late
    prefetch.wasted
    prefetch.cancelled
    quality.open_loop
    quality.lost_mass_share
    quality.degraded_mass_share
    memory.peak_bytes
    memory.dense_bytes
    memory.kv_bytes
    memory.runtime_bytes
    memory.resident_bytes
    memory.mapped_bytes
    memory.budget_bytes
    memory.limit_bytes
    memory.killed_after_ns
    energy.total_pj
    energy.idle_pj
    energy.compute_pj
    energy.dram_pj
    energy.flash_pj
    energy.joules_per_token
    energy.battery_percent_per_1000_tokens
    energy.battery_percent_per_hour
    thermal.mean_mw
    thermal.peak_fill
    thermal.throttled
    quality.mass_from
    memory.outcome
    provenance.weakest
    provenance.assumed
    "#);
    assert_eq!(text.lines().count(), 2);
}

/// Every number of the JSON is a column of the CSV with the same value, and no column is made up.
#[test]
fn csv_holds_every_number_of_the_json() {
    let results = fixture::one();
    let value: Value = serde_json::from_str(&json::results(&results)).expect("our own text");
    let mut expected = BTreeSet::new();
    flatten("", &value["results"][0], &mut expected);
    let text = csv::results(&results);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let row = reader.records().next().expect("a row").expect("well formed");
    let found: BTreeSet<(String, String)> =
        header.iter().zip(&row).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect();
    assert_eq!(found, expected);
}

fn flatten(path: &str, value: &Value, out: &mut BTreeSet<(String, String)>) {
    let Value::Object(fields) = value else {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
            // 0.0 is 0 in the CSV.
            Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or(f64::NAN).to_string(),
            other => other.to_string(),
        };
        out.insert((path.to_owned(), text));
        return;
    };
    for (name, field) in fields.iter().filter(|(name, _)| *name != "sources") {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        flatten(&path, field, out);
    }
}

#[test]
fn token_rows_are_the_same_in_parquet_and_csv() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens.parquet");
    let results = fixture::sweep();
    tokens::parquet(&path, &results).expect("written");
    let file = std::fs::File::open(&path).expect("there");
    let reader = SerializedFileReader::new(file).expect("Parquet");
    let text = tokens::csv(&results);
    let mut csv = ::csv::Reader::from_reader(text.as_bytes());
    let header = csv.headers().expect("a header").clone();
    let mut rows = 0;
    for (row, record) in reader.get_row_iter(None).expect("rows").zip(csv.records()) {
        let cells: Vec<(String, String)> = row
            .expect("a row")
            .get_column_iter()
            .map(|(name, field)| match field {
                Field::Double(value) => (name.clone(), value.to_string()),
                field => (name.clone(), field.to_string().trim_matches('"').to_owned()),
            })
            .collect();
        let record = record.expect("well formed");
        let expected: Vec<(String, String)> =
            header.iter().zip(&record).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect();
        assert_eq!(cells, expected);
        rows += 1;
    }
    assert_eq!(rows, 3 * 8 * 5 * 128);
    assert!(text.contains(",window-5,limit 16 MB,false,0,0,"));
}
