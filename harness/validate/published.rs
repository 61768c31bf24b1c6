//! Published runs through the simulator, each with its own scenario.

use std::{path::Path, sync::Arc};

use rayon::prelude::*;
use tightfit_reports::{
    schema::{RunResult, TokenRow},
    validation::ValidationCase,
};
use tightfit_scenarios::{
    Published,
    published::{Metric, PublishedCase, Shared},
    trace::{self, Trace},
};

use super::widen::widened;
use crate::{
    Inputs, RunError,
    cell::{self, Cell},
    inputs::hexadecimal,
    shelf::Shelf,
};

/// Where traces are that are no part of the project.
pub const SHARED: &str = "../shared";

/// Whether all that a file needs is there.
#[must_use]
pub fn is_complete(published: &Published) -> bool {
    published.shared_trace.as_ref().is_none_or(|shared| Path::new(SHARED).join(&shared.file).exists())
}

/// Runs the cases of the files.
pub(super) fn cases(files: &[Published]) -> Result<Vec<ValidationCase>, RunError> {
    let shelf = Arc::<Shelf>::default();
    let mut asked = Vec::new();
    for published in files {
        let trace = shelve(&shelf, published)?;
        for case in &published.case {
            let (scenario, settings) = published.scenario(case, trace.as_deref())?;
            asked.push((published, case, Inputs::load_from(&shelf, scenario, &settings)?));
        }
    }
    let run = |(published, case, inputs): &(&Published, &PublishedCase, Inputs)| {
        let cell = Cell { device: &inputs.devices[0], strategy: &inputs.scenario.strategies[0], limit: None };
        Ok(beside(published, case, inputs, &cell::run(inputs, cell)?))
    };
    let found: Vec<Result<Vec<ValidationCase>, RunError>> = asked.par_iter().map(run).collect();
    let found: Result<Vec<Vec<ValidationCase>>, RunError> = found.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}

/// Puts the trace of a file where its name finds it, and returns the name.
fn shelve(shelf: &Shelf, published: &Published) -> Result<Option<String>, RunError> {
    let Some(shared) = &published.shared_trace else { return Ok(None) };
    let path = Path::new(SHARED).join(&shared.file);
    let name = format!("{} widened to {:?}", path.display(), shared.widen_to);
    shelf.shelve_trace(&name, || of_route(&path, shared))?;
    Ok(Some(name))
}

/// A recorded route, as wide as it is asked for, with its file's digest.
fn of_route(path: &Path, shared: &Shared) -> Result<(Trace, String), RunError> {
    let bytes = std::fs::read(path).map_err(|problem| RunError::File { path: path.display().to_string(), problem })?;
    let recorded = trace::read_route(path)?;
    let trace = match shared.widen_to {
        None => recorded,
        Some(choices) => widened(&recorded, choices as usize)?,
    };
    Ok((trace, hexadecimal(&bytes)))
}

/// The figures of one run beside what was published.
fn beside(published: &Published, case: &PublishedCase, inputs: &Inputs, result: &RunResult) -> Vec<ValidationCase> {
    let scenario = &inputs.scenario;
    let of = |(&metric, &figure): (&Metric, &f64)| {
        let predicted = predicted(metric, result);
        ValidationCase {
            id: format!(
                "{}/{}-{}/{}/{}/{}/{}",
                result.device,
                scenario.runtime,
                scenario.processor,
                result.model,
                inputs.quantization,
                case.name,
                metric.as_str()
            ),
            regime: regime(published, metric).to_owned(),
            device: result.device.clone(),
            class: inputs.devices[0].class.to_string(),
            model: result.model.clone(),
            metric: metric.as_str().to_owned(),
            predicted,
            low: predicted,
            high: predicted,
            published: figure,
            error: predicted / figure - 1.0,
            split: case.seen.as_str().to_owned(),
            source: case
                .note
                .as_ref()
                .map_or_else(|| published.source.from.clone(), |note| format!("{}; {note}", published.source.from)),
        }
    };
    case.figures.iter().map(of).collect()
}

/// The file's regime, unless the figure is of another kind.
fn regime(published: &Published, metric: Metric) -> &'static str {
    match metric {
        Metric::PeakGb => "memory",
        Metric::KilledAfterS => "memory, killed",
        Metric::Watts | Metric::JoulesPerToken => "energy",
        _ => published.regime.as_str(),
    }
}

fn predicted(metric: Metric, result: &RunResult) -> f64 {
    let decoded = result.tokens.get(1..).unwrap_or_default();
    let ms = |of: fn(&TokenRow) -> u64| decoded.iter().map(of).sum::<u64>() as f64 / decoded.len().max(1) as f64 / 1e6;
    match metric {
        Metric::IoMsPerToken => ms(|token| token.flash_stall_ns),
        Metric::MemoryMsPerToken => ms(|token| token.memory_management_ns),
        Metric::ComputeMsPerToken => {
            ms(|token| token.compute_ns + token.contention_ns + token.overhead_ns + token.throttling_ns)
        }
        Metric::TotalMsPerToken => ms(|token| token.gap_ns),
        Metric::FlashGbPerToken => result.flash.bytes_per_token as f64 / 1e9,
        Metric::FlashMibPerToken => result.flash.bytes_per_token as f64 / f64::from(1 << 20),
        Metric::HitPercent => result.cache.hit_rate * 100.0,
        Metric::DecodeTokensPerS => result.throughput.decode_tokens_per_s,
        Metric::LastMinuteTokensPerS => last_minute(decoded),
        Metric::PeakGb => result.memory.peak_bytes as f64 / 1e9,
        Metric::KilledAfterS => result.memory.killed_after_ns as f64 / 1e9,
        Metric::Watts => result.thermal.mean_mw as f64 / 1e3,
        Metric::JoulesPerToken => result.energy.joules_per_token,
    }
}

/// Tokens a second over the last 60 s, or all of a shorter run.
fn last_minute(decoded: &[TokenRow]) -> f64 {
    let Some(end_ns) = decoded.last().map(|token| token.at_ns) else { return 0.0 };
    let from_ns = end_ns.saturating_sub(60_000_000_000);
    let (mut tokens, mut took_ns) = (0_u32, 0);
    for token in decoded.iter().filter(|token| token.at_ns - token.gap_ns >= from_ns) {
        tokens += 1;
        took_ns += token.gap_ns;
    }
    f64::from(tokens) / (took_ns.max(1) as f64 / 1e9)
}
