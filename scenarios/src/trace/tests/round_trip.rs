//! What is written is what is read: Parquet and text, streaming and whole, any trace.

use proptest::prelude::*;

use super::sample;
use crate::trace::{Phase, Reader, Request, read, read_bytes, text};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn parquet_gives_back_any_trace(trace in sample::any_trace()) {
        let bytes = sample::bytes(&trace);
        prop_assert_eq!(read_bytes("sample", bytes).unwrap(), trace);
    }

    #[test]
    fn text_gives_back_any_trace(trace in sample::any_trace()) {
        let text = text::format(&trace);
        prop_assert_eq!(text::parse("sample", &text).unwrap(), trace, "{}", text);
    }
}

#[test]
fn many_row_groups_and_batches_give_the_same_rows() {
    // 1,100 x 2 rows of about 500 ids: more than a row group's million, and more than a batch's.
    let trace = sample::scattered(1100, 2, 1000, true);
    assert!(trace.lookups() > 1_050_000);
    let bytes = sample::bytes(&trace);
    let mut reader = Reader::from_bytes("sample", bytes.clone()).unwrap();
    for expected in trace.iter() {
        assert_eq!(reader.next_row().unwrap(), Some(expected));
    }
    assert_eq!(reader.next_row().unwrap(), None);
    assert_eq!(sample::bytes(&trace), bytes, "the same trace, the same bytes");
}

#[test]
fn full_rows_that_end_with_their_page_are_read() {
    for bundles in [1, 2, 1 << 10, 1 << 16] {
        let full: Vec<u32> = (0..bundles).collect();
        let tokens = vec![vec![full]; if bundles > 1000 { 40 } else { 20_000 }];
        let trace = sample::build(sample::header(1, bundles), false, &[(0, tokens)]);
        assert_eq!(read_bytes("full", sample::bytes(&trace)).unwrap(), trace, "{bundles} bundles");
    }
}

#[test]
fn a_file_on_disk_reads_as_its_bytes_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let trace = sample::scattered(20, 3, 64, true);
    trace.write(&path).unwrap();
    assert_eq!(read(&path).unwrap(), trace);
    assert_eq!(std::fs::read(&path).unwrap(), sample::bytes(&trace));
}

#[test]
fn accessors_agree_with_the_text() {
    let text = "geometry expert layers=1 bundles=9\n0 prefill 0: 1\n1 decode 0: 2 8\nrequest 1\n0 decode 0: 3\n";
    let trace = text::parse("t", text).unwrap();
    let requests = [
        Request { prefill_tokens: 1, decode_tokens: 1, first_token: 0 },
        Request { prefill_tokens: 0, decode_tokens: 1, first_token: 2 },
    ];
    assert_eq!(trace.requests(), requests);
    assert_eq!((trace.tokens(), trace.rows(), trace.lookups()), (3, 3, 4));
    assert_eq!([0, 1, 2].map(|token| trace.phase(token)), [Phase::Prefill, Phase::Decode, Phase::Decode]);
    assert_eq!([0, 1, 2].map(|token| trace.request_of(token)), [0, 0, 1]);
    assert_eq!((trace.active(1, 0), trace.score(1, 0)), (&[2, 8][..], None));
}
