//! Each way in which a trace can be wrong: one error, naming the file, the place and the way out.

use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::sample;
use crate::trace::{Phase, Row, Writer, read, read_bytes, text};

const PAIRS: [(&str, &str); 4] = [
    ("tightfit.version", "1"),
    ("tightfit.unit", "neuron"),
    ("tightfit.layers", "2"),
    ("tightfit.bundles-per-layer", "4"),
];

/// A hand-made file of two rows, with which to lie: columns request, token, phase, layer (int32) and active (int64).
fn forged(schema: &str, pairs: &[(&str, &str)], layer: [i32; 2], active: &[i64]) -> String {
    let schema = parse_message_type(&format!("message m {{ {schema} }}")).unwrap();
    let pairs = pairs.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), (*value).to_owned())).collect();
    let properties = WriterProperties::builder().set_key_value_metadata(Some(pairs)).build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema.into(), properties.into()).unwrap();
    let mut group = file.next_row_group().unwrap();
    column::<Int32Type>(&mut group, &[0, 0], None);
    column::<Int32Type>(&mut group, &[0, 0], None);
    column::<ByteArrayType>(&mut group, &[ByteArray::from("decode"), ByteArray::from("decode")], None);
    column::<Int32Type>(&mut group, &layer, None);
    let mut repetition = vec![1i16; active.len() + 1];
    (repetition[0], repetition[active.len()]) = (0, 0);
    let mut definition = vec![1i16; active.len()];
    definition.push(0);
    column::<Int64Type>(&mut group, active, Some((&definition, &repetition)));
    group.close().unwrap();
    read_bytes("forged", file.into_inner().unwrap()).unwrap_err().to_string()
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
    nesting: Option<(&[i16], &[i16])>,
) {
    let mut column = group.next_column().unwrap().unwrap();
    let (definition, repetition) = nesting.unzip();
    column.typed::<T>().write_batch(values, definition, repetition).unwrap();
    column.close().unwrap();
}

const SCHEMA: &str = "required int32 request; required int32 token; required binary phase (STRING); \
    required int32 layer; required group active (LIST) { repeated group list { required int64 element; } }";

fn with(key: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    PAIRS.map(|(known, old)| (known, if known == key { value } else { old })).to_vec()
}

#[test]
fn a_lying_row_is_named() {
    for (layer, active, expected) in [
        ([0, 1], vec![1, 4], "forged: row 0: active[1] = 4 is not below the 4 bundles of a layer"),
        ([0, 1], vec![1_000_000_000], "forged: row 0: active[0] = 1000000000 is not below the 4 bundles"),
        ([0, 1], vec![-1], "forged: row 0: active[0] = 4294967295 is not below the 4 bundles"),
        ([0, 1], vec![2, 2], "forged: row 0: active[1] = 2 follows 2; list bundles in ascending order"),
        ([0, 1], vec![3, 1], "forged: row 0: active[1] = 1 follows 3"),
        ([0, 0], vec![3], "forged: row 1: request 0, token 0, layer 0 found where request 0, token 0, layer 1 must"),
        ([1, 0], vec![3], "forged: row 0: request 0, token 0, layer 1 found where request 0, token 0, layer 0 must"),
        ([0, 2], vec![3], "forged: row 1: request 0, token 0, layer 2 found where"),
    ] {
        let error = forged(SCHEMA, &PAIRS, layer, &active);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_list_of_millions_ends_at_its_first_wrong_entry() {
    let error = forged(SCHEMA, &PAIRS, [0, 1], &vec![1; 3_000_000]);
    assert!(error.starts_with("forged: row 0: active[1] = 1 follows 1"), "{error}");
    // More entries than a page may have, in a few bytes of run lengths.
    let error = forged(SCHEMA, &PAIRS, [0, 1], &vec![1; (1 << 24) + 1]);
    assert!(error.starts_with("forged: a page claims 16777217 list entries; write at most 16777216 a page"), "{error}");
}

#[test]
fn metadata_that_lacks_or_contradicts_is_named() {
    for (pairs, expected) in [
        (vec![], "forged: file metadata `tightfit.version` is missing"),
        (PAIRS[..3].to_vec(), "forged: file metadata `tightfit.bundles-per-layer` is missing"),
        (with("tightfit.version", "7"), "forged: file metadata `tightfit.version` is 7; this build reads version 1"),
        (
            with("tightfit.unit", "block"),
            "forged: file metadata `tightfit.unit` is `block`; write `neuron` or `expert`",
        ),
        (with("tightfit.layers", "-2"), "forged: file metadata `tightfit.layers` is `-2`; write a whole number"),
        (with("tightfit.layers", "0"), "forged: geometry of 0 layers x 4 bundles is empty"),
        (with("tightfit.layers", "3"), "forged: ends after layer 1 of request 0, token 0, but the geometry has 3"),
        (with("tightfit.layers", "1000000000"), "forged: geometry has 1000000000 layers; at most"),
        (
            [&PAIRS[..], &[("tightfit.bundle-bytes", "8,x")]].concat(),
            "forged: file metadata `tightfit.bundle-bytes` has `x` in it; write one whole number a layer",
        ),
        (
            [&PAIRS[..], &[("tightfit.bundle-bytes", "8")]].concat(),
            "forged: geometry gives bytes of a bundle for 1 of 2 layers; give them for all, or for none",
        ),
        (
            [&PAIRS[..], &[("tightfit.bundle-bytes", "8,0")]].concat(),
            "forged: geometry gives a bundle 0 bytes; 1 to 4294967295 are accepted",
        ),
        (with("tightfit.bundles-per-layer", "1000000000"), "forged: geometry has 1000000000 bundles in a layer"),
    ] {
        let error = forged(SCHEMA, &pairs, [0, 1], &[3]);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_wrong_column_is_named() {
    for (from, to, expected) in [
        ("int32 layer", "int32 depth", "forged: column `layer` is missing; a trace has"),
        ("int32 request", "int32 score", "forged: column `request` is missing"),
        (
            "binary phase (STRING); required int32 layer;",
            "binary layer; required int32 phase;",
            "forged: column `phase` is a int32; a",
        ),
        (
            "int32 layer; required group active",
            "int32 layer; required group score",
            "forged: column `active` is missing",
        ),
    ] {
        let schema = SCHEMA.replace(from, to);
        assert_ne!(schema, SCHEMA);
        let error = forged(&schema, &PAIRS, [0, 0], &[3]);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn files_of_another_kind_are_named() {
    for (bytes, expected) in [
        (b"".to_vec(), "f: not a readable Parquet file ("),
        (b"PAR1".to_vec(), "f: not a readable Parquet file ("),
        (b"geometry neuron layers=2 bundles=8".to_vec(), "f: not a readable Parquet file ("),
    ] {
        let error = read_bytes("f", bytes).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let error = read("/no/such/file.parquet".as_ref()).unwrap_err().to_string();
    assert!(error.starts_with("/no/such/file.parquet: cannot open: "), "{error}");
    let error = read("/tmp".as_ref()).unwrap_err().to_string();
    assert!(error.starts_with("/tmp: cannot open: "), "{error}");
}

#[test]
fn the_writer_refuses_what_the_reader_would() {
    let good = Row { request: 0, token: 0, phase: Phase::Decode, layer: 0, active: &[1, 2], score: Some(&[0.5, 0.5]) };
    for (row, expected) in [
        (
            Row { request: 1, ..good },
            "trace: row 1: request 1, token 0, layer 0 found where request 0, token 0, layer 1",
        ),
        (Row { layer: 1, phase: Phase::Prefill, ..good }, "trace: row 1: token 0 of request 0 changes phase"),
        (Row { layer: 1, score: None, ..good }, "trace: row 1: has no scores in a trace with scores"),
        (Row { layer: 1, score: Some(&[0.5]), ..good }, "trace: row 1: 1 scores for 2 active bundles"),
        (Row { layer: 1, score: Some(&[0.5, f32::NAN]), ..good }, "trace: row 1: score[1] is not a finite number"),
        (Row { layer: 1, active: &[0, 4], ..good }, "trace: row 1: active[1] = 4 is not below the 4 bundles"),
    ] {
        let mut writer = Writer::new(Vec::new(), &sample::header(2, 4), true).unwrap();
        writer.row(&good).unwrap();
        let error = writer.row(&row).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let mut writer = Writer::new(Vec::new(), &sample::header(1, 4), false).unwrap();
    let error = writer.row(&good).unwrap_err().to_string();
    assert!(error.starts_with("trace: row 0: has scores in a trace without"), "{error}");
    writer.row(&Row { score: None, ..good }).unwrap();
    let error = writer.row(&Row { token: 1, phase: Phase::Prefill, score: None, ..good }).unwrap_err().to_string();
    assert!(error.contains("token 1 of request 0 is prefill after a decode token"), "{error}");
    let error = Writer::new(Vec::new(), &sample::header(1, 4), false).unwrap().into_sink().unwrap_err().to_string();
    assert!(error.contains("holds no rows"), "{error}");
}

#[test]
fn a_wrong_line_of_text_is_named() {
    let start = "geometry neuron layers=1 bundles=8\n";
    for (lines, expected) in [
        ("geometry neuron 1x8", "t:1: write `geometry neuron layers=2 bundles=8`"),
        ("0 decode 0: 1", "t:1: a row before the geometry"),
        ("", "t: holds no rows"),
        ("\n+0 prompt 0: 1", "t:3: phase is `prompt`; write `prefill` or `decode`"),
        ("+0 decode 0: 1 x", "t:2: `x` is no whole number"),
        ("+0 decode 0: 1 8", "t:2: active[1] = 8 is not below the 8 bundles"),
        ("+0 decode 0: 1:high", "t:2: `high` is no number"),
        ("+0 decode 0: 1:0.5 2", "t:2: 1 scores for 2 active bundles"),
        ("+0 decode: 1", "t:2: write a row as"),
        ("+0 decode 0 0: 1", "t:2: write a row as"),
        ("+layers 2", "t:2: `layers` begins no line of a trace"),
        ("+bundle-bytes 8 9\n0 decode 0: 1", "t:2: bundle-bytes has `8 9` in it"),
        ("+bundle-bytes 8,9\n0 decode 0: 1", "t: geometry gives bytes of a bundle for 2 of 1 layers"),
        ("+model a\\q", "t:2: an unknown escape"),
        ("+0 decode 0: 1\nmodel late", "t:3: a header line after the first row"),
        (
            "+0 decode 0: 1\n0 decode 0: 1",
            "t:3: request 0, token 0, layer 0 found where request 0, token 1, layer 0 (or request 1",
        ),
    ] {
        let text = match lines.trim_start_matches('\n').strip_prefix('+') {
            Some(rest) => format!("{start}{}{rest}", if lines.starts_with('\n') { "\n" } else { "" }),
            None => lines.to_owned(),
        };
        let error = text::parse("t", &text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
