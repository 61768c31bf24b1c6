//! One runtime on one class of processors: its rows, fitted together.
//!
//! A family has one set of numbers, and a few factors for each of its devices. Rows of decoding and of prompts are fitted at
//! once, each by the logarithm of its rate, so that a row of 0.3 tokens a second counts as much as one of 300.

use std::collections::{BTreeMap, BTreeSet};

use tightfit_devices::{Device, ProcessorKind, Runtime, WeightFormat};
use tightfit_reports::validation::quantile;
use tightfit_sim::{Processor, Work};

use super::{belief::Beliefs, knobs::Knobs, least_squares};

/// Scatter of the rows themselves: decoding repeats within about 6 %, prompts within 10 %.
const DECODE_SPREAD: f64 = 0.06;
const PROMPT_SPREAD: f64 = 0.1;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// One token at a time.
    Decode,
    /// All positions of a prompt.
    Prompt,
}

/// One measured rate, and the work behind it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The device's name.
    pub device: String,
    /// The model's name.
    pub model: String,
    /// Decoding or a prompt.
    pub phase: Phase,
    /// Seconds that were measured, of one token or of the whole prompt.
    pub seconds: f64,
    /// What is done in them; parts of different numbers of positions apart.
    pub work: Vec<Work>,
}

/// What of a family a fit may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Free {
    /// The class's numbers, and its devices' factors beside them.
    All,
    /// The factors alone, beside a class that stays as it is.
    Devices,
}

/// A family's numbers, fitted.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The class's.
    pub class: Runtime,
    /// Each device's own, by its name.
    pub devices: BTreeMap<String, Runtime>,
    /// Keys of the class of which the rows say little: they are as was believed before.
    pub believed: Vec<String>,
    /// Rows.
    pub rows: usize,
    /// Models among them.
    pub models: usize,
    /// Median of the errors of decoding (of prompts where nothing decodes), in sample.
    pub median_error: f64,
}

impl Fitted {
    /// The runtime of a device: with its own factors, where it had rows, or the class's alone.
    #[must_use]
    pub fn of(&self, device: &str) -> &Runtime {
        self.devices.get(device).unwrap_or(&self.class)
    }
}

/// Fits a family to rows of `profiles`, whose runtimes on the CPU stand for what the family lacks.
///
/// # Panics
/// If a row's device is not among the profiles, or nothing is believed about the class.
#[must_use]
pub fn fit(class: &Runtime, rows: &[&Row], profiles: &BTreeMap<String, Device>, free: Free) -> Fitted {
    let by_kind = match class.processor {
        ProcessorKind::Cpu => "cpu",
        ProcessorKind::Gpu => "metal",
        ProcessorKind::Npu => "ane",
    };
    let name = class.class.as_deref().unwrap_or(by_kind);
    let beliefs = Beliefs::about(name).unwrap_or_else(|| panic!("nothing is believed about the class {name}"));
    let mut devices: Vec<&str> = rows.iter().map(|row| row.device.as_str()).collect();
    devices.sort_unstable();
    devices.dedup();
    let knobs = match free {
        Free::All => Knobs::new(class, &beliefs, &formats(rows), devices.len()),
        Free::Devices => Knobs::of_devices(class, devices.len()),
    };
    let place = |row: &Row| devices.binary_search(&row.device.as_str()).expect("the devices are the rows'");
    let residuals = |vector: &[f64]| -> Vec<f64> {
        let runtime = knobs.class(class, &beliefs, vector);
        let processors: Vec<Processor> = devices
            .iter()
            .enumerate()
            .map(|(place, name)| Processor::new(&profiles[*name], &knobs.on_device(&runtime, place, vector)))
            .collect();
        let residual = |row: &&Row| (row.seconds_on(&processors[place(row)]) / row.seconds).ln() / row.phase.spread();
        rows.iter().map(residual).collect()
    };
    let found = least_squares::fit(knobs.beliefs(), residuals);
    let fitted = knobs.class(class, &beliefs, &found.logs);
    let own = |(place, name): (usize, &&str)| ((*name).to_owned(), knobs.on_device(&fitted, place, &found.logs));
    let devices: BTreeMap<String, Runtime> = devices.iter().enumerate().map(own).collect();
    let models: BTreeSet<&str> = rows.iter().map(|row| row.model.as_str()).collect();
    Fitted {
        believed: knobs.believed(&found),
        rows: rows.len(),
        models: models.len(),
        median_error: median_error(rows, &devices, profiles),
        class: fitted,
        devices,
    }
}

fn median_error(rows: &[&Row], runtimes: &BTreeMap<String, Runtime>, profiles: &BTreeMap<String, Device>) -> f64 {
    let of = |phase: Phase| -> Vec<f64> {
        let rows = rows.iter().filter(|row| row.phase == phase);
        let error = |row: &&Row| {
            let processor = Processor::new(&profiles[&row.device], &runtimes[&row.device]);
            (row.seconds / row.seconds_on(&processor) - 1.0).abs()
        };
        let mut errors: Vec<f64> = rows.map(error).collect();
        errors.sort_by(f64::total_cmp);
        errors
    };
    let (decode, prompt) = (of(Phase::Decode), of(Phase::Prompt));
    quantile(if decode.is_empty() { &prompt } else { &decode }, 0.5)
}

impl Row {
    /// Seconds that its work takes.
    #[must_use]
    pub fn seconds_on(&self, processor: &Processor) -> f64 {
        self.work.iter().map(|work| processor.time(work).total_ns()).sum::<u64>() as f64 / 1e9
    }
}

impl Phase {
    const fn spread(self) -> f64 {
        match self {
            Self::Decode => DECODE_SPREAD,
            Self::Prompt => PROMPT_SPREAD,
        }
    }
}

fn formats(rows: &[&Row]) -> Vec<WeightFormat> {
    let seen = |format: WeightFormat| {
        rows.iter().flat_map(|row| &row.work).any(|work| work.weights.parameters[format.index()] > 0)
    };
    WeightFormat::ALL.into_iter().filter(|&format| seen(format)).collect()
}
