//! The strategies that are built into the program.

macro_rules! strategies {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../strategies/", $name, ".toml")))),*]
    };
}

/// Name and text, sorted by name; a test holds it to the folder.
pub(super) const STRATEGIES: &[(&str, &str)] = strategies![
    "belady",
    "cache-prior",
    "dip-ca",
    "hybrid",
    "layer-stream",
    "llm-flash-bundled",
    "llm-flash-predictor",
    "llm-flash-window",
    "lru",
    "mixtral-offloading",
    "naive",
    "page-cache",
    "powerinfer-2",
    "resident",
    "ripple",
    "speculative",
    "trust-the-page-cache",
    "window",
];
