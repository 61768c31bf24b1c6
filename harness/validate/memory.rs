//! Peak memory: weights as far as they count, caches, and the runtime's own.
//!
//! What is measured differs: iOS reports an app's footprint, in which clean pages of a mapped file are not; elsewhere it is
//! the resident set, in which they are. What a runtime adds of its own is the median over its cases, those of the case's
//! model left out when asked for.

use std::collections::BTreeMap;

use tightfit_devices::{Device, Os, Placement, ProcessorKind, Runtime};
use tightfit_reports::validation::{ValidationCase, quantile};
use tightfit_scenarios::{Model, published::Seen};

use super::{Which, load::Loaded, load::Peak};
use crate::fit::fits::{FamilyKey, OUTPUT_TOKENS, PROMPT_TOKENS};

/// What a peak is made of.
struct Parts<'a> {
    peak: &'a Peak,
    device: &'a Device,
    runtime: &'a Runtime,
    /// Weights that count, caches and logits.
    known_bytes: f64,
}

/// What runtimes add of their own: the median over the cases of a class of processors, bytes, and their number.
#[must_use]
pub fn own(loaded: &Loaded) -> BTreeMap<FamilyKey, (u64, usize)> {
    let mut groups: BTreeMap<FamilyKey, Vec<f64>> = BTreeMap::new();
    // Android's figures are of whole apps, their own frameworks included.
    let parts = loaded.peaks.iter().filter_map(|peak| parts(loaded, peak));
    for part in parts.filter(|part| part.device.os != Os::Android) {
        let class = part.runtime.class.clone().unwrap_or_default();
        let key = (part.runtime.name.clone(), part.runtime.processor, class);
        groups.entry(key).or_default().push(part.peak.published_bytes() - part.known_bytes);
    }
    let median = |mut left: Vec<f64>| {
        left.sort_by(f64::total_cmp);
        let megabytes = (quantile(&left, 0.5).max(0.0) / 1e6).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a memory's megabytes")]
        let megabytes = megabytes as u64;
        (megabytes * 1_000_000, left.len())
    };
    groups.into_iter().map(|(key, left)| (key, median(left))).collect()
}

/// The cases of peak memory.
pub(super) fn cases(loaded: &Loaded, which: Which) -> Vec<ValidationCase> {
    let parts: Vec<Parts<'_>> = loaded.peaks.iter().filter_map(|peak| parts(loaded, peak)).collect();
    let mut own: BTreeMap<(&str, ProcessorKind), Vec<(&str, f64)>> = BTreeMap::new();
    for part in &parts {
        let left = part.peak.published_bytes() - part.known_bytes;
        own.entry((&part.runtime.name, part.runtime.processor)).or_default().push((&part.peak.case.model, left));
    }
    let mut cases = Vec::new();
    for part in &parts {
        let group = &own[&(part.runtime.name.as_str(), part.runtime.processor)];
        let median = |keep: &dyn Fn(&str) -> bool| {
            let mut left: Vec<f64> = group.iter().filter(|(model, _)| keep(model)).map(|(_, left)| *left).collect();
            left.sort_by(f64::total_cmp);
            (!left.is_empty()).then(|| quantile(&left, 0.5).max(0.0))
        };
        let model = part.peak.case.model.as_str();
        match which {
            Which::Profiles => cases.push(case(part, part.runtime.memory.get() as f64, Seen::Fitted)),
            Which::LeftOut => {
                cases.extend(median(&|_| true).map(|own| case(part, own, Seen::Fitted)));
                cases.extend(median(&|other| other != model).map(|own| case(part, own, Seen::UnseenModel)));
            }
        }
    }
    cases
}

impl Peak {
    fn published_bytes(&self) -> f64 {
        self.case.peak_mb.unwrap_or_default() * 1e6
    }
}

fn parts<'a>(loaded: &'a Loaded, peak: &'a Peak) -> Option<Parts<'a>> {
    let device = &loaded.devices[&peak.device];
    let runtime = device.runtime(&peak.runtime, peak.processor)?;
    let model = Model::load(&peak.case.model).ok()?;
    let weights = model.weights(&peak.case.quantization).ok()?;
    let prompt = peak.case.prompt_tokens.unwrap_or(PROMPT_TOKENS);
    let context = prompt + peak.case.output_tokens.unwrap_or(OUTPUT_TOKENS);
    let counts = runtime.weights == Placement::Copied || !matches!(device.os, Os::Ios | Os::Ipados);
    let weight_bytes = if counts { weights.total_bytes() } else { 0 };
    let logit_bytes = u64::from(runtime.bytes_per_prompt_logit) * u64::from(model.vocabulary) * u64::from(prompt);
    let known_bytes = (weight_bytes + weights.cache_bytes(context) + logit_bytes) as f64;
    Some(Parts { peak, device, runtime, known_bytes })
}

fn case(part: &Parts<'_>, own_bytes: f64, split: Seen) -> ValidationCase {
    let predicted = (part.known_bytes + own_bytes) / 1e6;
    let published = part.peak.published_bytes() / 1e6;
    ValidationCase {
        id: format!("{}/peak MB", part.peak.id),
        regime: "memory".to_owned(),
        device: part.device.name.clone(),
        class: part.device.class.to_string(),
        model: part.peak.case.model.clone(),
        metric: "peak MB".to_owned(),
        predicted,
        low: predicted,
        high: predicted,
        published,
        error: predicted / published - 1.0,
        split: split.as_str().to_owned(),
        source: part.peak.source.clone(),
    }
}
