//! The finished model as a Hugging Face checkpoint: `config.json`, `model.safetensors` in float16, `tokenizer.json`.

use std::collections::HashMap;
use std::path::Path;

use candle_core::DType;
use serde_json::{Value, json};

use super::checkpoint::save;
use super::decoder::{Decoder, NORM_EPSILON, ROPE_BASE};
use super::recipe::{Model, Recipe};
use crate::LiveError;

/// Writes configuration and weights beside the vocabulary.
pub(super) fn write(folder: &Path, recipe: &Recipe, decoder: &Decoder) -> Result<(), LiveError> {
    let path = folder.join("config.json");
    let text = serde_json::to_string_pretty(&configuration(&recipe.model)).expect("plain JSON");
    std::fs::write(&path, text + "\n").map_err(|source| LiveError::Write { path, source })?;
    let half = |(name, variable): (&str, &candle_core::Var)| Ok((name.to_owned(), variable.to_dtype(DType::F16)?));
    let weights = decoder.parameters().iter().map(half).collect::<candle_core::Result<HashMap<_, _>>>()?;
    save(&weights, &folder.join("model.safetensors"))
}

/// `LlamaForCausalLM` with `ReLU` gates, or `MixtralForCausalLM`.
fn configuration(model: &Model) -> Value {
    let mut all = json!({
        "hidden_size": model.width,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "num_key_value_heads": model.heads,
        "intermediate_size": model.neurons,
        "vocab_size": model.vocabulary,
        "max_position_embeddings": model.context,
        "rms_norm_eps": f64::from(NORM_EPSILON),
        "rope_theta": ROPE_BASE,
        "tie_word_embeddings": true,
        "torch_dtype": "float16",
        // A plain text has neither a first nor a last token.
        "bos_token_id": null,
        "eos_token_id": null,
    });
    let family = match model.experts {
        None => json!({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "relu"}),
        Some(experts) => json!({
            "model_type": "mixtral",
            "architectures": ["MixtralForCausalLM"],
            "hidden_act": "silu",
            "num_local_experts": experts.count,
            "num_experts_per_tok": experts.chosen,
        }),
    };
    let (Some(all_keys), Value::Object(family)) = (all.as_object_mut(), family) else { unreachable!("two objects") };
    all_keys.extend(family);
    all
}
