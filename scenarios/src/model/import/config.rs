//! A model from a `config.json` as Hugging Face's transformers write it.
//!
//! Each architecture says some things by its name alone; those that are not listed here are refused, because a guess
//! would look like a fact.

use serde_json::Value as Json;
use toml::{Table, Value};

use super::{
    Problem, Sketch,
    tables::{count, section, word},
};

/// What an architecture's name says.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
struct Known {
    /// Norms of a layer, where not two.
    norms: Option<i64>,
    /// What queries and keys are normed by.
    head_norms: Option<&'static str>,
    /// What carries biases.
    biases: Option<&'static str>,
    /// Whether the head is the embedding table where the file does not say.
    tied: bool,
    /// Whether queries, keys and values are one matrix.
    fused: bool,
    output_gate: bool,
    sinks: bool,
    gelu: bool,
    /// Every so many layers one looks at everything, the others at the window.
    period: Option<usize>,
}

fn known(architecture: &str) -> Option<Known> {
    let plain = Known::default();
    Some(match architecture {
        "llama" | "mistral" | "mistral3" | "ministral3" | "granite" | "smollm3" | "mixtral" | "deepseek_v2" => plain,
        "qwen2" => Known { biases: Some("query-key-value"), ..plain },
        "qwen3" | "qwen3_moe" => Known { head_norms: Some("shared"), ..plain },
        "qwen3_5" | "qwen3_5_text" | "qwen3_5_moe" | "qwen3_5_moe_text" | "qwen3_next" => {
            Known { head_norms: Some("shared"), output_gate: true, ..plain }
        }
        "gemma3" | "gemma3_text" => {
            Known { norms: Some(4), head_norms: Some("shared"), tied: true, gelu: true, period: Some(6), ..plain }
        }
        "phi3" => Known { fused: true, ..plain },
        "olmo2" | "olmoe" => Known { head_norms: Some("whole"), ..plain },
        "gpt_oss" => Known { biases: Some("attention"), sinks: true, period: Some(2), ..plain },
        "lfm2" => Known { head_norms: Some("shared"), tied: true, ..plain },
        _ => return None,
    })
}

/// The model of a configuration; where it is of several towers, that of its language model.
pub(super) fn sketch(whole: &Json) -> Result<Sketch, Problem> {
    let config = Config(whole.get("text_config").filter(|text| text.is_object()).unwrap_or(whole));
    let architecture = config.text("model_type").or_else(|| Config(whole).text("model_type"));
    let architecture = architecture.ok_or("no model_type: not a language model's config.json")?;
    let known = known(architecture).ok_or_else(|| {
        format!(
            "the architecture {architecture} is not known here: write the model by hand, starting from the nearest of \
             `tightfit list models`"
        )
    })?;
    let mut table = Table::new();
    for (key, name) in [("layers", "num_hidden_layers"), ("hidden", "hidden_size"), ("vocabulary", "vocab_size")] {
        table.insert(key.to_owned(), count(name, config.number(name)?)?);
    }
    let context = config.some("max_position_embeddings")?.unwrap_or(4096);
    table.insert("context".to_owned(), count("a context", context)?);
    let tied = config.truth("tie_word_embeddings").or_else(|| Config(whole).truth("tie_word_embeddings"));
    table.insert("tied-embeddings".to_owned(), Value::Boolean(tied.unwrap_or(known.tied)));
    let biases = if config.truth("attention_bias") == Some(true) { Some("attention") } else { known.biases };
    if let Some(biases) = biases {
        table.insert("biases".to_owned(), word(biases));
    }
    if let Some(norms) = known.norms {
        table.insert("norms-per-layer".to_owned(), Value::Integer(norms));
    }
    mixers(&config, architecture, known, &mut table)?;
    feed_forward(&config, architecture, known, &mut table)?;
    let (quantization, notes) = quantization(whole, &config);
    table.insert("default-quantization".to_owned(), word(quantization));
    Ok(Sketch { table, notes, tensor_bytes: None })
}

/// An object of a configuration.
struct Config<'c>(&'c Json);

impl<'c> Config<'c> {
    fn text(&self, key: &str) -> Option<&'c str> {
        self.0.get(key)?.as_str()
    }

    fn truth(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.as_bool()
    }

    /// A count that may be missing or null.
    fn some(&self, key: &str) -> Result<Option<u64>, Problem> {
        match self.0.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(number) => number.as_u64().map(Some).ok_or_else(|| format!("{key} = {number}: no count")),
        }
    }

    fn number(&self, key: &str) -> Result<u64, Problem> {
        self.some(key)?.ok_or_else(|| format!("no {key}: the configuration does not say enough"))
    }

    /// The first of some keys that is there.
    fn first(&self, keys: &[&str]) -> Result<Option<u64>, Problem> {
        for key in keys {
            if let Some(number) = self.some(key)? {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }
}

/// Most layers whose kinds are listed; no model has more.
const LAYERS_MAX: u64 = 4096;

fn mixers(config: &Config<'_>, architecture: &str, known: Known, table: &mut Table) -> Result<(), Problem> {
    if architecture == "deepseek_v2" {
        table.insert("latent-attention".to_owned(), latent(config)?);
        return Ok(());
    }
    let layers = config.number("num_hidden_layers")?;
    if layers > LAYERS_MAX {
        return Err(format!("num_hidden_layers = {layers}: no model has more than {LAYERS_MAX}"));
    }
    let window = config.some("sliding_window")?.filter(|_| {
        // Qwen2 names a window and does not use it.
        config.truth("use_sliding_window") != Some(false) && known.period.is_some() || architecture == "mistral"
    });
    let kinds = kinds(config, known, layers, window.is_some())?;
    let attention = attention(config, known)?;
    if kinds.contains(&"attention") {
        table.insert("attention".to_owned(), Value::Table(attention.clone()));
    }
    if kinds.contains(&"window") {
        let mut keys = attention;
        let window =
            window.ok_or("layers with a window, and no sliding_window: the configuration does not say enough")?;
        keys.insert("window".to_owned(), count("a window", window)?);
        table.insert("window-attention".to_owned(), Value::Table(keys));
    }
    if kinds.contains(&"linear") {
        let linear = section([
            ("key-heads", count("heads", config.number("linear_num_key_heads")?)?),
            ("value-heads", count("heads", config.number("linear_num_value_heads")?)?),
            ("key-dim", count("a width", config.number("linear_key_head_dim")?)?),
            ("value-dim", count("a width", config.number("linear_value_head_dim")?)?),
            ("kernel", count("a kernel", config.number("linear_conv_kernel_dim")?)?),
        ]);
        table.insert("linear-attention".to_owned(), linear);
    }
    if kinds.contains(&"convolution") {
        let kernel = count("a kernel", config.number("conv_L_cache")?)?;
        table.insert("convolution".to_owned(), section([("kernel", kernel)]));
    }
    if kinds.iter().any(|kind| *kind != kinds[0]) {
        table.insert("pattern".to_owned(), Value::Array(kinds.into_iter().map(word).collect()));
    }
    Ok(())
}

/// The kind of each layer: listed, or by a period.
fn kinds(config: &Config<'_>, known: Known, layers: u64, has_window: bool) -> Result<Vec<&'static str>, Problem> {
    if let Some(Json::Array(types)) = config.0.get("layer_types") {
        if types.len() as u64 != layers {
            return Err(format!("layer_types names {} layers of {layers}", types.len()));
        }
        let kind = |kind: &Json| match kind.as_str() {
            Some("full_attention" | "attention") => Ok("attention"),
            Some("sliding_attention") => Ok("window"),
            Some("linear_attention") => Ok("linear"),
            Some("conv") => Ok("convolution"),
            _ => Err(format!("a layer of type {kind}, which is not known here: write the model by hand")),
        };
        return types.iter().map(kind).collect();
    }
    let numbers = 0..usize::try_from(layers).map_err(|_| "too many layers".to_owned())?;
    if let Some(Json::Array(full)) = config.0.get("full_attn_idxs") {
        let full: Vec<u64> = full.iter().filter_map(Json::as_u64).collect();
        return Ok(numbers
            .map(|layer| if full.contains(&(layer as u64)) { "attention" } else { "convolution" })
            .collect());
    }
    let every = |period: usize, other| {
        numbers.clone().map(move |layer| if layer % period == period - 1 { "attention" } else { other })
    };
    if config.some("linear_num_key_heads")?.is_some() {
        let period =
            config.some("full_attention_interval")?.and_then(|period| usize::try_from(period).ok()).unwrap_or(4);
        return Ok(every(period.max(1), "linear").collect());
    }
    if !has_window {
        return Ok(vec!["attention"; numbers.len()]);
    }
    let named = config.first(&["sliding_window_pattern", "_sliding_window_pattern"])?;
    let period = named.and_then(|period| usize::try_from(period).ok()).or(known.period);
    Ok(match period {
        Some(period) => every(period.max(1), "window").collect(),
        None => vec!["window"; numbers.len()],
    })
}

fn attention(config: &Config<'_>, known: Known) -> Result<Table, Problem> {
    let heads = config.number("num_attention_heads")?;
    let kv_heads = config.some("num_key_value_heads")?.unwrap_or(heads);
    let even = config.number("hidden_size")?.checked_div(heads).unwrap_or(0);
    let head_dim = config.some("head_dim")?.unwrap_or(even);
    let mut keys = Table::new();
    keys.insert("heads".to_owned(), count("heads", heads)?);
    keys.insert("kv-heads".to_owned(), count("heads", kv_heads)?);
    keys.insert("head-dim".to_owned(), count("a width", head_dim)?);
    if let Some(norms) = known.head_norms {
        keys.insert("head-norms".to_owned(), word(norms));
    }
    for (key, is_so) in [("output-gate", known.output_gate), ("sinks", known.sinks), ("fused", known.fused)] {
        if is_so {
            keys.insert(key.to_owned(), Value::Boolean(true));
        }
    }
    Ok(keys)
}

fn latent(config: &Config<'_>) -> Result<Value, Problem> {
    let mut keys = Table::new();
    for (key, name) in [
        ("heads", "num_attention_heads"),
        ("kv-rank", "kv_lora_rank"),
        ("plain-dim", "qk_nope_head_dim"),
        ("rotated-dim", "qk_rope_head_dim"),
        ("value-dim", "v_head_dim"),
    ] {
        keys.insert(key.to_owned(), count(name, config.number(name)?)?);
    }
    if let Some(rank) = config.some("q_lora_rank")? {
        keys.insert("query-rank".to_owned(), count("q_lora_rank", rank)?);
    }
    Ok(Value::Table(keys))
}

fn feed_forward(config: &Config<'_>, architecture: &str, known: Known, table: &mut Table) -> Result<(), Problem> {
    let experts = config.first(&["num_experts", "num_local_experts", "n_routed_experts"])?.filter(|&count| count > 0);
    let dense_layers = config.some("first_k_dense_replace")?.unwrap_or(0);
    if experts.is_none() || dense_layers > 0 {
        let width = match (architecture, config.number("intermediate_size")) {
            ("lfm2", found) => lfm2_width(config, found.ok())?,
            (_, found) => found?,
        };
        let dense =
            [("kind", word("gated")), ("activation", activation(config, known)), ("width", count("a width", width)?)];
        table.insert("feed-forward".to_owned(), section(dense));
    }
    let Some(experts) = experts else { return Ok(()) };
    let active = config.first(&["num_experts_per_tok", "num_experts_per_token"])?;
    let width = config.first(&["moe_intermediate_size", "intermediate_size"])?;
    let mut keys = Table::new();
    keys.insert("count".to_owned(), count("experts", experts)?);
    keys.insert("active".to_owned(), count("experts", active.ok_or("no num_experts_per_tok")?)?);
    keys.insert("width".to_owned(), count("a width", width.ok_or("no moe_intermediate_size")?)?);
    if let Some(shared) = config.some("shared_expert_intermediate_size")?.filter(|&width| width > 0) {
        keys.insert("shared".to_owned(), Value::Integer(1));
        keys.insert("shared-width".to_owned(), count("a width", shared)?);
        keys.insert("shared-gate".to_owned(), Value::Boolean(true));
    } else if let Some(shared) = config.some("n_shared_experts")?.filter(|&count| count > 0) {
        keys.insert("shared".to_owned(), count("shared experts", shared)?);
    }
    if dense_layers > 0 {
        keys.insert("dense-layers".to_owned(), count("dense layers", dense_layers)?);
    }
    if architecture == "gpt_oss" {
        keys.insert("biases".to_owned(), Value::Boolean(true));
    }
    table.insert("experts".to_owned(), Value::Table(keys));
    Ok(())
}

/// What the file calls it, where the architecture leaves a choice: Llamas of rectified neurons are Llamas.
fn activation(config: &Config<'_>, known: Known) -> Value {
    match config.text("hidden_act") {
        Some("relu") => word("relu"),
        _ => word(if known.gelu { "gelu" } else { "silu" }),
    }
}

/// LFM2 names a width of which two thirds are used, in whole multiples.
fn lfm2_width(config: &Config<'_>, found: Option<u64>) -> Result<u64, Problem> {
    let width = config.some("block_ff_dim")?.or(found).ok_or("no block_ff_dim")?;
    if config.truth("block_auto_adjust_ff_dim") == Some(false) {
        return Ok(width);
    }
    let multiple = config.some("block_multiple_of")?.unwrap_or(256).max(1);
    Ok((width.saturating_mul(2) / 3).div_ceil(multiple).saturating_mul(multiple))
}

/// The recipe that the file speaks of: MLX says its bits, others the type of their numbers.
fn quantization(whole: &Json, config: &Config<'_>) -> (&'static str, Vec<String>) {
    let stated =
        whole.get("quantization").or_else(|| whole.get("quantization_config")).filter(|stated| stated.is_object());
    let of = |key: &str| stated.and_then(|stated| stated.get(key)).and_then(Json::as_u64);
    match (of("bits"), of("group_size")) {
        (Some(2), _) => ("mlx-2bit", Vec::new()),
        (Some(3), _) => ("mlx-3bit", Vec::new()),
        (Some(4), Some(32)) => ("mlx-4bit-g32", Vec::new()),
        (Some(4), Some(128)) => ("mlx-4bit-g128", Vec::new()),
        (Some(4), _) => ("mlx-4bit", Vec::new()),
        (Some(5), _) => ("mlx-5bit", Vec::new()),
        (Some(6), _) => ("mlx-6bit", Vec::new()),
        (Some(8), _) => ("mlx-8bit", Vec::new()),
        (None, _)
            if stated.is_some_and(|stated| stated.get("quant_method").and_then(Json::as_str) == Some("mxfp4")) =>
        {
            ("mxfp4", Vec::new())
        }
        _ if config.text("torch_dtype").or_else(|| config.text("dtype")) == Some("float32") => ("f32", Vec::new()),
        (None, _) if stated.is_none() => ("mlx-bf16", Vec::new()),
        _ => (
            "mlx-bf16",
            vec!["the quantization that the file speaks of is not known here: 16 bits are taken".to_owned()],
        ),
    }
}
