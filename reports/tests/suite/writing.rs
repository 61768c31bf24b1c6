//! Writing a folder: everything or nothing.

use std::collections::BTreeSet;
use std::path::Path;

use tightfit_reports::html::Meta;
use tightfit_reports::write;

use crate::fixture;

fn files(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                names.insert(entry.path().strip_prefix(folder).expect("under it").display().to_string());
            }
        }
    }
    names
}

#[test]
fn a_folder_holds_everything_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("a/b");
    let paths = write::all(&out, &fixture::quickstart(), &[], &Meta::default()).expect("written");
    let found = files(&out);
    let told: BTreeSet<String> =
        paths.iter().map(|path| path.strip_prefix(&out).expect("under it").display().to_string()).collect();
    assert_eq!(found, told);
    for name in ["results.json", "results.csv", "tokens.parquet", "tokens.csv", "report.html"] {
        assert!(found.contains(name), "{name}");
    }
    assert_eq!(found.iter().filter(|name| name.starts_with("charts/")).count(), 18);
    let before: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("there")).collect();
    write::all(&out, &fixture::quickstart(), &[], &Meta::default()).expect("written over");
    let after: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("there")).collect();
    assert!(before == after, "same results, same bytes");
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("report.html")).expect("in the way");
    let error = write::all(folder.path(), &fixture::one(), &[], &Meta::default()).expect_err("a folder is in the way");
    assert!(error.to_string().contains("report.html: cannot replace"), "{error}");
    assert!(files(folder.path()).is_empty(), "{:?}", files(folder.path()));
    assert!(!folder.path().join("charts").exists(), "a folder made for nothing is gone");
}

#[test]
fn a_file_in_place_of_the_folder_is_a_clear_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("taken");
    std::fs::write(&path, "mine").expect("written");
    let error = write::all(&path, &fixture::one(), &[], &Meta::default()).expect_err("not a folder");
    assert!(error.to_string().contains("taken: cannot create the folder"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).expect("untouched"), "mine");
}
