//! The models that are built into the program.

/// Name and text of every embedded model, sorted by name; a test holds it to the folder.
pub(super) const MODELS: &[(&str, &str)] = &[
    ("llama-2-7b", include_str!("../../models/llama-2-7b.toml")),
    ("llama-3.2-1b", include_str!("../../models/llama-3.2-1b.toml")),
    ("opt-6.7b", include_str!("../../models/opt-6.7b.toml")),
    ("qwen3-30b-a3b", include_str!("../../models/qwen3-30b-a3b.toml")),
    ("smollm2-135m", include_str!("../../models/smollm2-135m.toml")),
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
