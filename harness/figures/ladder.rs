//! The ladder of *LLM in a flash*, Table 2: what each technique saves of the time that a token waits for flash; and
//! the same steps on a trace of our own.

use tightfit_reports::{
    charts::{
        bars::{self, BarPanel, BarRow, Bars},
        bent,
    },
    compare::marked_of,
    schema::RunResult,
};

use super::{Drawn, run};
use crate::RunError;

/// Table 2: name, the published case with that row, and I/O ms a token.
const STEPS: [(&str, &str, f64); 5] = [
    ("nothing in DRAM", "naive", 2196.0),
    ("half in DRAM (hybrid)", "hybrid", 1090.0),
    ("+ predictor", "predictor", 738.0),
    ("+ windowing", "window", 164.0),
    ("+ bundling", "all", 87.0),
];

const OURS: &str = r#"
schema = 1
name = "io-latency-ladder"
title = "The ladder of LLM in a flash on SmolLM2-135M"
question = "What does each technique save on a gated model?"
devices = ["iphone-15-pro"]
model = "smollm2-135m"
quantization = "q4-1"
trace = "smollm2-135m-chat"
runtime = "llama.cpp"
processor = "cpu"
strategies = ["naive", "hybrid", "llm-flash-predictor", "llm-flash-window", "llm-flash-bundled"]

[memory]
limit-mb = 80
limit-source = { kind = "assumed", from = "between a keyboard's 64 MB and the 108 MB of the whole model" }
"#;

pub(super) fn draw() -> Result<Drawn, RunError> {
    let mut theirs = run::published("llm-in-a-flash-m1-max-gpu", |_| true)?;
    theirs.extend(run::published("llm-in-a-flash-m1-max-gpu-predicted", |_| true)?);
    let (_, ours) = run::cells(run::inline("io-latency-ladder", OURS)?)?;
    let step = |&(name, case, published): &(&str, &str, f64)| BarRow {
        name: name.to_owned(),
        simulated: theirs.iter().filter(|(one, _)| one.name == case).map(|(_, result)| waited_ms(result)).collect(),
        published: Some(published),
    };
    let own = |(&(name, ..), result): (&(&str, &str, f64), &RunResult)| BarRow {
        name: marked_of(name, &[result]),
        simulated: vec![waited_ms(result)],
        published: None,
    };
    Ok(bars::chart(&Bars {
        name: "io-latency-ladder",
        title: "What each technique of LLM in a flash saves".to_owned(),
        subtitle: "left: OPT-6.7B at 16 bits, M1 Max, 32 reads in flight; right: SmolLM2-135M at 4 bits, iPhone 15 \
            Pro, 80 MB"
            .to_owned(),
        caption: "Time that a decoded token waits for flash, step by step down the paper's ladder.".to_owned(),
        parts: vec!["simulated"],
        panels: vec![
            BarPanel { title: "OPT-6.7B: waiting for flash, ms a token", rows: STEPS.iter().map(step).collect() },
            BarPanel {
                title: "SmolLM2-135M: waiting for flash, ms a token",
                rows: STEPS.iter().zip(&ours).map(own).collect(),
            },
        ],
        notes: [
            "Published: LLM in a flash (arXiv 2312.11514), Table 2. The row of nothing in DRAM was fitted, the others were \
             not. The trace of OPT is synthetic: made to the paper's shares of rows that are named, kept and new.",
            "SmolLM2 uses half of its rows for a token, and another half for the next: what saves on OPT, of which 3 % \
             are active, saves nothing here.",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain(bent(&ours))
        .collect(),
    })
    .into())
}

/// What a decoded token waits for flash, on average.
fn waited_ms(result: &RunResult) -> f64 {
    let decoded = result.tokens.get(1..).unwrap_or_default();
    decoded.iter().map(|token| token.flash_stall_ns).sum::<u64>() as f64 / decoded.len().max(1) as f64 / 1e6
}
