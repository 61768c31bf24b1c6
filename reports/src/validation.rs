//! Predictions beside published measurements: cases, errors, and their summary by regime.

mod markdown;
mod text;

use serde::Serialize;

pub use markdown::markdown;
pub use text::text;

/// A published figure and what is predicted for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValidationCase {
    /// What it is, uniquely: device, runtime, model, quantization, metric.
    pub id: String,
    /// What kind of figure.
    pub regime: String,
    /// The device's name.
    pub device: String,
    /// The device's class, for the picture.
    #[serde(skip)]
    pub class: String,
    /// The model's name.
    pub model: String,
    /// What was measured, with its unit last.
    pub metric: String,
    /// The prediction.
    pub predicted: f64,
    /// Lower end of the interval that should hold nine of ten figures.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// What was published.
    pub published: f64,
    /// `predicted / published - 1`.
    pub error: f64,
    /// What the prediction had not seen: `fitted` (nothing), `unseen-model`, `unseen-device`.
    pub split: String,
    /// Where it was published.
    pub source: String,
}

/// Cases of one regime and split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValidationSummary {
    /// The regime.
    pub regime: String,
    /// The split.
    pub split: String,
    /// Cases.
    pub count: usize,
    /// Median of the errors' sizes.
    pub median_error: f64,
    /// Nine of ten are no larger.
    pub p90_error: f64,
    /// Share of the cases inside their interval.
    pub inside: f64,
}

/// All cases, and their summary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Validation {
    /// Sorted by regime, split and id.
    pub cases: Vec<ValidationCase>,
    /// Sorted by regime and split.
    pub summary: Vec<ValidationSummary>,
}

impl ValidationCase {
    /// Whether the published figure lies in the interval.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        (self.low..=self.high).contains(&self.published)
    }
}

impl Validation {
    /// Of cases in any order.
    #[must_use]
    pub fn new(mut cases: Vec<ValidationCase>) -> Self {
        let key = |case: &ValidationCase| (case.regime.clone(), case.split.clone(), case.id.clone());
        cases.sort_by_key(key);
        let mut summary = Vec::new();
        for group in cases.chunk_by(|one, other| one.regime == other.regime && one.split == other.split) {
            let mut sizes: Vec<f64> = group.iter().map(|case| case.error.abs()).collect();
            sizes.sort_by(f64::total_cmp);
            let inside = group.iter().filter(|case| case.is_inside()).count();
            summary.push(ValidationSummary {
                regime: group[0].regime.clone(),
                split: group[0].split.clone(),
                count: group.len(),
                median_error: quantile(&sizes, 0.5),
                p90_error: quantile(&sizes, 0.9),
                inside: inside as f64 / group.len() as f64,
            });
        }
        Self { cases, summary }
    }

    /// As JSON: pretty, fields in the schema's order, a newline at the end.
    #[must_use]
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("strings and finite numbers");
        text.push('\n');
        text
    }
}

/// A quantile of sorted numbers, linear between neighbours.
///
/// # Panics
/// If there are none.
#[must_use]
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the last place")]
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// `12.3 %`.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
