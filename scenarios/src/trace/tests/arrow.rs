//! Arrow files of others (`tests-data/trace/make.py`), what is refused, and claims of sizes that no file has.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{fuzz::Random, sample};
use crate::trace::{Imported, RowFormat, Trace, TraceError, export_rows, import, read, text};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests-data/trace/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn imported(bytes: &[u8]) -> Result<(Imported, Trace), TraceError> {
    let folder = tempfile::tempdir().unwrap();
    let [from, to] = ["in", "out"].map(|name| folder.path().join(name));
    fs::write(&from, bytes).unwrap();
    let done = import(&from, &to, None);
    assert_eq!(done.is_ok(), to.exists(), "whole or not at all");
    Ok((done?, read(&to)?))
}

fn refused(bytes: &[u8]) -> String {
    let error = imported(bytes).map(|(done, _)| done).unwrap_err().to_string();
    error.split_once("/in").map_or(error.clone(), |(_, rest)| rest.to_owned())
}

/// The bytes of a trace as an Arrow file.
fn exported(trace: &Trace) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    export_rows(trace, RowFormat::Arrow, &folder.path().join("t")).unwrap();
    fs::read(folder.path().join("t")).unwrap()
}

#[test]
fn files_by_pyarrow_read_as_the_same_trace() {
    let expected = text::parse("trace.txt", &String::from_utf8(fixture("trace.txt")).unwrap()).unwrap();
    for name in ["lz4.arrow", "wide.arrow"] {
        let (done, trace) = imported(&fixture(name)).unwrap();
        assert_eq!(trace, expected, "{name}");
        assert_eq!((done.tokens, done.lookups, done.left_out), (3, 16, None), "{name}");
    }
}

#[test]
fn predictions_go_out_and_come_back() {
    let trace = sample::scattered(5, 2, 30, true);
    let lists = (0..10).map(|row| (row..row + 4).collect());
    let trace = trace.with_predictions(lists, []).unwrap();
    assert_eq!(imported(&exported(&trace)).unwrap().1, trace);
}

#[test]
fn what_can_not_be_read_is_named_with_the_way_out() {
    let zstd = refused(&fixture("zstd.arrow"));
    assert!(zstd.contains("is packed with zstd; write it with compression=\"lz4\""), "{zstd}");
    let dictionary = refused(&fixture("dictionary.arrow"));
    assert!(dictionary.contains("column `phase` is a Dictionary"), "{dictionary}");
    assert!(refused(b"ARROW1\0\0").contains("is no readable Arrow file (it has 8 bytes)"));
    assert!(refused(&[0xff; 40]).contains("begins as an Arrow stream; write it as a file"));
    let mut whole = exported(&sample::scattered(4, 1, 3, false));
    let cut = refused(&whole[..whole.len() - 1]);
    assert!(cut.contains("is no readable Arrow file"), "{cut}");
    // Another file's end: its footer is not where it says.
    whole.extend_from_slice(&fixture("lz4.arrow")[2816..]);
    assert!(refused(&whole).contains("is no readable Arrow file"));
}

/// A footer, a block and a packed buffer that each claim a thousand million bytes and more.
#[test]
fn claims_are_held_to_the_file() {
    let whole = fixture("lz4.arrow");
    let mut footer = whole.clone();
    let place = footer.len() - 10;
    footer[place..place + 4].copy_from_slice(&1_000_000_000_i32.to_le_bytes());
    assert!(refused(&footer).contains("a footer of 1000000000 bytes in a file of 2826"), "{}", refused(&footer));
    // Every number of the file, of four bytes or eight, one after the other.
    let (mut damaged, mut read) = (0, 0);
    for width in [4, 8] {
        for place in (0..whole.len() - width).step_by(4) {
            let mut bytes = whole.clone();
            bytes[place..place + width].copy_from_slice(&1_000_000_000_i64.to_le_bytes()[..width]);
            let Ok(result) = catch_unwind(AssertUnwindSafe(|| imported(&bytes))) else {
                panic!("{width} bytes at {place} panic");
            };
            match result {
                Ok(_) => read += 1,
                Err(_) => damaged += 1,
            }
        }
    }
    assert!(damaged > 200 && read > 20, "{damaged} refused, {read} read");
}

#[test]
fn damaged_files_are_refused_or_read() {
    for name in ["lz4.arrow", "wide.arrow"] {
        let whole = fixture(name);
        let mut refused = 0;
        for seed in 0..1500 {
            let mut bytes = whole.clone();
            Random::new(seed).damage(&mut bytes);
            let Ok(result) = catch_unwind(AssertUnwindSafe(|| imported(&bytes))) else { panic!("seed {seed} panics") };
            refused += u32::from(result.is_err());
        }
        assert!(refused > 100, "{name}: {refused} refused");
    }
}
