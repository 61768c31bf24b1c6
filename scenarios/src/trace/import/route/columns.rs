//! The columns of a route, found by name, and the lines under them.

use super::{Choice, preamble::Preamble};
use crate::trace::Phase;

const REQUIRED: [&str; 5] = ["turn", "phase", "step", "layer", "expert"];

/// Whether a line names the columns of a route.
pub(in super::super) fn names_columns(line: &str) -> bool {
    Columns::parse(line.trim()).is_ok()
}

/// Where each column stands.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    required: [usize; 5],
    weight: Option<usize>,
    expert_bytes: Option<usize>,
}

impl Columns {
    /// Finds the columns in their line of names.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let place = |name: &str| line.split(',').position(|field| field.trim() == name);
        let mut required = [0; 5];
        for (column, name) in required.iter_mut().zip(REQUIRED) {
            *column = place(name).ok_or_else(|| {
                format!(
                    "no column is named {name}; a route has turn, phase, step, layer, expert and, optionally, weight"
                )
            })?;
        }
        Ok(Self { required, weight: place("weight"), expert_bytes: place("expert_bytes") })
    }

    /// Whether lines have the router's weights.
    pub(super) fn have_weights(&self) -> bool {
        self.weight.is_some()
    }

    /// Reads a line; its expert's bytes go to the preamble.
    pub(super) fn choice(&self, line: &str, number: usize, preamble: &mut Preamble) -> Result<Choice, String> {
        let field = |name: &str, column: usize| {
            let field = line.split(',').nth(column).map(str::trim);
            field.ok_or_else(|| format!("ends before its {name}; write all columns on every line"))
        };
        let whole = |name: &str, column: usize| {
            let text = field(name, column)?;
            text.parse::<u32>().map_err(|_| format!("{name} is `{text}`; write a whole number below 2^32"))
        };
        let mut numbers = [0; 5];
        for ((number, name), &column) in numbers.iter_mut().zip(REQUIRED).zip(&self.required) {
            *number = whole(name, column)?;
        }
        let [turn, phase, step, layer, expert] = numbers;
        let weight = self.weight.map_or(Ok(0.0), |column| {
            let text = field("weight", column)?;
            let weight = text.parse().ok().filter(|weight: &f32| weight.is_finite());
            weight.ok_or_else(|| format!("weight is `{text}`; write a finite number"))
        })?;
        if let Some(column) = self.expert_bytes {
            preamble.bytes(layer, whole("expert_bytes", column)?);
        }
        let phase = match phase {
            0 => Phase::Prefill,
            1 => Phase::Decode,
            other => return Err(format!("phase is {other}; write 0 for the prompt and 1 for what is generated")),
        };
        Ok(Choice { turn, phase, step, layer, expert, weight, line: number })
    }
}
