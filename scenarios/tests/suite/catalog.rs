//! What is built in is what lies in the folders, and all of it is right.

use std::{collections::BTreeSet, fs, path::Path};

use tightfit_scenarios::{Scenario, Settings, Strategy, catalog::Catalog, scenario, strategy};

fn assert_is_folder(catalog: &Catalog, folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files: BTreeSet<String> = fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert!(catalog.names().is_sorted(), "names are sorted");
    assert_eq!(catalog.names().map(str::to_owned).collect::<BTreeSet<_>>(), files);
}

#[test]
fn the_lists_are_the_folders() {
    assert_is_folder(&scenario::CATALOG, "catalog");
    assert_is_folder(&strategy::CATALOG, "strategies");
}

#[test]
fn everything_goes_by_the_name_of_its_file() {
    for name in scenario::CATALOG.names() {
        let scenario = Scenario::load(name, &Settings::default()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(scenario.name, name);
        assert!(scenario.question.ends_with('?'), "{name} asks: {}", scenario.question);
    }
    for name in strategy::CATALOG.names() {
        let strategy = Strategy::load(name, &[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(strategy.name, name);
        assert!(strategy.settings.len() > 2, "{name} spells its settings out: {:?}", strategy.settings);
    }
}

#[test]
fn a_name_is_found_built_in_or_as_a_path() {
    let shown = scenario::CATALOG.find("quickstart").unwrap_or_else(|error| panic!("{error}"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mine.toml");
    fs::write(&path, &shown.text).expect("a file");
    let read = scenario::CATALOG.find(&path.display().to_string()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.text, shown.text);
    assert!(read.origin.ends_with("mine.toml") && shown.origin == "quickstart");
    let unknown = scenario::CATALOG.find("quick-start").expect_err("no such name");
    insta::assert_snapshot!(unknown, @"no scenario named `quick-start`: did you mean quickstart? (a path must end in .toml)");
}
