//! The policies, whole and in partitions, so that one test body runs them all.

use std::sync::Arc;

use tightfit_engine::{
    Geometry, Script,
    evict::{self, Kind, Room, Sizes},
    oracle::Oracle,
};

/// A policy, and whether each layer has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) kind: Kind,
    /// An equal share of the budget for each layer.
    pub(crate) by_layer: bool,
}

impl Policy {
    pub(crate) const LRU: Self = Self::whole(Kind::Lru);
    pub(crate) const BELADY: Self = Self::whole(Kind::Belady);

    /// One policy for all layers.
    pub(crate) const fn whole(kind: Kind) -> Self {
        Self { kind, by_layer: false }
    }

    /// Every policy, windows of 1 to 3 tokens.
    pub(crate) fn kinds() -> Vec<Kind> {
        let windows = (1..4).map(|tokens| Kind::Window { tokens });
        let others = Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Window { .. }));
        let kinds: Vec<Kind> = others.chain(windows).collect();
        assert_eq!(kinds.len(), Kind::ALL.len() + 2, "every policy");
        kinds
    }

    /// Every policy, whole and in partitions.
    pub(crate) fn all() -> Vec<Self> {
        let both = |kind| [false, true].map(|by_layer| Self { kind, by_layer });
        Self::kinds().into_iter().flat_map(both).collect()
    }

    /// The policies that [`crate::slow`] knows; the others have twins of their own in [`crate::ghosts`].
    pub(crate) fn twinned() -> Vec<Self> {
        let elsewhere = [Kind::S3Fifo, Kind::Arc, Kind::TwoQ, Kind::WTinyLfu, Kind::Lhd];
        Self::all().into_iter().filter(|policy| !elsewhere.contains(&policy.kind)).collect()
    }

    /// The engine's own policy for a run of `script` that makes `decode_passes` decode passes.
    pub(crate) fn build(
        self,
        script: &Script,
        geometry: &Geometry,
        budget_bytes: u64,
        decode_passes: u64,
    ) -> evict::Policy {
        let sizes = geometry.regions().iter().flat_map(|region| region.bundles().map(|_| region.bundle_bytes));
        let future = || Arc::new(Oracle::new(script, geometry.bundles(), decode_passes));
        let room = Room {
            bundles: geometry.bundles(),
            sizes: Sizes::Each(sizes.map(|bytes| u32::try_from(bytes).expect("a small bundle")).collect()),
            capacity_bytes: budget_bytes,
            // A layer may have several regions: its bundles, and their copies of lower precision.
            layer_firsts: (0..geometry.layers())
                .filter_map(|layer| geometry.regions().iter().find(|region| region.layer == layer))
                .map(|region| region.first)
                .collect(),
            row_bundles_max: script.row_bundles_max(),
            reload_ns: (self.kind == Kind::CostAware).then(|| (0..geometry.bundles()).map(reload_ns).collect()),
            oracle: (self.kind == Kind::Belady).then(future),
        };
        let quota_bytes = quota_bytes(budget_bytes, room.layer_firsts.len());
        if self.by_layer { self.kind.build_partitioned(&room, &quota_bytes) } else { self.kind.build(&room) }
    }
}

/// How long a bundle takes to read again: some more than others.
pub(crate) fn reload_ns(bundle: u32) -> u32 {
    100 + bundle * 37 % 50
}

/// An equal share for each layer.
pub(crate) fn quota_bytes(budget_bytes: u64, layers: usize) -> Vec<u64> {
    vec![budget_bytes / layers as u64; layers]
}

#[test]
fn policies_are_found_by_their_names() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.name()), Some(kind));
        assert!(
            kind.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{}",
            kind.name()
        );
    }
    assert_eq!(Kind::parse("LRU"), None);
}
