//! The book under `docs/`: its chapters are there, its links lead somewhere, its files load, its commands exist; and what it and the
//! README show of the quickstart is what the quickstart prints.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tightfit::{
    devices::Device,
    scenarios::{Scenario, Settings, Strategy, catalog::Text, scenario, strategy},
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/src")
}

/// Name and text of every chapter.
fn chapters() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = fs::read_dir(folder())
        .expect("the book")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a chapter"))
        })
        .collect();
    all.sort();
    all
}

/// Targets of `](…)`, without those of other places.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://"))
}

/// What stands between fences of a language.
fn blocks<'a>(text: &'a str, language: &'a str) -> impl Iterator<Item = &'a str> {
    text.split("\n```").enumerate().filter_map(move |(place, part)| {
        let (head, body) = part.split_once('\n')?;
        (place % 2 == 1 && head == language).then_some(body)
    })
}

#[test]
fn the_summary_has_every_chapter_and_links_lead_somewhere() {
    let chapters = chapters();
    let summary = &chapters.iter().find(|(name, _)| name == "SUMMARY.md").expect("a summary").1;
    let listed: BTreeSet<&str> = links(summary).collect();
    let there: BTreeSet<&str> =
        chapters.iter().map(|(name, _)| name.as_str()).filter(|&name| name != "SUMMARY.md").collect();
    assert_eq!(listed, there);
    assert!(there.len() >= 15, "{there:?}");
    for (name, text) in &chapters {
        for target in links(text) {
            let file = target.split('#').next().unwrap_or_default();
            assert!(file.is_empty() || folder().join(file).exists(), "{name}: {target}");
        }
    }
}

#[test]
fn whole_files_in_it_are_right() {
    let mut loaded = 0;
    for (name, text) in chapters() {
        for block in blocks(&text, "toml").filter(|block| block.starts_with("schema = 1")) {
            let keys: toml::Table = block.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
            let checked = if keys.contains_key("devices") {
                Scenario::parse(own(block), &[], &Settings::default()).map(drop).map_err(|error| error.to_string())
            } else if keys.contains_key("stream") {
                Strategy::parse("book", block, &toml::Table::new(), &[]).map(drop).map_err(|error| error.to_string())
            } else if keys.contains_key("base") {
                Device::parse("book", block).map(drop).map_err(|error| error.to_string())
            } else {
                continue;
            };
            assert!(checked.is_ok(), "{name}: {}\n{block}", checked.unwrap_err());
            loaded += 1;
        }
    }
    assert!(loaded >= 5, "{loaded}");
}

fn own(text: &str) -> Text {
    Text { origin: "book".to_owned(), text: text.to_owned() }
}

#[test]
fn names_in_it_are_built_in() {
    let known: BTreeSet<&str> =
        scenario::CATALOG.names().chain(strategy::CATALOG.names()).chain(Device::names().iter().copied()).collect();
    let mut asked = 0;
    for (name, text) in chapters() {
        for line in blocks(&text, "sh").flat_map(str::lines).filter(|line| line.starts_with("tightfit ")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            for pair in words.windows(2).filter(|pair| ["--device", "--strategy"].contains(&pair[0])) {
                let own = Path::new(pair[1]).extension().is_some_and(|extension| extension == "toml");
                assert!(own || known.contains(pair[1]), "{name}: {line}");
                asked += usize::from(!own);
            }
        }
    }
    assert!(asked >= 3, "{asked}");
}

#[test]
fn every_command_has_its_line() {
    let help = Command::new(env!("CARGO_BIN_EXE_tightfit")).arg("--help").output().expect("runs");
    let help = String::from_utf8(help.stdout).expect("text");
    let commands = help.split("Commands:").nth(1).and_then(|rest| rest.split("Options:").next()).expect("commands");
    let begins = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let names: Vec<&str> = commands.lines().filter(begins).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 10, "{names:?}");
    let chapter = chapters().into_iter().find(|(name, _)| name == "commands.md").expect("commands").1;
    for name in names.into_iter().filter(|&name| name != "help") {
        let told = [format!("`{name} "), format!("`{name}`"), format!("tightfit {name} ")];
        assert!(told.iter().any(|words| chapter.contains(words)), "{name}");
    }
}

#[test]
fn what_is_shown_of_the_quickstart_is_what_it_prints() {
    let ran =
        Command::new(env!("CARGO_BIN_EXE_tightfit")).args(["run", "quickstart", "--quiet"]).output().expect("runs");
    let printed = String::from_utf8(ran.stdout).expect("text");
    let printed: BTreeSet<&str> = printed.lines().collect();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for (name, least) in [("README.md", 20), ("docs/src/quickstart.md", 2)] {
        let text = fs::read_to_string(root.join(name)).expect(name);
        let is_of_quickstart = |block: &&str| block.starts_with("scenario quickstart") || block.starts_with("iphone-");
        let lines: Vec<&str> = blocks(&text, "text").filter(is_of_quickstart).flat_map(str::lines).collect();
        assert!(lines.len() >= least, "{name}: {}", lines.len());
        for line in lines {
            assert!(printed.contains(line), "{name} shows what is not printed: {line}");
        }
    }
}
