//! The simulated platform: one virtual clock over flash, DRAM and a processor.

use tightfit_devices::{Device, Runtime, Share};
use tightfit_engine::platform::{Kernel, Piece, Platform, Read, Surcharge, Ticket, Touched};

use crate::{
    compute::{Costs, Processor, at_rate_ns},
    energy::{Draw, Energy, Ledger},
    flash::Flash,
    heat::Heat,
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

/// A device in virtual time.
#[derive(Clone, Debug)]
pub struct SimPlatform {
    now_ns: u64,
    flash: Flash,
    costs: Costs,
    processor: Processor,
    dram_bytes_per_s: u64,
    copy_bytes_per_s: u64,
    draw: Draw,
    ledger: Ledger,
    heat: Heat,
    heated: Ledger,
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
        let peak = profile.flops_per_s(runtime.compute_format).expect("a checked profile has its runtimes' formats");
        let lanes = lanes.min(device.flash.queue_depth);
        let bandwidth = device.memory.bandwidth;
        let attained = |share: Share, whole: u64| share.of(whole).max(1);
        Self {
            now_ns: 0,
            flash: Flash::new(
                ServiceTable::new(&device.flash.law, lanes),
                lanes as usize,
                prefetch_lanes.min(lanes) as usize,
            ),
            costs,
            processor: Processor {
                flops_per_s: attained(runtime.compute_share, peak.get()),
                bytes_per_s: attained(runtime.bandwidth_share, attained(profile.bandwidth_share, bandwidth.get())),
                dispatch_ns: profile.dispatch.get(),
                token_overhead_ns: runtime.token_overhead.get(),
            },
            dram_bytes_per_s: bandwidth.get(),
            copy_bytes_per_s: device.memory.copy.get(),
            draw: Draw {
                idle: device.power.idle,
                active: profile.active,
                dram: device.power.dram,
                flash: device.power.flash,
            },
            ledger: Ledger::default(),
            heat: Heat::new(&device.heat),
            heated: Ledger::default(),
            submitted_bytes: 0,
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

    /// Fill of the heat store now, parts per million: a million = throttling begins.
    #[must_use]
    pub fn heat_ppm(&self) -> u64 {
        self.heat.fill_ppm()
    }

    /// Highest fill of the heat store so far: 1 = throttling begins.
    #[must_use]
    pub fn peak_heat_fill(&self) -> f64 {
        self.heat.peak_fill()
    }

    /// Runs a kernel that takes `flops_ns` and `bytes_ns` and returns by how much incoming reads delayed it. A byte
    /// from flash is written to the DRAM that the kernel reads: it takes its share of the peak bandwidth.
    fn compute(&mut self, flops_ns: u64, bytes_ns: u64) -> u64 {
        let start_ns = self.now_ns;
        let landed_before = self.flash.landed_bytes();
        let mut end_ns = start_ns + flops_ns.max(bytes_ns);
        loop {
            self.flash.advance(end_ns);
            let incoming_ns = at_rate_ns(self.flash.landed_bytes() - landed_before, self.dram_bytes_per_s);
            let delayed_ns = start_ns + flops_ns.max(bytes_ns + incoming_ns);
            if delayed_ns <= end_ns {
                self.now_ns = end_ns;
                return end_ns - start_ns - flops_ns.max(bytes_ns);
            }
            end_ns = delayed_ns;
        }
    }

    /// Lets the heat of the time since the last token in.
    fn warm(&mut self) {
        let ledger = self.ledger();
        let span = ledger.since(&self.heated);
        let energy = span.energy(&self.draw);
        self.heat.absorb(energy.total_pj(), energy.idle_pj, span.awake_ns);
        self.heated = ledger;
    }
}

impl Platform for SimPlatform {
    fn reserve(&mut self, reads_outstanding_max: usize) {
        self.flash.reserve(reads_outstanding_max);
    }

    fn now_ns(&mut self) -> u64 {
        self.now_ns
    }

    fn submit(&mut self, read: &Read, _pieces: &[Piece]) -> Ticket {
        self.submitted_bytes += read.extent.bytes;
        self.flash.submit(read.extent.bytes, read.cause)
    }

    fn landed(&mut self, ticket: Ticket) -> bool {
        self.flash.landed(ticket)
    }

    fn wait(&mut self, ticket: Ticket) {
        self.now_ns = self.flash.advance_until_landed(ticket).max(self.now_ns);
    }

    fn cancel(&mut self, ticket: Ticket) -> bool {
        let Some(bytes) = self.flash.cancel(ticket) else { return false };
        self.submitted_bytes -= bytes;
        true
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
        let full_ns = time.flops_ns.max(time.bytes_ns);
        let flops_ns = self.heat.stretch_ns(time.flops_ns);
        let bytes_ns = self.heat.stretch_ns(time.bytes_ns);
        let contention_ns = self.compute(flops_ns, bytes_ns);
        self.ledger.dram_bytes += work.bytes;
        // A throttled processor spreads the same energy over more time.
        self.ledger.active_ns += full_ns + contention_ns;
        if work.ends_token {
            self.warm();
        }
        let throttling_ns = flops_ns.max(bytes_ns) - full_ns;
        Surcharge { contention_ns, overhead_ns: time.overhead_ns, throttling_ns }
    }
}
