//! The cases: built in, from files, or from a table of measurements.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use tightfit_devices::{Device, ProcessorKind, Source, SourceKind};
use tightfit_scenarios::{Case, Cases, Condition, Published, case::CATALOG, published};

use super::published::{SHARED, is_complete};
use crate::{
    RunError,
    fit::{
        family::Phase,
        fits::{Asked, Sample, Sampler},
        measurement::{self, Measurement},
        names,
    },
};

/// A published rate with its sample.
#[derive(Clone, Debug)]
pub struct Rate {
    /// Device, runtime, model and quantization.
    pub id: String,
    /// What is fitted and predicted.
    pub sample: Sample,
    /// As published.
    pub tokens_per_s: f64,
    /// Where.
    pub source: String,
}

/// A published peak of memory.
#[derive(Clone, Debug)]
pub struct Peak {
    /// Device, runtime, model and quantization.
    pub id: String,
    /// The device.
    pub device: String,
    /// The runtime.
    pub runtime: String,
    /// The processor.
    pub processor: ProcessorKind,
    /// The case.
    pub case: Case,
    /// Where.
    pub source: String,
}

/// Everything that is predicted.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Devices by name.
    pub devices: BTreeMap<String, Device>,
    /// Rates.
    pub rates: Vec<Rate>,
    /// Peaks of memory.
    pub peaks: Vec<Peak>,
    /// Runs of scenarios.
    pub published: Vec<Published>,
    /// Rows and cases that could not be taken, with the reason and their number.
    pub passed_by: BTreeMap<String, usize>,
}

impl Loaded {
    /// The built-in cases, as far as `only` is in the name of their file.
    pub fn built_in(only: &[String]) -> Result<Self, RunError> {
        let wanted = |name: &str| only.is_empty() || only.iter().any(|part| name.contains(part.as_str()));
        let names = CATALOG.names().filter(|name| wanted(name));
        let mut loaded = Self::of(names.map(Cases::load).collect::<Result<Vec<_>, _>>()?, &[])?;
        for name in published::CATALOG.names().filter(|name| wanted(name)) {
            let published = Published::load(name)?;
            match &published.shared_trace {
                Some(shared) if !is_complete(&published) => {
                    let reason = format!("{name}: {SHARED}/{} is not there", shared.file);
                    loaded.passed_by.insert(reason, published.case.len());
                }
                _ => loaded.published.push(published),
            }
        }
        Ok(loaded)
    }

    /// Cases, of built-in devices and of these `own` ones.
    pub fn of(files: Vec<Cases>, own: &[Device]) -> Result<Self, RunError> {
        let mut loaded = Self::default();
        let mut sampler = Sampler::default();
        for cases in files {
            let device = match own.iter().find(|device| device.name == cases.device) {
                Some(device) => device.clone(),
                None => Device::load(&cases.device)?,
            };
            for case in &cases.case {
                loaded.take(&mut sampler, &device, &cases, case)?;
            }
            loaded.devices.insert(device.name.clone(), device);
        }
        loaded.number();
        Ok(loaded)
    }

    /// A table of measurements, as cases of `own` devices and of built-in ones; rows that name what is not known are counted
    /// and passed by.
    pub fn table(path: &Path, own: &[Device]) -> Result<(Vec<Cases>, BTreeMap<String, usize>), RunError> {
        let mut files: Vec<Cases> = Vec::new();
        let mut passed_by = BTreeMap::new();
        let rows = measurement::read(path)?;
        let shared = shared_peaks(&rows);
        for mut row in rows {
            if row.peak_mem_mb.is_some_and(|peak| shared.contains(&key_of(&row, peak))) {
                row.peak_mem_mb = None;
                *passed_by
                    .entry("a peak of memory that several models share is the process's, not theirs".to_owned())
                    .or_insert(0) += 1;
            }
            match cases_of(&row, own) {
                Ok(cases) => join(&mut files, cases),
                Err(reason) => *passed_by.entry(reason).or_insert(0) += 1,
            }
        }
        Ok((files, passed_by))
    }

    fn take(&mut self, sampler: &mut Sampler, device: &Device, cases: &Cases, case: &Case) -> Result<(), RunError> {
        let (runtime, processor) = (&cases.runtime, cases.processor);
        let id = format!("{}/{runtime}-{processor}/{}/{}", device.name, case.model, case.quantization);
        let source = case.note.clone().unwrap_or_else(|| cases.source.from.clone());
        let asked = Asked {
            device,
            runtime,
            processor,
            condition: cases.condition,
            model: &case.model,
            quantization: &case.quantization,
            prompt_tokens: case.prompt_tokens,
            output_tokens: case.output_tokens,
        };
        // A prompt whose length is not known can't be predicted: its rate depends on it.
        let prefill = case.prefill_tokens_per_s.filter(|_| case.prompt_tokens.is_some());
        for (phase, rate) in [(Phase::Decode, case.decode_tokens_per_s), (Phase::Prompt, prefill)] {
            if let Some(tokens_per_s) = rate {
                if cases.condition == Condition::Hot {
                    let reason = "rates of hot devices depend on what ran before: runs of the heat regime say what did";
                    *self.passed_by.entry(reason.to_owned()).or_insert(0) += 1;
                    continue;
                }
                let sample = sampler.sample(&asked, phase, tokens_per_s)?;
                self.rates.push(Rate { id: id.clone(), sample, tokens_per_s, source: source.clone() });
            }
        }
        if case.peak_mb.is_some() {
            self.peaks.push(Peak {
                id,
                device: device.name.clone(),
                runtime: runtime.clone(),
                processor,
                case: case.clone(),
                source,
            });
        }
        Ok(())
    }

    /// Tells cases of one id apart.
    fn number(&mut self) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut tell = |id: &mut String, phase: &str| {
            let count = seen.entry(format!("{id} {phase}")).or_insert(0);
            *count += 1;
            if *count > 1 {
                *id = format!("{id}#{count}");
            }
        };
        for rate in &mut self.rates {
            tell(&mut rate.id, if rate.sample.row.phase == Phase::Decode { "decode" } else { "prompt" });
        }
        for peak in &mut self.peaks {
            tell(&mut peak.id, "peak");
        }
    }
}

/// Device, runtime and peak, in bytes.
type PeakKey = (String, String, u64);

fn key_of(row: &Measurement, peak_mb: f64) -> PeakKey {
    (row.device.clone(), row.runtime.clone(), whole(peak_mb * 1e6))
}

/// The nearest integer of a figure above zero.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a u64 holds exactly")]
fn whole(figure: f64) -> u64 {
    figure.round().clamp(0.0, 1e15) as u64
}

/// Peaks that rows of several models or quantizations have to the last digit: what a process held at most since it began.
fn shared_peaks(rows: &[Measurement]) -> BTreeSet<PeakKey> {
    let mut of: BTreeMap<PeakKey, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for row in rows {
        if let Some(peak) = row.peak_mem_mb {
            of.entry(key_of(row, peak)).or_default().insert((&row.model, &row.quant));
        }
    }
    of.into_iter().filter(|(_, models)| models.len() > 1).map(|(key, _)| key).collect()
}

/// A row as a file of one case, or why it can't be one.
fn cases_of(row: &Measurement, own: &[Device]) -> Result<Cases, String> {
    let named = names::of(row)?;
    let own = own.iter().find(|device| device.is_called(&row.device)).cloned();
    let device = own
        .or_else(|| Device::known_as(&row.device, &row.soc))
        .ok_or_else(|| format!("no device is known as `{}` ({}): give its profile (--profile)", row.device, row.soc))?;
    if device.runtime(named.runtime, named.processor).is_none() {
        return Err(format!("{} has no runtime {} on the {}", device.name, named.runtime, named.processor));
    }
    let above_zero = |figure: Option<f64>| figure.filter(|figure| *figure > 0.0);
    let length =
        |tokens: Option<f64>| above_zero(tokens).map(|tokens| u32::try_from(whole(tokens)).unwrap_or(u32::MAX));
    let case = Case {
        model: named.model.to_owned(),
        quantization: named.quantization,
        prompt_tokens: length(row.prompt_tok),
        output_tokens: length(row.gen_tok),
        decode_tokens_per_s: above_zero(row.decode_tok_s),
        prefill_tokens_per_s: above_zero(row.prefill_tok_s),
        peak_mb: above_zero(row.peak_mem_mb),
        note: None,
    };
    if case.decode_tokens_per_s.or(case.prefill_tokens_per_s).or(case.peak_mb).is_none() {
        return Err("rows without a figure".to_owned());
    }
    Ok(Cases {
        schema: 1,
        device: device.name.clone(),
        runtime: named.runtime.to_owned(),
        processor: named.processor,
        condition: named.condition,
        source: Source { kind: SourceKind::Published, from: publisher(&row.source), spread: None },
        case: vec![case],
    })
}

/// Where a row was published: its page without the file's name, so that rows of one page stand together.
fn publisher(source: &str) -> String {
    if source.is_empty() {
        return "a table of measurements".to_owned();
    }
    let text = source.trim_start_matches("https://");
    let parts: Vec<&str> = text.split('/').collect();
    match parts[..] {
        ["github.com" | "huggingface.co", owner, name, ..] => {
            let name = name.split(' ').next().unwrap_or(name);
            format!("{}/{owner}/{name}", parts[0])
        }
        _ => text.to_owned(),
    }
}

fn join(files: &mut Vec<Cases>, one: Cases) {
    let same = |other: &&mut Cases| {
        other.device == one.device
            && other.runtime == one.runtime
            && other.processor == one.processor
            && other.condition == one.condition
            && other.source == one.source
    };
    match files.iter_mut().find(same) {
        Some(file) => file.case.extend(one.case),
        None => files.push(one),
    }
}
