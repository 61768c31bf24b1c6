//! The recipes that are built into the program.

use crate::catalog::Catalog;

macro_rules! recipes {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../synthetic/", $name, ".toml")))),*]
    };
}

/// The recipes that are built in, sorted by name; a test holds them to the folder.
pub const CATALOG: Catalog = Catalog {
    kind: "recipe",
    entries: recipes![
        "falcon-7b",
        "gpt-oss-120b",
        "llama-2-7b-fatrelu",
        "mixtral-8x7b",
        "opt-6.7b",
        "qwen3-30b-a3b",
        "qwen3-30b-a3b-phone",
        "qwen3.5-397b-a17b",
    ],
};
