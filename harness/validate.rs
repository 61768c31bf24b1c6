//! Predictions beside published measurements, in sample and out of it.

mod interval;
pub mod load;
pub mod memory;
pub mod published;
mod widen;
pub mod written;

use std::collections::BTreeMap;

use tightfit_devices::Device;
use tightfit_reports::validation::{Validation, ValidationCase};
use tightfit_scenarios::{Condition, published::Seen};

use crate::{
    RunError,
    fit::{
        family::Phase,
        split::{self, Predicted},
    },
};
use load::{Loaded, Rate};

/// Which predictions are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// By the profiles as they are.
    Profiles,
    /// By fits that have not seen the model, or the device.
    LeftOut,
}

/// Predicts the figures of the cases.
pub fn validate(loaded: &Loaded, which: Which) -> Result<Validation, RunError> {
    let samples: Vec<_> = loaded.rates.iter().map(|rate| rate.sample.clone()).collect();
    let predicted = match which {
        Which::Profiles => split::by_profiles(&samples, &loaded.devices),
        Which::LeftOut => split::predict(&samples, &loaded.devices),
    };
    let mut cases: Vec<ValidationCase> =
        predicted.iter().filter_map(|predicted| case(&loaded.rates, predicted, &loaded.devices)).collect();
    cases.extend(memory::cases(loaded, which));
    cases.extend(published::cases(&loaded.published)?);
    interval::fill(&mut cases);
    Ok(Validation::new(cases))
}

fn case(rates: &[Rate], predicted: &Predicted, devices: &BTreeMap<String, Device>) -> Option<ValidationCase> {
    let rate = &rates[predicted.sample];
    let row = &rate.sample.row;
    let tokens = rate.tokens_per_s * row.seconds;
    let tokens_per_s = tokens / predicted.seconds?;
    let (what, metric) = match row.phase {
        Phase::Decode => ("resident decode", "decode tokens/s"),
        Phase::Prompt => ("prefill", "prefill tokens/s"),
    };
    let among = match rate.sample.condition {
        Condition::Cool => "",
        Condition::Hot => ", hot",
        Condition::InApp => ", inside an app",
    };
    let unseen = if predicted.split != Seen::Fitted && !predicted.operators_seen { ", unseen operator" } else { "" };
    Some(ValidationCase {
        id: format!("{}/{metric}", rate.id),
        regime: format!("{what}{among}{unseen}"),
        device: row.device.clone(),
        class: devices[&row.device].class.to_string(),
        model: row.model.clone(),
        metric: metric.to_owned(),
        predicted: tokens_per_s,
        low: tokens_per_s,
        high: tokens_per_s,
        published: rate.tokens_per_s,
        error: tokens_per_s / rate.tokens_per_s - 1.0,
        split: predicted.split.as_str().to_owned(),
        source: rate.source.clone(),
    })
}
