//! The size of a window of tokens: the DRAM that it takes, and the bytes that a token still reads.

use tightfit_reports::{
    charts::{
        bent,
        lines::{self, Axis, Line, LinePanel, Lines},
    },
    compare::marked_of,
    schema::RunResult,
    sweep::Row,
};

use super::{Drawn, run};
use crate::RunError;

const SCENARIO: &str = r#"
schema = 1
name = "window-size"
title = "Windows of 1 to 20 tokens over two recorded traces"
question = "What does each further token of the window cost and save?"
devices = ["iphone-15-pro"]
model = "smollm2-135m"
quantization = "q4-1"
trace = "smollm2-135m-chat"
runtime = "llama.cpp"
processor = "cpu"
strategies = ["window"]
request = { prefill = "sequential" }

[sweep]
trace = ["smollm2-135m-chat", "smollm2-135m-code"]
"strategy.resident-set.evict.tokens" = [1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20]
"#;

pub(super) fn draw() -> Result<Drawn, RunError> {
    let rows = run::rows(run::inline("window-size", SCENARIO)?)?;
    let results: Vec<RunResult> = rows.iter().map(|row| row.result.clone()).collect();
    let lines = |of: fn(&RunResult) -> u64| -> Vec<Line> {
        rows.chunk_by(|one, other| run::value(one, 0) == run::value(other, 0))
            .map(|of_trace| Line {
                name: marked_of(&run::value(&of_trace[0], 0), &[&of_trace[0].result]),
                points: of_trace.iter().map(|row| (tokens(row), of(&row.result) as f64 / 1e6)).collect(),
                ..Line::default()
            })
            .collect()
    };
    let panel =
        |y: &'static str, of| LinePanel { x: Axis::linear("window, tokens"), y: Axis::linear(y), lines: lines(of) };
    Ok(lines::chart(&Lines {
        name: "window-size",
        title: "What a longer window takes and saves".to_owned(),
        subtitle: "SmolLM2-135M at 4 bits (48 MB of feed-forward rows), iPhone 15 Pro, no limit of memory, prompt \
            token by token; a line a recorded trace"
            .to_owned(),
        caption: "A window keeps the feed-forward rows of the last tokens: what it holds grows ever more slowly, and \
            so does what it saves."
            .to_owned(),
        panels: vec![
            panel("rows held in DRAM at most, MB", |result| result.memory.resident_bytes),
            panel("new bytes from flash, MB a token", |result| result.flash.bytes_per_token),
        ],
        notes: std::iter::once(
            "The window is that of LLM in a flash (arXiv 2312.11514), section 3.1, which keeps 4 or 5 tokens of a \
             sparser model."
                .to_owned(),
        )
        .chain(bent(&results))
        .collect(),
    })
    .into())
}

fn tokens(row: &Row) -> f64 {
    run::value(row, 1).parse().expect("the window's tokens are a number")
}
