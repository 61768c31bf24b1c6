//! What is noted while a request runs: a row an output token, and the totals.

use tightfit_engine::{
    Platform,
    counters::{Counters, Owners},
    session::Stepper,
};
use tightfit_reports::schema::TokenRow;
use tightfit_sim::energy::Energy;

use super::World;
use crate::{RunError, compose::room::share_of};

/// State of a run at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment {
    pub(crate) now_ns: u64,
    pub(crate) owners: Owners,
    pub(crate) counters: Counters,
    pub(crate) energy: Energy,
    pub(crate) flash_busy_ns: u64,
    /// Bytes that kernels moved through DRAM.
    pub(crate) kernel_bytes: u64,
    pub(crate) resident_bytes: u64,
    pub(crate) heat_ppm: u64,
}

/// What the app holds besides its resident set, and may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) fixed_bytes: u64,
    /// Whether the system counts the resident set against the app.
    pub(crate) counts_resident: bool,
    pub(crate) limit_bytes: u64,
}

impl Held {
    /// What the system counts against the app.
    fn footprint_bytes(&self, resident_bytes: u64) -> u64 {
        self.fixed_bytes + if self.counts_resident { resident_bytes } else { 0 }
    }
}

/// Notes of a run.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// After warm-up: the request starts here.
    pub(crate) start: Moment,
    /// After the first output token.
    pub(crate) first_token: Moment,
    /// The last moment seen.
    pub(crate) last: Moment,
    /// A row an output token.
    pub(crate) tokens: Vec<TokenRow>,
    pub(crate) resident_peak_bytes: u64,
    pub(crate) peak_heat_fill: f64,
    /// When the footprint passed the limit, from the cold start.
    pub(crate) over_limit_at_ns: Option<u64>,
    held: Held,
    /// What the process held after the last token, where that says something.
    pub(crate) process_bytes: Option<u64>,
    /// What ended the run before its end.
    pub(crate) problem: Option<RunError>,
    /// Output tokens so far.
    seen: u64,
    /// Bytes from flash that some token's row has, or warm-up.
    booked_bytes: u64,
    tokens_max: u64,
}

impl Recorder {
    /// Notes of a run that gives `outputs` tokens after the first.
    pub(crate) fn new(outputs: u64, held: Held) -> Self {
        let rows = usize::try_from(outputs + 1).unwrap_or(usize::MAX).min(1 << 24);
        Self {
            start: Moment::default(),
            first_token: Moment::default(),
            last: Moment::default(),
            tokens: Vec::with_capacity(rows),
            resident_peak_bytes: 0,
            peak_heat_fill: 0.0,
            over_limit_at_ns: None,
            held,
            process_bytes: None,
            problem: None,
            seen: 0,
            booked_bytes: 0,
            tokens_max: outputs + 1,
        }
    }

    /// Called after warm-up with 0, then after each pass with the tokens that came out.
    pub(crate) fn see<S: Stepper<Platform: World>>(&mut self, stepper: &mut S, outputs: u32) {
        let now_ns = stepper.owned_until_ns();
        if S::Platform::IS_VIRTUAL {
            assert_eq!(stepper.platform_mut().now_ns(), now_ns, "virtual time passes in steps alone");
        }
        stepper.platform_mut().passed(outputs);
        let platform = stepper.platform();
        let counters = stepper.counters();
        let moment = Moment {
            now_ns,
            owners: stepper.owners(),
            counters,
            energy: platform.energy(),
            flash_busy_ns: platform.flash_busy_ns(),
            kernel_bytes: platform.kernel_bytes(counters.moved_bytes),
            resident_bytes: stepper.resident_bytes(),
            heat_ppm: platform.heat_fill_ppm(),
        };
        self.resident_peak_bytes = stepper.resident_peak_bytes();
        self.peak_heat_fill = platform.peak_heat_fill();
        self.problem = platform.outcome().err();
        assert_eq!(
            moment.counters.read_bytes_total(),
            platform.submitted_bytes(),
            "the engine and the flash disagree about the bytes that were read"
        );
        self.hold(stepper.platform_mut(), now_ns, outputs == 0);
        if outputs == 0 {
            self.start = moment;
            self.booked_bytes = moment.counters.read_bytes_total();
        } else if self.seen == 0 {
            self.first_token = moment;
        }
        // The tokens of a verified draft come out together: the first bears the pass's time.
        for _ in 0..u64::from(outputs).min(self.tokens_max - self.seen) {
            let row = self.row(self.seen, &moment);
            self.tokens.push(row);
            self.seen += 1;
            self.last = moment;
        }
        self.last = moment;
        if self.seen == self.tokens_max {
            self.process_bytes = stepper.platform().process_bytes();
        }
    }

    /// After the last token: what is still booked and was taken back since goes back to the tokens that bear it, the last first.
    pub(crate) fn settle(&mut self) {
        let mut over_bytes = self.booked_bytes.saturating_sub(self.last.counters.read_bytes_total());
        for row in self.tokens.iter_mut().rev() {
            let back_bytes = over_bytes.min(row.flash_bytes);
            row.flash_bytes -= back_bytes;
            over_bytes -= back_bytes;
        }
    }

    /// Tells the platform what is held from now on, and notes when that is too much.
    fn hold(&mut self, platform: &mut impl World, now_ns: u64, loading: bool) {
        let footprint_bytes = self.held.footprint_bytes(self.resident_peak_bytes);
        platform.hold(footprint_bytes);
        if footprint_bytes > self.held.limit_bytes && self.over_limit_at_ns.is_none() {
            // A load passes the limit on its way.
            let share = self.held.limit_bytes as f64 / footprint_bytes as f64;
            self.over_limit_at_ns = Some(if loading { share_of(now_ns, share) } else { now_ns });
        }
    }

    fn row(&mut self, token: u64, moment: &Moment) -> TokenRow {
        // Reads ahead of the token before may be taken back, more than this one reads: later tokens bear the rest.
        let read_bytes = moment.counters.read_bytes_total();
        let flash_bytes = read_bytes.saturating_sub(self.booked_bytes);
        self.booked_bytes += flash_bytes;
        let owners = moment.owners.since(&self.last.owners);
        let counters = moment.counters.since(&self.last.counters);
        TokenRow {
            token,
            at_ns: moment.now_ns - self.start.now_ns,
            gap_ns: moment.now_ns - self.last.now_ns,
            compute_ns: owners.compute_ns,
            contention_ns: owners.contention_ns,
            flash_stall_ns: owners.flash_stall_ns,
            memory_management_ns: owners.memory_management_ns,
            overhead_ns: owners.overhead_ns,
            throttling_ns: owners.throttling_ns,
            lookups: counters.lookups,
            hits: counters.hits,
            flash_bytes,
            energy_pj: moment.energy.total_pj() - self.last.energy.total_pj(),
            memory_bytes: self.held.footprint_bytes(moment.resident_bytes),
            heat_ppm: moment.heat_ppm,
        }
    }
}
