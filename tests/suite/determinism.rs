//! The same question, the same bytes: in two processes, on one thread and on two.

use std::{collections::BTreeMap, fs, path::Path};

use tightfit::scenarios::scenario;

use crate::program::{program, text};

/// Every file below `folder`, by its path.
fn files(folder: &Path, below: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder.join(below)).expect("a folder") {
        let path = below.join(entry.expect("an entry").file_name());
        if folder.join(&path).is_dir() {
            files(folder, &path, found);
        } else {
            found.insert(path.display().to_string(), fs::read(folder.join(&path)).expect("a file"));
        }
    }
}

/// Standard output and all files of a run on so many threads.
fn ran(arguments: &[&str], threads: &str) -> (String, BTreeMap<String, Vec<u8>>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output =
        program(folder.path()).args(arguments).env("RAYON_NUM_THREADS", threads).output().expect("the program starts");
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    let mut found = BTreeMap::new();
    files(folder.path(), Path::new(""), &mut found);
    (text(&output.stdout), found)
}

fn assert_same(arguments: &[&str], files: usize) {
    let (one, two) = (ran(arguments, "1"), ran(arguments, "2"));
    assert_eq!(one.0, two.0, "{arguments:?}: standard output");
    assert!(one.0.contains("\"wall_ns\""), "results were printed");
    let names = |ran: &BTreeMap<String, Vec<u8>>| ran.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one.1), names(&two.1), "{arguments:?}: files");
    assert!(one.1.len() >= files, "{arguments:?}: {:?}", names(&one.1));
    for (name, bytes) in &one.1 {
        assert!(*bytes == two.1[name], "{arguments:?}: {name} differs");
    }
}

#[test]
fn printed_results_are_the_same() {
    for name in scenario::CATALOG.names() {
        assert_same(&["run", name, "--format", "json"], 0);
    }
}

#[test]
fn written_files_are_the_same() {
    let arguments = ["run", "quickstart", "--device", "iphone-15-pro", "--format", "json", "--out", "results"];
    assert_same(&[&arguments[..], &["--set", "memory.curve-mb=[60, 80, 120]"]].concat(), 15);
}
