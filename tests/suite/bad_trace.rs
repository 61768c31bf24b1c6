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
    assert_snapshot!(refused(&whole[..whole.len() / 2]), @"error: trace trace.parquet: not a readable Parquet file (Invalid Parquet file. Corrupt footer); it is truncated, corrupt or of another kind: copy or record it again");
    assert_snapshot!(refused(&whole[..whole.len() - 1]), @"error: trace trace.parquet: not a readable Parquet file (Invalid Parquet file. Corrupt footer); it is truncated, corrupt or of another kind: copy or record it again");
    assert_snapshot!(refused(b""), @"error: trace trace.parquet: not a readable Parquet file (EOF: Parquet file too small. Size is 0 but need 8); it is truncated, corrupt or of another kind: copy or record it again");
    assert_snapshot!(refused(b"token,layer\n0,0\n"), @"error: trace trace.parquet: not a readable Parquet file (Invalid Parquet file. Corrupt footer); it is truncated, corrupt or of another kind: copy or record it again");
    let mut corrupt = whole.clone();
    corrupt[whole.len() / 3..whole.len() / 3 + 4096].fill(0);
    assert_snapshot!(refused(&corrupt), @"error: trace trace.parquet: not a readable Parquet file (External: snappy: corrupt input (expected valid offset but got offset 0; dst position: 199857)); it is truncated, corrupt or of another kind: copy or record it again");
}

#[test]
fn traces_of_something_else() {
    let whole = traces::bytes("smollm2-135m-code").unwrap_or_else(|error| panic!("{error}"));
    assert_snapshot!(refused(&whole), @"error: scenario tiny: the trace was recorded on smollm2-135m (30 layers of 1536 neurons), the model tiny has 2 layers of 16 neurons: take the trace's model or a trace of this one");
    let experts = tiny::TRACE.replace("geometry neuron", "geometry expert");
    assert_snapshot!(refused_text(&experts), @"error: scenario tiny: the trace was recorded on tiny (2 layers of 16 experts), the model tiny has 2 layers of 16 neurons: take the trace's model or a trace of this one");
}

#[test]
fn traces_without_a_phase() {
    let without = |phase: &str| {
        let of_phase = format!(" {phase} ");
        let first = tiny::TRACE.split("request 1").next().unwrap_or_default();
        let kept = first.lines().filter(|line| !line.contains(&of_phase)).collect::<Vec<_>>().join("\n");
        (2..5).fold(kept, |text, token| {
            if phase == "prefill" {
                text.replace(&format!("\n{token} decode"), &format!("\n{} decode", token - 2))
            } else {
                text
            }
        })
    };
    assert_snapshot!(refused_text(&without("prefill")), @"error: scenario tiny: request 0 of the trace has no prompt: record the prompt's tokens too (phase prefill)");
    assert_snapshot!(refused_text(&without("decode")), @"error: scenario tiny: request 0 of the trace has no generated token to repeat: leave request.output-tokens out, or record some (phase decode)");
}
