//! A platform that writes down what passes through it, for `--timeline`: the engine runs on it as on the one inside, at the
//! same times.
//!
//! It sees what crosses the seam and nothing more. What a read did between its submission and the engine's next call is not
//! known: it has landed by then, and began when a lane was free. Evictions are seen when the next kernel shows which rows lie
//! where.

mod lanes;
mod rows;
mod work;

use tightfit_engine::platform::{Cause, Kernel, KernelKind, Piece, Platform, Read, Surcharge, Ticket, Touched};
use tightfit_reports::timeline::{Process, Track};
use tightfit_sim::energy::Energy;

use super::World;
use crate::RunError;
use lanes::Lanes;
use rows::Rows;
use work::Work;

/// Tokens, and the layers in them.
const STEPS: Track = 0;
/// What the processor does, or waits for.
const WORK: Track = 1;
/// What becomes of rows in DRAM.
const ROWS: Track = 2;
/// The first lane of the flash; the others follow.
const LANE: Track = 3;

/// What was written down.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) process: Process,
    lanes: Lanes,
    work: Work,
    rows: Rows,
    /// When the tokens that are being computed were begun.
    token_from_ns: u64,
    layer: Option<(Label, Open)>,
    /// Output tokens so far.
    tokens: u64,
}

/// A span that has begun, and the last moment that is known to be in it.
#[derive(Clone, Copy, Debug)]
struct Open {
    from_ns: u64,
    to_ns: u64,
}

/// What the kernels of a span belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Layer(u32),
    Draft,
    Head,
}

impl Log {
    /// An empty log of a platform with so many lanes.
    pub(crate) fn new(mut process: Process, lanes: u32) -> Self {
        process.track(STEPS, "tokens and layers");
        process.track(WORK, "processor");
        let (lanes, work) = (Lanes::new(lanes), Work::default());
        Self { process, lanes, work, rows: Rows::default(), token_from_ns: 0, layer: None, tokens: 0 }
    }

    /// Takes note of a kernel's step: what lay between two steps' kernels belongs to the later one.
    fn step(&mut self, kernel: &Kernel, to_ns: u64) {
        let label = match kernel.kind {
            KernelKind::Draft => Label::Draft,
            KernelKind::Head => Label::Head,
            KernelKind::Dense | KernelKind::Predictor | KernelKind::FeedForward => Label::Layer(kernel.layer),
        };
        let from_ns = self.layer.map_or(self.token_from_ns, |(_, open)| open.to_ns);
        match &mut self.layer {
            Some((known, open)) if *known == label => open.to_ns = to_ns,
            _ => {
                self.close_layer();
                self.layer = Some((label, Open { from_ns, to_ns }));
            }
        }
    }

    /// Whether what begins here was cut off.
    fn is_past(&self, from_ns: u64) -> bool {
        self.process.cut_ns().is_some_and(|cut_ns| cut_ns <= from_ns)
    }

    fn close_layer(&mut self) {
        let Some((label, Open { from_ns, to_ns })) = self.layer.take() else { return };
        if self.is_past(from_ns) {
            return;
        }
        let name = match label {
            Label::Layer(layer) => format!("layer {layer}"),
            Label::Draft => "draft".to_owned(),
            Label::Head => "head".to_owned(),
        };
        self.process.span(STEPS, &name, from_ns, to_ns, &[]);
    }

    /// Ends the span of the tokens that came out. What is cut off ends with the token in which that was.
    fn passed(&mut self, outputs: u32, now_ns: u64) {
        self.work.flush(&mut self.process);
        self.close_layer();
        let from_ns = std::mem::replace(&mut self.token_from_ns, now_ns);
        let first = self.tokens;
        self.tokens += u64::from(outputs);
        if self.is_past(from_ns) {
            return;
        }
        let name = match (outputs, first) {
            (0, _) => "load".to_owned(),
            (_, 0) => "prompt".to_owned(),
            (1, first) => format!("token {first}"),
            (_, first) => format!("tokens {first} to {}", self.tokens - 1),
        };
        self.process.span(STEPS, &name, from_ns, now_ns, &[]);
    }
}

/// A platform with a log beside it.
#[derive(Debug)]
pub(crate) struct Traced<'l, P> {
    inner: P,
    log: &'l mut Log,
}

impl<'l, P: Platform> Traced<'l, P> {
    pub(crate) fn new(inner: P, log: &'l mut Log) -> Self {
        Self { inner, log }
    }

    /// Looks which reads have landed, after time may have passed.
    fn look(&mut self) {
        let now_ns = self.inner.now_ns();
        let Self { inner, log } = self;
        log.lanes.look(now_ns, |ticket| inner.landed(ticket), &mut log.process);
    }
}

impl<P: Platform> Platform for Traced<'_, P> {
    fn reserve(&mut self, reads_outstanding_max: usize) {
        self.inner.reserve(reads_outstanding_max);
    }

    fn now_ns(&mut self) -> u64 {
        self.inner.now_ns()
    }

    fn submit(&mut self, read: &Read, pieces: &[Piece]) -> Ticket {
        let now_ns = self.inner.now_ns();
        let ticket = self.inner.submit(read, pieces);
        self.log.lanes.submitted(ticket, read, pieces, now_ns);
        self.log.rows.arriving(pieces);
        ticket
    }

    fn landed(&mut self, ticket: Ticket) -> bool {
        self.inner.landed(ticket)
    }

    fn wait(&mut self, ticket: Ticket) {
        let from_ns = self.inner.now_ns();
        self.inner.wait(ticket);
        let to_ns = self.inner.now_ns();
        self.log.work.waited(from_ns, to_ns, &mut self.log.process);
        self.look();
    }

    fn cancel(&mut self, ticket: Ticket) -> bool {
        let was_cancelled = self.inner.cancel(ticket);
        if was_cancelled {
            let now_ns = self.inner.now_ns();
            let bundles = self.log.lanes.taken_back(ticket);
            self.log.rows.taken_back(&bundles, now_ns, &mut self.log.process);
        }
        was_cancelled
    }

    fn admit(&mut self, bytes: u64) {
        let from_ns = self.inner.now_ns();
        self.inner.admit(bytes);
        let to_ns = self.inner.now_ns();
        self.log.work.made_room(from_ns, to_ns, bytes, &mut self.log.process);
    }

    fn move_row(&mut self, from: u32, to: u32, bytes: u64) {
        let from_ns = self.inner.now_ns();
        self.inner.move_row(from, to, bytes);
        let to_ns = self.inner.now_ns();
        self.log.work.moved(from_ns, to_ns, bytes, &mut self.log.process);
        self.look();
    }

    fn run(&mut self, kernel: &Kernel, touched: Touched<'_>) -> Surcharge {
        let from_ns = self.inner.now_ns();
        self.log.rows.seen(touched.slot_of, from_ns, &mut self.log.process);
        let surcharge = self.inner.run(kernel, touched);
        let to_ns = self.inner.now_ns();
        self.log.work.ran(kernel, surcharge, from_ns, to_ns, &mut self.log.process);
        self.log.step(kernel, to_ns);
        self.look();
        surcharge
    }
}

impl<P: World> World for Traced<'_, P> {
    const NAME: &'static str = P::NAME;
    const IS_VIRTUAL: bool = P::IS_VIRTUAL;
    const NOT_MEASURED: &'static [&'static str] = P::NOT_MEASURED;

    fn energy(&self) -> Energy {
        self.inner.energy()
    }

    fn submitted_bytes(&self) -> u64 {
        self.inner.submitted_bytes()
    }

    fn flash_busy_ns(&self) -> u64 {
        self.inner.flash_busy_ns()
    }

    fn peak_heat_fill(&self) -> f64 {
        self.inner.peak_heat_fill()
    }

    fn heat_fill_ppm(&self) -> u64 {
        self.inner.heat_fill_ppm()
    }

    fn kernel_bytes(&self, moved_bytes: u64) -> u64 {
        self.inner.kernel_bytes(moved_bytes)
    }

    fn hold(&mut self, footprint_bytes: u64) {
        self.inner.hold(footprint_bytes);
    }

    fn passed(&mut self, outputs: u32) {
        let now_ns = self.inner.now_ns();
        self.log.passed(outputs, now_ns);
    }

    fn outcome(&self) -> Result<(), RunError> {
        self.inner.outcome()
    }
}

/// A cause as the timeline names it.
fn named(cause: Cause) -> &'static str {
    match cause {
        Cause::Demand => "demand",
        Cause::Prefetch => "read ahead",
        Cause::WarmUp => "load",
    }
}
