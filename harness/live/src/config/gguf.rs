//! A model's numbers from GGUF metadata: keys `<architecture>.…`.

use super::{Activation, Config, Experts, Rotary, is_plausible};
use crate::LiveError;
use crate::family::Family;
use crate::gguf::Gguf;

impl Config {
    /// Reads the metadata; refuses what is not run here.
    pub fn of_gguf(gguf: &Gguf) -> Result<Self, LiveError> {
        let architecture = gguf.architecture()?;
        let key = |name: &str| format!("{architecture}.{name}");
        let experts = gguf.optional_integer(&key("expert_count"))?.unwrap_or(0);
        let family = match (gguf.family()?, experts) {
            (Family::Llama, 1..) => Family::Mixtral,
            (family, _) => family,
        };
        let heads = positive(gguf, &key("attention.head_count"))?;
        let width = positive(gguf, &key("embedding_length"))?;
        let head_width = positive_or(gguf, &key("attention.key_length"), width / heads)?;
        let context = positive(gguf, &key("context_length"))?;
        let window = gguf.optional_integer(&key("attention.sliding_window"))?.filter(|&window| window > 0);
        let config = Self {
            family,
            layers: positive(gguf, &key("block_count"))?,
            width,
            neurons: neurons(gguf, family, &key)?,
            heads,
            key_value_heads: positive_or(gguf, &key("attention.head_count_kv"), heads)?,
            head_width,
            vocabulary: gguf.texts("tokenizer.ggml.tokens")?.len(),
            context: context.min(window.unwrap_or(context)),
            norm_epsilon: norm_epsilon(gguf, family, &key)?,
            norm_offset: 0.0,
            rotary: Some(rotary(gguf, family, head_width, &key)?),
            activation: match family {
                Family::Gemma | Family::Phi => Activation::GeluTanh,
                _ => Activation::Silu,
            },
            gated: family != Family::Phi,
            embedding_scale: (family == Family::Gemma).then(|| (width as f64).sqrt()),
            experts: (experts > 0).then(|| expert_counts(gguf, family, experts, &key)).transpose()?,
        };
        let value_width = gguf.optional_integer(&key("attention.value_length"))?.unwrap_or(head_width);
        if value_width != head_width {
            let feature = format!("values of width {value_width} beside keys of width {head_width}");
            return Err(gguf.unsupported(feature, "record a model whose keys and values are equally wide"));
        }
        match config.problem() {
            Some(("key-value heads", problem)) => Err(gguf.problem(&key("attention.head_count_kv"), &problem)),
            Some(("rotary base", problem)) => Err(gguf.problem(&key("rope.freq_base"), &problem)),
            Some(("rotary width", problem)) => Err(gguf.problem(&key("rope.dimension_count"), &problem)),
            Some((_, problem)) => Err(gguf.problem(&key("expert_used_count"), &problem)),
            None => Ok(config),
        }
    }
}

fn neurons(gguf: &Gguf, family: Family, key: &impl Fn(&str) -> String) -> Result<usize, LiveError> {
    let of_expert = matches!(family, Family::Qwen2Moe | Family::Qwen3Moe);
    positive(gguf, &key(if of_expert { "expert_feed_forward_length" } else { "feed_forward_length" }))
}

fn expert_counts(
    gguf: &Gguf,
    family: Family,
    count: usize,
    key: &impl Fn(&str) -> String,
) -> Result<Experts, LiveError> {
    if !matches!(family, Family::Mixtral | Family::Qwen2Moe | Family::Qwen3Moe | Family::Olmoe) {
        let feature = format!("a mixture of {count} experts of this architecture");
        return Err(gguf.unsupported(feature, "record one of llama, qwen2moe, qwen3moe or olmoe"));
    }
    Ok(Experts {
        count,
        chosen: positive(gguf, &key("expert_used_count"))?,
        renormalised: matches!(family, Family::Mixtral | Family::Qwen3Moe),
        shared_neurons: (family == Family::Qwen2Moe)
            .then(|| positive(gguf, &key("expert_shared_feed_forward_length")))
            .transpose()?,
    })
}

fn rotary(gguf: &Gguf, family: Family, head_width: usize, key: &impl Fn(&str) -> String) -> Result<Rotary, LiveError> {
    if gguf.has_tensor("rope_factors_short.weight") {
        return Err(gguf.unsupported("rope scaling `longrope`", "record the model's variant for short contexts"));
    }
    Ok(Rotary {
        base: gguf.optional_number(&key("rope.freq_base"))?.unwrap_or(10_000.0),
        divisor: rope_divisor(gguf, key)?,
        width: gguf.optional_integer(&key("rope.dimension_count"))?.unwrap_or(head_width),
        // The converter permutes the rows of this family alone.
        neighbours: matches!(family, Family::Llama | Family::Mixtral),
        // In a GGUF file they are factors beside the weights.
        slowing: None,
    })
}

fn norm_epsilon(gguf: &Gguf, family: Family, key: &impl Fn(&str) -> String) -> Result<f32, LiveError> {
    let name = if family == Family::Phi { "attention.layer_norm_epsilon" } else { "attention.layer_norm_rms_epsilon" };
    let number = gguf.optional_number(&key(name))?.unwrap_or(1e-5);
    if !(number > 0.0 && number < 1.0) {
        return Err(gguf.problem(&key(name), "is not between 0 and 1"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "GGUF stores it as f32")]
    Ok(number as f32)
}

fn rope_divisor(gguf: &Gguf, key: &impl Fn(&str) -> String) -> Result<f64, LiveError> {
    let kind = gguf.optional_text(&key("rope.scaling.type"))?.unwrap_or("none");
    let key = key("rope.scaling.factor");
    match kind {
        "none" => Ok(1.0),
        "linear" => match gguf.optional_number(&key)?.unwrap_or(1.0) {
            factor if factor.is_finite() && factor >= 1.0 => Ok(factor),
            _ => Err(gguf.problem(&key, "is below 1")),
        },
        other => Err(gguf.unsupported(format!("rope scaling `{other}`"), "record a model with none or linear scaling")),
    }
}

fn positive(gguf: &Gguf, key: &str) -> Result<usize, LiveError> {
    plausible(gguf, key, gguf.integer(key)?)
}

fn positive_or(gguf: &Gguf, key: &str, absent: usize) -> Result<usize, LiveError> {
    plausible(gguf, key, gguf.optional_integer(key)?.unwrap_or(absent))
}

fn plausible(gguf: &Gguf, key: &str, number: usize) -> Result<usize, LiveError> {
    if is_plausible(number) { Ok(number) } else { Err(gguf.problem(key, "is zero or implausibly large")) }
}
