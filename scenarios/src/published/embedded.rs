//! The published runs that are built into the program.

macro_rules! published {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../cases/published/", $name, ".toml")))),*]
    };
}

/// Name and text, sorted by name; a test holds it to the folder.
pub(super) const PUBLISHED: &[(&str, &str)] = published![
    "bigmoe-oneplus-15r",
    "bigmoe-oneplus-15r-trace",
    "flash-moe-macbook-pro-m3-max",
    "llm-in-a-flash-llama-2",
    "llm-in-a-flash-llama-2-predicted",
    "llm-in-a-flash-m1-max-cpu",
    "llm-in-a-flash-m1-max-cpu-predicted",
    "llm-in-a-flash-m1-max-gpu",
    "llm-in-a-flash-m1-max-gpu-predicted",
    "llm-in-a-flash-rtx-4090",
    "llm-in-a-flash-rtx-4090-predicted",
    "mlx-layer-stream-iphone-15-pro-max",
    "mlx-layer-stream-mac-studio-m2-ultra",
    "sustained-macbook-air-m5",
    "ten-minutes-iphone-17-pro",
];
