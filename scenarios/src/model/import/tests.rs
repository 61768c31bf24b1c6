use proptest::prelude::*;

use super::*;
use crate::model::Format;

/// A GGUF header, written by hand.
struct Writer(Vec<u8>);

impl Writer {
    fn new(tensors: u64, entries: u64) -> Self {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(tensors.to_le_bytes());
        bytes.extend(entries.to_le_bytes());
        Self(bytes)
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.0.extend((text.len() as u64).to_le_bytes());
        self.0.extend(text.as_bytes());
        self
    }

    fn u32(&mut self, number: u32) -> &mut Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn u64(&mut self, number: u64) -> &mut Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn number(&mut self, key: &str, number: u32) -> &mut Self {
        self.text(key).u32(4).u32(number)
    }

    fn tensor(&mut self, name: &str, sizes: &[u64], format: u32) -> &mut Self {
        self.text(name).u32(u32::try_from(sizes.len()).expect("a rank"));
        for &size in sizes {
            self.u64(size);
        }
        self.u32(format).u64(0)
    }
}

const F32: u32 = 0;
const Q4_K: u32 = 12;
const Q6_K: u32 = 14;
const Q8_0: u32 = 8;

/// Two layers of a small model whose second keeps its values and its down matrix at more bits.
fn small() -> Vec<u8> {
    let mut file = Writer::new(21, 8);
    file.text("general.architecture").u32(8).text("llama");
    file.number("llama.block_count", 2).number("llama.context_length", 2048).number("llama.embedding_length", 256);
    file.number("llama.attention.head_count", 4).number("llama.attention.head_count_kv", 2);
    // A vocabulary that is passed by, and a float.
    file.text("tokenizer.ggml.tokens").u32(9).u32(8).u64(3).text("a").text("b").text("c");
    file.text("llama.rope.freq_base").u32(6).u32(0);
    file.tensor("token_embd.weight", &[256, 1000], Q8_0);
    file.tensor("output_norm.weight", &[256], F32).tensor("output.weight", &[256, 1000], Q6_K);
    for (layer, more) in [(0, Q4_K), (1, Q6_K)] {
        let mut tensor = |name: &str, sizes: &[u64], format| {
            file.tensor(&format!("blk.{layer}.{name}.weight"), sizes, format);
        };
        tensor("attn_norm", &[256], F32);
        tensor("attn_q", &[256, 256], Q4_K);
        tensor("attn_k", &[256, 128], Q4_K);
        tensor("attn_v", &[256, 128], more);
        tensor("attn_output", &[256, 256], Q4_K);
        tensor("ffn_norm", &[256], F32);
        tensor("ffn_gate", &[256, 512], Q4_K);
        tensor("ffn_up", &[256, 512], Q4_K);
        tensor("ffn_down", &[512, 256], more);
    }
    file.0
}

/// What a file of these bytes becomes.
fn imported(name: &str, bytes: &[u8]) -> Result<Imported, ImportError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    import(&path)
}

fn problem(name: &str, bytes: &[u8]) -> String {
    match imported(name, bytes).expect_err("a wrong file") {
        ImportError::Content { problem, .. } => problem,
        other => other.to_string().rsplit('/').next().expect("a piece").to_owned(),
    }
}

#[test]
fn a_gguf_header_becomes_a_model_of_its_bytes() {
    let done = imported("small.Q4_K.gguf", &small()).expect("a model");
    assert_eq!(done.notes, [""; 0]);
    let model = Model::parse("small", &done.text).expect("a model");
    let weights = model.weights("file").expect("the file's formats");
    let matrices = |format: Format, weights: u64| format.bytes(weights);
    let layer = matrices(Format::Q4_K, 256 * (512 + 128) + 2 * 256 * 512) + 2 * 4 * 256;
    let more = 256 * 128 + 256 * 512;
    let expected = 2 * layer
        + matrices(Format::Q4_K, more)
        + matrices(Format::Q6_K, more)
        + matrices(Format::Q8_0, 256_000)
        + matrices(Format::Q6_K, 256_000)
        + 4 * 256;
    assert_eq!(weights.total_bytes(), expected);
    assert_eq!((model.layers, model.hidden, model.vocabulary, model.context), (2, 256, 1000, 2048));
    assert_eq!(
        weights.layers[1].bundle.bytes_total() - weights.layers[0].bundle.bytes_total(),
        256 * (210 - 144) / 256
    );
    insta::assert_snapshot!(done.text, @r#"
    context = 2048
    default-quantization = "file"
    hidden = 256
    layers = 2
    name = "small.q4_k"
    norms-per-layer = 2
    schema = 1
    tied-embeddings = false
    title = "small.Q4_K"
    vocabulary = 1000

    [attention]
    head-dim = 64
    heads = 4
    kv-heads = 2

    [feed-forward]
    activation = "silu"
    kind = "gated"
    width = 512

    [quantization.file]
    attention = "Q4_K"
    embedding = "Q8_0"
    feed-forward = "Q4_K"
    head = "Q6_K"
    kv = "F16"
    norm = "F32"

    [quantization.file.tensors]
    attention-output = "Q4_K"
    gate = "Q4_K"
    key = "Q4_K"
    query = "Q4_K"
    up = "Q4_K"

    [quantization.file.tensors.down]
    Q4_K = [0]
    default = "Q6_K"

    [quantization.file.tensors.value]
    Q4_K = [0]
    default = "Q6_K"

    [source.default]
    from = "header of small.Q4_K.gguf"
    kind = "measured"
    "#);
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn a_real_file_is_met_to_the_byte() {
    let Some(path) = std::env::var_os("TIGHTFIT_SMOLLM2") else {
        eprintln!("skipped: TIGHTFIT_SMOLLM2 does not name SmolLM2-135M-Instruct.Q4_1.gguf");
        return;
    };
    let done = import(Path::new(&path)).expect("a model");
    assert_eq!(done.notes, [""; 0], "the tensors' bytes are met");
    let model = Model::parse("smollm2", &done.text).expect("a model");
    let weights = model.weights("file").expect("the file's formats");
    // 210 Q4_1 tensors, the Q8_0 table, 61 norms.
    assert_eq!(weights.total_bytes(), 66_355_200 + 49_152 * 576 * 17 / 16 + 61 * 576 * 4);
    let ours = Model::load("smollm2-135m").expect("the catalog's");
    assert_eq!(weights, ours.weights("q4-1").expect("a recipe"), "the recipe gives the same as the file");
}

#[test]
fn damaged_headers_are_refused() {
    insta::assert_snapshot!(problem("a.gguf", b""), @"the header asks for 4 bytes more and the file has 0: it is damaged or cut short");
    insta::assert_snapshot!(problem("a.gguf", b"GGML0000"), @"no GGUF file: it does not begin with the letters GGUF");
    insta::assert_snapshot!(problem("a.gguf", b"GGUF\x09\0\0\0"), @"GGUF version 9 is not known here: convert it to version 3");
    insta::assert_snapshot!(problem("a.gguf", &Writer::new(u64::MAX, 0).0), @"a header of 18446744073709551615 tensors: it is damaged, no file has more than 200000");
    insta::assert_snapshot!(problem("a.gguf", &Writer::new(1, u64::MAX).0), @"a header of 18446744073709551615 metadata entries: it is damaged, no file has more than 200000");
    insta::assert_snapshot!(problem("a.gguf", &Writer::new(0, 1).u64(1 << 40).0), @"a name of 1099511627776 bytes: the header is damaged");
    insta::assert_snapshot!(problem("a.gguf", &Writer::new(0, 1).text("x").u32(77).0), @"a metadata value of kind 77, which GGUF does not have: the header is damaged");
    insta::assert_snapshot!(problem("a.gguf", &Writer::new(0, 1).text("x").u32(9).u32(4).u64(1 << 62).0), @"an array of more bytes than can be counted: the header is damaged");
    insta::assert_snapshot!(problem("a.gguf", &Writer::new(0, 0).0), @"no general.architecture: not a language model, or a damaged header");
    let many = "many".repeat(3);
    insta::assert_snapshot!(problem("a.gguf", &Writer::new(1, 0).tensor(&many, &[1; 5], 0).0), @"tensor manymanymany has 5 dimensions, of at most 4: the header is damaged");
    let lying = String::from_utf8_lossy(&small()).len();
    assert!(lying > 500, "a header to lie in");
    let mut claims = small();
    let place = claims.windows(17).position(|window| window == b"llama.block_count").expect("the key") + 17 + 4;
    claims[place..place + 4].copy_from_slice(&4_000_000_000_u32.to_le_bytes());
    insta::assert_snapshot!(problem("a.gguf", &claims), @"layers of 4000000000: no model has that");
}

#[test]
fn a_config_becomes_a_model() {
    let config = br#"{"model_type": "qwen3", "num_hidden_layers": 36, "hidden_size": 2560, "vocab_size": 151936,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 9728,
        "max_position_embeddings": 40960, "tie_word_embeddings": true, "use_sliding_window": false, "sliding_window": null,
        "quantization": {"group_size": 64, "bits": 4}}"#;
    let done = imported("config.json", config).expect("a model");
    let model = Model::parse("config", &done.text).expect("a model");
    let ours = Model::load("qwen3-4b").expect("the catalog's");
    assert_eq!(model.parameters(), ours.parameters());
    assert_eq!(model.default_quantization, "mlx-4bit");
    assert_eq!(model.weights("mlx-4bit").expect("a recipe"), ours.weights("mlx-4bit").expect("a recipe"));
}

#[test]
fn configs_of_every_kind_become_the_catalogs_models() {
    for (name, config) in [
        (
            "qwen3.5-35b-a3b",
            r#"{"model_type": "qwen3_5_moe", "text_config": {"num_hidden_layers": 40, "hidden_size": 2048, "vocab_size": 248320,
            "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "num_experts": 256, "num_experts_per_tok": 8,
            "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, "linear_num_key_heads": 16,
            "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128, "linear_conv_kernel_dim": 4,
            "full_attention_interval": 4, "max_position_embeddings": 262144}, "tie_word_embeddings": false}"#,
        ),
        (
            "gemma-3-1b",
            r#"{"model_type": "gemma3_text", "num_hidden_layers": 26, "hidden_size": 1152, "vocab_size": 262144,
            "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 256, "intermediate_size": 6912,
            "sliding_window": 512, "sliding_window_pattern": 6, "max_position_embeddings": 32768}"#,
        ),
        (
            "lfm2.5-1.2b",
            r#"{"model_type": "lfm2", "num_hidden_layers": 16, "hidden_size": 2048, "vocab_size": 65536,
            "num_attention_heads": 32, "num_key_value_heads": 8, "block_ff_dim": 12288, "block_auto_adjust_ff_dim": true,
            "block_multiple_of": 256, "conv_L_cache": 3, "full_attn_idxs": [2, 5, 8, 10, 12, 14], "max_position_embeddings": 128000}"#,
        ),
        (
            "gpt-oss-20b",
            r#"{"model_type": "gpt_oss", "num_hidden_layers": 24, "hidden_size": 2880, "vocab_size": 201088,
            "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 2880,
            "num_local_experts": 32, "num_experts_per_tok": 4, "sliding_window": 128, "tie_word_embeddings": false,
            "max_position_embeddings": 131072, "attention_bias": true, "quantization_config": {"quant_method": "mxfp4"},
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "full_attention", "sliding_attention",
            "full_attention", "sliding_attention", "full_attention", "sliding_attention", "full_attention", "sliding_attention",
            "full_attention", "sliding_attention", "full_attention", "sliding_attention", "full_attention", "sliding_attention",
            "full_attention", "sliding_attention", "full_attention", "sliding_attention", "full_attention", "sliding_attention",
            "full_attention"]}"#,
        ),
        (
            "deepseek-v2-lite",
            r#"{"model_type": "deepseek_v2", "num_hidden_layers": 27, "hidden_size": 2048, "vocab_size": 102400,
            "num_attention_heads": 16, "kv_lora_rank": 512, "q_lora_rank": null, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
            "v_head_dim": 128, "intermediate_size": 10944, "n_routed_experts": 64, "num_experts_per_tok": 6,
            "moe_intermediate_size": 1408, "n_shared_experts": 2, "first_k_dense_replace": 1, "tie_word_embeddings": false,
            "max_position_embeddings": 163840}"#,
        ),
        (
            "qwen2.5-7b",
            r#"{"model_type": "qwen2", "num_hidden_layers": 28, "hidden_size": 3584, "vocab_size": 152064,
            "num_attention_heads": 28, "num_key_value_heads": 4, "intermediate_size": 18944, "sliding_window": 131072,
            "use_sliding_window": false, "tie_word_embeddings": false, "max_position_embeddings": 32768}"#,
        ),
        (
            "mixtral-8x7b",
            r#"{"model_type": "mixtral", "num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 32000,
            "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "num_local_experts": 8,
            "num_experts_per_tok": 2, "sliding_window": null, "tie_word_embeddings": false, "max_position_embeddings": 32768}"#,
        ),
    ] {
        let done = imported("config.json", config.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let model = Model::parse("config", &done.text).expect("a model");
        let ours = Model::load(name).expect("the catalog's");
        for recipe in ["mlx-4bit", "q4-k-m"] {
            let found = model.weights(recipe).expect("a recipe");
            assert_eq!(found, ours.weights(recipe).expect("a recipe"), "{name} {recipe}");
        }
    }
}

#[test]
fn our_own_checkpoints_are_the_catalogs_models() {
    for name in ["tightfit-moe-4m", "tightfit-relu-4m"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../harness/live/models").join(name);
        let done = import(&folder.join("config.json")).expect("a model");
        let model = Model::parse(name, &done.text).expect("a model");
        let ours = Model::load(name).expect("the catalog's");
        assert_eq!(model.feed_forward, ours.feed_forward, "{name}: a ReLU is one");
        assert_eq!(model.weights("mlx-bf16").expect("a recipe"), ours.weights("mlx-bf16").expect("a recipe"));
    }
}

#[test]
fn wrong_configs_are_refused() {
    insta::assert_snapshot!(problem("config.json", b"{"), @"no JSON: EOF while parsing an object at line 1 column 1");
    insta::assert_snapshot!(problem("config.json", b"{}"), @"no model_type: not a language model's config.json");
    insta::assert_snapshot!(problem("config.json", br#"{"model_type": "bert"}"#), @"the architecture bert is not known here: write the model by hand, starting from the nearest of `tightfit list models`");
    insta::assert_snapshot!(problem("config.json", br#"{"model_type": "llama", "num_hidden_layers": -1}"#), @"num_hidden_layers = -1: no count");
    insta::assert_snapshot!(problem("config.json", br#"{"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64}"#), @"no vocab_size: the configuration does not say enough");
    insta::assert_snapshot!(problem("model.bin", b""), @"not a kind of file that is known here: give a .gguf, a .safetensors, a config.json or an index.json");
    insta::assert_snapshot!(problem("model.safetensors", b""), @"config.json: No such file or directory (os error 2)");
}

#[test]
fn a_safetensors_header_is_held_against_the_config() {
    let config = r#"{"model_type": "llama", "num_hidden_layers": 1, "hidden_size": 64, "vocab_size": 100, "num_attention_heads": 2,
        "intermediate_size": 128, "tie_word_embeddings": true}"#;
    let weights = 6400 + 4 * 64 * 64 + 3 * 64 * 128 + 3 * 64;
    let with = |names: &[&str], bytes: u64| {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("config.json"), config).expect("a file");
        let tensors: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(number, name)| {
                let to = if number == 0 { bytes } else { 0 };
                format!("\"{name}\": {{\"dtype\": \"BF16\", \"shape\": [1], \"data_offsets\": [0, {to}]}}")
            })
            .collect();
        let header = format!("{{{}}}", tensors.join(","));
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.resize(file.len() + usize::try_from(bytes).expect("small"), 0);
        let path = folder.path().join("model.safetensors");
        std::fs::write(&path, file).expect("a file");
        import(&path).expect("a model")
    };
    assert_eq!(with(&["model.embed_tokens.weight"], 2 * weights).notes, [""; 0]);
    let other = with(&["model.embed_tokens.weight", "lm_head.weight"], 2 * weights);
    assert_eq!(other.notes.len(), 2, "{:?}", other.notes);
    assert!(
        other.notes[0].contains("config.json says otherwise") && other.notes[1].contains("come to"),
        "{:?}",
        other.notes
    );
    let part = with(&["model.layers.0.mlp.up_proj.weight"], 100);
    assert!(part.notes[0].contains("one of several"), "{:?}", part.notes);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_is_an_error_or_a_model(
        cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = small();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let mut file = bytes.as_slice();
        if let Ok(header) = gguf::read(&mut file, bytes.len() as u64) && let Ok(sketch) = gguf_model::sketch(&header) {
            let _ = finish(Path::new("damaged.gguf"), sketch);
        }
    }

    #[test]
    fn a_cut_header_is_never_a_model(cut in any::<prop::sample::Index>()) {
        let whole = small();
        let bytes = &whole[..cut.index(whole.len())];
        let mut file = bytes;
        prop_assert!(gguf::read(&mut file, bytes.len() as u64).is_err());
        // A file that is shorter than its length says is no different.
        let mut file = bytes;
        prop_assert!(gguf::read(&mut file, whole.len() as u64).is_err());
    }

    #[test]
    fn random_bytes_are_no_safetensors(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut file = bytes.as_slice();
        let _ = safetensors::read(&mut file, bytes.len() as u64);
    }
}
