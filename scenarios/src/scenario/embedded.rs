//! The scenarios that are built into the program.

macro_rules! scenarios {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../catalog/", $name, ".toml")))),*]
    };
}

/// Name and text, sorted by name; a test holds it to the folder.
pub(super) const SCENARIOS: &[(&str, &str)] = scenarios![
    "llm-in-a-flash",
    "published-systems",
    "quickstart",
    "small-relu",
    "small-routing",
    "story-397b-iphone",
    "story-397b-macbook",
    "story-llama-3.2-oneplus-12",
    "story-llm-in-a-flash",
    "story-qwen3.5-2b-iphone-17-pro",
    "story-qwen3.5-2b-iphone-17-pro-engines",
    "window-against-memory",
];
