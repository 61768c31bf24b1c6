//! Ten minutes of decoding: how the speed falls as the phone fills with heat.

use tightfit_reports::{
    charts::lines::{self, Axis, Line, LinePanel, Lines},
    schema::ThermalPoint,
};
use tightfit_scenarios::published::Metric;

use super::{Drawn, run};
use crate::RunError;

/// Runs that began cool, warm and hot.
const SHOWN: [&str; 4] =
    ["DeepSeek R1 1.5B, MLX", "Gemma 4 E2B, MLX", "Llama 3.2 3B, Core AI, neural engine", "Qwen3 4B, MLX"];

pub(super) fn draw() -> Result<Drawn, RunError> {
    let runs = run::published("ten-minutes-iphone-17-pro", |name| SHOWN.contains(&name))?;
    let lines = |of: fn(&ThermalPoint) -> f64, metric: Metric| -> Vec<Line> {
        runs.iter()
            .map(|(case, result)| {
                let points: Vec<(f64, f64)> =
                    result.thermal.curve.iter().map(|point| (point.t_s / 60.0, of(point))).collect();
                let end = points.last().map_or(0.0, |point| point.0);
                Line {
                    name: case.name.clone(),
                    // Means: of the last minute, and of the whole run.
                    published: case
                        .figures
                        .get(&metric)
                        .map(|&figure| (if metric == Metric::Watts { end / 2.0 } else { end - 0.5 }, figure))
                        .into_iter()
                        .collect(),
                    points,
                    is_bound: false,
                }
            })
            .collect()
    };
    let panel = |y, of, metric| LinePanel {
        x: Axis::linear("since the start, minutes"),
        y: Axis::linear(y),
        lines: lines(of, metric),
    };
    Ok(lines::chart(&Lines {
        name: "ten-minutes",
        title: "Ten minutes of decoding on an iPhone 17 Pro".to_owned(),
        subtitle: "models at 4 bits, each started as warm as its measured run was".to_owned(),
        caption: "A phone draws its cool power for a minute or two, then what its case can shed.".to_owned(),
        panels: vec![
            panel("decode, tok/s", |point| point.tokens_per_s, Metric::LastMinuteTokensPerS),
            panel("whole device, W", |point| point.power_mw as f64 / 1e3, Metric::Watts),
        ],
        notes: vec![
            "Rings, published: the mean of the last minute, and the mean power of the whole run, drawn at its middle \
             (apple-silicon-llm-bench, results/raw). One heat store was fitted to the last minutes of ten such runs \
             together: Gemma's is far off."
                .to_owned(),
        ],
    })
    .into())
}
