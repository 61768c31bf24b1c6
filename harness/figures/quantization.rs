//! Llama 3.2 on a phone at 16 bits and at 4, beside what Meta published.

use tightfit_reports::{
    charts::bars::{self, BarPanel, BarRow, Bars},
    schema::RunResult,
    sweep::Row,
};
use tightfit_scenarios::{Scenario, Settings};

use super::{Drawn, run};
use crate::RunError;

/// A published row: model, quantization, decode tok/s, prefill tok/s, time to first token in s, peak memory in MB.
type Published = (&'static str, &'static str, [f64; 4]);

const PUBLISHED: [Published; 4] = [
    ("llama-3.2-1b", "executorch-bf16", [19.2, 60.3, 1.0, 3185.0]),
    ("llama-3.2-1b", "spinquant", [50.2, 260.5, 0.3, 1921.0]),
    ("llama-3.2-1b", "qlora", [45.8, 252.0, 0.3, 2255.0]),
    ("llama-3.2-3b", "qlora", [18.5, 88.8, 0.7, 4060.0]),
];

/// A column of the table with its unit, and what it is here.
type Quantity = (&'static str, fn(&RunResult) -> f64);

const QUANTITIES: [Quantity; 4] = [
    ("decode, tok/s", |result| result.throughput.decode_tokens_per_s),
    ("prompt, tok/s", |result| result.throughput.prefill_tokens_per_s),
    ("time to first token, s", |result| result.latency.ttft_ns as f64 / 1e9),
    ("peak memory, MB", |result| result.memory.peak_bytes as f64 / 1e6),
];

pub(super) fn draw() -> Result<Drawn, RunError> {
    let rows = run::rows(Scenario::load_with("story-llama-3.2-oneplus-12", &[], &Settings::default())?)?;
    let panel = |(number, &(title, of)): (usize, &Quantity)| BarPanel {
        title,
        rows: rows.iter().map(|row| bar(row, number, of)).collect(),
    };
    Ok(bars::chart(&Bars {
        name: "quantization-ladder",
        title: "Llama 3.2 on a OnePlus 12 at 16 and at 4 bits".to_owned(),
        subtitle: "ExecuTorch on the CPU, a prompt of 64 tokens".to_owned(),
        caption: "4-bit weights in groups of 32 with 8-bit activations, by SpinQuant or with QLoRA's adapters, beside \
            16 bits."
            .to_owned(),
        parts: vec!["simulated"],
        panels: QUANTITIES.iter().enumerate().map(panel).collect(),
        notes: vec![
            "Published: model card of Llama 3.2 and the ExecuTorch README; nothing was published of the 3B in BF16 \
             and under SpinQuant."
                .to_owned(),
        ],
    })
    .into())
}

fn bar(row: &Row, quantity: usize, of: fn(&RunResult) -> f64) -> BarRow {
    let (model, quantization) = (run::value(row, 0), run::value(row, 1));
    let known = PUBLISHED.iter().find(|published| published.0 == model && published.1 == quantization);
    let size = model.rsplit('-').next().unwrap_or_default().to_uppercase();
    let scheme = match quantization.as_str() {
        "executorch-bf16" => "BF16",
        "spinquant" => "SpinQuant",
        "qlora" => "QLoRA",
        other => other,
    };
    BarRow {
        name: format!("{size} {scheme}"),
        simulated: vec![of(&row.result)],
        published: known.map(|published| published.2[quantity]),
    }
}
