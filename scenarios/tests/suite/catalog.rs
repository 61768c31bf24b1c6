//! What is built in is what lies in the folders, and all of it is right.

use std::{collections::BTreeSet, fs, path::Path};

use tightfit_scenarios::{
    Published, Scenario, Settings, Strategy,
    catalog::{Catalog, Text},
    published, scenario, strategy,
};

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
    assert_is_folder(&published::CATALOG, "cases/published");
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
fn every_published_run_has_a_scenario() {
    let mut cases = 0;
    for name in published::CATALOG.names() {
        let published = Published::load(name).unwrap_or_else(|error| panic!("{error}"));
        for case in &published.case {
            let trace = published.shared_trace.as_ref().map(|shared| shared.file.as_str());
            let (scenario, _) = published.scenario(case, trace).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(scenario.name, name, "it goes by the name of its file");
            assert_eq!(scenario.strategies[0].name, case.strategy);
            cases += 1;
        }
    }
    assert!(cases >= 30, "{cases} cases");
}

#[test]
fn a_published_run_without_a_figure_is_refused() {
    let text = |figures: &str| Text {
        origin: "runs.toml".to_owned(),
        text: format!(
            "schema = 1\nregime = \"heat\"\nscenario = {{}}\nsource = {{ kind = \"published\", from = \"a page\" }}\n\
             [[case]]\nname = \"one\"\nstrategy = \"resident\"\nseen = \"fitted\"\nfigures = {{ {figures} }}\n"
        ),
    };
    assert!(Published::parse(&text("watts = 4.9")).is_ok());
    let none = Published::parse(&text("")).expect_err("no figure");
    insta::assert_snapshot!(none, @"published runs runs.toml: `case.0.figures`: no figure: give at least one");
    let below = Published::parse(&text("watts = 0")).expect_err("no power");
    insta::assert_snapshot!(below, @"published runs runs.toml: `case.0.figures`: a figure is not above zero");
    let unknown = Published::parse(&text("volts = 5")).expect_err("no such metric").to_string();
    assert!(unknown.contains("unknown variant `volts`") && unknown.contains("joules-per-token"), "{unknown}");
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
