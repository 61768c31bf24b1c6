//! Predicted against published: what fits say that have not seen the model, or the device.

use tightfit_reports::charts::scatter;

use super::Drawn;
use crate::{
    RunError,
    validate::{self, Which, load::Loaded},
};

pub(super) fn draw() -> Result<Drawn, RunError> {
    let loaded = Loaded::built_in(&[])?;
    let validation = validate::validate(&loaded, Which::LeftOut)?;
    Ok(scatter::chart(&validation).expect("some built-in case is out of sample").into())
}
