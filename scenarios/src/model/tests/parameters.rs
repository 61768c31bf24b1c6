//! Counts of parameters, as published, to the last one where they are.

use super::{model, weights};
use crate::Model;

/// Models with a published count of every weight (Hugging Face's count of the file's tensors, or the paper's; our own trainer's).
const EXACT: &[(&str, u64)] = &[
    ("deepseek-r1-distill-qwen-1.5b", 1_777_088_000),
    ("deepseek-v2-lite", 15_706_484_224),
    ("falcon-7b", 6_921_720_704),
    ("gemma-3-1b", 999_885_952),
    ("gpt-oss-20b", 20_914_757_184),
    ("gpt-oss-120b", 116_829_156_672),
    ("lfm2.5-1.2b", 1_170_340_608),
    ("lfm2.5-350m", 354_483_968),
    ("llama-2-7b", 6_738_415_616),
    ("llama-3-70b", 70_553_706_496),
    ("llama-3-8b", 8_030_261_248),
    ("llama-3.2-1b", 1_235_814_400),
    ("llama-3.2-3b", 3_212_749_824),
    ("minicpm5-1b", 1_080_632_832),
    ("mistral-7b", 7_248_023_552),
    ("mistral-nemo-12b", 12_247_782_400),
    ("mixtral-8x7b", 46_702_792_704),
    ("olmo-2-1b", 1_484_916_736),
    ("olmoe-1b-7b", 6_919_161_856),
    ("opt-1.3b", 1_315_758_080),
    ("opt-350m", 331_196_416),
    ("opt-6.7b", 6_658_473_984),
    ("phi-2", 2_779_683_840),
    ("phi-3.5-mini", 3_821_079_552),
    ("phi-4-14b", 14_659_507_200),
    ("phi-4-mini", 3_836_021_760),
    ("qwen1.5-0.5b", 463_987_712),
    ("qwen2.5-0.5b", 494_032_768),
    ("qwen2.5-1.5b", 1_543_714_304),
    ("qwen2.5-14b", 14_770_033_664),
    ("qwen2.5-32b", 32_763_876_352),
    ("qwen2.5-3b", 3_085_938_688),
    ("qwen2.5-7b", 7_615_616_512),
    ("qwen3-0.6b", 596_049_920),
    ("qwen3-30b-a3b", 30_532_122_624),
    ("qwen3-4b", 4_022_468_096),
    ("qwen3-8b", 8_190_735_360),
    ("smollm2-1.7b", 1_711_376_384),
    ("smollm2-135m", 134_515_008),
    ("smollm2-360m", 361_821_120),
    ("smollm3-3b", 3_075_098_624),
    ("tightfit-moe-4m", 3_900_480),
    ("tightfit-relu-4m", 3_738_048),
    ("tinyllama-1.1b", 1_100_048_384),
];

/// Models whose publishers round: thousands of millions of parameters, all and active ones, to the digits given.
const ROUNDED: &[(&str, f64, Option<f64>, f64)] = &[
    ("baichuan2-7b", 7.5, None, 0.02),
    ("bitnet-3b", 3.3, None, 0.02),
    ("deepseek-v2-lite", 15.7, Some(2.66), 0.02),
    ("falcon3-7b", 7.46, None, 0.01),
    ("gemma-3-12b", 11.8, None, 0.02),
    ("gemma-3-27b", 27.0, None, 0.02),
    ("gemma-3-4b", 3.88, None, 0.02),
    ("gemma-3n-e4b", 6.87, None, 0.02),
    ("gemma-4-26b-a4b", 25.2, Some(3.8), 0.02),
    ("gemma-4-31b", 30.7, None, 0.02),
    ("gemma-4-e2b", 5.1, None, 0.1),
    ("gemma-4-e4b", 8.0, None, 0.07),
    ("granite-3.3-2b", 2.53, None, 0.02),
    ("granite-3.3-8b", 8.17, None, 0.02),
    // OpenAI's 3.61 and 5.13 are without the embedding table of 0.58.
    ("gpt-oss-20b", 20.9, Some(3.61 + 0.58), 0.01),
    ("gpt-oss-120b", 116.8, Some(5.13 + 0.58), 0.01),
    ("ministral-3-3b", 3.43, None, 0.02),
    ("mistral-small-24b", 23.57, None, 0.01),
    ("mixtral-8x7b", 46.7, Some(12.9), 0.01),
    ("olmoe-1b-7b", 6.9, Some(1.3), 0.02),
    ("phi-3-medium", 13.96, None, 0.01),
    ("qwen3-235b-a22b", 235.0, Some(22.0), 0.01),
    ("qwen3-30b-a3b", 30.5, Some(3.3), 0.02),
    ("qwen3.5-122b-a10b", 122.0, Some(10.0), 0.05),
    ("qwen3.5-27b", 27.0, None, 0.02),
    ("qwen3.5-35b-a3b", 35.0, Some(3.0), 0.16),
    ("qwen3.5-397b-a17b", 397.0, Some(17.0), 0.03),
    ("smallthinker-21b-a3b", 21.5, Some(3.33), 0.15),
];

#[test]
fn counts_are_the_published_ones() {
    let wrong: Vec<String> = EXACT
        .iter()
        .filter(|&&(name, published)| model(name).parameters() != published)
        .map(|&(name, published)| format!("{name}: {} for {published}", model(name).parameters()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rounded_counts_are_met() {
    let mut wrong = Vec::new();
    for &(name, all, active, within) in ROUNDED {
        let found = [model(name).parameters(), model(name).active_parameters()].map(|count| count as f64 / 1e9);
        let off = |found: f64, published: f64| (found / published - 1.0).abs() > within;
        if off(found[0], all) || active.is_some_and(|active| off(found[1], active)) {
            wrong.push(format!("{name}: {found:?} for {all} and {active:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn weights_count_what_the_tensors_are() {
    for name in Model::names() {
        let total = weights(name, "mlx-bf16").total;
        assert_eq!(total.parameters_total(), model(name).parameters(), "{name}");
        assert_eq!(total.bytes_total(), 2 * total.parameters_total(), "{name}");
    }
}
