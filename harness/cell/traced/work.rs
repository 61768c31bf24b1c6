//! What the processor does: kernels, and waits, moves and room made, each as one span as long as nothing else comes between.

use tightfit_engine::platform::{Kernel, KernelKind, Surcharge};
use tightfit_reports::timeline::Process;

use super::WORK;

/// What is going on between kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Waiting,
    Moving,
    MakingRoom,
}

/// A span that may go on.
#[derive(Clone, Copy, Debug)]
struct Going {
    what: Between,
    from_ns: u64,
    to_ns: u64,
    count: u64,
    bytes: u64,
}

/// The span that has not been written yet.
#[derive(Debug, Default)]
pub(super) struct Work {
    going: Option<Going>,
}

impl Work {
    /// A read was waited for. What had landed costs no time and is no span.
    pub(super) fn waited(&mut self, from_ns: u64, to_ns: u64, process: &mut Process) {
        if to_ns > from_ns {
            self.go_on(Between::Waiting, from_ns, to_ns, 0, process);
        }
    }

    /// A row was moved inside DRAM.
    pub(super) fn moved(&mut self, from_ns: u64, to_ns: u64, bytes: u64, process: &mut Process) {
        self.go_on(Between::Moving, from_ns, to_ns, bytes, process);
    }

    /// Room was made for what is about to be read. What costs nothing is no span.
    pub(super) fn made_room(&mut self, from_ns: u64, to_ns: u64, bytes: u64, process: &mut Process) {
        if to_ns > from_ns {
            self.go_on(Between::MakingRoom, from_ns, to_ns, bytes, process);
        }
    }

    /// A kernel ran.
    pub(super) fn ran(
        &mut self,
        kernel: &Kernel,
        surcharge: Surcharge,
        from_ns: u64,
        to_ns: u64,
        process: &mut Process,
    ) {
        self.flush(process);
        if !process.is_open() {
            return;
        }
        let name = match kernel.kind {
            KernelKind::Draft => "draft",
            KernelKind::Dense => "attention",
            KernelKind::Predictor => "predictor",
            KernelKind::FeedForward => "feed-forward",
            KernelKind::Head => "head",
        };
        let Surcharge { contention_ns, overhead_ns, throttling_ns } = surcharge;
        let arguments = [
            ("layer", u64::from(kernel.layer)),
            ("positions", u64::from(kernel.tokens)),
            ("context", u64::from(kernel.context)),
            ("rows", u64::from(kernel.rows)),
            ("contention_ns", contention_ns),
            ("overhead_ns", overhead_ns),
            ("throttling_ns", throttling_ns),
        ];
        process.span(WORK, name, from_ns, to_ns, &arguments);
    }

    /// Writes what was going on.
    pub(super) fn flush(&mut self, process: &mut Process) {
        let Some(Going { what, from_ns, to_ns, count, bytes }) = self.going.take().filter(|_| process.is_open()) else {
            return;
        };
        match what {
            Between::Waiting => process.span(WORK, "waiting for flash", from_ns, to_ns, &[("reads", count)]),
            Between::Moving => {
                process.span(WORK, "moving rows", from_ns, to_ns, &[("rows", count), ("bytes", bytes)]);
            }
            Between::MakingRoom => process.span(WORK, "making room", from_ns, to_ns, &[("bytes", bytes)]),
        }
    }

    fn go_on(&mut self, what: Between, from_ns: u64, to_ns: u64, bytes: u64, process: &mut Process) {
        match &mut self.going {
            Some(going) if going.what == what && going.to_ns == from_ns => {
                going.to_ns = to_ns;
                going.count += 1;
                going.bytes += bytes;
            }
            _ => {
                self.flush(process);
                self.going = Some(Going { what, from_ns, to_ns, count: 1, bytes });
            }
        }
    }
}
