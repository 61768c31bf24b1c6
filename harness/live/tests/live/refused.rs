//! Wrong input: one clear error with the place and the way out, and no file.

use std::path::Path;

use candle_core::quantized::gguf_file::Value;
use tightfit_live::{Definition, RecordOptions, record, record::read_prompt};

use crate::tiny::Tiny;

/// Records and returns the error's text, having seen that nothing was written.
fn refused(model: &Path, change: impl FnOnce(&mut RecordOptions)) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = RecordOptions::new(model, "hello", folder.path().join("out.parquet"));
    options.tokens = 4;
    change(&mut options);
    let error = record(&options, &mut |_, _| {}).expect_err("refused").to_string();
    assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0, "nothing written: {error}");
    error
}

/// The error for a tiny model with one metadata key set or removed.
fn with(key: &str, value: Option<Value>) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let model = Tiny::new().with(key, value).write(folder.path());
    let error = refused(&model, |_| {});
    assert!(error.starts_with(&model.display().to_string()), "names the file: {error}");
    error
}

#[test]
fn files_that_are_no_models() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    assert!(refused(&path, |_| {}).contains("cannot be read"), "missing");
    std::fs::write(&path, "PK\x03\x04 something else").expect("written");
    assert!(refused(&path, |_| {}).contains("not a readable GGUF file (it does not begin with `GGUF`)"));
    std::fs::write(&path, "GG").expect("written");
    assert!(refused(&path, |_| {}).contains("not a readable GGUF file"));
}

#[test]
fn models_cut_short_anywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Tiny::new().write(folder.path());
    let whole = std::fs::read(&path).expect("read");
    for length in [8, 30, 500, whole.len() / 2, whole.len() - 40] {
        std::fs::write(&path, &whole[..length]).expect("written");
        let error = refused(&path, |_| {});
        assert!(error.contains("not a readable GGUF file") || error.contains("cannot be read"), "{length}: {error}");
    }
}

#[test]
fn models_of_another_kind() {
    let text = |text: &str| Some(Value::String(text.to_owned()));
    assert!(
        with("general.architecture", text("mamba")).contains("architecture `mamba` is not supported; supported: llama")
    );
    assert!(with("llama.expert_count", Some(Value::U32(8))).contains("`llama.expert_used_count` is missing"));
    assert!(with("llama.rope.dimension_count", Some(Value::U32(10))).contains("of 10 does not fit heads of 8"));
    assert!(with("llama.rope.scaling.type", text("yarn")).contains("rope scaling `yarn`"));
    assert!(with("tokenizer.ggml.model", text("llama")).contains("tokenizer `llama` is not supported"));
    assert!(with("tokenizer.ggml.pre", text("tekken")).contains("text splitting `tekken`"));
    assert!(with("tokenizer.chat_template", text("[INST]")).contains("a chat template other than ChatML"));
    assert!(with("tokenizer.chat_template", None).contains("with the chat template off"));
}

#[test]
fn metadata_missing_or_impossible() {
    for key in ["llama.block_count", "llama.feed_forward_length", "tokenizer.ggml.tokens", "tokenizer.ggml.merges"] {
        let error = with(key, None);
        assert!(error.contains(&format!("metadata key `{key}` is missing")), "{error}");
    }
    assert!(with("llama.embedding_length", Some(Value::U32(0))).contains("is zero or implausibly large"));
    assert!(with("llama.attention.head_count", Some(Value::U64(u64::MAX))).contains("implausibly large"));
    assert!(with("llama.attention.head_count", Some(Value::Array(vec![]))).contains("is not one whole number"));
    assert!(with("llama.attention.head_count_kv", Some(Value::U32(3))).contains("does not divide"));
}

#[test]
fn weights_missing_or_of_another_shape() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = Tiny::new().without_weight("blk.1.ffn_up.weight").write(folder.path());
    assert!(refused(&model, |_| {}).contains("tensor `blk.1.ffn_up.weight` is missing"));
    let error = with("llama.feed_forward_length", Some(Value::U32(96)));
    assert!(error.contains("tensor `blk.0.ffn_gate.weight` has shape [64, 32] where [96, 32] is due"), "{error}");
    let error = with("llama.block_count", Some(Value::U32(3)));
    assert!(error.contains("tensor `blk.2."), "{error}");
}

#[test]
fn weights_that_are_no_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tiny = Tiny::new();
    let gate = tiny.weights.iter_mut().find(|weight| weight.name == "blk.1.ffn_gate.weight").expect("a gate");
    gate.values[0] = f32::NAN;
    let error = refused(&tiny.write(folder.path()), |_| {});
    assert!(error.contains("token 0, layer 1: not a finite number"), "{error}");
}

#[test]
fn options_that_make_no_sense() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = Tiny::new().write(folder.path());
    let too_much = Some(Definition::MassShare(1.5));
    assert!(refused(&model, |options| options.active = too_much).contains("mass-share: 1.5 is outside (0, 1)"));
    assert!(refused(&model, |options| options.threads = 0).contains("0 threads"));
    let error = refused(&model, |options| options.tokens = 5_000);
    assert!(error.contains("+ 5000 to generate exceed the model's context of 256"), "{error}");
    let nothing = |options: &mut RecordOptions| {
        options.prompts[0].text.clear();
        options.chat = false;
    };
    assert!(refused(&model, nothing).contains("the prompt has no tokens"));
    assert!(refused(&model, |options| options.out = "/nowhere/out.parquet".into()).contains("/nowhere/out.parquet"));
}

#[test]
fn prompts_from_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("prompt.txt");
    assert!(read_prompt(&path).expect_err("missing").to_string().contains("prompt.txt: cannot be read"));
    for (text, expected) in
        [("two\nlines\n", "two\nlines"), ("one", "one"), ("windows\r\n", "windows"), ("a\n\n", "a\n")]
    {
        std::fs::write(&path, text).expect("written");
        assert_eq!(read_prompt(&path).expect("read").text, expected);
    }
    std::fs::write(&path, [0xFF, 0xFE]).expect("written");
    assert!(read_prompt(&path).expect_err("not UTF-8").to_string().contains("cannot be read"));
}
