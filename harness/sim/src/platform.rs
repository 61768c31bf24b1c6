//! The simulated platform: one virtual clock over flash, DRAM and a processor.

use tightfit_devices::{BytesPerSecond, Device, Heat as HeatProfile, Runtime, Share};
use tightfit_engine::platform::{Kernel, Piece, Platform, Read, Surcharge, Ticket, Touched};

use crate::{
    compute::{Costs, at_rate_ns},
    energy::{Draw, Energy, Ledger},
    flash::{Flash, Slowness},
    heat::Heat,
    memory::Pressure,
    processor::Processor,
    scatter::Scatter,
    service::ServiceTable,
};

/// What a simulated platform is made of.
#[derive(Clone, Debug)]
pub struct Spec<'a> {
    /// The device.
    pub device: &'a Device,
    /// The runtime, and with it the processor.
    pub runtime: &'a Runtime,
    /// What the model's kernels cost.
    pub costs: Costs,
    /// Reads that the app keeps in flight.
    pub lanes: u32,
    /// Those of them that prefetches may take.
    pub prefetch_lanes: u32,
}

/// Heat is let in about this often, and no kernel runs longer at one pace.
const HEAT_STEP_NS: u64 = 10_000_000;
/// Steps in which hot flash slows down, so that reads in flight are not rescaled for nothing.
const HOT_STEP_PPM: u64 = 10_000;

/// A device in virtual time.
#[derive(Clone, Debug)]
pub struct SimPlatform {
    now_ns: u64,
    flash: Flash,
    costs: Costs,
    processor: Processor,
    dram_bytes_per_s: u64,
    copy_bytes_per_s: u64,
    admit_bytes_per_s: Option<u64>,
    scatter: Option<Scatter>,
    draw: Draw,
    ledger: Ledger,
    heat: Heat,
    heat_profile: HeatProfile,
    heated: Ledger,
    hot_flash: Share,
    pressure: Option<Pressure>,
    slowness: Slowness,
    submitted_bytes: u64,
}

impl SimPlatform {
    /// A cold device at time 0.
    ///
    /// # Panics
    /// If the runtime's processor or number format is not in the device's profile, which a checked profile rules out.
    #[must_use]
    pub fn new(spec: Spec<'_>) -> Self {
        let Spec { device, runtime, costs, lanes, prefetch_lanes } = spec;
        let profile = device.processor(runtime.processor).expect("a checked profile has its runtimes' processors");
        let lanes = lanes.min(device.flash.queue_depth);
        let bandwidth = device.memory.bandwidth;
        Self {
            now_ns: 0,
            flash: Flash::new(
                ServiceTable::new(&device.flash.law, lanes),
                lanes as usize,
                prefetch_lanes.min(lanes) as usize,
            ),
            costs,
            processor: Processor::new(device, runtime),
            dram_bytes_per_s: bandwidth.get(),
            copy_bytes_per_s: device.memory.copy.get(),
            admit_bytes_per_s: None,
            scatter: runtime.scatter.map(|rate| Scatter::new(rate.get(), device.flash.read_unit.get())),
            draw: Draw {
                idle: device.power.idle,
                active: profile.active,
                dram: device.power.dram,
                flash: device.power.flash,
            },
            ledger: Ledger::default(),
            heat: Heat::new(&device.heat, 0),
            heat_profile: device.heat.clone(),
            heated: Ledger::default(),
            hot_flash: device.flash.hot.unwrap_or(Share::ONE),
            pressure: None,
            slowness: Slowness::NONE,
            submitted_bytes: 0,
        }
    }

    /// The same device with its heat store filled to a share, parts per million, as by earlier work.
    #[must_use]
    pub fn with_heat(mut self, fill_ppm: u32) -> Self {
        self.heat = Heat::new(&self.heat_profile, fill_ppm);
        self
    }

    /// The same device, where making room for what is read takes time of its own: memory management.
    #[must_use]
    pub fn with_admission(mut self, bytes_per_s: Option<BytesPerSecond>) -> Self {
        self.admit_bytes_per_s = bytes_per_s.map(BytesPerSecond::get);
        self
    }

    /// The same device, with memory that may come under pressure: see [`SimPlatform::hold`].
    #[must_use]
    pub fn with_pressure(mut self, pressure: Option<Pressure>) -> Self {
        self.pressure = pressure;
        self
    }

    /// Says what the app holds from now on: above the pressure's beginning reads wait for room.
    pub fn hold(&mut self, footprint_bytes: u64) {
        if let Some(pressure) = self.pressure {
            self.slowness.reclaim_ps_per_byte = pressure.reclaim_ps_per_byte(footprint_bytes);
            self.flash.slow_down(self.slowness);
        }
    }

    /// What drew power so far.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let landed_bytes = self.flash.landed_bytes();
        // A read is written to DRAM when it lands: one that is taken back costs nothing.
        let dram_bytes = self.ledger.dram_bytes + landed_bytes;
        Ledger { awake_ns: self.now_ns, flash_bytes: landed_bytes, dram_bytes, ..self.ledger }
    }

    /// The energy of a span of the ledger.
    #[must_use]
    pub fn energy(&self, span: &Ledger) -> Energy {
        span.energy(&self.draw)
    }

    /// Bytes asked of the flash so far.
    #[must_use]
    pub fn submitted_bytes(&self) -> u64 {
        self.submitted_bytes
    }

    /// How long reads take.
    #[must_use]
    pub fn service(&self) -> &ServiceTable {
        self.flash.service()
    }

    /// Time so far with a read in flight.
    #[must_use]
    pub fn flash_busy_ns(&self) -> u64 {
        self.flash.busy_ns()
    }

    /// Present fill of the heat store, parts per million.
    #[must_use]
    pub fn heat_fill_ppm(&self) -> u64 {
        self.heat.fill_ppm()
    }

    /// Highest fill of the heat store so far: above 1 the device throttles.
    #[must_use]
    pub fn peak_heat_fill(&self) -> f64 {
        self.heat.peak_fill()
    }

    /// Runs a kernel that takes `alone_ns` when nothing else goes on, and returns by how much incoming reads delayed it. A
    /// byte from flash is written to the DRAM that the kernel reads: it takes its share of the peak bandwidth.
    fn compute(&mut self, alone_ns: u64) -> u64 {
        let start_ns = self.now_ns;
        let landed_before = self.flash.landed_bytes();
        let mut end_ns = start_ns + alone_ns;
        loop {
            self.flash.advance(end_ns);
            let incoming_ns = at_rate_ns(self.flash.landed_bytes() - landed_before, self.dram_bytes_per_s);
            let delayed_ns = start_ns + alone_ns + incoming_ns;
            if delayed_ns <= end_ns {
                self.now_ns = end_ns;
                return end_ns - start_ns - alone_ns;
            }
            end_ns = delayed_ns;
        }
    }

    /// Copies the rows of a read that has landed to their slots.
    fn scatter(&mut self, ticket: Ticket) {
        let taken_ns = self.scatter.as_mut().map_or(0, |scatter| scatter.taken_ns(ticket));
        if taken_ns > 0 {
            self.now_ns += taken_ns;
            self.flash.advance(self.now_ns);
        }
    }

    /// Lets the heat of the time since the last step in.
    fn warm(&mut self) {
        let ledger = self.ledger();
        let span = ledger.since(&self.heated);
        if span.awake_ns < HEAT_STEP_NS {
            return;
        }
        self.heat.absorb(span.energy(&self.draw).total_pj(), span.awake_ns);
        self.heated = ledger;
        if self.hot_flash != Share::ONE {
            let lost_ppm = (1_000_000 - u64::from(self.hot_flash.get())) * self.heat.hot_ppm() / 1_000_000;
            let kept_ppm = 1_000_000 - lost_ppm / HOT_STEP_PPM * HOT_STEP_PPM;
            self.slowness.stretch_ppm = 1_000_000_000_000 / kept_ppm;
            self.flash.slow_down(self.slowness);
        }
    }
}

impl Platform for SimPlatform {
    fn reserve(&mut self, reads_outstanding_max: usize) {
        self.flash.reserve(reads_outstanding_max);
        if let Some(scatter) = &mut self.scatter {
            scatter.reserve(reads_outstanding_max);
        }
    }

    fn now_ns(&mut self) -> u64 {
        self.now_ns
    }

    fn submit(&mut self, read: &Read, pieces: &[Piece]) -> Ticket {
        self.submitted_bytes += read.extent.bytes;
        let ticket = self.flash.submit(read.extent.bytes, read.cause);
        if let Some(scatter) = &mut self.scatter {
            scatter.submitted(ticket, pieces);
        }
        ticket
    }

    fn landed(&mut self, ticket: Ticket) -> bool {
        let landed = self.flash.landed(ticket);
        if landed {
            self.scatter(ticket);
        }
        landed
    }

    fn wait(&mut self, ticket: Ticket) {
        self.now_ns = self.flash.advance_until_landed(ticket).max(self.now_ns);
        self.scatter(ticket);
    }

    fn cancel(&mut self, ticket: Ticket) -> bool {
        let Some(bytes) = self.flash.cancel(ticket) else { return false };
        self.submitted_bytes -= bytes;
        if let Some(scatter) = &mut self.scatter {
            scatter.taken_ns(ticket);
        }
        true
    }

    fn admit(&mut self, bytes: u64) {
        if let Some(bytes_per_s) = self.admit_bytes_per_s {
            self.now_ns += at_rate_ns(bytes, bytes_per_s);
            self.flash.advance(self.now_ns);
        }
    }

    fn move_row(&mut self, _from: u32, _to: u32, bytes: u64) {
        self.now_ns += at_rate_ns(bytes, self.copy_bytes_per_s);
        self.ledger.dram_bytes += 2 * bytes;
        self.flash.advance(self.now_ns);
    }

    fn run(&mut self, kernel: &Kernel, _touched: Touched<'_>) -> Surcharge {
        let work = self.costs.work(kernel);
        let time = self.processor.time(&work);
        self.now_ns += time.overhead_ns;
        self.flash.advance(self.now_ns);
        let full_ns = time.arithmetic_ns + time.bytes_ns;
        let work_bytes = work.weights.bytes_total() + work.cache_bytes;
        let (mut done_ns, mut contention_ns, mut throttling_ns) = (0, 0, 0);
        while done_ns < full_ns {
            let until_ns = full_ns.min(done_ns + HEAT_STEP_NS);
            let part = |whole| floor_scale(whole, until_ns, full_ns) - floor_scale(whole, done_ns, full_ns);
            let stretched_ns = self.heat.stretch_ns(until_ns - done_ns);
            let delayed_ns = self.compute(stretched_ns);
            self.ledger.active_ns += self.heat.drawn_ns(until_ns - done_ns) + self.heat.drawn_while_ns(delayed_ns);
            // Its last part brings what rounding has left.
            self.ledger.dram_bytes += part(work_bytes);
            throttling_ns += stretched_ns - (until_ns - done_ns);
            contention_ns += delayed_ns;
            done_ns = until_ns;
            self.warm();
        }
        Surcharge { contention_ns, overhead_ns: time.overhead_ns, throttling_ns }
    }
}

/// `value` x `part` / `whole`, rounded down.
fn floor_scale(value: u64, part: u64, whole: u64) -> u64 {
    if part == whole {
        return value;
    }
    u64::try_from(u128::from(value) * u128::from(part) / u128::from(whole)).expect("a part of a u64")
}
