//! What the engine counted, who owned the time, and the laws between the numbers.

use crate::platform::{Cause, Surcharge};

/// Counts since the engine was built. All only grow, so the counts of a span are a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Once per unique bundle per step.
    pub lookups: u64,
    /// Found in DRAM.
    pub hits: u64,
    /// Found in flight.
    pub late: u64,
    /// Read on demand.
    pub misses: u64,
    /// Misses on something held before.
    pub re_reads: u64,
    /// Bundles dropped.
    pub evictions: u64,
    /// Bundles read ahead and used after they had landed; the late ones were used too.
    pub prefetch_useful: u64,
    /// Bundles read ahead and dropped unused.
    pub prefetch_wasted: u64,
    /// Bundles whose read ahead was taken back before it began.
    pub prefetch_cancelled: u64,
    /// Reads that were taken back; they are among the reads of their cause, as their bytes are.
    pub cancelled_reads: u64,
    /// Their bytes.
    pub cancelled_bytes: u64,
    /// Bytes of the bundles that they were for.
    pub cancelled_needed_bytes: u64,
    /// Mass that the steps of the feed-forward network had, [`crate::script::MASS_WHOLE`] each.
    pub mass: u64,
    /// Mass that was active and not computed.
    pub lost_mass: u64,
    /// Mass that was computed at a lower precision.
    pub degraded_mass: u64,
    /// Rows copied inside DRAM.
    pub moves: u64,
    /// Their bytes.
    pub moved_bytes: u64,
    /// Reads by cause.
    pub reads: [u64; Cause::COUNT],
    /// Bundles, or parts of them, that the reads brought, by cause: over `reads`, the mean run. Dense weights and pages
    /// are no bundles.
    pub pieces: [u64; Cause::COUNT],
    /// Bytes read by cause, gaps and padding included.
    pub read_bytes: [u64; Cause::COUNT],
    /// Bytes of the bundles (or pages) that the reads were for, by cause.
    pub needed_bytes: [u64; Cause::COUNT],
}

impl Counters {
    /// What was counted since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let by_cause = |now: &[u64; Cause::COUNT], before: &[u64; Cause::COUNT]| {
            core::array::from_fn(|cause| now[cause] - before[cause])
        };
        Self {
            lookups: self.lookups - earlier.lookups,
            hits: self.hits - earlier.hits,
            late: self.late - earlier.late,
            misses: self.misses - earlier.misses,
            re_reads: self.re_reads - earlier.re_reads,
            evictions: self.evictions - earlier.evictions,
            prefetch_useful: self.prefetch_useful - earlier.prefetch_useful,
            prefetch_wasted: self.prefetch_wasted - earlier.prefetch_wasted,
            prefetch_cancelled: self.prefetch_cancelled - earlier.prefetch_cancelled,
            cancelled_reads: self.cancelled_reads - earlier.cancelled_reads,
            cancelled_bytes: self.cancelled_bytes - earlier.cancelled_bytes,
            cancelled_needed_bytes: self.cancelled_needed_bytes - earlier.cancelled_needed_bytes,
            mass: self.mass - earlier.mass,
            lost_mass: self.lost_mass - earlier.lost_mass,
            degraded_mass: self.degraded_mass - earlier.degraded_mass,
            moves: self.moves - earlier.moves,
            moved_bytes: self.moved_bytes - earlier.moved_bytes,
            reads: by_cause(&self.reads, &earlier.reads),
            pieces: by_cause(&self.pieces, &earlier.pieces),
            read_bytes: by_cause(&self.read_bytes, &earlier.read_bytes),
            needed_bytes: by_cause(&self.needed_bytes, &earlier.needed_bytes),
        }
    }

    /// Bytes read, whatever the cause; what was taken back was not read.
    #[must_use]
    pub fn read_bytes_total(&self) -> u64 {
        self.read_bytes.iter().sum::<u64>() - self.cancelled_bytes
    }

    /// Panics with the numbers if a law is broken.
    ///
    /// # Panics
    /// Unless hits + late + misses = lookups, re-reads are among the misses, and no cause read less than it needed.
    pub fn assert_laws(&self) {
        let Self { lookups, hits, late, misses, re_reads, .. } = *self;
        assert_eq!(hits + late + misses, lookups, "{hits} hits + {late} late + {misses} misses of {lookups} lookups");
        assert!(re_reads <= misses, "{re_reads} re-reads among {misses} misses");
        let Self { mass, lost_mass, degraded_mass, cancelled_bytes, .. } = *self;
        assert!(lost_mass + degraded_mass <= mass, "{lost_mass} lost and {degraded_mass} degraded of a mass of {mass}");
        let prefetch_bytes = self.read_bytes[Cause::Prefetch as usize];
        assert!(cancelled_bytes <= prefetch_bytes, "{cancelled_bytes} B taken back of {prefetch_bytes} B");
        for (read, needed) in self.read_bytes.iter().zip(&self.needed_bytes) {
            assert!(read >= needed, "{read} B read where {needed} B were needed");
        }
    }
}

/// Owners of time, nanoseconds. Every nanosecond since the engine was built has exactly one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// Kernels.
    pub compute_ns: u64,
    /// Kernels slowed by reads landing in the same DRAM.
    pub contention_ns: u64,
    /// Waiting for flash.
    pub flash_stall_ns: u64,
    /// Moving rows inside DRAM, and the engine's own bookkeeping.
    pub memory_management_ns: u64,
    /// Dispatches and fixed costs.
    pub overhead_ns: u64,
    /// Kernels slowed by heat.
    pub throttling_ns: u64,
}

impl Owners {
    /// All owners together.
    #[must_use]
    pub fn total_ns(&self) -> u64 {
        self.compute_ns
            + self.contention_ns
            + self.flash_stall_ns
            + self.memory_management_ns
            + self.overhead_ns
            + self.throttling_ns
    }

    /// What was owned since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            compute_ns: self.compute_ns - earlier.compute_ns,
            contention_ns: self.contention_ns - earlier.contention_ns,
            flash_stall_ns: self.flash_stall_ns - earlier.flash_stall_ns,
            memory_management_ns: self.memory_management_ns - earlier.memory_management_ns,
            overhead_ns: self.overhead_ns - earlier.overhead_ns,
            throttling_ns: self.throttling_ns - earlier.throttling_ns,
        }
    }

    /// Books a kernel that took `elapsed_ns`, its surcharge to the surcharge's owners and the rest to compute.
    pub(crate) fn book_kernel(&mut self, elapsed_ns: u64, surcharge: Surcharge) {
        let Surcharge { contention_ns, overhead_ns, throttling_ns } = surcharge;
        self.contention_ns += contention_ns;
        self.overhead_ns += overhead_ns;
        self.throttling_ns += throttling_ns;
        self.compute_ns += elapsed_ns - contention_ns - overhead_ns - throttling_ns;
    }
}
