//! Files that other programs wrote (`tests-data/trace/make.py`): pyarrow's defaults, wide integers, `item` lists,
//! version 2 pages, deltas, tiny row groups, foreign columns and metadata.

use crate::trace::{read_bytes, text};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests-data/trace/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn files_by_pyarrow_read_as_the_same_trace() {
    let expected = text::parse("trace.txt", &String::from_utf8(fixture("trace.txt")).unwrap()).unwrap();
    for name in ["default.parquet", "int64.parquet", "delta.parquet"] {
        assert_eq!(read_bytes(name, fixture(name)).unwrap(), expected, "{name}");
    }
}

#[test]
fn a_file_without_scores_reads_as_the_same_sets() {
    let expected = text::parse("trace.txt", &String::from_utf8(fixture("trace.txt")).unwrap()).unwrap();
    let trace = read_bytes("small-groups.parquet", fixture("small-groups.parquet")).unwrap();
    assert!(!trace.has_scores());
    for (found, expected) in trace.iter().zip(expected.iter()) {
        assert_eq!(found.active, expected.active);
    }
    assert_eq!(trace.rows(), expected.rows());
}

#[test]
fn another_compression_is_named_with_the_way_out() {
    let error = read_bytes("zstd.parquet", fixture("zstd.parquet")).unwrap_err().to_string();
    assert!(error.contains("ZSTD") && error.contains("write it with Snappy"), "{error}");
}

#[test]
fn a_phase_whose_encoding_can_not_be_bounded_is_named_with_the_way_out() {
    let error = read_bytes("delta.parquet", fixture("delta-phase.parquet")).unwrap_err().to_string();
    assert!(error.contains("`phase` is encoded as DELTA_BYTE_ARRAY; write it plain"), "{error}");
}
