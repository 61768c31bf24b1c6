//! A profile whose numbers may be off: each moved within its spread, and the whole still a possible device.
//!
//! Not how the moves are drawn, nor what comes of them: those are asked by whoever runs the device. Numbers move
//! independently of each other, although several may lean on one figure.

mod bounds;

use toml::{Table, Value};

use crate::{Device, DeviceError, Runtime, Spread};

/// What hardware and formats come in steps of, and whatever says how well something fits: these don't move.
const EXACT: [&str; 7] = [
    "memory.total-mb",
    "memory.page-kib",
    "flash.queue-depth",
    "flash.read-unit-kib",
    "flash.grid.sizes-kib",
    "flash.grid.lanes",
    "schema",
];
/// A fitted runtime's numbers that its fit has not been made from: only these move by themselves.
const BESIDE_THE_FIT: [&str; 2] = ["memory-mb", "bytes-per-prompt-logit"];
/// Factors on a runtime's numbers, and whether a faster runtime has more of it.
const RATES: [(&str, bool); 5] =
    [("bandwidth", true), ("arithmetic", true), ("compute", true), ("overhead", false), ("switch", false)];
/// More moves than this back to the middle leave nothing of a move.
const HALVINGS_MAX: u32 = 64;

/// A profile as written, and as read.
#[derive(Clone, Debug)]
pub struct Uncertain {
    device: Device,
    table: Table,
}

/// A number of a profile that may be off, or a fitted runtime's rate as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its dotted key; of a fitted runtime `runtime.0.fit.spread`.
    pub key: String,
    /// How far it may be off.
    pub spread: Spread,
    /// The keys that it moves, and whether upwards as it rises.
    moves: Vec<(String, bool)>,
}

impl Uncertain {
    /// A profile by embedded name or path, with dotted keys set first; see [`Device::parse_with`].
    pub fn load_with(name_or_path: &str, overrides: &[(String, Value)]) -> Result<Self, DeviceError> {
        let (device, mut table) = Device::load_tabled(name_or_path, overrides)?;
        write_factors(&mut table);
        Ok(Self { device, table })
    }

    /// The profile with nothing moved.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// What may be off of the numbers that `is_read` names, for a run of this runtime. What has no spread is not there.
    ///
    /// Where the runtime was fitted, its rate moves as a whole by the spread of the fit, and what the fit was made on (the
    /// runtime's own numbers, the peak rates of its processor and of the DRAM) stays: the fit speaks of their product.
    #[must_use]
    pub fn parameters(&self, runtime: &Runtime, is_read: impl Fn(&str) -> bool) -> Vec<Parameter> {
        let place = self.device.runtimes.iter().position(|other| other == runtime);
        let fitted = runtime.fit.as_ref().zip(place);
        let numbers = self.device.sourced().iter().filter(|number| {
            is_read(&number.key)
                && is_movable(&number.key)
                && !fitted.is_some_and(|(_, place)| is_fitted(runtime, place, &number.key))
        });
        let mut parameters: Vec<Parameter> = numbers
            .map(|number| Parameter {
                key: number.key.clone(),
                spread: number.spread,
                moves: vec![(number.key.clone(), true)],
            })
            .collect();
        parameters.extend(fitted.and_then(|(fit, place)| {
            let scale = RATES.map(|(word, up)| (format!("runtime.{place}.scale.{word}"), up));
            let prompt = (format!("runtime.{place}.prompt-overhead-us"), false);
            let spread = Spread::from_parts_per_million(fit.spread.get())?;
            let moves = scale.into_iter().chain([prompt]).collect();
            Some(Parameter { key: format!("runtime.{place}.fit.spread"), spread, moves })
        }));
        parameters.retain(|parameter| parameter.spread > Spread::NONE);
        parameters
    }

    /// The device with each of these parameters taken times a factor above zero.
    ///
    /// Where the numbers then can't stand together they are taken to the nearest that can (a share to 1, a copy to half of
    /// the bandwidth); and where some number is still beyond what exists, all moves are halved until it is not.
    #[must_use]
    pub fn moved(&self, factors: &[(&Parameter, f64)]) -> Device {
        let mut factors = factors.to_vec();
        for _ in 0..HALVINGS_MAX {
            let mut table = self.table.clone();
            for (parameter, factor) in &factors {
                for (key, up) in &parameter.moves {
                    multiply(&mut table, key, if *up { *factor } else { 1.0 / factor });
                }
            }
            bounds::reconcile(&mut table);
            if let Ok(device) = Device::of_table(&self.device.name, &table) {
                return device;
            }
            for (_, factor) in &mut factors {
                *factor = factor.sqrt();
            }
        }
        self.device.clone()
    }
}

fn is_movable(key: &str) -> bool {
    let of_runtime = key.strip_prefix("runtime.").and_then(|rest| rest.split_once('.'));
    let exact_there =
        |key: &str| ["bytes-per-prompt-logit", "large-head.weights"].contains(&key) || key.starts_with("fit.");
    !EXACT.contains(&key) && !of_runtime.is_some_and(|(_, key)| exact_there(key))
}

/// Whether the fit of this runtime has this number in it.
fn is_fitted(runtime: &Runtime, place: usize, key: &str) -> bool {
    let own = key.strip_prefix(&format!("runtime.{place}."));
    let of_processor = key.strip_prefix(&format!("{}.", runtime.processor));
    key == "memory.bandwidth-mb-per-s"
        || own.is_some_and(|key| !BESIDE_THE_FIT.contains(&key))
        || of_processor.is_some_and(|key| key != "active-mw")
}

/// Takes the number at a dotted key times `factor`.
fn multiply(table: &mut Table, key: &str, factor: f64) {
    let mut parts = key.split('.');
    let first = parts.next().and_then(|part| table.get_mut(part));
    let found = first.and_then(|first| {
        parts.try_fold(first, |value, part| match value {
            Value::Array(entries) => entries.get_mut(part.parse::<usize>().ok()?),
            Value::Table(inner) => inner.get_mut(part),
            _ => None,
        })
    });
    if let Some(value) = found {
        bounds::multiply(value, key, factor);
    }
}

/// Writes out the factors of a fitted runtime that the profile leaves at 1, so that they can be moved.
fn write_factors(table: &mut Table) {
    let runtimes = table.get_mut("runtime").and_then(Value::as_array_mut).into_iter().flatten();
    for runtime in runtimes.filter_map(Value::as_table_mut).filter(|runtime| runtime.contains_key("fit")) {
        let scale = runtime.entry("scale").or_insert_with(|| Value::Table(Table::new()));
        for (word, _) in RATES {
            if let Value::Table(factors) = scale {
                factors.entry(word).or_insert(Value::Float(1.0));
            }
        }
    }
}
