//! A session: one request from its prompt to its last token, step by step, on any stepper.

use crate::{
    counters::{Counters, Owners},
    geometry::BundleId,
    parts::{Source, Whole},
    platform::{Kernel, KernelKind, Platform},
    prefetch::Prefetch,
    script::{Positions, Row, Script},
};

/// One (pass, layer).
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Number of the step from 0.
    pub number: u64,
    /// The layer; from the number of layers on, a slice of the head.
    pub layer: u32,
    /// Layers of the model.
    pub model_layers: u32,
    /// Positions computed at once.
    pub positions: Positions,
    /// Positions in the KV cache afterwards.
    pub context: u32,
    /// What the step needs.
    pub row: Row<'a>,
    /// Rows of the feed-forward network where everything is computed; else those of `row` are.
    pub rows_fixed: Option<u32>,
    /// What is to be read for the next step.
    pub next: Option<&'a [BundleId]>,
}

impl Step<'_> {
    /// The step's kernel of one kind.
    #[must_use]
    pub fn kernel(&self, kind: KernelKind) -> Kernel {
        let (rows, row_uses) = match self.rows_fixed {
            Some(rows) => (rows, u64::from(rows) * u64::from(self.positions.tokens)),
            None => (u32::try_from(self.row.active.len()).expect("ids are u32"), self.row.uses),
        };
        let Positions { tokens, sequences, .. } = self.positions;
        let context = self.context;
        Kernel { kind, layer: self.layer, tokens, sequences, context, rows, cold_rows: 0, row_uses }
    }

    /// The feed-forward kernel over `bundles`, `cold_rows` of which are of lower precision.
    #[must_use]
    pub fn rows_kernel(&self, bundles: &[BundleId], uses: u64, cold_rows: u32) -> Kernel {
        let kernel = self.kernel(KernelKind::FeedForward);
        if self.rows_fixed.is_some() {
            return kernel;
        }
        Kernel { rows: u32::try_from(bundles.len()).expect("ids are u32"), row_uses: uses, cold_rows, ..kernel }
    }

    /// All kernels of the step, once all its weights are there.
    pub fn whole_layer(&self) -> impl Iterator<Item = Kernel> {
        let kinds: &[KernelKind] =
            if self.layer < self.model_layers { &[KernelKind::Dense, KernelKind::FeedForward] } else { &[] };
        kinds.iter().map(|&kind| self.kernel(kind))
    }
}

/// What a session drives: the engine with its resident set, or the page cache.
pub trait Stepper {
    /// The world it runs in.
    type Platform: Platform;

    /// Reads what has to be in DRAM before the first request.
    fn warm_up(&mut self);

    /// Makes one step.
    fn step(&mut self, step: &Step<'_>);

    /// Runs a kernel outside the layers.
    fn run(&mut self, kernel: &Kernel);

    /// Counts so far.
    fn counters(&self) -> Counters;

    /// Owners of the time so far.
    fn owners(&self) -> Owners;

    /// When the last owner's time ended: a clock that is real goes on while one looks at it, owned time does not.
    fn owned_until_ns(&self) -> u64;

    /// Bytes that the resident set uses now.
    fn resident_bytes(&self) -> u64;

    /// Most bytes that the resident set ever used.
    fn resident_peak_bytes(&self) -> u64;

    /// The platform.
    fn platform(&self) -> &Self::Platform;

    /// The platform, to be changed.
    fn platform_mut(&mut self) -> &mut Self::Platform;
}

/// What is asked of a session.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The active sets.
    pub script: &'a Script,
    /// Layers of the model: rows of the script after them hold the head's weights.
    pub model_layers: u32,
    /// Decode passes to run: output tokens after the first.
    pub decode_passes: u64,
    /// Longest context: the KV cache then drops its oldest positions.
    pub context_max: u32,
    /// Rows of the feed-forward network where everything is computed whatever the script says.
    pub rows_fixed: Option<u32>,
    /// What is read ahead.
    pub prefetch: Prefetch<'a>,
    /// Tokens that a small model drafts, one after the other, before each decode pass.
    pub draft_tokens: u32,
}

/// What is asked of a session whose script comes in parts.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Steps of a pass.
    pub layers: u32,
    /// Passes of the prompt; they come first.
    pub prefill_passes: u64,
    /// Passes after them: output tokens after the first.
    pub decode_passes: u64,
    /// As in [`Request`].
    pub model_layers: u32,
    /// As in [`Request`].
    pub context_max: u32,
    /// As in [`Request`].
    pub rows_fixed: Option<u32>,
    /// As in [`Request`].
    pub draft_tokens: u32,
}

/// Runs the request. `observe` is called after warm-up with 0, then after every pass that gives output with the number of
/// tokens that came out for each sequence.
///
/// # Panics
/// If a law between the counts or between time and its owners is broken.
pub fn run<S: Stepper>(stepper: &mut S, request: &Request<'_>, observe: impl FnMut(&mut S, u32)) {
    run_parts(stepper, &request.run(), &mut Whole::of(request), observe);
}

/// The same for a script that comes in parts. Ends early where `source` does.
///
/// # Panics
/// If a law between the counts or between time and its owners is broken.
pub fn run_parts<S: Stepper>(
    stepper: &mut S,
    run: &Run,
    source: &mut impl Source,
    mut observe: impl FnMut(&mut S, u32),
) {
    let start_ns = stepper.owned_until_ns() - stepper.owners().total_ns();
    stepper.warm_up();
    observe(stepper, 0);
    let passes = run.prefill_passes + run.decode_passes;
    // Positions that each sequence keeps; those of a draft that were not accepted go.
    let mut kept = 0;
    for pass in 0..passes {
        let Some(part) = source.part(pass) else { break };
        let script = part.script;
        let pass_of_part = pass - part.first_pass;
        let recorded = script.recorded_u64(pass_of_part);
        let positions = script.positions(recorded);
        let context = (kept + positions.each()).min(run.context_max.max(positions.each()));
        let decode = pass >= run.prefill_passes;
        if decode {
            draft(stepper, run, positions.sequences, context);
        }
        for layer in 0..run.layers {
            let step = Step {
                number: pass * u64::from(run.layers) + u64::from(layer),
                layer,
                model_layers: run.model_layers,
                positions,
                context,
                row: script.row(recorded, layer),
                rows_fixed: run.rows_fixed,
                next: part.prefetch.next(script, pass_of_part, layer, passes - part.first_pass),
            };
            stepper.step(&step);
        }
        kept = if decode { (kept + positions.outputs).min(context) } else { context };
        if pass + 1 >= run.prefill_passes {
            // A prompt needs the logits of its last position, a draft those of all.
            let tokens = if decode { positions.tokens } else { positions.sequences };
            stepper.run(&outside(KernelKind::Head, run, tokens, positions.sequences, context));
            observe(stepper, positions.outputs);
        }
    }
    stepper.counters().assert_laws();
    let (owned_until_ns, now_ns) = (stepper.owned_until_ns(), stepper.platform_mut().now_ns());
    assert!(now_ns >= owned_until_ns, "time is owned until {owned_until_ns} ns at {now_ns} ns");
    let wall_ns = owned_until_ns - start_ns;
    let owned_ns = stepper.owners().total_ns();
    assert_eq!(owned_ns, wall_ns, "owners have {owned_ns} of {wall_ns} ns");
}

/// Drafts the tokens of a pass, one after the other for every sequence at once.
fn draft<S: Stepper>(stepper: &mut S, run: &Run, sequences: u32, context: u32) {
    for _ in 0..run.draft_tokens {
        stepper.run(&outside(KernelKind::Draft, run, sequences, sequences, context));
    }
}

/// A kernel outside the layers.
fn outside(kind: KernelKind, run: &Run, tokens: u32, sequences: u32, context: u32) -> Kernel {
    let layer = run.model_layers;
    Kernel { kind, layer, tokens, sequences, context, rows: 0, cold_rows: 0, row_uses: 0 }
}
