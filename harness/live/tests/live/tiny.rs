//! A made-up model of the Llama family: 2 layers, 32 wide, 64 neurons, random weights, one token a byte.

use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

pub(crate) const LAYERS: usize = 2;
pub(crate) const WIDTH: usize = 32;
pub(crate) const NEURONS: usize = 64;
pub(crate) const HEADS: usize = 4;
pub(crate) const KEY_VALUE_HEADS: usize = 2;
pub(crate) const HEAD_WIDTH: usize = WIDTH / HEADS;
pub(crate) const CONTEXT: usize = 256;
pub(crate) const ROPE_BASE: f32 = 10_000.0;
pub(crate) const EPSILON: f32 = 1e-5;
const END: &str = "<|im_end|>";
const TEMPLATE: &str = "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}";

/// A matrix or vector of the model: name, rows (1 for a vector), values row by row.
#[derive(Clone)]
pub(crate) struct Weight {
    pub(crate) name: String,
    pub(crate) rows: usize,
    pub(crate) values: Vec<f32>,
}

/// The model, to be changed before it is written.
pub(crate) struct Tiny {
    pub(crate) metadata: Vec<(String, Value)>,
    pub(crate) weights: Vec<Weight>,
}

impl Tiny {
    pub(crate) fn new() -> Self {
        Self { metadata: metadata(), weights: weights() }
    }

    /// Sets, or with `None` removes, a metadata key.
    pub(crate) fn with(mut self, key: &str, value: Option<Value>) -> Self {
        self.metadata.retain(|(other, _)| other != key);
        self.metadata.extend(value.map(|value| (key.to_owned(), value)));
        self
    }

    pub(crate) fn without_weight(mut self, name: &str) -> Self {
        let before = self.weights.len();
        self.weights.retain(|weight| weight.name != name);
        assert_eq!(self.weights.len(), before - 1, "{name} is a weight");
        self
    }

    pub(crate) fn weight(&self, name: &str) -> &Weight {
        let weight = self.weights.iter().find(|weight| weight.name == name);
        weight.unwrap_or_else(|| panic!("{name} is a weight"))
    }

    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        self.write_in(folder, GgmlDType::F32)
    }

    /// With its matrices in a format.
    pub(crate) fn write_in(&self, folder: &Path, kind: GgmlDType) -> PathBuf {
        let path = folder.join("tiny.gguf");
        let metadata: Vec<(&str, &Value)> = self.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<(&str, QTensor)> =
            self.weights.iter().map(|weight| (weight.name.as_str(), stored(weight, kind))).collect();
        let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
        let mut file = File::create(&path).expect("created");
        gguf_file::write(&mut file, &metadata, &tensors).expect("written");
        path
    }
}

fn stored(weight: &Weight, kind: GgmlDType) -> QTensor {
    let columns = weight.values.len() / weight.rows;
    let shape = if weight.name.contains("norm") { vec![columns] } else { vec![weight.rows, columns] };
    let tensor = Tensor::from_vec(weight.values.clone(), shape, &Device::Cpu).expect("a tensor");
    let kind = if weight.rows == 1 { GgmlDType::F32 } else { kind };
    QTensor::quantize(&tensor, kind).expect("whole blocks")
}

/// Every byte as GPT-2 writes it, then two merges' results and the control tokens.
fn vocabulary() -> Vec<String> {
    let mut unprintable = 256..;
    let letter = |byte: u8| match byte {
        b'!'..=b'~' | 0xA1..=0xAC | 0xAE.. => char::from(byte),
        _ => char::from_u32(unprintable.next().expect("endless")).expect("a letter"),
    };
    let bytes = (0..=u8::MAX).map(letter).map(String::from).collect::<Vec<_>>();
    let others = ["he", "12", "<|endoftext|>", "<|im_start|>", END].map(str::to_owned);
    bytes.into_iter().chain(others).collect()
}

fn metadata() -> Vec<(String, Value)> {
    let number = |number: usize| Value::U32(u32::try_from(number).expect("small"));
    let text = |text: &str| Value::String(text.to_owned());
    let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
    let vocabulary = vocabulary();
    let kinds = vocabulary.iter().map(|token| Value::I32(if token.starts_with("<|") { 3 } else { 1 })).collect();
    let end = number(vocabulary.len() - 1);
    let pairs = [
        ("general.architecture", text("llama")),
        ("general.basename", text("tiny")),
        ("general.size_label", text("20K")),
        ("llama.block_count", number(LAYERS)),
        ("llama.context_length", number(CONTEXT)),
        ("llama.embedding_length", number(WIDTH)),
        ("llama.feed_forward_length", number(NEURONS)),
        ("llama.attention.head_count", number(HEADS)),
        ("llama.attention.head_count_kv", number(KEY_VALUE_HEADS)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(EPSILON)),
        ("llama.rope.freq_base", Value::F32(ROPE_BASE)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("smollm")),
        ("tokenizer.ggml.tokens", texts(vocabulary)),
        ("tokenizer.ggml.token_type", Value::Array(kinds)),
        ("tokenizer.ggml.merges", texts(vec!["h e".to_owned(), "1 2".to_owned()])),
        ("tokenizer.ggml.eos_token_id", end),
        ("tokenizer.chat_template", text(TEMPLATE)),
    ];
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

fn weights() -> Vec<Weight> {
    let mut seed = 1_u64;
    // Knuth's MMIX constants; the upper bits as a value in [-1, 1).
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let upper = u16::try_from(seed >> 48).expect("16 bits");
        f32::from(upper.cast_signed()) / 32_768.0
    };
    let mut weights = Vec::new();
    let mut add = |name: String, rows: usize, columns: usize, scale: f32, middle: f32| {
        let values = (0..rows * columns).map(|_| middle + scale * random()).collect();
        weights.push(Weight { name, rows, values });
    };
    add("token_embd.weight".to_owned(), vocabulary().len(), WIDTH, 1.0, 0.0);
    add("output_norm.weight".to_owned(), 1, WIDTH, 0.2, 1.0);
    for layer in 0..LAYERS {
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        add(name("attn_norm"), 1, WIDTH, 0.2, 1.0);
        add(name("ffn_norm"), 1, WIDTH, 0.2, 1.0);
        add(name("attn_q"), WIDTH, WIDTH, 0.3, 0.0);
        add(name("attn_k"), KEY_VALUE_HEADS * HEAD_WIDTH, WIDTH, 0.3, 0.0);
        add(name("attn_v"), KEY_VALUE_HEADS * HEAD_WIDTH, WIDTH, 0.3, 0.0);
        add(name("attn_output"), WIDTH, WIDTH, 0.3, 0.0);
        add(name("ffn_gate"), NEURONS, WIDTH, 0.3, 0.0);
        add(name("ffn_up"), NEURONS, WIDTH, 0.3, 0.0);
        add(name("ffn_down"), WIDTH, NEURONS, 1.5, 0.0);
    }
    weights
}
