//! The same weights in a GGUF file, as converters write them: Llama's query and key rows permuted, experts stacked,
//! Gemma's norms with their 1 added, Phi's attention in one matrix.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use tightfit_live::family::Family;

use super::checkpoint::{Checkpoint, HEADS, KEY_VALUE_HEADS, LAYERS, NEURONS, VOCABULARY, WIDTH};

/// Writes the file and returns its path.
pub(super) fn write(checkpoint: &Checkpoint, folder: &Path) -> PathBuf {
    let weights = converted(checkpoint);
    let metadata = metadata(checkpoint);
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let keep = |tensor: &Tensor| QTensor::quantize(tensor, GgmlDType::F32).expect("kept as it is");
    let tensors: Vec<(&str, QTensor)> = weights.iter().map(|(name, tensor)| (name.as_str(), keep(tensor))).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
    let path = folder.join("model.gguf");
    let mut file = File::create(&path).expect("created");
    gguf_file::write(&mut file, &metadata, &tensors).expect("written");
    path
}

fn converted(checkpoint: &Checkpoint) -> BTreeMap<String, Tensor> {
    let mut all = BTreeMap::new();
    for (name, tensor) in &checkpoint.weights {
        if name.contains(".experts.") {
            continue;
        }
        let llama = matches!(checkpoint.family, Family::Llama | Family::Mixtral);
        let tensor = match name.rsplit('.').nth(1).unwrap_or_default() {
            "attn_q" if llama => permuted(tensor, HEADS),
            "attn_k" if llama => permuted(tensor, KEY_VALUE_HEADS),
            part if checkpoint.family == Family::Gemma && part.contains("norm") => (tensor + 1.0).expect("a sum"),
            "ffn_gate_inp_shexp" => tensor.squeeze(0).expect("a vector"),
            _ => tensor.clone(),
        };
        all.insert(name.clone(), tensor);
    }
    for layer in 0..LAYERS {
        if checkpoint.family == Family::Phi {
            for suffix in ["weight", "bias"] {
                let parts =
                    ["q", "k", "v"].map(|part| all.remove(&format!("blk.{layer}.attn_{part}.{suffix}")).expect(part));
                all.insert(format!("blk.{layer}.attn_qkv.{suffix}"), Tensor::cat(&parts, 0).expect("one"));
            }
        }
        for matrix in ["gate", "up", "down"] {
            let name = |expert: usize| format!("blk.{layer}.experts.{expert}.{matrix}");
            let each: Vec<&Tensor> = (0..).map_while(|expert| checkpoint.weights.get(&name(expert))).collect();
            if !each.is_empty() {
                let stacked = Tensor::stack(&each, 0).expect("alike");
                all.insert(format!("blk.{layer}.ffn_{matrix}_exps.weight"), stacked);
            }
        }
    }
    all
}

/// Halves of a head interleaved.
fn permuted(tensor: &Tensor, heads: usize) -> Tensor {
    let (rows, columns) = tensor.dims2().expect("a matrix");
    let halves = tensor.reshape((heads, 2, rows / heads / 2, columns)).expect("halves");
    halves.transpose(1, 2).expect("turned").reshape((rows, columns)).expect("a matrix")
}

fn metadata(checkpoint: &Checkpoint) -> Vec<(String, Value)> {
    let architecture = match checkpoint.family {
        Family::Llama | Family::Mixtral => "llama",
        Family::Qwen2 => "qwen2",
        Family::Qwen2Moe => "qwen2moe",
        Family::Qwen3 => "qwen3",
        Family::Qwen3Moe => "qwen3moe",
        Family::Olmoe => "olmoe",
        Family::Gemma => "gemma",
        Family::Phi => "phi2",
        Family::Phi3 => "phi3",
        Family::Opt => unreachable!("GGUF has no OPT"),
    };
    let whole = |number: usize| Value::U32(u32::try_from(number).expect("small"));
    let tokens = (0..VOCABULARY).map(|token| Value::String(token.to_string())).collect();
    let mut all = vec![
        ("general.architecture".to_owned(), Value::String(architecture.to_owned())),
        ("tokenizer.ggml.tokens".to_owned(), Value::Array(tokens)),
    ];
    let mut add = |key: &str, value: Value| all.push((format!("{architecture}.{key}"), value));
    add("block_count", whole(LAYERS));
    add("context_length", whole(64));
    add("embedding_length", whole(WIDTH));
    add("feed_forward_length", whole(NEURONS));
    add("attention.head_count", whole(HEADS));
    add("attention.head_count_kv", whole(checkpoint.number("num_key_value_heads").expect("heads")));
    add("attention.layer_norm_rms_epsilon", Value::F32(1e-5));
    if let Some(width) = checkpoint.number("head_dim") {
        add("attention.key_length", whole(width));
        add("attention.value_length", whole(width));
    }
    if checkpoint.family == Family::Phi {
        add("attention.layer_norm_epsilon", Value::F32(1e-5));
        add("rope.dimension_count", whole(WIDTH / HEADS / 2));
    }
    if let Some(count) = checkpoint.number("num_local_experts").or(checkpoint.number("num_experts")) {
        add("expert_count", whole(count));
        add("expert_used_count", whole(checkpoint.number("num_experts_per_tok").expect("chosen")));
    }
    if let Some(neurons) = checkpoint.number("moe_intermediate_size") {
        add("expert_feed_forward_length", whole(neurons));
    }
    if let Some(neurons) = checkpoint.number("shared_expert_intermediate_size") {
        add("expert_shared_feed_forward_length", whole(neurons));
    }
    all
}
