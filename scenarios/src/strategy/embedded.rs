//! The strategies that are built into the program.

macro_rules! strategies {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../strategies/", $name, ".toml")))),*]
    };
}

/// Name and text, sorted by name; a test holds it to the folder.
pub(super) const STRATEGIES: &[(&str, &str)] =
    strategies!["belady", "hybrid", "layer-stream", "lru", "naive", "page-cache", "resident", "window"];
