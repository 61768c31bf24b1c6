//! Nothing half-written: a trace file appears whole or not at all.

use std::path::Path;

use super::sample;
use crate::trace::{Phase, Row, TraceError, Writer, read};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn row(layer: u32) -> Row<'static> {
    Row { request: 0, token: 0, phase: Phase::Decode, layer, active: &[0, 1], score: None }
}

#[test]
fn a_dropped_writer_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(&folder.path().join("a.parquet"), &sample::header(2, 4), false).unwrap();
    writer.row(&row(0)).unwrap();
    assert_eq!(names(folder.path()).len(), 1, "the temporary file is in the same folder");
    assert_ne!(names(folder.path()), ["a.parquet"]);
    drop(writer);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn an_unfinished_token_keeps_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let old = sample::scattered(2, 1, 4, false);
    old.write(&path).unwrap();
    let mut writer = Writer::create(&path, &sample::header(2, 4), false).unwrap();
    writer.row(&row(0)).unwrap();
    assert!(matches!(writer.finish(), Err(TraceError::Unfinished { .. })));
    assert_eq!(names(folder.path()), ["a.parquet"]);
    assert_eq!(read(&path).unwrap(), old);
}

#[test]
fn a_refused_row_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let mut writer = Writer::create(&path, &sample::header(2, 4), false).unwrap();
    writer.row(&row(0)).unwrap();
    assert!(writer.row(&row(0)).is_err());
    writer.row(&row(1)).unwrap();
    writer.finish().unwrap();
    assert_eq!(read(&path).unwrap().rows(), 2);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = Writer::create(Path::new("/no/such/folder/a.parquet"), &sample::header(1, 1), false).err().unwrap();
    assert!(error.to_string().starts_with("/no/such/folder/a.parquet: cannot create: "), "{error}");
}
