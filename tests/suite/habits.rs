//! The habits of a command line: completions, a manual, quiet, help with examples, and nothing half-written.

use std::{fs, thread, time::Duration};

use crate::{
    program::{printed, program, run, text},
    tiny,
};

#[test]
fn every_shell_has_completions() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (shell, mark) in [("bash", "complete -F"), ("zsh", "#compdef tightfit"), ("fish", "complete -c tightfit")] {
        let script = printed(folder.path(), &["completions", shell]);
        assert!(script.contains(mark) && script.contains("bless"), "{shell}: {script}");
    }
}

#[test]
fn the_manual_has_a_page_a_command() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = printed(folder.path(), &["man"]);
    assert!(page.contains(".TH tightfit 1") && page.contains("tightfit\\-gate(1)"), "{page}");
    assert!(run(folder.path(), &["man", "--out", "man1"]).status.success());
    for name in ["tightfit", "tightfit-run", "tightfit-diff", "tightfit-gate", "tightfit-trace-info"] {
        let page = fs::read_to_string(folder.path().join(format!("man1/{name}.1"))).expect("a page");
        assert!(page.contains(&format!(".TH {name} 1")), "{name}");
    }
}

/// Every command's help ends with examples, and every example names a command that there is.
#[test]
fn every_help_has_examples() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let commands = [
        &[][..],
        &["run"],
        &["merge"],
        &["diff"],
        &["gate"],
        &["list"],
        &["show"],
        &["completions"],
        &["man"],
        &["trace", "info"],
        &["trace", "import"],
        &["trace", "export"],
        &["trace", "record"],
    ];
    for command in commands {
        let help = printed(folder.path(), &[command, &["--help"]].concat());
        let (_, examples) = help.split_once("Examples:").unwrap_or_else(|| panic!("{command:?}: {help}"));
        let start = ["tightfit", &command.join(" ")].join(" ");
        assert!(examples.contains(start.trim_end()), "{command:?}: {examples}");
    }
}

#[test]
fn quiet_keeps_notes_back_and_not_results() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let asked = ["run", "tiny.toml", "--out", "results", "--format", "csv"];
    let loud = run(folder.path(), &asked);
    let quiet = run(folder.path(), &[&asked[..], &["--quiet"]].concat());
    assert_eq!(text(&loud.stderr), "wrote 14 files to results\n");
    assert_eq!((text(&quiet.stderr), quiet.stdout), (String::new(), loud.stdout));
}

/// A run that is ended half-way leaves no file that looks finished, and the same command then works.
#[test]
fn a_run_that_is_ended_leaves_no_half_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let long = ["run", "quickstart", "--out", "results"];
    let mut child = program(folder.path()).args(long).spawn().expect("it starts");
    thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("its state").is_none(), "it is still at work");
    child.kill().expect("it is ended");
    child.wait().expect("it has ended");
    assert!(!folder.path().join("results").exists(), "files appear when the run is over");
    tiny::write(folder.path());
    let output = run(folder.path(), &["run", "tiny.toml", "--out", "results"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}
