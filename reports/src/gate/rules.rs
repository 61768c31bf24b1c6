//! What the gate lets pass: tolerances of a scenario for simulated metrics, a threshold for measured ones.

use crate::entry::{Entry, Value};
use crate::shown;

/// What is let pass.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Tolerances that scenarios state.
    pub tolerances: Vec<Tolerance>,
    /// Share by which a measured median must move to count.
    pub threshold: f64,
}

/// How far one simulated metric may move from its baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Tolerance {
    /// The scenario that states it.
    pub scenario: String,
    /// Devices that it is about; all where there are none.
    pub devices: Vec<String>,
    /// Strategies that it is about; all where there are none.
    pub strategies: Vec<String>,
    /// The metric's dotted name.
    pub metric: &'static str,
    /// Share of the accepted value, either way.
    pub relative: Option<f64>,
    /// Amount in the metric's own unit, either way.
    pub absolute: Option<f64>,
}

impl Default for Rules {
    /// No tolerance, and 5 % of a measured median.
    fn default() -> Self {
        Self { tolerances: Vec::new(), threshold: 0.05 }
    }
}

impl Rules {
    /// The words for why a change of a simulated metric passes, if one of the tolerances holds it.
    pub(super) fn within(&self, metric: &str, entry: &Entry, before: &Value, after: &Value) -> Option<String> {
        let (before, after) = before.number().zip(after.number())?;
        let mut meant = self.tolerances.iter().filter(|tolerance| tolerance.is_about(metric, entry));
        meant.find_map(|tolerance| tolerance.holds(before, after))
    }
}

impl Tolerance {
    fn is_about(&self, metric: &str, entry: &Entry) -> bool {
        let of = |list: &[String], name: &String| list.is_empty() || list.contains(name);
        self.metric == metric
            && self.scenario == entry.scenario
            && of(&self.devices, &entry.device)
            && of(&self.strategies, &entry.strategy)
    }

    fn holds(&self, before: f64, after: f64) -> Option<String> {
        let distance = (after - before).abs();
        if let Some(share) = self.relative
            && distance <= share * before.abs()
        {
            return Some(format!("within {} % of the baseline", crate::units::significant(share * 100.0)));
        }
        if let Some(amount) = self.absolute
            && distance <= amount
        {
            return Some(format!(
                "within {} of the baseline",
                shown::delta(self.metric, amount).trim_start_matches('+')
            ));
        }
        None
    }
}
