//! A model from a GGUF header: its shape, out of metadata and tensors.

mod described;
mod formats;

use toml::{Table, Value};

use self::{
    described::{Described, size},
    formats::formats,
};
use super::{
    Problem, Sketch,
    gguf::{Entry, Header, Listed},
    tables::{count, section, word},
};
use crate::model::Format;

/// The model of a header.
pub(super) fn sketch(header: &Header) -> Result<Sketch, Problem> {
    let file = Described::new(header)?;
    let mut notes = Vec::new();
    let mut table = Table::new();
    let embedding = file.tensor("token_embd.weight").ok_or("no tensor token_embd.weight: not a language model")?;
    let (hidden, vocabulary) = (size(embedding, 0), size(embedding, 1));
    let layers = file.number("block_count")?;
    table.insert("layers".to_owned(), count("layers", layers)?);
    table.insert("hidden".to_owned(), count("a width", hidden)?);
    table.insert("vocabulary".to_owned(), count("a vocabulary", vocabulary)?);
    table.insert("context".to_owned(), count("a context", file.number("context_length")?)?);
    table.insert("tied-embeddings".to_owned(), Value::Boolean(file.tensor("output.weight").is_none()));
    if file.tensor("blk.0.attn_q.bias").is_some() || file.tensor("blk.0.attn_qkv.bias").is_some() {
        let all = file.tensor("blk.0.attn_output.bias").is_some();
        table.insert("biases".to_owned(), word(if all { "attention" } else { "query-key-value" }));
    }
    let of_heads = |name: &str| name.ends_with("_q_norm.weight") || name.ends_with("_k_norm.weight");
    let is_norm = |tensor: &&Listed| tensor.name.ends_with("norm.weight") && !of_heads(&tensor.name);
    let norms = file.tensors_of(0).filter(is_norm).filter(|tensor| size(tensor, 0) == hidden);
    table.insert("norms-per-layer".to_owned(), count("norms", norms.count() as u64)?);
    mixers(&file, layers, &mut table)?;
    feed_forward(&file, &mut table)?;
    let (formats, bytes) = formats(header, &mut notes)?;
    table.insert("default-quantization".to_owned(), word("file"));
    let mut quantizations = Table::new();
    quantizations.insert("file".to_owned(), Value::Table(formats.table(Format::F32)));
    table.insert("quantization".to_owned(), Value::Table(quantizations));
    if formats.mixed > 0 {
        notes.push(format!("{} tensors share a role and a layer with one of another format", formats.mixed));
    }
    if let Some(Entry::Text(title)) =
        header.metadata.get("general.name").filter(|entry| **entry != Entry::Text(String::new()))
    {
        table.insert("title".to_owned(), word(title));
    }
    Ok(Sketch { table, notes, tensor_bytes: Some(bytes) })
}

/// The sections of how layers look at the positions before, and their pattern.
fn mixers(file: &Described<'_>, layers: u64, table: &mut Table) -> Result<(), Problem> {
    let window = file.some("attention.sliding_window")?.filter(|&window| window > 0);
    let kind = |layer| {
        if file.has(layer, "ssm_conv1d.weight") {
            Ok("linear")
        } else if file.has(layer, "shortconv.conv.weight") {
            Ok("convolution")
        } else if file.has(layer, "attn_kv_a_mqa.weight") {
            Ok("latent")
        } else if file.has(layer, "attn_output.weight") {
            Ok(if window.is_some() && is_local(file, layer) { "window" } else { "attention" })
        } else {
            Err(format!("layer {layer} has no attention that is known here: write the model by hand"))
        }
    };
    // What a header claims is no more than it lists.
    if layers > file.header.tensors.len() as u64 {
        return Err(format!("{layers} layers and {} tensors: the header is damaged", file.header.tensors.len()));
    }
    let kinds = (0..layers).map(kind).collect::<Result<Vec<&str>, Problem>>()?;
    for (name, section) in [("attention", "attention"), ("window", "window-attention")] {
        if kinds.contains(&name) {
            let mut keys = attention(file)?;
            if let (Value::Table(keys), "window", Some(window)) = (&mut keys, name, window) {
                keys.insert("window".to_owned(), count("a window", window)?);
            }
            table.insert(section.to_owned(), keys);
        }
    }
    if kinds.contains(&"linear") {
        let (heads, width) = (file.number("ssm.time_step_rank")?, file.number("ssm.inner_size")?);
        let linear = section([
            ("key-heads", count("heads", file.number("ssm.group_count")?)?),
            ("value-heads", count("heads", heads)?),
            ("key-dim", count("a width", file.number("ssm.state_size")?)?),
            ("value-dim", count("a width", width.checked_div(heads).unwrap_or(0))?),
            ("kernel", count("a kernel", file.number("ssm.conv_kernel")?)?),
        ]);
        table.insert("linear-attention".to_owned(), linear);
    }
    if kinds.contains(&"convolution") {
        let kernel = count("a kernel", file.number("shortconv.l_cache")?)?;
        table.insert("convolution".to_owned(), section([("kernel", kernel)]));
    }
    if kinds.contains(&"latent") {
        table.insert("latent-attention".to_owned(), latent(file)?);
    }
    if kinds.iter().any(|kind| *kind != kinds[0]) {
        table.insert("pattern".to_owned(), Value::Array(kinds.into_iter().map(word).collect()));
    }
    Ok(())
}

/// Whether a layer of a model with a window looks at the window alone.
fn is_local(file: &Described<'_>, layer: u64) -> bool {
    match (file.entry("attention.sliding_window_pattern"), file.architecture) {
        (Some(Entry::Numbers(local)), _) => {
            usize::try_from(layer).ok().and_then(|layer| local.get(layer)).is_some_and(|&local| local != 0)
        }
        (Some(Entry::Number(period)), _) => {
            u64::try_from(*period).is_ok_and(|period| period > 0 && layer % period != period - 1)
        }
        // llama.cpp knows these architectures' patterns itself.
        (None, "gemma3") => layer % 6 != 5,
        (None, "gpt-oss" | "gpt_oss" | "gemma2") => layer.is_multiple_of(2),
        _ => false,
    }
}

fn attention(file: &Described<'_>) -> Result<Value, Problem> {
    let heads = file.number("attention.head_count")?;
    let kv_heads = file.some("attention.head_count_kv")?.unwrap_or(heads);
    let output = file.any(".attn_output.weight").map_or(0, |tensor| size(tensor, 0));
    let head_dim = file.some("attention.key_length")?.unwrap_or(output.checked_div(heads).unwrap_or(0));
    let mut keys = Table::new();
    keys.insert("heads".to_owned(), count("heads", heads)?);
    keys.insert("kv-heads".to_owned(), count("heads", kv_heads)?);
    keys.insert("head-dim".to_owned(), count("a width", head_dim)?);
    if let Some(norm) = file.any(".attn_q_norm.weight") {
        let shared = norm.sizes.iter().product::<u64>() == head_dim;
        keys.insert("head-norms".to_owned(), word(if shared { "shared" } else { "whole" }));
    }
    let asked = file.any(".attn_q.weight").map_or(0, |tensor| size(tensor, 1));
    if asked > 0 && asked == heads.saturating_mul(head_dim).saturating_mul(2) {
        keys.insert("output-gate".to_owned(), Value::Boolean(true));
    }
    if file.any(".attn_sinks.weight").is_some() {
        keys.insert("sinks".to_owned(), Value::Boolean(true));
    }
    // Linear layers have such a matrix too: what counts is that attention has no query matrix.
    if file.any(".attn_q.weight").is_none() {
        keys.insert("fused".to_owned(), Value::Boolean(true));
    }
    Ok(Value::Table(keys))
}

fn latent(file: &Described<'_>) -> Result<Value, Problem> {
    let rotated = file.number("rope.dimension_count")?;
    let key = file.some("attention.key_length_mla")?.map_or_else(|| file.number("attention.key_length"), Ok)?;
    let value = file.some("attention.value_length_mla")?.map_or_else(|| file.number("attention.value_length"), Ok)?;
    let mut keys = Table::new();
    keys.insert("heads".to_owned(), count("heads", file.number("attention.head_count")?)?);
    keys.insert("kv-rank".to_owned(), count("a rank", file.number("attention.kv_lora_rank")?)?);
    if let Some(rank) = file.some("attention.q_lora_rank")?.filter(|&rank| rank > 0) {
        keys.insert("query-rank".to_owned(), count("a rank", rank)?);
    }
    keys.insert("plain-dim".to_owned(), count("a width", key.saturating_sub(rotated))?);
    keys.insert("rotated-dim".to_owned(), count("a width", rotated)?);
    keys.insert("value-dim".to_owned(), count("a width", value)?);
    Ok(Value::Table(keys))
}

/// The sections of the feed-forward networks.
fn feed_forward(file: &Described<'_>, table: &mut Table) -> Result<(), Problem> {
    if let Some(up) = file.any(".ffn_up.weight") {
        let gated = file.any(".ffn_gate.weight").is_some() || file.architecture == "phi3";
        // One matrix may hold gate and up.
        let fused = gated && file.any(".ffn_gate.weight").is_none();
        let width = if fused { size(up, 1) / 2 } else { size(up, 1) };
        let activation = if file.architecture.starts_with("gemma") { "gelu" } else { "silu" };
        let dense = section([
            ("kind", word(if gated { "gated" } else { "plain" })),
            ("activation", word(if gated { activation } else { "gelu" })),
            ("width", count("a width", width)?),
        ]);
        table.insert("feed-forward".to_owned(), dense);
    }
    let Some(up) = file.any(".ffn_up_exps.weight").or_else(|| file.any(".ffn_gate_up_exps.weight")) else {
        return Ok(());
    };
    let halves = if up.name.ends_with("gate_up_exps.weight") { 2 } else { 1 };
    let mut keys = Table::new();
    keys.insert("count".to_owned(), count("experts", size(up, 2))?);
    keys.insert("active".to_owned(), count("experts", file.number("expert_used_count")?)?);
    keys.insert("width".to_owned(), count("a width", size(up, 1) / halves)?);
    if let Some(shared) = file.any(".ffn_up_shexp.weight") {
        keys.insert("shared".to_owned(), Value::Integer(1));
        keys.insert("shared-width".to_owned(), count("a width", size(shared, 1))?);
        keys.insert("shared-gate".to_owned(), Value::Boolean(file.any(".ffn_gate_inp_shexp.weight").is_some()));
    }
    keys.insert("biases".to_owned(), Value::Boolean(file.any(".ffn_up_exps.bias").is_some()));
    let layers = file.number("block_count")?;
    let dense = (0..layers).take_while(|&layer| file.has(layer, "ffn_up.weight")).count();
    if dense > 0 && file.has(0, "ffn_up_exps.weight") {
        return Err(
            "layers with a dense network beside their experts are not imported: write the model by hand, starting \
                    from `tightfit show model gemma-4-26b-a4b`"
                .to_owned(),
        );
    }
    if dense > 0 {
        keys.insert("dense-layers".to_owned(), Value::Integer(i64::try_from(dense).unwrap_or(i64::MAX)));
    }
    table.insert("experts".to_owned(), Value::Table(keys));
    Ok(())
}
