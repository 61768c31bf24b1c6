//! A session: one request from its prompt to its last token, step by step, on any stepper.

use crate::{
    counters::{Counters, Owners},
    geometry::BundleId,
    platform::{Kernel, KernelKind, Platform},
    script::{Row, Script},
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
    pub tokens: u32,
    /// Positions in the KV cache afterwards.
    pub context: u32,
    /// What the step needs.
    pub row: Row<'a>,
    /// Rows of the feed-forward network where everything is computed; else those of `row` are.
    pub rows_fixed: Option<u32>,
    /// What the next step needs, where that is known without looking at the token.
    pub next: Option<&'a [BundleId]>,
}

impl Step<'_> {
    /// The step's kernel of one kind.
    #[must_use]
    pub fn kernel(&self, kind: KernelKind) -> Kernel {
        let (rows, row_uses) = match self.rows_fixed {
            Some(rows) => (rows, u64::from(rows) * u64::from(self.tokens)),
            None => (u32::try_from(self.row.active.len()).expect("ids are u32"), self.row.uses),
        };
        Kernel { kind, layer: self.layer, tokens: self.tokens, context: self.context, rows, row_uses }
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

    /// Whether steps want to be told what the next one needs.
    fn reads_ahead(&self) -> bool;

    /// Counts so far.
    fn counters(&self) -> Counters;

    /// Owners of the time so far.
    fn owners(&self) -> Owners;

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
}

/// Runs the request. `observe` is called after warm-up and then after every output token.
///
/// # Panics
/// If a law between the counts or between time and its owners is broken.
pub fn run<S: Stepper>(stepper: &mut S, request: &Request<'_>, mut observe: impl FnMut(&mut S)) {
    let script = request.script;
    script.assert_whole();
    assert!(request.decode_passes == 0 || script.decode_passes() > 0, "no decode pass to repeat");
    let start_ns = stepper.platform_mut().now_ns() - stepper.owners().total_ns();
    stepper.warm_up();
    observe(stepper);
    let passes = script.prefill_passes() as u64 + request.decode_passes;
    let mut context = 0;
    for pass in 0..passes {
        let recorded = script.recorded(usize::try_from(pass).expect("passes fit the address space"));
        let tokens = script.tokens(recorded);
        context = (context + tokens).min(request.context_max.max(tokens));
        let output = pass + 1 >= script.prefill_passes() as u64;
        for layer in 0..script.layers() {
            let step = Step {
                number: pass * u64::from(script.layers()) + u64::from(layer),
                layer,
                model_layers: request.model_layers,
                tokens,
                context,
                row: script.row(recorded, layer),
                rows_fixed: request.rows_fixed,
                next: if stepper.reads_ahead() { next_row(script, pass, layer, passes) } else { None },
            };
            stepper.step(&step);
        }
        if output {
            let layer = request.model_layers;
            stepper.run(&Kernel { kind: KernelKind::Head, layer, tokens: 1, context, rows: 0, row_uses: 0 });
            observe(stepper);
        }
    }
    stepper.counters().assert_laws();
    let wall_ns = stepper.platform_mut().now_ns() - start_ns;
    let owned_ns = stepper.owners().total_ns();
    assert_eq!(owned_ns, wall_ns, "owners have {owned_ns} of {wall_ns} ns");
}

/// The active set of the step after (`pass`, `layer`).
fn next_row(script: &Script, pass: u64, layer: u32, passes: u64) -> Option<&[BundleId]> {
    let (pass, layer) = if layer + 1 < script.layers() { (pass, layer + 1) } else { (pass + 1, 0) };
    if pass >= passes {
        return None;
    }
    let recorded = script.recorded(usize::try_from(pass).expect("passes fit the address space"));
    Some(script.row(recorded, layer).active)
}
