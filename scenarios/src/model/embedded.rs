//! The models that are built into the program.

/// Name and text of every embedded model, sorted by name; a test holds it to the folder.
pub(super) const MODELS: &[(&str, &str)] = &[
    ("baichuan2-7b", include_str!("../../models/baichuan2-7b.toml")),
    ("bitnet-3b", include_str!("../../models/bitnet-3b.toml")),
    ("deepseek-r1-distill-qwen-1.5b", include_str!("../../models/deepseek-r1-distill-qwen-1.5b.toml")),
    ("deepseek-v2-lite", include_str!("../../models/deepseek-v2-lite.toml")),
    ("falcon-7b", include_str!("../../models/falcon-7b.toml")),
    ("falcon3-7b", include_str!("../../models/falcon3-7b.toml")),
    ("gemma-3-12b", include_str!("../../models/gemma-3-12b.toml")),
    ("gemma-3-1b", include_str!("../../models/gemma-3-1b.toml")),
    ("gemma-3-27b", include_str!("../../models/gemma-3-27b.toml")),
    ("gemma-3-4b", include_str!("../../models/gemma-3-4b.toml")),
    ("gemma-3n-e2b", include_str!("../../models/gemma-3n-e2b.toml")),
    ("gemma-3n-e4b", include_str!("../../models/gemma-3n-e4b.toml")),
    ("gemma-4-26b-a4b", include_str!("../../models/gemma-4-26b-a4b.toml")),
    ("gemma-4-31b", include_str!("../../models/gemma-4-31b.toml")),
    ("gemma-4-e2b", include_str!("../../models/gemma-4-e2b.toml")),
    ("gemma-4-e4b", include_str!("../../models/gemma-4-e4b.toml")),
    ("gpt-oss-120b", include_str!("../../models/gpt-oss-120b.toml")),
    ("gpt-oss-20b", include_str!("../../models/gpt-oss-20b.toml")),
    ("granite-3.3-2b", include_str!("../../models/granite-3.3-2b.toml")),
    ("granite-3.3-8b", include_str!("../../models/granite-3.3-8b.toml")),
    ("lfm2.5-1.2b", include_str!("../../models/lfm2.5-1.2b.toml")),
    ("lfm2.5-350m", include_str!("../../models/lfm2.5-350m.toml")),
    ("llama-2-7b", include_str!("../../models/llama-2-7b.toml")),
    ("llama-3-70b", include_str!("../../models/llama-3-70b.toml")),
    ("llama-3-8b", include_str!("../../models/llama-3-8b.toml")),
    ("llama-3.1-70b", include_str!("../../models/llama-3.1-70b.toml")),
    ("llama-3.1-8b", include_str!("../../models/llama-3.1-8b.toml")),
    ("llama-3.2-1b", include_str!("../../models/llama-3.2-1b.toml")),
    ("llama-3.2-3b", include_str!("../../models/llama-3.2-3b.toml")),
    ("minicpm5-1b", include_str!("../../models/minicpm5-1b.toml")),
    ("ministral-3-3b", include_str!("../../models/ministral-3-3b.toml")),
    ("mistral-7b", include_str!("../../models/mistral-7b.toml")),
    ("mistral-nemo-12b", include_str!("../../models/mistral-nemo-12b.toml")),
    ("mistral-small-24b", include_str!("../../models/mistral-small-24b.toml")),
    ("mixtral-8x7b", include_str!("../../models/mixtral-8x7b.toml")),
    ("olmo-2-1b", include_str!("../../models/olmo-2-1b.toml")),
    ("olmoe-1b-7b", include_str!("../../models/olmoe-1b-7b.toml")),
    ("opt-1.3b", include_str!("../../models/opt-1.3b.toml")),
    ("opt-350m", include_str!("../../models/opt-350m.toml")),
    ("opt-6.7b", include_str!("../../models/opt-6.7b.toml")),
    ("phi-2", include_str!("../../models/phi-2.toml")),
    ("phi-3-medium", include_str!("../../models/phi-3-medium.toml")),
    ("phi-3.5-mini", include_str!("../../models/phi-3.5-mini.toml")),
    ("phi-4-14b", include_str!("../../models/phi-4-14b.toml")),
    ("phi-4-mini", include_str!("../../models/phi-4-mini.toml")),
    ("prosparse-llama-2-7b", include_str!("../../models/prosparse-llama-2-7b.toml")),
    ("qwen1.5-0.5b", include_str!("../../models/qwen1.5-0.5b.toml")),
    ("qwen2.5-0.5b", include_str!("../../models/qwen2.5-0.5b.toml")),
    ("qwen2.5-1.5b", include_str!("../../models/qwen2.5-1.5b.toml")),
    ("qwen2.5-14b", include_str!("../../models/qwen2.5-14b.toml")),
    ("qwen2.5-32b", include_str!("../../models/qwen2.5-32b.toml")),
    ("qwen2.5-3b", include_str!("../../models/qwen2.5-3b.toml")),
    ("qwen2.5-7b", include_str!("../../models/qwen2.5-7b.toml")),
    ("qwen3-0.6b", include_str!("../../models/qwen3-0.6b.toml")),
    ("qwen3-1.7b", include_str!("../../models/qwen3-1.7b.toml")),
    ("qwen3-14b", include_str!("../../models/qwen3-14b.toml")),
    ("qwen3-235b-a22b", include_str!("../../models/qwen3-235b-a22b.toml")),
    ("qwen3-30b-a3b", include_str!("../../models/qwen3-30b-a3b.toml")),
    ("qwen3-32b", include_str!("../../models/qwen3-32b.toml")),
    ("qwen3-4b", include_str!("../../models/qwen3-4b.toml")),
    ("qwen3-8b", include_str!("../../models/qwen3-8b.toml")),
    ("qwen3.5-0.8b", include_str!("../../models/qwen3.5-0.8b.toml")),
    ("qwen3.5-122b-a10b", include_str!("../../models/qwen3.5-122b-a10b.toml")),
    ("qwen3.5-27b", include_str!("../../models/qwen3.5-27b.toml")),
    ("qwen3.5-2b", include_str!("../../models/qwen3.5-2b.toml")),
    ("qwen3.5-35b-a3b", include_str!("../../models/qwen3.5-35b-a3b.toml")),
    ("qwen3.5-397b-a17b", include_str!("../../models/qwen3.5-397b-a17b.toml")),
    ("qwen3.5-4b", include_str!("../../models/qwen3.5-4b.toml")),
    ("qwen3.5-9b", include_str!("../../models/qwen3.5-9b.toml")),
    ("smallthinker-21b-a3b", include_str!("../../models/smallthinker-21b-a3b.toml")),
    ("smollm2-1.7b", include_str!("../../models/smollm2-1.7b.toml")),
    ("smollm2-135m", include_str!("../../models/smollm2-135m.toml")),
    ("smollm2-360m", include_str!("../../models/smollm2-360m.toml")),
    ("smollm3-3b", include_str!("../../models/smollm3-3b.toml")),
    ("tinyllama-1.1b", include_str!("../../models/tinyllama-1.1b.toml")),
    ("turbosparse-mixtral-47b", include_str!("../../models/turbosparse-mixtral-47b.toml")),
];

/// The names alone, in the same order.
pub(super) const NAMES: &[&str] = &names();

const fn names() -> [&'static str; MODELS.len()] {
    let mut names = [""; MODELS.len()];
    let mut index = 0;
    while index < MODELS.len() {
        names[index] = MODELS[index].0;
        index += 1;
    }
    names
}
