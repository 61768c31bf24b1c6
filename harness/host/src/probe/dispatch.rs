//! What a kernel costs that has no rows: the call through the seam, and the two looks at the clock that book its time.

use std::{hint::black_box, path::Path, sync::Arc, time::Instant};

use tightfit_engine::{
    BundleId, Geometry, Platform, Store,
    platform::{Kernel, KernelKind, Touched},
    resident::Placement,
    store::Layout,
};

use super::{Effort, Spread};
use crate::{
    DenseParts, HostError, HostPlatform, Reads, Shape, Spec,
    jobs::elapsed_ns,
    kernels::{Attention, Format},
    shape::Matrix,
    weights::{self, Contents},
};

const CALLS: u32 = 10_000;

/// Nanoseconds a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Dispatch(pub Spread);

/// Weights that nobody looks at.
struct Nothing;

impl Contents for Nothing {
    fn bundle(&mut self, _bundle: BundleId, _into: &mut [u8]) -> Result<(), HostError> {
        Ok(())
    }

    fn dense(&mut self, _offset: u64, _into: &mut [u8]) -> Result<(), HostError> {
        Ok(())
    }
}

/// Measures it, with a store of one bundle.
pub(super) fn dispatch(folder: &Path, effort: Effort) -> Result<Dispatch, HostError> {
    let mut geometry = Geometry::new();
    geometry.push(0, 1, 3 * 20, 3);
    let store = Arc::new(Store::new(geometry, Layout::Bundled, 4096));
    let path = folder.join(format!("tightfit-{}.dispatch", std::process::id()));
    let none = Matrix { bytes: 0, format: Format::Q4_1 };
    let shape = Shape {
        hidden: 32,
        layers: 1,
        layer: vec![none],
        bundle: vec![Matrix { bytes: 20, ..none }; 3],
        neurons: 1,
        head: none,
        predictor: none,
        draft: none,
        attention: Attention { heads: 1, kv_heads: 1, head_dim: 32 },
        dense: Some(DenseParts { layers: 0, head: 0, predictors: 0, draft: 0, bytes: 0 }),
        tokens_max: 1,
        sequences: 1,
        context_max: 1,
    };
    let platform = weights::build(&path, &store, 0, "nothing", &mut Nothing).and_then(|file| {
        HostPlatform::new(Spec {
            store: Arc::clone(&store),
            file,
            storage: None,
            reads: Reads::Buffered,
            lanes: 1,
            prefetch_lanes: 1,
            placement: Some(Placement::InPlace),
            budget_bytes: 60,
            row_bundles_max: 1,
            shape,
            verify: false,
        })
    });
    // It is open now, or it was never written.
    let _ = std::fs::remove_file(&path);
    let mut platform = platform?;
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
