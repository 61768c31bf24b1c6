//! The value of a metric: a number, a word, several runs' numbers, or nothing that could be measured.

use serde::{Deserialize, Serialize};

use crate::metrics::Number;

/// One metric of one entry. In JSON: a number, `true`, a text, an array, `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Nanoseconds, bytes, picojoules, counts.
    Integer(u64),
    /// Rates and shares.
    Real(f64),
    /// Yes or no.
    Truth(bool),
    /// A word, for instance `fits`.
    Text(String),
    /// What each of several runs measured, in their order.
    Runs(Vec<f64>),
    /// This platform can't say.
    NotMeasurable,
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        match number {
            Number::Integer(value) => Self::Integer(value),
            Number::Real(value) => Self::Real(value),
            Number::Truth(value) => Self::Truth(value),
        }
    }
}

impl Value {
    /// As one number: yes is 1, several runs are their median.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            Self::Truth(value) => Some(f64::from(u8::from(*value))),
            Self::Runs(values) => Some(median(values)),
            Self::Text(_) | Self::NotMeasurable => None,
        }
    }

    /// All runs' numbers: one, where there was one run.
    #[must_use]
    pub fn runs(&self) -> Vec<f64> {
        match self {
            Self::Runs(values) => values.clone(),
            other => other.number().into_iter().collect(),
        }
    }
}

/// The middle value, or the mean of the two; not a number where there is none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_lies_in_the_middle() {
        let medians = [&[3.0, 1.0, 2.0][..], &[4.0, 1.0, 2.0, 3.0], &[7.0]].map(|values| median(values).to_bits());
        assert_eq!(medians, [2.0_f64, 2.5, 7.0].map(f64::to_bits));
        assert!(median(&[]).is_nan());
    }

    /// Exact integers and floats come back as they were, to the last bit.
    #[test]
    fn values_read_back_as_written() {
        let values = [
            Value::Integer(u64::MAX),
            Value::Real(0.1 + 0.2),
            Value::Real(1.0),
            Value::Truth(true),
            Value::Text("fits".to_owned()),
            Value::Runs(vec![1.5, 2.0]),
            Value::NotMeasurable,
        ];
        let text = serde_json::to_string(&values).expect("JSON");
        assert_eq!(text, r#"[18446744073709551615,0.30000000000000004,1.0,true,"fits",[1.5,2.0],null]"#);
        assert_eq!(serde_json::from_str::<Vec<Value>>(&text).expect("values"), values);
    }
}
