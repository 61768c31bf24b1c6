//! The eviction policy that a strategy names, for the bundles and the budget that it has.

use std::sync::Arc;

use tightfit_engine::{
    Store,
    evict::{Kind, Policy, Room, Sizes},
    oracle::Oracle,
};
use tightfit_scenarios::strategy::{Evict, Partition};
use tightfit_sim::service::ServiceTable;

use super::{profile::Profile, setup, streams::Streams};

/// What a policy may look at.
pub(super) struct Place<'a> {
    pub(super) store: &'a Store,
    pub(super) streams: &'a Streams,
    /// What the resident set may use besides what is pinned.
    pub(super) capacity_bytes: u64,
    pub(super) profile: Option<&'a Profile>,
    /// How long reads take on the device.
    pub(super) service: &'a ServiceTable,
}

/// The policy of `evict`, one for each layer where the budget is partitioned.
pub(super) fn policy(evict: Evict, partition: Partition, place: &Place<'_>) -> Policy {
    let kind = kind(evict);
    let room = room(kind, place);
    match partition {
        Partition::None => kind.build(&room),
        Partition::Equal => kind.build_partitioned(&room, &quotas(&layer_bytes(place), place.capacity_bytes)),
        Partition::Demand => {
            let demand = setup::profiled(place.profile).layer_demand(place.store.geometry());
            kind.build_partitioned(&room, &quotas(&demand, place.capacity_bytes))
        }
    }
}

fn kind(evict: Evict) -> Kind {
    match evict {
        Evict::RetainNone => Kind::RetainNone,
        Evict::Fifo => Kind::Fifo,
        Evict::Lru => Kind::Lru,
        Evict::Clock => Kind::Clock,
        Evict::Lfu => Kind::Lfu,
        Evict::LfuPerfect => Kind::LfuPerfect,
        Evict::LfuAged => Kind::LfuAged,
        Evict::Sieve => Kind::Sieve,
        Evict::S3Fifo => Kind::S3Fifo,
        Evict::Arc => Kind::Arc,
        Evict::TwoQ => Kind::TwoQ,
        Evict::WTinyLfu => Kind::WTinyLfu,
        Evict::Lhd => Kind::Lhd,
        Evict::Window { tokens } => Kind::Window { tokens },
        Evict::LeastStale => Kind::LeastStale,
        Evict::CostAware => Kind::CostAware,
        Evict::Belady => Kind::Belady,
    }
}

/// The room, with what the policy has to know beyond it.
fn room(kind: Kind, place: &Place<'_>) -> Room {
    let Place { store, streams, service, .. } = *place;
    let bundles = store.geometry().bundles();
    let reload_ns = |bundle| u32::try_from(service.read_ns(store.bundle_bytes(bundle), 1)).unwrap_or(u32::MAX);
    Room {
        reload_ns: (kind == Kind::CostAware).then(|| (0..bundles).map(reload_ns).collect()),
        oracle: (kind == Kind::Belady)
            .then(|| Arc::new(Oracle::new(streams.steps.held(), bundles, streams.decode_passes))),
        ..open_room(place)
    }
}

/// The room of a policy that needs neither reload times nor the future.
pub(super) fn open_room(place: &Place<'_>) -> Room {
    let Place { store, streams, capacity_bytes, .. } = *place;
    let bundles = store.geometry().bundles();
    let bytes = |bundle| u32::try_from(store.bundle_bytes(bundle)).expect("a bundle of less than 4 GiB");
    let regions = store.geometry().regions();
    let alike = regions.windows(2).all(|pair| pair[0].bundle_bytes == pair[1].bundle_bytes);
    let sizes = match regions.first() {
        Some(first) if alike => Sizes::Equal(first.bundle_bytes),
        _ => Sizes::Each((0..bundles).map(bytes).collect()),
    };
    Room {
        bundles,
        sizes,
        capacity_bytes,
        layer_firsts: layer_firsts(store),
        row_bundles_max: streams.steps.row_bundles_max(),
        reload_ns: None,
        oracle: None,
    }
}

/// First bundle of each layer.
fn layer_firsts(store: &Store) -> Vec<u32> {
    let mut firsts: Vec<u32> = Vec::new();
    let mut layer = None;
    for region in store.geometry().regions() {
        if layer.replace(region.layer) != Some(region.layer) {
            firsts.push(region.first);
        }
    }
    firsts
}

fn layer_bytes(place: &Place<'_>) -> Vec<u64> {
    let geometry = place.store.geometry();
    (0..geometry.layers()).map(|layer| geometry.layer_bytes(layer)).collect()
}

/// The capacity in parts as the weights are; what rounding leaves stays free.
fn quotas(weights: &[u64], capacity_bytes: u64) -> Vec<u64> {
    let whole: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    let part = |&weight: &u64| u128::from(capacity_bytes) * u128::from(weight) / whole.max(1);
    weights.iter().map(|weight| u64::try_from(part(weight)).expect("a part of a u64")).collect()
}
