//! Every family's forward pass beside candle-transformers' own, on tiny random checkpoints; and the same weights in a GGUF
//! file beside the checkpoint.
//!
//! candle-transformers has no OPT and no `OLMoE`: OPT has a twin here, `OLMoE` is Qwen's experts under other norms.

mod checkpoint;
mod gguf;
mod opt;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tightfit_live::Weights;
use tightfit_live::model::Model;
use tightfit_live::observe::Unwatched;
use tightfit_live::source::Source;

use checkpoint::Checkpoint;

const PROMPT: [u32; 7] = [3, 17, 8, 40, 2, 17, 29];
const NEXT: u32 = 11;

/// A model of candle-transformers', as a function of (tokens, position).
type Theirs = Box<dyn FnMut(&Tensor, usize) -> candle_core::Result<Tensor>>;

fn read<T: DeserializeOwned>(config: &Value) -> T {
    serde_json::from_value(config.clone()).expect("a configuration that both read")
}

/// Our logits after a prompt in two batches, and after one token more.
fn ours(path: &std::path::Path) -> [Vec<f32>; 2] {
    let model = Model::load(&mut Source::open(path).expect("opened"), Weights::F32).expect("loaded");
    let mut session = model.session(PROMPT.len() + 1).expect("a session");
    model.forward(&mut session, &PROMPT[..4], &mut Unwatched).expect("runs");
    let stream = model.forward(&mut session, &PROMPT[4..], &mut Unwatched).expect("runs");
    let after = model.forward(&mut session, &[NEXT], &mut Unwatched).expect("runs");
    [stream, after].map(|stream| model.logits(&stream).expect("a head"))
}

fn theirs(mut model: Theirs) -> [Vec<f32>; 2] {
    let tokens = |tokens: &[u32]| Tensor::new(tokens, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let last = |logits: Tensor| {
        let logits = logits.flatten_all().expect("flat").to_vec1::<f32>().expect("numbers");
        logits[logits.len() - checkpoint::VOCABULARY..].to_vec()
    };
    let prompt = last(model(&tokens(&PROMPT), 0).expect("runs"));
    [prompt, last(model(&tokens(&[NEXT]), PROMPT.len()).expect("runs"))]
}

fn assert_near(ours: &[Vec<f32>; 2], theirs: &[Vec<f32>; 2], what: &str) {
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours.len(), theirs.len(), "{what}");
        let scale = theirs.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let apart = ours.iter().zip(theirs).map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max);
        assert!(scale > 0.1 && apart < 2e-5 * scale, "{what}: {apart} of {scale}");
    }
}

/// Ours beside theirs, and beside ours from a GGUF file of the same weights.
fn alike(name: &str, extra: Value, theirs_of: impl FnOnce(&Value, VarBuilder<'static>) -> candle_core::Result<Theirs>) {
    let checkpoint = Checkpoint::new(name, extra);
    let folder = tempfile::tempdir().expect("a folder");
    checkpoint.write(folder.path());
    let found = ours(folder.path());
    let builder = VarBuilder::from_tensors(checkpoint.tensors(), DType::F32, &Device::Cpu);
    let expected = theirs(theirs_of(&checkpoint.config, builder).expect("their model"));
    assert_near(&found, &expected, name);
    assert_near(&ours(&gguf::write(&checkpoint, folder.path())), &found, &format!("{name} in GGUF"));
}

#[test]
fn llama() {
    alike("llama", json!({}), |config, builder| {
        let config: models::llama::LlamaConfig = read(config);
        let config = config.into_config(false);
        let model = models::llama::Llama::load(builder, &config)?;
        let mut cache = models::llama::Cache::new(true, DType::F32, &config, &Device::Cpu)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position, &mut cache)))
    });
}

#[test]
fn mistral() {
    alike("mistral", json!({"use_flash_attn": false, "sliding_window": null}), |config, builder| {
        let mut model = models::mistral::Model::new(&read(config), builder)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    });
}

#[test]
fn mixtral() {
    let extra = json!({
        "num_local_experts": 5, "num_experts_per_tok": 2, "sliding_window": 64, "use_flash_attn": false,
    });
    alike("mixtral", extra, |config, builder| {
        let mut model = models::mixtral::Model::new(&read(config), builder)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    });
}

const QWEN: &str = r#"{"sliding_window": 64, "max_window_layers": 2, "use_sliding_window": false, "attention_bias": false,
    "head_dim": 8, "tie_word_embeddings": false}"#;

fn qwen(extra: &str) -> Value {
    let mut all: Value = serde_json::from_str(QWEN).expect("JSON");
    let extra: Value = serde_json::from_str(extra).expect("JSON");
    all.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
    all
}

#[test]
fn qwen2() {
    alike("qwen2", qwen("{}"), |config, builder| {
        let mut model = models::qwen2::ModelForCausalLM::new(&read(config), builder)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    });
}

#[test]
fn qwen3() {
    // Heads that do not add up to the width, as Qwen 3's do not.
    alike("qwen3", qwen(r#"{"head_dim": 12}"#), |config, builder| {
        let mut model = models::qwen3::ModelForCausalLM::new(&read(config), builder)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    });
}

const EXPERTS: &str = r#"{"num_experts": 6, "num_experts_per_tok": 2, "moe_intermediate_size": 20,
    "shared_expert_intermediate_size": 28, "decoder_sparse_step": 1, "mlp_only_layers": [], "norm_topk_prob": "#;

#[test]
fn qwen2_moe() {
    alike("qwen2_moe", qwen(&format!("{EXPERTS} false}}")), |config, builder| {
        let mut model = models::qwen2_moe::Model::new(&read(config), builder)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    });
}

#[test]
fn qwen3_moe() {
    alike("qwen3_moe", qwen(&format!("{EXPERTS} true}}")), |config, builder| {
        let mut model = models::qwen3_moe::ModelForCausalLM::new(&read(config), builder)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    });
}

#[test]
fn gemma() {
    let extra = json!({
        "hidden_activation": "gelu_pytorch_tanh", "hidden_act": null, "head_dim": 16, "attention_bias": false,
        "tie_word_embeddings": true,
    });
    alike("gemma", extra, |config, builder| {
        let mut model = models::gemma::Model::new(false, &read(config), builder)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    });
}

#[test]
fn phi() {
    let extra = json!({
        "hidden_act": "gelu_new", "layer_norm_eps": 1e-5, "partial_rotary_factor": 0.5, "qk_layernorm": false,
    });
    alike("phi", extra, |config, builder| {
        let config: models::phi::Config = read(config);
        let mut model = models::phi::Model::new(&config, builder)?;
        Ok(Box::new(move |tokens, _| model.forward(tokens)))
    });
}

#[test]
fn phi3() {
    alike("phi3", json!({"rope_scaling": null}), |config, builder| {
        let mut model = models::phi3::Model::new(&read(config), builder)?;
        Ok(Box::new(move |tokens, position| model.forward(tokens, position)))
    });
}

#[test]
fn olmoe_is_the_same_from_both_kinds_of_file() {
    let extra = json!({"num_experts": 6, "num_experts_per_tok": 3, "norm_topk_prob": false});
    let checkpoint = Checkpoint::new("olmoe", extra);
    let folder = tempfile::tempdir().expect("a folder");
    checkpoint.write(folder.path());
    let found = ours(folder.path());
    assert_near(&ours(&gguf::write(&checkpoint, folder.path())), &found, "olmoe in GGUF");
}
