//! What a kernel costs that has no rows: the call through the seam, and the two looks at the clock that book its time.

use std::{hint::black_box, path::Path, sync::Arc, time::Instant};

use tightfit_engine::{
    Geometry, Platform, Store,
    platform::{Kernel, KernelKind, Touched},
    store::Layout,
};

use super::{
    Effort, Spread,
    blank::{self, Sizes},
};
use crate::{HostError, jobs::elapsed_ns};

const CALLS: u32 = 10_000;

/// Nanoseconds a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Dispatch(pub Spread);

/// Measures it, with a store of one bundle.
pub(super) fn dispatch(folder: &Path, effort: Effort) -> Result<Dispatch, HostError> {
    let mut geometry = Geometry::new();
    geometry.push(0, 1, 3 * 20, 3);
    let store = Arc::new(Store::new(geometry, Layout::Bundled, 4096));
    let sizes = Sizes { hidden: 32, layers: 1, context_max: 1, budget_bytes: 60, row_bundles_max: 1 };
    let mut platform = blank::platform(folder, &store, &sizes, None)?;
    platform.reserve(1);
    let kernel = Kernel {
        kind: KernelKind::FeedForward,
        layer: 0,
        tokens: 1,
        sequences: 1,
        context: 1,
        rows: 0,
        cold_rows: 0,
        row_uses: 0,
    };
    let mut once = || {
        let start = Instant::now();
        for _ in 0..CALLS {
            black_box(platform.now_ns());
            black_box(platform.run(&kernel, Touched::default()));
            black_box(platform.now_ns());
        }
        elapsed_ns(start) as f64 / f64::from(CALLS)
    };
    Ok(Dispatch(Spread::of((0..effort.repeats).map(|_| once()).collect())))
}
