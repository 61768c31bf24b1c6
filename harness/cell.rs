//! One cell of a comparison: a device, a strategy, a memory limit; run, and turned into a result.

mod assemble;
mod recorder;

use tightfit_devices::{Bytes, Device};
use tightfit_reports::schema::RunResult;
use tightfit_scenarios::{
    Scenario, Strategy,
    strategy::{Mechanism, Stream},
    trace::{Request, Trace},
};
use tightfit_sim::{Footprint, SimPlatform, Spec};

pub(crate) use recorder::Recorder;

use crate::{
    Inputs, RunError,
    compose::{
        costs::costs,
        room::Room,
        stepper::{self, Parts},
        streams::{Lengths, Streams},
    },
};

/// Which cell.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// The device.
    pub device: &'a Device,
    /// The strategy.
    pub strategy: &'a Strategy,
    /// A memory limit of its own, for a point of the speed-against-memory curve.
    pub limit: Option<Bytes>,
}

/// Everything about a cell that is known before it runs.
pub(crate) struct Plan {
    pub(crate) streams: Streams,
    pub(crate) room: Room,
    pub(crate) context_max: u32,
}

/// Plans a cell: what is streamed, and how much memory there is for it.
pub(crate) fn plan(inputs: &Inputs, cell: Cell<'_>) -> Result<Plan, RunError> {
    let scenario = &inputs.scenario;
    let trace = inputs.trace.as_deref().map(|trace| (trace, trace.requests()[scenario.request.trace_request as usize]));
    let lengths = Lengths {
        prompt_tokens: trace.map_or(scenario.request.prompt_tokens.unwrap_or(1), |(_, request)| request.prefill_tokens),
        output_tokens: scenario.request.output_tokens,
        prefill: scenario.request.prefill,
    };
    let streams = streams(inputs, cell.strategy.stream, trace, lengths)?;
    let context = u64::from(streams.prompt_tokens) + streams.decode_passes;
    let kept = scenario.request.context_tokens.unwrap_or(inputs.model.context).min(inputs.model.context);
    let context_max = u32::try_from(context).unwrap_or(u32::MAX).min(kept);
    let kv_bytes = u64::from(context_max) * inputs.weights.kv_bytes_per_token_layer * u64::from(inputs.weights.layers);
    let runtime_bytes = inputs.runtime(cell.device).memory.get();
    let fixed = Footprint { dense_bytes: streams.dense_bytes, kv_bytes, runtime_bytes, resident_bytes: 0 };
    let memory = &scenario.memory;
    let room = Room::new(cell.device, cell.limit.or(memory.limit), memory.entitled, memory.budget, fixed);
    let too_small = memory.limit.is_some() && cell.limit.is_none() && room.limit_bytes < fixed.total_bytes();
    if too_small && cell.strategy.stream == Stream::FeedForward {
        return Err(inputs.wrong(format!(
            "memory.limit-mb = {}: strategy {} holds {:.1} MB before the first row is cached ({:.1} MB of dense weights, \
             {:.1} MB of KV cache for {context_max} tokens, {:.1} MB of the runtime {}): give at least {} MB, keep fewer \
             tokens (request.context-tokens), or run strategies that stream everything (--strategy layer-stream)",
            room.limit_bytes as f64 / 1e6,
            cell.strategy.name,
            fixed.total_bytes() as f64 / 1e6,
            fixed.dense_bytes as f64 / 1e6,
            fixed.kv_bytes as f64 / 1e6,
            fixed.runtime_bytes as f64 / 1e6,
            scenario.runtime,
            fixed.total_bytes().div_ceil(1_000_000) + 1,
        )));
    }
    Ok(Plan { streams, room, context_max })
}

/// What `stream` means here, built once for all cells that differ in nothing that it depends on. The number of output
/// tokens is none of that: decode passes repeat.
fn streams(
    inputs: &Inputs,
    stream: Stream,
    trace: Option<(&Trace, Request)>,
    lengths: Lengths,
) -> Result<Streams, RunError> {
    let Scenario { model, trace: name, request, .. } = &inputs.scenario;
    let (quantization, number) = (&inputs.quantization, request.trace_request);
    let (prompt_tokens, prefill) = (lengths.prompt_tokens, lengths.prefill);
    let key = format!("{stream:?} {model:?} {quantization:?} {name:?} {number} {prompt_tokens} {prefill:?}");
    let built = inputs.shelf.streams(&key, || Streams::new(stream, &inputs.weights, trace, lengths))?;
    Ok(Streams { decode_passes: lengths.decode_passes(trace.map(|(_, request)| request)), ..(*built).clone() })
}

/// Runs a cell.
pub fn run(inputs: &Inputs, cell: Cell<'_>) -> Result<RunResult, RunError> {
    let Plan { streams, room, context_max } = plan(inputs, cell)?;
    let device = cell.device;
    let lanes = match &cell.strategy.mechanism {
        Mechanism::ResidentSet { reads, .. } => reads.lanes,
        Mechanism::PageCache(_) => 1,
    };
    let spec = Spec { device, runtime: inputs.runtime(device), costs: costs(&inputs.weights), lanes };
    let parts = Parts {
        streams: &streams,
        platform: SimPlatform::new(spec),
        budget_bytes: room.budget_bytes,
        read_unit_bytes: device.flash.read_unit.get(),
        page_bytes: device.memory.page.get(),
        context_max,
    };
    let mut recorder = Recorder::new(streams.decode_passes);
    stepper::run(cell.strategy, parts, &mut recorder);
    if recorder.last.energy.total_pj() == u64::MAX {
        return Err(inputs.wrong(format!(
            "{} on {} draws more than 5 kWh, more than a result can hold: ask for fewer request.output-tokens, or mend \
             the rates and powers of the device",
            cell.strategy.name, device.name
        )));
    }
    Ok(assemble::result(inputs, cell, &streams, &room, recorder))
}
