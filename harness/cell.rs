//! One cell of a comparison: a device, a strategy, a memory limit; run, and turned into a result.

pub(crate) mod assemble;
mod curve;
pub mod host;
mod recorder;
mod traced;
mod world;

use tightfit_devices::{Bytes, Device};
use tightfit_reports::{schema::RunResult, timeline::Process};
use tightfit_scenarios::{
    Scenario, Strategy,
    scenario::Request,
    strategy::{Evict, Mechanism, Stream},
    trace::{self, Recorded},
};
use tightfit_sim::{Footprint, SimPlatform, Spec, service::ServiceTable};

pub(crate) use recorder::{Held, Recorder};
use traced::{Log, Traced};
pub(crate) use world::World;

use crate::{
    Inputs, RunError,
    compose::{
        costs::costs,
        room::Room,
        stepper::{self, Parts},
        streams::{self, Asked, Replayed, Streams, as_read},
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

/// Plans a cell, and refuses a memory limit that what is always held does not fit in.
pub(crate) fn plan(inputs: &Inputs, cell: Cell<'_>) -> Result<Plan, RunError> {
    let plan = planned(inputs, cell, Rows::AsNeeded)?;
    holds_what_is_fixed(inputs, cell, &plan)?;
    Ok(plan)
}

/// The same with the whole script in memory, for a run in whose time no trace is to be read.
pub(crate) fn plan_held(inputs: &Inputs, cell: Cell<'_>) -> Result<Plan, RunError> {
    let plan = planned(inputs, cell, Rows::Held)?;
    holds_what_is_fixed(inputs, cell, &plan)?;
    Ok(plan)
}

/// Whether a long trace may stay in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    AsNeeded,
    Held,
}

/// What is streamed, and how much memory there is for it.
fn planned(inputs: &Inputs, cell: Cell<'_>, rows: Rows) -> Result<Plan, RunError> {
    let scenario = &inputs.scenario;
    let profile = inputs.profile(cell.strategy)?;
    let may_stay = rows == Rows::AsNeeded && scenario.request.batch.0.get() == 1 && as_read::suffices(cell.strategy);
    let held = if may_stay { None } else { inputs.held_trace()? };
    let trace = match (inputs.trace.as_deref(), &held) {
        (None, _) => None,
        (Some(_), Some(held)) => Some(Replayed::Held(held)),
        (Some(Recorded::Held(trace)), None) => Some(Replayed::Held(trace)),
        (Some(Recorded::Filed(file)), None) => Some(Replayed::Filed(file)),
    };
    let asked = Asked {
        trace: trace.map(|trace| (trace, requests(trace.requests(), &scenario.request))),
        sequences: scenario.request.batch.0.get(),
        prompt_tokens: scenario.request.prompt_tokens.unwrap_or(1),
        output_tokens: scenario.request.output_tokens,
        prefill: scenario.request.prefill,
        seed: scenario.seed,
        profile: profile.as_deref(),
    };
    let streams = streams(inputs, cell.strategy, &asked)?;
    let kept = scenario.request.context_tokens.unwrap_or(inputs.model.context).min(inputs.model.context);
    let context_max = u32::try_from(streams.context_tokens).unwrap_or(u32::MAX).min(kept);
    let kv_bytes = u64::from(streams.sequences) * inputs.weights.cache_bytes(context_max);
    let runtime = inputs.runtime(cell.device);
    let logits = u64::from(inputs.model.vocabulary) * u64::from(streams.prompt_tokens);
    let runtime_bytes = runtime.memory.get() + u64::from(runtime.bytes_per_prompt_logit) * logits;
    let fixed = Footprint { dense_bytes: streams.dense_bytes, kv_bytes, runtime_bytes, resident_bytes: 0 };
    let memory = &scenario.memory;
    let room = Room::new(cell.device, cell.limit.or(memory.limit), memory.entitled, memory.budget, fixed);
    Ok(Plan { streams, room, context_max })
}

/// That the scenario's limit leaves room for a first row. A device that may be off is killed there instead.
fn holds_what_is_fixed(inputs: &Inputs, cell: Cell<'_>, plan: &Plan) -> Result<(), RunError> {
    let (room, scenario, context_max) = (&plan.room, &inputs.scenario, plan.context_max);
    let (memory, fixed) = (&scenario.memory, room.fixed);
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
    Ok(())
}

/// The requests that are decoded at once: the one that is asked for and those after it, from the first again where the
/// trace has no more.
fn requests(all: &[trace::Request], request: &Request) -> Vec<trace::Request> {
    (0..request.batch.0.get()).map(|number| all[(request.trace_request + number) as usize % all.len()]).collect()
}

/// What `strategy` streams here, made once for all cells that differ in nothing that it depends on. The number of output
/// tokens is none of that, unless tokens are drafted: decode passes repeat.
fn streams(inputs: &Inputs, strategy: &Strategy, asked: &Asked<'_>) -> Result<Streams, RunError> {
    let Scenario { model, trace, request, .. } = &inputs.scenario;
    let drafted = strategy.speculative.map(|speculative| (speculative, asked.output_tokens));
    let of_strategy = (strategy.stream, strategy.predictor, strategy.routing, drafted, streams::prefetch(strategy));
    let Asked { sequences, prompt_tokens, prefill, seed, .. } = asked;
    let of_scenario = (model, &inputs.quantization, trace, request.trace_request, strategy.profile_tokens);
    let is_filed = matches!(asked.trace, Some((Replayed::Filed(_), _)));
    let key = format!("{of_strategy:?} {of_scenario:?} {sequences} {prompt_tokens} {prefill:?} {seed} {is_filed}");
    let made = inputs.shelf.streams(&key, || Ok(Streams::new(strategy, &inputs.weights, asked)?))?;
    Ok(made.with_outputs(asked.outputs()))
}

/// Runs a cell.
pub fn run(inputs: &Inputs, cell: Cell<'_>) -> Result<RunResult, RunError> {
    played(inputs, cell, &plan(inputs, cell)?)
}

/// Runs a cell on a device whose numbers were moved.
pub(crate) fn run_moved(inputs: &Inputs, cell: Cell<'_>) -> Result<RunResult, RunError> {
    played(inputs, cell, &planned(inputs, cell, Rows::AsNeeded)?)
}

fn played(inputs: &Inputs, cell: Cell<'_>, plan: &Plan) -> Result<RunResult, RunError> {
    let platform = simulator(inputs, cell, plan);
    run_on(inputs, cell, plan, Parts::new(inputs, cell, plan, platform)?)
}

/// Runs a cell with what happened when written into `process`. The result is the same to the bit.
pub fn run_traced(inputs: &Inputs, cell: Cell<'_>, process: Process) -> Result<(RunResult, Process), RunError> {
    let plan = plan(inputs, cell)?;
    let (lanes, _) = lanes(cell);
    let mut log = Log::new(process, lanes.min(cell.device.flash.queue_depth));
    let platform = Traced::new(simulator(inputs, cell, &plan), &mut log);
    let result = run_on(inputs, cell, &plan, Parts::new(inputs, cell, &plan, platform)?)?;
    Ok((result, log.process))
}

/// The simulated device of a planned cell.
fn simulator(inputs: &Inputs, cell: Cell<'_>, plan: &Plan) -> SimPlatform {
    let device = cell.device;
    let (lanes, prefetch_lanes) = lanes(cell);
    let runtime = inputs.runtime(device);
    let costs = costs(&inputs.weights, cell.strategy, runtime.whole_context.then_some(plan.context_max));
    let spec = Spec { device, runtime, costs, lanes, prefetch_lanes };
    let admission = match &cell.strategy.mechanism {
        // What is let go after each step goes through the same buffers again and again: only what is kept needs new room.
        Mechanism::ResidentSet { set, .. } if set.evict == Evict::RetainNone => None,
        Mechanism::ResidentSet { .. } => runtime.admit,
        Mechanism::PageCache(_) => device.memory.page_in,
    };
    SimPlatform::new(spec)
        .with_heat(inputs.scenario.thermal.start.0)
        .with_pressure(plan.room.pressure)
        .with_admission(admission)
}

/// Reads that the strategy keeps in flight, and those of them that prefetches may take.
fn lanes(cell: Cell<'_>) -> (u32, u32) {
    match &cell.strategy.mechanism {
        Mechanism::ResidentSet { reads, .. } => (reads.lanes, reads.prefetch_lanes.unwrap_or(reads.lanes)),
        Mechanism::PageCache(_) => (1, 1),
    }
}

impl<'a, P> Parts<'a, P> {
    /// What the run of a planned cell is made of.
    fn new(inputs: &Inputs, cell: Cell<'_>, plan: &'a Plan, platform: P) -> Result<Self, RunError> {
        let device = cell.device;
        let (lanes, _) = lanes(cell);
        Ok(Self {
            streams: &plan.streams,
            own_policy: inputs.policies.iter().find(|policy| policy.name() == cell.strategy.name).cloned(),
            profile: inputs.profile(cell.strategy)?,
            platform,
            service: ServiceTable::new(&device.flash.law, lanes.min(device.flash.queue_depth)),
            budget_bytes: plan.room.budget_bytes,
            read_unit_bytes: device.flash.read_unit.get(),
            page_bytes: device.memory.page.get(),
            context_max: plan.context_max,
        })
    }
}

/// Runs a planned cell on any platform.
fn run_on<P: World>(inputs: &Inputs, cell: Cell<'_>, plan: &Plan, parts: Parts<'_, P>) -> Result<RunResult, RunError> {
    let held = Held {
        fixed_bytes: plan.room.fixed.total_bytes(),
        // Clean pages of a file do not count.
        counts_resident: matches!(cell.strategy.mechanism, Mechanism::ResidentSet { .. }),
        limit_bytes: plan.room.limit_bytes,
    };
    let mut recorder = Recorder::new(plan.streams.outputs, held);
    stepper::run(cell.strategy, parts, &mut recorder)?;
    recorder.settle();
    if let Some(problem) = recorder.problem.take() {
        return Err(problem);
    }
    if recorder.last.energy.total_pj() == u64::MAX {
        return Err(inputs.wrong(format!(
            "{} on {} draws more than 5 kWh, more than a result can hold: ask for fewer request.output-tokens, or mend \
             the rates and powers of the device",
            cell.strategy.name, cell.device.name
        )));
    }
    Ok(assemble::result::<P>(inputs, cell, &plan.streams, &plan.room, recorder))
}
