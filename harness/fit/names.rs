//! What published tables call runtimes and quantizations, in the catalog's words.

use tightfit_devices::ProcessorKind;
use tightfit_scenarios::{Condition, model::reference};

use super::measurement::Measurement;

/// The words of the catalog for one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The runtime.
    pub runtime: &'static str,
    /// The processor.
    pub processor: ProcessorKind,
    /// The model.
    pub model: &'static str,
    /// Its quantization.
    pub quantization: String,
    /// The state of the device.
    pub condition: Condition,
}

/// The catalog's words for a row, or why there are none.
pub fn of(row: &Measurement) -> Result<Named, String> {
    let (runtime, processor) = runtime(row)?;
    let known =
        reference::known(&row.model).ok_or_else(|| format!("no model of the catalog is called `{}`", row.model))?;
    let quantization = quantization(&row.quant, runtime, known.quantization)?;
    // Runs one after another: on an iPhone 17 Pro they begin at the rate that ten minutes end with (17 tok/s, where a run
    // by itself makes 28).
    let is_series = row.note.contains("experiment=context-sweep");
    let condition = if row.note.contains("task=energy") || is_series || is_long_without_fan(row) {
        Condition::Hot
    } else if runtime == "react-native-executorch" {
        Condition::InApp
    } else {
        Condition::Cool
    };
    Ok(Named { runtime, processor, model: known.model, quantization, condition })
}

/// Whether a `MacBook` Air M5, which has no fan, was slowed by the row's own runs: each of mac-llm-bench's five pairs of lengths
/// runs once to warm up and five times, and of models that take more than three minutes the last pair is slower than those
/// before it (7B: 680 tokens of the prompt a second, then 462). An M1 at its power is not.
fn is_long_without_fan(row: &Measurement) -> bool {
    const RUNS: f64 = 6.0;
    const PROMPTS: f64 = 128.0 + 128.0 + 256.0 + 256.0 + 512.0;
    const OUTPUTS: f64 = 128.0 + 256.0 + 128.0 + 256.0 + 128.0;
    let seconds = |tokens: f64, tokens_per_s: Option<f64>| tokens_per_s.map_or(0.0, |rate| RUNS * tokens / rate);
    row.source.contains("mac-llm-bench")
        && row.device.starts_with("MacBook Air Apple M5")
        && seconds(PROMPTS, row.prefill_tok_s) + seconds(OUTPUTS, row.decode_tok_s) > 180.0
}

fn runtime(row: &Measurement) -> Result<(&'static str, ProcessorKind), String> {
    use ProcessorKind::{Cpu, Gpu, Npu};
    let runtime = row.runtime.to_ascii_lowercase();
    let backend = row.backend.to_ascii_lowercase();
    let model = row.model.to_ascii_lowercase();
    if backend.contains("thread") {
        return Err(format!("{} on {}: runs of a part of the cores are not modelled", row.runtime, row.backend));
    }
    let is_neural = ["ane", "npu", "hexagon", "neural"].iter().any(|word| backend.contains(word));
    let processor = if is_neural {
        Npu
    } else if backend.contains("cpu") {
        Cpu
    } else {
        Gpu
    };
    let starts = |word: &str| runtime.starts_with(word);
    Ok(match () {
        () if starts("llama.") || starts("ollama") => ("llama.cpp", processor),
        () if starts("mlx") => ("mlx", Gpu),
        () if starts("core-ai") || starts("coreai") => {
            ("core-ai", if is_neural || model.contains("-ane") { Npu } else { Gpu })
        }
        () if starts("coreml") || starts("core ml") => {
            // At 16 bits Core ML took the GPU: 178 GB/s are beyond any Neural Engine.
            ("core-ml", if backend == "gpu" || row.quant.eq_ignore_ascii_case("fp16") { Gpu } else { Npu })
        }
        () if starts("litert-lm") => ("litert-lm", if backend.contains("cpu") { Cpu } else { Gpu }),
        () if starts("litert") => ("litert", processor),
        () if starts("executorch") && runtime.contains("react-native") => ("react-native-executorch", Cpu),
        () if starts("executorch") => ("executorch", Cpu),
        () if starts("mnn") => ("mnn", processor),
        // What AI Hub calls w4 multiplies 16-bit floats, w4a16 whole numbers (qai_hub_models/models/common.py, Precision).
        () if starts("genie") || starts("qnn") => {
            (if row.quant.eq_ignore_ascii_case("w4") { "genie-float16" } else { "genie" }, Npu)
        }
        () => return Err(format!("no runtime is called `{}`", row.runtime)),
    })
}

fn quantization(written: &str, runtime: &str, hint: Option<&'static str>) -> Result<String, String> {
    let text = written.to_ascii_lowercase();
    let first = text.split([' ', '(', '@']).next().unwrap_or_default().replace('_', "-");
    let bits = || first.chars().find(char::is_ascii_digit);
    let unknown = || Err(format!("no quantization is called `{written}` on {runtime}"));
    let known = match runtime {
        "llama.cpp" if text.contains("ollama default") => "q4-k-m".to_owned(),
        "llama.cpp" => first,
        "mlx" if text.contains("bf16") => "mlx-bf16".to_owned(),
        "mlx" => match bits() {
            Some(bits) if text.contains("g32") => format!("mlx-{bits}bit-g32"),
            Some(bits) => format!("mlx-{bits}bit"),
            None => return hint.map_or_else(unknown, |hint| Ok(hint.to_owned())),
        },
        "core-ai" | "core-ml" if text.contains("fp16") => "coreml-fp16".to_owned(),
        "core-ai" | "core-ml" => match bits() {
            Some(bits) => format!("coreml-int{bits}"),
            None => "coreml-int4".to_owned(),
        },
        "litert" | "litert-lm" | "mnn" => match bits() {
            Some('8') => "litert-int8".to_owned(),
            _ => "litert-int4".to_owned(),
        },
        "executorch" | "react-native-executorch" => match () {
            () if text.contains("bf16") => "executorch-bf16".to_owned(),
            () if text.contains("g128") => "int4-g128".to_owned(),
            () if text.contains("g256") => "int4-g256".to_owned(),
            () if text.contains("lora") && !text.contains("spin") => "qlora".to_owned(),
            () => hint.unwrap_or(if text.is_empty() { "executorch-bf16" } else { "8da4w" }).to_owned(),
        },
        "genie" => "w4a16".to_owned(),
        "genie-float16" => "w4".to_owned(),
        _ => return unknown(),
    };
    Ok(known)
}
