//! What is printed, read back.

use tightfit::{reports::json, run::Curve};

use crate::{ask::Ask, program::printed};

#[test]
fn json_reads_back_as_the_results() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let read = json::parse(&printed(folder.path(), &["run", "quickstart", "--format", "json"]), "standard output")
        .unwrap_or_else(|error| panic!("{error}"));
    let mut results = Ask { scenario: "quickstart", ..Ask::default() }
        .results_with(&[], Curve::Skip)
        .unwrap_or_else(|error| panic!("{error}"));
    // The rows of the tokens are in files of their own.
    for result in &mut results {
        assert!(!result.tokens.is_empty());
        result.tokens.clear();
    }
    assert_eq!(read, results);
    assert_eq!(read.len(), 27, "3 devices x 9 strategies");
}

#[test]
fn csv_has_a_row_a_result() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let csv = printed(folder.path(), &["run", "llm-in-a-flash", "--format", "csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 1 + 3, "a header and a row a strategy");
    assert!(lines[0].starts_with("scenario,device,model,strategy,"), "{}", lines[0]);
    let strategies: Vec<&str> = lines[1..].iter().filter_map(|line| line.split(',').nth(3)).collect();
    assert_eq!(strategies, ["naive", "hybrid", "layer-stream"]);
}

#[test]
fn markdown_and_text_show_the_same_speeds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ask = ["run", "quickstart", "--device", "iphone-15-pro", "--strategy", "lru", "--format"];
    let [text, markdown] = ["text", "md"].map(|format| printed(folder.path(), &[&ask[..], &[format]].concat()));
    let cells = |table: &str| -> Vec<String> {
        let is_row = |line: &&str| line.contains("lru") && line.contains("fits") && line.contains("assumed");
        let row = table.lines().find(is_row).unwrap_or_default();
        row.replace(['|', '*'], " ").split_whitespace().map(str::to_owned).collect()
    };
    assert!(cells(&text).len() > 10, "{text}");
    let (of_text, of_markdown) = (cells(&text), cells(&markdown));
    for number in of_text.iter().filter(|cell| cell.parse::<f64>().is_ok()) {
        assert!(of_markdown.contains(number), "{number} of {of_text:?} is not in {of_markdown:?}");
    }
}
