//! Traces that are broken, or of something else.

use std::fs;

use insta::assert_snapshot;
use tightfit::scenarios::traces;

use crate::{bad_input::refused_in, tiny};

/// The error of a run over a trace of these bytes.
fn refused(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    fs::write(folder.path().join("trace.parquet"), bytes).expect("a file");
    refused_in(folder.path(), &["run", "tiny.toml", "--out", "results"])
}

/// The error of a run over a trace of this text.
fn refused_text(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    tiny::write_trace(&folder.path().join("trace.parquet"), text);
    refused_in(folder.path(), &["run", "tiny.toml", "--set", "request.output-tokens=3", "--out", "results"])
}

#[test]
fn broken_files() {
    let whole = traces::bytes("smollm2-135m-code").unwrap_or_else(|error| panic!("{error}"));
    assert_snapshot!(refused(&whole[..whole.len() / 2]), @"");
    assert_snapshot!(refused(&whole[..whole.len() - 1]), @"");
    assert_snapshot!(refused(b""), @"");
    assert_snapshot!(refused(b"token,layer\n0,0\n"), @"");
    let mut corrupt = whole.clone();
    corrupt[whole.len() / 3..whole.len() / 3 + 4096].fill(0);
    assert_snapshot!(refused(&corrupt), @"");
}

#[test]
fn traces_of_something_else() {
    let whole = traces::bytes("smollm2-135m-code").unwrap_or_else(|error| panic!("{error}"));
    assert_snapshot!(refused(&whole), @"");
    let experts = tiny::TRACE.replace("geometry neuron", "geometry expert");
    assert_snapshot!(refused_text(&experts), @"");
}

#[test]
fn traces_without_a_phase() {
    let without = |phase: &str| {
        let of_phase = format!(" {phase} ");
        let first = tiny::TRACE.split("request 1").next().unwrap_or_default();
        let kept = first.lines().filter(|line| !line.contains(&of_phase)).collect::<Vec<_>>().join("\n");
        (2..5).fold(kept, |text, token| {
            if phase == "prefill" { text.replace(&format!("\n{token} decode"), &format!("\n{} decode", token - 2)) } else { text }
        })
    };
    assert_snapshot!(refused_text(&without("prefill")), @"");
    assert_snapshot!(refused_text(&without("decode")), @"");
}
