//! A tiny random checkpoint of any family: weights by their names in a GGUF file, and written as Hugging Face names them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Tensor, safetensors};
use serde_json::{Value, json};
use tightfit_live::family::Family;

pub(super) const VOCABULARY: usize = 48;
pub(super) const WIDTH: usize = 32;
pub(super) const LAYERS: usize = 2;
pub(super) const HEADS: usize = 4;
pub(super) const KEY_VALUE_HEADS: usize = 2;
pub(super) const NEURONS: usize = 40;

/// Configuration and weights, the latter by their names in a GGUF file.
pub(super) struct Checkpoint {
    pub(super) config: Value,
    pub(super) family: Family,
    pub(super) weights: BTreeMap<String, Tensor>,
}

impl Checkpoint {
    /// A model of this `model_type`; `extra` is laid over what all configurations have.
    pub(super) fn new(model_type: &str, extra: Value) -> Self {
        let mut config = json!({
            "model_type": model_type,
            "vocab_size": VOCABULARY,
            "hidden_size": WIDTH,
            "intermediate_size": NEURONS,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "num_key_value_heads": if ["phi", "opt"].contains(&model_type) { HEADS } else { KEY_VALUE_HEADS },
            "max_position_embeddings": 64,
            "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0,
            "tie_word_embeddings": false,
            "hidden_act": "silu",
        });
        if let Value::Object(extra) = extra {
            config.as_object_mut().expect("an object").extend(extra);
        }
        let family = Family::of_hugging_face(model_type).expect("a known family");
        let weights = weights(family, &config);
        Self { config, family, weights }
    }

    /// Weights by their names in a checkpoint.
    pub(super) fn tensors(&self) -> HashMap<String, Tensor> {
        let theirs = |name: &str| match name.split('.').collect::<Vec<_>>().as_slice() {
            ["blk", layer, "experts", expert, matrix] => {
                let [layer, expert] = [layer, expert].map(|number| number.parse().expect("a number"));
                self.family.hugging_face_expert(layer, expert, matrix)
            }
            _ => self.family.hugging_face(name).expect("a weight of this family"),
        };
        self.weights.iter().map(|(name, tensor)| (theirs(name), tensor.clone())).collect()
    }

    pub(super) fn write(&self, folder: &Path) {
        std::fs::write(folder.join("config.json"), self.config.to_string()).expect("written");
        safetensors::save(&self.tensors(), folder.join("model.safetensors")).expect("written");
    }

    /// A number of the configuration.
    pub(super) fn number(&self, key: &str) -> Option<usize> {
        number(&self.config, key)
    }
}

fn number(config: &Value, key: &str) -> Option<usize> {
    config.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok())
}

/// Random weights; norms are near 1, or near 0 where the family adds 1.
fn weights(family: Family, config: &Value) -> BTreeMap<String, Tensor> {
    let middle = if family == Family::Gemma { 0.0 } else { 1.0 };
    let mut seed = Seed(1);
    let mut all = BTreeMap::new();
    for (name, shape, bias) in shapes(family, config) {
        let (scale, middle) = if name.contains("norm") { (0.3, middle) } else { (0.4, 0.0) };
        if bias {
            all.insert(name.replace(".weight", ".bias"), seed.tensor(&shape[..1], 0.3, 0.0));
        }
        all.insert(name, seed.tensor(&shape, scale, middle));
    }
    all
}

/// A weight's name, its shape, and whether there is a bias beside it.
type Shape = (String, Vec<usize>, bool);

fn shapes(family: Family, config: &Value) -> Vec<Shape> {
    let tied = config["tie_word_embeddings"] == true || family == Family::Opt;
    let centred = matches!(family, Family::Phi | Family::Opt);
    let mut all = vec![
        ("token_embd.weight".to_owned(), vec![VOCABULARY, WIDTH], false),
        ("output_norm.weight".to_owned(), vec![WIDTH], centred),
    ];
    if !tied {
        all.push(("output.weight".to_owned(), vec![VOCABULARY, WIDTH], family == Family::Phi));
    }
    if family == Family::Opt {
        all.push(("position_embd.weight".to_owned(), vec![64 + 2, WIDTH], false));
    }
    for layer in 0..LAYERS {
        let parts = attention(family, config).into_iter().chain(feed_forward(family, config));
        let named = |(part, shape, bias): (String, Vec<usize>, bool)| (format!("blk.{layer}.{part}"), shape, bias);
        all.extend(parts.map(named));
    }
    all
}

fn weight(part: &str, shape: &[usize], bias: bool) -> Shape {
    (format!("{part}.weight"), shape.to_vec(), bias)
}

fn attention(family: Family, config: &Value) -> Vec<Shape> {
    let heads = HEADS * number(config, "head_dim").unwrap_or(WIDTH / HEADS);
    let key_values = number(config, "num_key_value_heads").expect("heads") * heads / HEADS;
    let centred = matches!(family, Family::Phi | Family::Opt);
    let mut all = vec![weight("attn_norm", &[WIDTH], centred), weight("attn_output", &[WIDTH, heads], centred)];
    if family == Family::Phi3 {
        all.push(weight("attn_qkv", &[heads + 2 * key_values, WIDTH], false));
    } else {
        let bias = centred || matches!(family, Family::Qwen2 | Family::Qwen2Moe);
        all.push(weight("attn_q", &[heads, WIDTH], bias));
        all.push(weight("attn_k", &[key_values, WIDTH], bias));
        all.push(weight("attn_v", &[key_values, WIDTH], bias));
    }
    let norms = match family {
        Family::Qwen3 | Family::Qwen3Moe => Some([heads / HEADS; 2]),
        Family::Olmoe => Some([heads, key_values]),
        _ => None,
    };
    for (part, width) in ["attn_q_norm", "attn_k_norm"].iter().zip(norms.iter().flatten()) {
        all.push(weight(part, &[*width], false));
    }
    all
}

fn feed_forward(family: Family, config: &Value) -> Vec<Shape> {
    let centred = matches!(family, Family::Phi | Family::Opt);
    let mut all = Vec::new();
    if family != Family::Phi {
        all.push(weight("ffn_norm", &[WIDTH], centred));
    }
    let Some(experts) = number(config, "num_local_experts").or(number(config, "num_experts")) else {
        let rows = if family == Family::Phi3 { 2 * NEURONS } else { NEURONS };
        all.push(weight("ffn_up", &[rows, WIDTH], centred));
        all.push(weight("ffn_down", &[WIDTH, NEURONS], centred));
        if !centred && family != Family::Phi3 {
            all.push(weight("ffn_gate", &[NEURONS, WIDTH], false));
        }
        return all;
    };
    all.push(weight("ffn_gate_inp", &[experts, WIDTH], false));
    if let Some(neurons) = number(config, "shared_expert_intermediate_size").filter(|_| family == Family::Qwen2Moe) {
        all.push(weight("ffn_gate_inp_shexp", &[1, WIDTH], false));
        all.push(weight("ffn_gate_shexp", &[neurons, WIDTH], false));
        all.push(weight("ffn_up_shexp", &[neurons, WIDTH], false));
        all.push(weight("ffn_down_shexp", &[WIDTH, neurons], false));
    }
    let neurons = number(config, "moe_intermediate_size").unwrap_or(NEURONS);
    for expert in 0..experts {
        for (matrix, shape) in [("gate", [neurons, WIDTH]), ("up", [neurons, WIDTH]), ("down", [WIDTH, neurons])] {
            all.push((format!("experts.{expert}.{matrix}"), shape.to_vec(), false));
        }
    }
    all
}

/// Knuth's MMIX constants; the upper bits as a value in [-1, 1).
struct Seed(u64);

impl Seed {
    fn tensor(&mut self, shape: &[usize], scale: f32, middle: f32) -> Tensor {
        let mut next = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let upper = u16::try_from(self.0 >> 48).expect("16 bits");
            middle + scale * f32::from(upper.cast_signed()) / 32_768.0
        };
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| next()).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).expect("a tensor")
    }
}
