//! GGUF files made by hand: tensors come back, other files are refused.

use std::path::PathBuf;

use tempfile::TempDir;
use tightfit_host::{gguf::Gguf, kernels::Format};

/// A file of version 3 with keys of several kinds, one `F32` tensor of two rows of 32, and one of a format that is not read.
fn bytes() -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    };
    out.extend(3_u32.to_le_bytes());
    out.extend(2_u64.to_le_bytes());
    out.extend(3_u64.to_le_bytes());
    text(&mut out, "general.alignment");
    out.extend(4_u32.to_le_bytes());
    out.extend(64_u32.to_le_bytes());
    text(&mut out, "words");
    out.extend(9_u32.to_le_bytes());
    out.extend(8_u32.to_le_bytes());
    out.extend(2_u64.to_le_bytes());
    text(&mut out, "one");
    text(&mut out, "two");
    text(&mut out, "truth");
    out.extend(7_u32.to_le_bytes());
    out.push(1);
    for (name, kind) in [("a.weight", 0_u32), ("b.weight", 14)] {
        text(&mut out, name);
        out.extend(2_u32.to_le_bytes());
        out.extend(32_u64.to_le_bytes());
        out.extend(2_u64.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(0_u64.to_le_bytes());
    }
    out.resize(out.len().next_multiple_of(64), 0);
    (0..64_u8).for_each(|number| out.extend(f32::from(number).to_le_bytes()));
    out
}

fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).expect("written");
    (folder, path)
}

#[test]
fn a_tensor_comes_back_as_it_is_and_in_other_formats() {
    let (_folder, path) = written(&bytes());
    let mut file = Gguf::open(&path).unwrap_or_else(|error| panic!("{error}"));
    let tensor = file.tensor("a.weight").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((tensor.columns, tensor.rows, tensor.format), (32, 2, Format::F32));
    let wanted: Vec<f32> = (0..64_u8).map(f32::from).collect();
    assert_eq!(tensor.floats(), wanted);
    let halves = tensor.in_format(Format::F16);
    assert_eq!((halves.bytes.len(), halves.floats()), (128, wanted));
}

#[test]
fn what_is_not_there_or_not_read_is_said() {
    let (_folder, path) = written(&bytes());
    let mut file = Gguf::open(&path).unwrap_or_else(|error| panic!("{error}"));
    let mut error = |name: &str| file.tensor(name).expect_err("nothing to read").to_string();
    assert!(error("c.weight").ends_with("has no tensor c.weight"));
    assert!(error("b.weight").contains("in GGUF's format 14"));
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused_or_found_out() {
    let whole = bytes();
    let mut refused = 0;
    for length in (0..whole.len()).step_by(7) {
        let (_folder, path) = written(&whole[..length]);
        let read = Gguf::open(&path).and_then(|mut file| file.tensor("a.weight"));
        assert!(read.is_err(), "{length} of {} B", whole.len());
        refused += 1;
    }
    assert!(refused > 60);
}

/// A file of one key with this value, and no tensor.
fn with_value(value: &[u8]) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3_u32.to_le_bytes());
    out.extend(0_u64.to_le_bytes());
    out.extend(1_u64.to_le_bytes());
    out.extend(1_u64.to_le_bytes());
    out.push(b'k');
    out.extend(value);
    out
}

#[test]
fn sizes_that_no_file_has_are_refused_at_once() {
    let array_of = |kind: u32, count: u64| {
        let mut value = 9_u32.to_le_bytes().to_vec();
        value.extend(kind.to_le_bytes());
        value.extend(count.to_le_bytes());
        value
    };
    let deep: Vec<u8> =
        array_of(9, 1).into_iter().chain((0..100_000).flat_map(|_| array_of(9, 1).split_off(4))).collect();
    for (value, expected) in [
        (deep, "arrays within arrays within arrays"),
        (array_of(0, u64::MAX), "an array of more bytes than any file has"),
        (array_of(12, u64::MAX / 4), "an array of more bytes than any file has"),
    ] {
        let (_folder, path) = written(&with_value(&value));
        let error = Gguf::open(&path).expect_err("a damaged file").to_string();
        assert!(error.ends_with(expected), "{error}");
    }
    let mut file = bytes();
    let columns = file.windows(8).position(|bytes| bytes == 32_u64.to_le_bytes()).expect("the first tensor's columns");
    file[columns..columns + 8].copy_from_slice(&(1_u64 << 62).to_le_bytes());
    let (_folder, path) = written(&file);
    let read = Gguf::open(&path).and_then(|mut file| file.tensor("a.weight"));
    assert!(read.expect_err("a damaged file").to_string().ends_with("says that a.weight has more bytes than any file"));
}
