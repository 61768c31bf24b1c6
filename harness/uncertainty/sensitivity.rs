//! Which numbers the doubt comes from: each moved up by its spread while the others stay.

use rayon::prelude::*;
use tightfit_devices::Parameter;
use tightfit_reports::schema::{RunResult, Sensitivity};

use super::{Unsure, exponential::exponential};
use crate::RunError;

/// As many are told.
const TOLD: usize = 5;

impl Unsure<'_> {
    /// The parameters that move the speed most. Shares are of the sum over all parameters, each alone: what two do only
    /// together is in none.
    pub(super) fn sensitivity(&self, result: &RunResult) -> Result<Vec<Sensitivity>, RunError> {
        let decodes = speed(result, true) > 0.0;
        let moved = |parameter: &Parameter| -> Result<f64, RunError> {
            let factor = exponential(parameter.spread.get());
            let moved = self.run(&self.device.moved(&[(parameter, factor)]))?;
            let difference = speed(&moved, decodes) - speed(result, decodes);
            Ok(difference * difference)
        };
        let ran: Vec<Result<f64, RunError>> = self.parameters.par_iter().map(moved).collect();
        let variances = ran.into_iter().collect::<Result<Vec<f64>, RunError>>()?;
        let sum: f64 = variances.iter().sum();
        let mut all: Vec<Sensitivity> = self
            .parameters
            .iter()
            .zip(variances)
            .filter(|(_, variance)| *variance > 0.0)
            .map(|(parameter, variance)| Sensitivity {
                key: format!("device.{}", parameter.key),
                spread: parameter.spread.get(),
                share: variance / sum,
            })
            .collect();
        // Equal shares stay in the profile's order.
        all.sort_by(|one, other| other.share.total_cmp(&one.share));
        all.truncate(TOLD);
        Ok(all)
    }
}

/// Tokens a second: decoded, or of the prompt.
fn speed(result: &RunResult, decodes: bool) -> f64 {
    let throughput = &result.throughput;
    if decodes { throughput.decode_tokens_per_s } else { throughput.prefill_tokens_per_s }
}
