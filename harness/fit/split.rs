//! How well the fit predicts what it has not seen: rows left out by model, and by device.
//!
//! A model is left out everywhere, not on one device alone; so is a device. A device with four or more models of one runtime
//! is judged on unseen models, any other as a device that was never measured.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use tightfit_devices::{Device, ProcessorKind};
use tightfit_scenarios::published::Seen;
use tightfit_sim::Processor;

use super::{
    family::Free,
    fits::{FamilyKey, Fits, Sample},
};

/// Models of one runtime from which on a device is judged by models left out.
const MODELS_MIN: usize = 4;

/// A prediction of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Predicted {
    /// The sample's place.
    pub sample: usize,
    /// What was left out.
    pub split: Seen,
    /// Seconds; nothing if without what was left out no row of its family remained.
    pub seconds: Option<f64>,
    /// Whether the fit has seen every operator of its model on its runtime.
    pub operators_seen: bool,
}

/// Predicts every sample out of sample, and in sample.
#[must_use]
pub fn predict(samples: &[Sample], devices: &BTreeMap<String, Device>) -> Vec<Predicted> {
    let fitted: Vec<&Sample> = samples.iter().filter(|sample| sample.is_fitted()).collect();
    let whole = Fits::new(&fitted, devices, Free::All);
    let mut predicted: Vec<Predicted> = samples
        .iter()
        .enumerate()
        .map(|(sample, of)| Predicted { sample, split: Seen::Fitted, seconds: whole.seconds(of), operators_seen: true })
        .collect();
    let groups = models_by_group(samples);
    let by_model = |sample: &Sample| groups[&group(sample)].len() >= MODELS_MIN;
    let (models, left_devices): (BTreeSet<&str>, BTreeSet<&str>) =
        samples.iter().fold(Default::default(), |(mut models, mut devices), sample| {
            if by_model(sample) {
                models.insert(sample.row.model.as_str());
            } else {
                devices.insert(sample.row.device.as_str());
            }
            (models, devices)
        });
    let leave = |split: Seen, out: &dyn Fn(&Sample) -> bool, judged: &dyn Fn(&Sample) -> bool| -> Vec<Predicted> {
        let judged: Vec<usize> =
            (0..samples.len()).filter(|&place| out(&samples[place]) && judged(&samples[place])).collect();
        let families: BTreeSet<FamilyKey> = judged.iter().map(|&place| samples[place].family()).collect();
        let kept: Vec<&Sample> = samples
            .iter()
            .filter(|sample| sample.is_fitted() && !out(sample))
            .filter(|sample| sample.processor == ProcessorKind::Cpu || families.contains(&sample.family()))
            .collect();
        let fits = Fits::new(&kept, devices, Free::All);
        let seen = |sample: &Sample| {
            let family = kept.iter().filter(|other| other.family() == sample.family());
            let operators: BTreeSet<_> = family.flat_map(|other| &other.operators).collect();
            sample.operators.iter().all(|operator| operators.contains(operator))
        };
        judged
            .into_iter()
            .map(|sample| Predicted {
                sample,
                split,
                seconds: fits.seconds(&samples[sample]),
                operators_seen: seen(&samples[sample]),
            })
            .collect()
    };
    let unseen_models: Vec<Vec<Predicted>> = models
        .into_par_iter()
        .map(|model| leave(Seen::UnseenModel, &|sample| sample.row.model == model, &by_model))
        .collect();
    let unseen_devices: Vec<Vec<Predicted>> = left_devices
        .into_par_iter()
        .map(|device| leave(Seen::UnseenDevice, &|sample| sample.row.device == device, &|sample| !by_model(sample)))
        .collect();
    predicted.extend(unseen_models.into_iter().flatten());
    predicted.extend(unseen_devices.into_iter().flatten());
    predicted
}

/// Predicts every sample by the devices as they are.
#[must_use]
pub fn by_profiles(samples: &[Sample], devices: &BTreeMap<String, Device>) -> Vec<Predicted> {
    let seconds = |of: &Sample| {
        let device = &devices[&of.row.device];
        let runtime = device.runtime(&of.runtime, of.processor)?;
        Some(of.row.seconds_on(&Processor::new(device, runtime)))
    };
    let predicted =
        |(sample, of)| Predicted { sample, split: Seen::Fitted, seconds: seconds(of), operators_seen: true };
    samples.iter().enumerate().map(predicted).collect()
}

/// A device with a runtime on a processor.
fn group(sample: &Sample) -> (&str, &str, ProcessorKind) {
    (&sample.row.device, &sample.runtime, sample.processor)
}

fn models_by_group(samples: &[Sample]) -> BTreeMap<(&str, &str, ProcessorKind), BTreeSet<&str>> {
    let mut groups: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for sample in samples {
        groups.entry(group(sample)).or_default().insert(&sample.row.model);
    }
    groups
}
