//! The numbers that shape a Llama-family model, read from GGUF metadata and checked.

use crate::LiveError;
use crate::gguf::Gguf;

/// Widths and counts of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Transformer blocks.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Feed-forward neurons of one block.
    pub neurons: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads, each shared by `heads / key_value_heads` query heads.
    pub key_value_heads: usize,
    /// Width of one head.
    pub head_width: usize,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// Longest sequence that the model was made for, in tokens.
    pub context: usize,
    /// Added to the mean square before its root is taken.
    pub norm_epsilon: f32,
    /// Base of the rotary frequencies.
    pub rope_base: f64,
    /// What positions are divided by (linear rope scaling), 1 without.
    pub rope_divisor: f64,
}

impl Config {
    /// Reads the `llama.*` keys; refuses mixtures of experts and rope variants that are not run here.
    pub fn read(gguf: &Gguf) -> Result<Self, LiveError> {
        let family = gguf.architecture()?;
        let key = |name: &str| format!("{family}.{name}");
        let heads = positive(gguf, &key("attention.head_count"))?;
        let width = positive(gguf, &key("embedding_length"))?;
        let head_width = positive_or(gguf, &key("attention.key_length"), width / heads)?;
        let config = Self {
            layers: positive(gguf, &key("block_count"))?,
            width,
            neurons: positive(gguf, &key("feed_forward_length"))?,
            heads,
            key_value_heads: positive_or(gguf, &key("attention.head_count_kv"), heads)?,
            head_width,
            vocabulary: gguf.texts("tokenizer.ggml.tokens")?.len(),
            context: positive(gguf, &key("context_length"))?,
            norm_epsilon: norm_epsilon(gguf, &key("attention.layer_norm_rms_epsilon"))?,
            rope_base: gguf.optional_number(&key("rope.freq_base"))?.unwrap_or(10_000.0),
            rope_divisor: rope_divisor(gguf, family)?,
        };
        config.check(gguf, family)?;
        Ok(config)
    }

    fn check(&self, gguf: &Gguf, family: &str) -> Result<(), LiveError> {
        let key = |name: &str| format!("{family}.{name}");
        let experts = gguf.optional_integer(&key("expert_count"))?.unwrap_or(0);
        if experts > 0 {
            let feature = format!("a mixture of {experts} experts");
            return Err(gguf.unsupported(feature, "record a model with dense feed-forward blocks"));
        }
        let rotated = gguf.optional_integer(&key("rope.dimension_count"))?.unwrap_or(self.head_width);
        if rotated != self.head_width || !self.head_width.is_multiple_of(2) {
            let feature = format!("rotating {rotated} of a head's {} values", self.head_width);
            return Err(gguf.unsupported(feature, "record a model that rotates whole heads of an even width"));
        }
        let value_width = gguf.optional_integer(&key("attention.value_length"))?.unwrap_or(self.head_width);
        if value_width != self.head_width {
            let feature = format!("values of width {value_width} beside keys of width {}", self.head_width);
            return Err(gguf.unsupported(feature, "record a model whose keys and values are equally wide"));
        }
        if !self.heads.is_multiple_of(self.key_value_heads) {
            return Err(gguf.problem(&key("attention.head_count_kv"), "does not divide the number of heads"));
        }
        if !(self.rope_base.is_finite() && self.rope_base > 1.0) {
            return Err(gguf.problem(&key("rope.freq_base"), "is not above 1"));
        }
        Ok(())
    }
}

/// No model comes near this; below it, products of two numbers stay far from overflow.
const PLAUSIBLE_MAX: usize = 1 << 28;

fn positive(gguf: &Gguf, key: &str) -> Result<usize, LiveError> {
    plausible(gguf, key, gguf.integer(key)?)
}

fn positive_or(gguf: &Gguf, key: &str, absent: usize) -> Result<usize, LiveError> {
    plausible(gguf, key, gguf.optional_integer(key)?.unwrap_or(absent))
}

fn plausible(gguf: &Gguf, key: &str, number: usize) -> Result<usize, LiveError> {
    if (1..=PLAUSIBLE_MAX).contains(&number) {
        Ok(number)
    } else {
        Err(gguf.problem(key, "is zero or implausibly large"))
    }
}

fn norm_epsilon(gguf: &Gguf, key: &str) -> Result<f32, LiveError> {
    let number = gguf.optional_number(key)?.unwrap_or(1e-5);
    if !(number > 0.0 && number < 1.0) {
        return Err(gguf.problem(key, "is not between 0 and 1"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "GGUF stores it as f32")]
    Ok(number as f32)
}

fn rope_divisor(gguf: &Gguf, family: &str) -> Result<f64, LiveError> {
    let kind = gguf.optional_text(&format!("{family}.rope.scaling.type"))?.unwrap_or("none");
    let key = format!("{family}.rope.scaling.factor");
    match kind {
        "none" => Ok(1.0),
        "linear" => match gguf.optional_number(&key)?.unwrap_or(1.0) {
            factor if factor.is_finite() && factor >= 1.0 => Ok(factor),
            _ => Err(gguf.problem(&key, "is below 1")),
        },
        other => Err(gguf.unsupported(format!("rope scaling `{other}`"), "record a model with none or linear scaling")),
    }
}
