//! Gives every nanosecond an owner: each lap ends where the next begins, so that the owners sum to the wall exactly.

use crate::{
    counters::Owners,
    platform::{Kernel, Platform, Ticket, Touched},
};

/// Laps on a platform's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    /// When the last owner's time ended.
    pub(crate) last_ns: u64,
    pub(crate) owners: Owners,
}

impl Stopwatch {
    pub(crate) fn start(platform: &mut impl Platform) -> Self {
        Self { last_ns: platform.now_ns(), owners: Owners::default() }
    }

    /// Waits for a read; the time is the flash's.
    pub(crate) fn wait(&mut self, platform: &mut impl Platform, ticket: Ticket) {
        platform.wait(ticket);
        self.owners.flash_stall_ns += self.lap(platform);
    }

    /// Books what went by since the last lap to the engine's bookkeeping and moves.
    pub(crate) fn manage(&mut self, platform: &mut impl Platform) {
        self.owners.memory_management_ns += self.lap(platform);
    }

    /// Runs a kernel; the time is the kernel's and its surcharges'.
    pub(crate) fn run(&mut self, platform: &mut impl Platform, kernel: &Kernel, touched: Touched<'_>) {
        let surcharge = platform.run(kernel, touched);
        let elapsed_ns = self.lap(platform);
        self.owners.book_kernel(elapsed_ns, surcharge);
    }

    fn lap(&mut self, platform: &mut impl Platform) -> u64 {
        let now_ns = platform.now_ns();
        assert!(now_ns >= self.last_ns, "time went back from {} to {now_ns} ns", self.last_ns);
        let elapsed_ns = now_ns - self.last_ns;
        self.last_ns = now_ns;
        elapsed_ns
    }
}
