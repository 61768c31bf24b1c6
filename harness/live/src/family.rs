//! Families of models, and what their weights are called.
//!
//! Inside, weights go by their GGUF names (`blk.3.attn_q.weight`), which are the same for all families; Hugging Face's
//! are not, and are translated here.

/// A family of models that the recorder runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama, Mistral, `SmolLM`; with `ReLU` gates `ReluLLaMA`.
    Llama,
    /// Llama's with experts.
    Mixtral,
    /// Qwen 2 and 2.5: biases in attention.
    Qwen2,
    /// With experts, and one that every token uses.
    Qwen2Moe,
    /// Qwen 3: norms on each head.
    Qwen3,
    /// With experts.
    Qwen3Moe,
    /// `OLMoE`: experts, and norms over all heads together.
    Olmoe,
    /// Gemma 1: GELU gates, scaled embeddings.
    Gemma,
    /// Phi 1 to 2: attention and feed-forward side by side, no gate.
    Phi,
    /// Phi 3: fused matrices.
    Phi3,
    /// OPT: learned positions, `ReLU` without a gate.
    Opt,
}

/// Values of `general.architecture` that are run; `llama` with experts is Mixtral.
const GGUF: [(&str, Family); 9] = [
    ("llama", Family::Llama),
    ("qwen2", Family::Qwen2),
    ("qwen2moe", Family::Qwen2Moe),
    ("qwen3", Family::Qwen3),
    ("qwen3moe", Family::Qwen3Moe),
    ("olmoe", Family::Olmoe),
    ("gemma", Family::Gemma),
    ("phi2", Family::Phi),
    ("phi3", Family::Phi3),
];

/// Values of `model_type` in `config.json` that are run.
const HUGGING_FACE: [(&str, Family); 12] = [
    ("llama", Family::Llama),
    ("mistral", Family::Llama),
    ("mixtral", Family::Mixtral),
    ("qwen2", Family::Qwen2),
    ("qwen2_moe", Family::Qwen2Moe),
    ("qwen3", Family::Qwen3),
    ("qwen3_moe", Family::Qwen3Moe),
    ("olmoe", Family::Olmoe),
    ("gemma", Family::Gemma),
    ("phi", Family::Phi),
    ("phi3", Family::Phi3),
    ("opt", Family::Opt),
];

impl Family {
    /// By the name in a GGUF file.
    #[must_use]
    pub fn of_gguf(name: &str) -> Option<Self> {
        GGUF.iter().find(|(known, _)| *known == name).map(|(_, family)| *family)
    }

    /// By the name in a `config.json`.
    #[must_use]
    pub fn of_hugging_face(name: &str) -> Option<Self> {
        HUGGING_FACE.iter().find(|(known, _)| *known == name).map(|(_, family)| *family)
    }

    /// All names, GGUF's first.
    #[must_use]
    pub fn names() -> String {
        let list = |names: &[(&str, Self)]| names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        format!("{} (GGUF), {} (config.json)", list(&GGUF), list(&HUGGING_FACE))
    }

    /// What a weight is called in a Hugging Face checkpoint; `None` where this family has none of that name.
    #[must_use]
    pub fn hugging_face(self, name: &str) -> Option<String> {
        let (base, suffix) = name.rsplit_once('.')?;
        if let Some((layer, part)) = base.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) {
            let part = self.part(part)?;
            return Some(format!("{}.{layer}.{part}.{suffix}", self.stem("layers")));
        }
        let whole = match (self, base) {
            (_, "token_embd") => self.stem("embed_tokens"),
            (Self::Opt, "position_embd") => self.stem("embed_positions"),
            (Self::Phi, "output_norm") => self.stem("final_layernorm"),
            (Self::Opt, "output_norm") => self.stem("final_layer_norm"),
            (_, "output_norm") => self.stem("norm"),
            (_, "output") => "lm_head".to_owned(),
            _ => return None,
        };
        Some(format!("{whole}.{suffix}"))
    }

    /// What one expert's matrix is called there: `gate`, `up` or `down`.
    #[must_use]
    pub fn hugging_face_expert(self, layer: usize, expert: usize, matrix: &str) -> String {
        let experts = format!("model.layers.{layer}.{}.experts.{expert}", self.mixture());
        match (self, matrix) {
            (Self::Mixtral, "gate") => format!("{experts}.w1.weight"),
            (Self::Mixtral, "up") => format!("{experts}.w3.weight"),
            (Self::Mixtral, _) => format!("{experts}.w2.weight"),
            _ => format!("{experts}.{matrix}_proj.weight"),
        }
    }

    fn stem(self, name: &str) -> String {
        let stem = if self == Self::Opt { "model.decoder" } else { "model" };
        format!("{stem}.{name}")
    }

    fn mixture(self) -> &'static str {
        if self == Self::Mixtral { "block_sparse_moe" } else { "mlp" }
    }

    /// Within a block.
    fn part(self, part: &str) -> Option<String> {
        let name = match (self, part) {
            (Self::Opt, "attn_norm") => "self_attn_layer_norm",
            (Self::Opt, "ffn_norm") => "final_layer_norm",
            (_, "attn_norm") => "input_layernorm",
            (Self::Phi, "ffn_norm") => return None,
            (_, "ffn_norm") => "post_attention_layernorm",
            (Self::Phi3, "attn_qkv") => "self_attn.qkv_proj",
            (Self::Phi3, "attn_q" | "attn_k" | "attn_v") | (_, "attn_qkv") => return None,
            (_, "attn_q") => "self_attn.q_proj",
            (_, "attn_k") => "self_attn.k_proj",
            (_, "attn_v") => "self_attn.v_proj",
            (_, "attn_q_norm") => "self_attn.q_norm",
            (_, "attn_k_norm") => "self_attn.k_norm",
            (Self::Phi, "attn_output") => "self_attn.dense",
            (Self::Opt, "attn_output") => "self_attn.out_proj",
            (_, "attn_output") => "self_attn.o_proj",
            (Self::Phi, "ffn_up") => "mlp.fc1",
            (Self::Phi, "ffn_down") => "mlp.fc2",
            (Self::Opt, "ffn_up") => "fc1",
            (Self::Opt, "ffn_down") => "fc2",
            (Self::Phi3, "ffn_up") => "mlp.gate_up_proj",
            (_, "ffn_gate_inp") => return Some(format!("{}.gate", self.mixture())),
            (_, "ffn_gate_inp_shexp") => "mlp.shared_expert_gate",
            (_, "ffn_gate_shexp") => "mlp.shared_expert.gate_proj",
            (_, "ffn_up_shexp") => "mlp.shared_expert.up_proj",
            (_, "ffn_down_shexp") => "mlp.shared_expert.down_proj",
            (_, "ffn_gate") => "mlp.gate_proj",
            (_, "ffn_up") => "mlp.up_proj",
            (_, "ffn_down") => "mlp.down_proj",
            _ => return None,
        };
        Some(name.to_owned())
    }
}
