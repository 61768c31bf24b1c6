//! The loss curve: a CSV line at each checkpoint.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};

use crate::LiveError;

const HEAD: &str = "step,learning-rate,training-bits-per-byte,held-out-bits-per-byte,by-layer";

/// The curve's file.
#[derive(Debug)]
pub(super) struct Curve {
    path: PathBuf,
    lines: Vec<String>,
}

/// One line: what happened since the line before.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    /// Steps done.
    pub(super) steps: u32,
    /// Learning rate of the last of them.
    pub(super) learning_rate: f64,
    /// Mean over the steps since the line before.
    pub(super) training_bits_per_byte: f64,
    /// At a spread of windows of the held-out text.
    pub(super) held_out_bits_per_byte: f64,
    /// As in [`super::TrainSummary::by_layer`], mean over the steps since the line before.
    pub(super) by_layer: Vec<f64>,
}

impl Curve {
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_path_buf(), lines: Vec::new() }
    }

    /// Takes up the lines of the steps that were done; later ones belong to a run that was stopped before it saved.
    pub(super) fn resume(&mut self, steps: u32) -> Result<(), LiveError> {
        if steps == 0 {
            return Ok(());
        }
        let text = super::read(&self.path)?;
        let kept = |line: &&str| {
            line.split(',').next().and_then(|step| step.parse::<u32>().ok()).is_some_and(|at| at <= steps)
        };
        self.lines = text.lines().skip(1).filter(kept).map(str::to_owned).collect();
        Ok(())
    }

    pub(super) fn add(&mut self, point: &Point) -> Result<(), LiveError> {
        self.lines.push(point.line());
        let text = format!("{HEAD}\n{}\n", self.lines.join("\n"));
        fs::write(&self.path, text).map_err(|source| LiveError::Write { path: self.path.clone(), source })
    }
}

impl Point {
    fn line(&self) -> String {
        let mut line = format!(
            "{},{:.6},{:.4},{:.4},",
            self.steps, self.learning_rate, self.training_bits_per_byte, self.held_out_bits_per_byte
        );
        for (layer, share) in self.by_layer.iter().enumerate() {
            let space = if layer == 0 { "" } else { " " };
            let _ = write!(line, "{space}{share:.3}");
        }
        line
    }
}

impl fmt::Display for Point {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, training_bits_per_byte, held_out_bits_per_byte, by_layer, .. } = self;
        let mean = by_layer.iter().sum::<f64>() / by_layer.len().max(1) as f64;
        write!(
            formatter,
            "step {steps}: {training_bits_per_byte:.3} bits a byte, {held_out_bits_per_byte:.3} held out, \
             zeros or busiest expert {:.1} %",
            100.0 * mean
        )
    }
}
