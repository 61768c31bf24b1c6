//! A platform over a store of weights that nobody looks at, for figures that are not about weights.

use std::{path::Path, sync::Arc};

use tightfit_engine::{BundleId, Store, resident::Placement};

use crate::{
    DenseParts, HostError, HostPlatform, Reads, Shape, Spec,
    kernels::{Attention, Format},
    shape::Matrix,
    storage::Storage,
    weights::{self, Contents},
};

struct Blank;

impl Contents for Blank {
    fn bundle(&mut self, _bundle: BundleId, _into: &mut [u8]) -> Result<(), HostError> {
        Ok(())
    }

    fn dense(&mut self, _offset: u64, _into: &mut [u8]) -> Result<(), HostError> {
        Ok(())
    }
}

/// What a blank store is made of.
pub(super) struct Sizes {
    /// Weights of a row; a bundle is three.
    pub(super) hidden: usize,
    pub(super) layers: usize,
    pub(super) context_max: usize,
    pub(super) budget_bytes: u64,
    pub(super) row_bundles_max: usize,
}

/// The format of its rows.
pub(super) const FORMAT: Format = Format::Q4_1;

/// The platform; its file in `folder` is gone when this returns. `storage` answers in the file's place.
pub(super) fn platform(
    folder: &Path,
    store: &Arc<Store>,
    sizes: &Sizes,
    storage: Option<Box<dyn Storage>>,
) -> Result<HostPlatform, HostError> {
    let path = folder.join(format!("tightfit-{}.blank", std::process::id()));
    let none = Matrix { bytes: 0, format: FORMAT };
    let shape = Shape {
        hidden: sizes.hidden,
        layers: sizes.layers,
        layer: vec![none],
        bundle: vec![Matrix { bytes: FORMAT.bytes(sizes.hidden), ..none }; 3],
        neurons: 1,
        head: none,
        predictor: none,
        draft: none,
        attention: Attention { heads: 1, kv_heads: 1, head_dim: 32 },
        dense: Some(DenseParts { layers: 0, head: 0, predictors: 0, draft: 0, bytes: 0 }),
        tokens_max: 1,
        sequences: 1,
        context_max: sizes.context_max,
    };
    let platform = weights::build(&path, store, 0, "blank", &mut Blank).and_then(|file| {
        let spec = Spec {
            store: Arc::clone(store),
            file,
            storage,
            reads: Reads::Buffered,
            lanes: 1,
            prefetch_lanes: 1,
            placement: Some(Placement::InPlace),
            budget_bytes: sizes.budget_bytes,
            row_bundles_max: sizes.row_bundles_max,
            verify: false,
        };
        HostPlatform::new(spec, shape)
    });
    // It is open now, or it was never written.
    let _ = std::fs::remove_file(&path);
    platform
}
