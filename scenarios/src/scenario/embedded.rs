//! The scenarios that are built into the program.

macro_rules! scenarios {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../catalog/", $name, ".toml")))),*]
    };
}

/// Name and text, sorted by name; a test holds it to the folder.
pub(super) const SCENARIOS: &[(&str, &str)] = scenarios!["llm-in-a-flash", "published-systems", "quickstart"];
