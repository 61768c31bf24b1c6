//! What the tensors of a GGUF file are stored in: formats out of the list of tensors.

use std::collections::BTreeSet;

use super::super::{Problem, gguf::Header, tables::Formats};
use crate::model::{Format, Role};

/// Formats by role and layer, and the bytes of all tensors.
pub(super) fn formats(header: &Header, notes: &mut Vec<String>) -> Result<(Formats, u64), Problem> {
    let (mut formats, mut bytes, mut other) = (Formats::default(), 0_u64, Vec::new());
    let in_layer = |name: &str| name.strip_prefix("blk.")?.strip_suffix(".ssm_conv1d.weight")?.parse::<u32>().ok();
    let recurrent: BTreeSet<Option<u32>> =
        header.tensors.iter().filter_map(|tensor| in_layer(&tensor.name)).map(Some).collect();
    for tensor in &header.tensors {
        let format = format_of(tensor.format)
            .ok_or_else(|| format!("tensor {} is of format {}, which is not known here", tensor.name, tensor.format))?;
        let weights = tensor.sizes.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
        let weights = weights.filter(|&weights| weights < 1 << 48);
        let weights = weights
            .ok_or_else(|| format!("tensor {} has no size that a file holds: the header is damaged", tensor.name))?;
        bytes = bytes.saturating_add(format.bytes(weights));
        let (layer, name) = match tensor.name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) {
            Some((layer, name)) => (layer.parse().ok(), name),
            None => (None, tensor.name.as_str()),
        };
        match role(name) {
            // Vectors are all 32-bit, and the model's own table says so once.
            Some(Role::Vector) => {}
            Some(Role::QueryKeyValue) if recurrent.contains(&layer) => {
                formats.add(Role::LinearQueryKeyValue, layer, format);
            }
            Some(role) => formats.add(role, layer, format),
            None => other.push(tensor.name.clone()),
        }
    }
    if let Some(first) = other.first() {
        notes.push(format!("{} tensors are of no known role, {first} first: they are left out", other.len()));
    }
    Ok((formats, bytes))
}

fn role(name: &str) -> Option<Role> {
    Some(match name {
        "token_embd.weight" => Role::Embedding,
        "per_layer_token_embd.weight" => Role::PerLayerEmbedding,
        "output.weight" => Role::Head,
        "attn_q.weight" => Role::Query,
        "attn_k.weight" => Role::Key,
        "attn_v.weight" => Role::Value,
        "attn_qkv.weight" => Role::QueryKeyValue,
        "attn_output.weight" => Role::AttentionOutput,
        "attn_q_a.weight" | "attn_q_b.weight" => Role::QueryLatent,
        "attn_kv_a_mqa.weight" => Role::KeyValueDown,
        "attn_kv_b.weight" | "attn_k_b.weight" | "attn_v_b.weight" => Role::KeyValueUp,
        "attn_gate.weight" => Role::LinearGate,
        "ssm_alpha.weight" | "ssm_beta.weight" | "ssm_ba.weight" => Role::LinearStrength,
        "ssm_out.weight" => Role::LinearOutput,
        "ssm_conv1d.weight" | "shortconv.conv.weight" => Role::Kernel,
        "shortconv.in_proj.weight" | "shortconv.out_proj.weight" => Role::ConvolutionGate,
        "ffn_gate.weight" | "ffn_gate_exps.weight" => Role::Gate,
        "ffn_up.weight" | "ffn_up_exps.weight" | "ffn_gate_up_exps.weight" => Role::Up,
        "ffn_down.weight" | "ffn_down_exps.weight" => Role::Down,
        "ffn_gate_shexp.weight" => Role::SharedGate,
        "ffn_up_shexp.weight" => Role::SharedUp,
        "ffn_down_shexp.weight" => Role::SharedDown,
        "ffn_gate_inp.weight" => Role::Router,
        _ if name.ends_with("norm.weight")
            || name.rsplit('.').next() == Some("bias")
            || matches!(name, "ssm_a" | "ssm_dt.bias" | "attn_sinks.weight" | "ffn_gate_inp_shexp.weight") =>
        {
            Role::Vector
        }
        _ => return None,
    })
}

/// The format of a number in a GGUF file.
const fn format_of(number: u32) -> Option<Format> {
    Some(match number {
        0 => Format::F32,
        1 => Format::F16,
        2 => Format::Q4_0,
        3 => Format::Q4_1,
        6 => Format::Q5_0,
        7 => Format::Q5_1,
        8 => Format::Q8_0,
        10 => Format::Q2_K,
        11 => Format::Q3_K,
        12 => Format::Q4_K,
        13 => Format::Q5_K,
        14 => Format::Q6_K,
        16 => Format::IQ2_XXS,
        17 => Format::IQ2_XS,
        18 => Format::IQ3_XXS,
        19 => Format::IQ1_S,
        20 => Format::IQ4_NL,
        21 => Format::IQ3_S,
        22 => Format::IQ2_S,
        23 => Format::IQ4_XS,
        24 => Format::I8,
        29 => Format::IQ1_M,
        30 => Format::BF16,
        34 => Format::TQ1_0,
        35 => Format::TQ2_0,
        39 => Format::MXFP4,
        _ => return None,
    })
}
