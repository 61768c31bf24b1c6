//! The cases: built in, from files, or from a table of measurements.

use std::{collections::BTreeMap, path::Path};

use tightfit_devices::{Device, ProcessorKind, Source, SourceKind};
use tightfit_scenarios::{Case, Cases, case::CATALOG};

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
    /// Rows of a table that could not be taken, with the reason and their number.
    pub passed_by: BTreeMap<String, usize>,
}

impl Loaded {
    /// The built-in cases, as far as `only` is in the name of their file.
    pub fn built_in(only: &[String]) -> Result<Self, RunError> {
        let wanted = |name: &str| only.is_empty() || only.iter().any(|part| name.contains(part.as_str()));
        let names = CATALOG.names().filter(|name| wanted(name));
        Self::of(names.map(Cases::load).collect::<Result<Vec<_>, _>>()?)
    }

    /// Cases.
    pub fn of(files: Vec<Cases>) -> Result<Self, RunError> {
        let mut loaded = Self::default();
        let mut sampler = Sampler::default();
        for cases in files {
            let device = Device::load(&cases.device)?;
            for case in &cases.case {
                loaded.take(&mut sampler, &device, &cases, case)?;
            }
            loaded.devices.insert(device.name.clone(), device);
        }
        loaded.number();
        Ok(loaded)
    }

    /// A table of measurements, as cases; rows that name what is not known are counted and passed by.
    pub fn table(path: &Path) -> Result<(Vec<Cases>, BTreeMap<String, usize>), RunError> {
        let mut files: Vec<Cases> = Vec::new();
        let mut passed_by = BTreeMap::new();
        for row in measurement::read(path)? {
            match cases_of(&row) {
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
                id.push_str(&format!("#{count}"));
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

/// A row as a file of one case, or why it can't be one.
fn cases_of(row: &Measurement) -> Result<Cases, String> {
    let named = names::of(row)?;
    let device = Device::known_as(&row.device, &row.soc)
        .ok_or_else(|| format!("no device is known as `{}` ({})", row.device, row.soc))?;
    if device.runtime(named.runtime, named.processor).is_none() {
        return Err(format!("{} has no runtime {} on the {}", device.name, named.runtime, named.processor));
    }
    let above_zero = |figure: Option<f64>| figure.filter(|figure| *figure > 0.0);
    let length = |tokens: Option<f64>| above_zero(tokens).map(|tokens| tokens.round() as u32);
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
