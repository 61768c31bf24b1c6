//! What each fuzz target, and the test of the corpus, does with some bytes: reads them as a file of one kind.
//!
//! A reader may refuse; it must not panic, nor take memory for what a header merely claims. What it accepts must hold: an
//! import is read back, a recipe that parses has processes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tightfit_devices::Device;
use tightfit_scenarios::{
    Model, Scenario, Settings,
    catalog::Text,
    model::import::import as import_model,
    trace::{self, ImportFormat, synth::Recipe},
};

/// Folder of a corpus, and what is done with its files: whether they are accepted.
type Reader = (&'static str, fn(&[u8]) -> bool);

/// All of them.
pub(crate) const READERS: [Reader; 13] = [
    ("arrow", |bytes| imported(bytes, Some(ImportFormat::Arrow))),
    ("config", |bytes| modelled(&[("config.json", bytes)])),
    ("csv", |bytes| imported(bytes, Some(ImportFormat::Csv))),
    ("device", device),
    ("gguf", |bytes| modelled(&[("model.gguf", bytes)])),
    ("json-lines", |bytes| imported(bytes, Some(ImportFormat::JsonLines))),
    ("model", model),
    ("oracle-general", |bytes| imported(bytes, Some(ImportFormat::OracleGeneral))),
    ("parquet", parquet),
    ("recipe", recipe),
    ("route-csv", |bytes| imported(bytes, Some(ImportFormat::RouteCsv))),
    ("safetensors", |bytes| modelled(&[("model.safetensors", bytes), ("config.json", CONFIG)])),
    ("scenario", scenario),
];

/// A whole configuration, for a header that stands beside one.
const CONFIG: &[u8] = br#"{"model_type": "llama", "num_hidden_layers": 1, "hidden_size": 64, "vocab_size": 100,
    "num_attention_heads": 2, "intermediate_size": 128, "max_position_embeddings": 64}"#;

/// Whether `bytes` are accepted as a file that the reader of that name reads.
///
/// # Panics
/// Where there is no such reader, and where a reader is wrong.
pub(crate) fn read(reader: &str, bytes: &[u8]) -> bool {
    let (_, read) = READERS.iter().find(|(name, _)| *name == reader).expect("a reader of that name");
    read(bytes)
}

/// Makes a folder with these files, hands the first over, and removes it.
fn with_files(files: &[(&str, &[u8])], work: impl FnOnce(&Path) -> bool) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    for (name, bytes) in files {
        fs::write(path(name), bytes).expect("written");
    }
    work(&path(files[0].0))
}

fn imported(bytes: &[u8], format: Option<ImportFormat>) -> bool {
    with_files(&[("in", bytes)], |from| {
        let to = from.with_file_name("out");
        let Ok(done) = trace::import(from, &to, format) else {
            assert!(!to.exists(), "whole or not at all");
            return false;
        };
        let trace = trace::read(&to).expect("what was imported is a trace");
        assert_eq!((trace.tokens() as u64, trace.lookups()), (done.tokens, done.lookups));
        true
    })
}

fn parquet(bytes: &[u8]) -> bool {
    let Ok(mut reader) = trace::Reader::from_bytes("bytes", bytes.to_vec()) else { return false };
    loop {
        match reader.next_row() {
            Ok(Some(row)) => assert!(row.active.is_sorted_by(|one, next| one < next), "ids ascend"),
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

fn modelled(files: &[(&str, &[u8])]) -> bool {
    with_files(files, |path| {
        let Ok(done) = import_model(path) else { return false };
        Model::parse("imported", &done.text).expect("what was imported is a model");
        true
    })
}

fn text_of(bytes: &[u8]) -> Text {
    Text { origin: "bytes".to_owned(), text: String::from_utf8_lossy(bytes).into_owned() }
}

fn recipe(bytes: &[u8]) -> bool {
    let Ok(recipe) = Recipe::parse(&text_of(bytes)) else { return false };
    assert!(recipe.process(recipe.geometry.layers - 1).active_bundles.is_finite());
    true
}

fn scenario(bytes: &[u8]) -> bool {
    Scenario::parse(text_of(bytes), &[], &Settings::default()).is_ok()
}

fn device(bytes: &[u8]) -> bool {
    Device::parse("bytes", &String::from_utf8_lossy(bytes)).is_ok()
}

fn model(bytes: &[u8]) -> bool {
    let Ok(model) = Model::parse("bytes", &String::from_utf8_lossy(bytes)) else { return false };
    model.weights(&model.default_quantization).is_ok()
}
