//! How much memory there is: the app's limit, what is always in it, and what is left for the resident set.

use tightfit_devices::{Bytes, Device};
use tightfit_engine::{Store, geometry::BundleId};
use tightfit_scenarios::strategy::{Pinned, Prefetch};
use tightfit_sim::{Footprint, Outcome, Pressure};

use super::{profile::Profile, streams::Streams};

/// Memory of one (device, strategy).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Footprint at which the app is killed.
    pub limit_bytes: u64,
    /// Footprint at which the system comes under pressure.
    pub pressure_bytes: u64,
    /// How reads slow down above it, where the device's profile says.
    pub pressure: Option<Pressure>,
    /// What is held whatever the resident set does.
    pub fixed: Footprint,
    /// What the resident set may use.
    pub budget_bytes: u64,
}

impl Room {
    /// The room on `device`. Without an asked-for budget the resident set gets what keeps the app inside its limit
    /// and the system out of pressure.
    #[must_use]
    pub fn new(device: &Device, limit: Option<Bytes>, entitled: bool, asked: Option<Bytes>, fixed: Footprint) -> Self {
        let memory = &device.memory;
        let device_limit = memory.app_limit_entitled.filter(|_| entitled).unwrap_or(memory.app_limit);
        let limit_bytes = limit.unwrap_or(device_limit).get();
        let pressure_bytes = memory.pressure.of(device_limit.get());
        let pressure = memory.reclaim.map(|reclaim| Pressure {
            from_bytes: pressure_bytes,
            limit_bytes: device_limit.get(),
            reclaim_bytes_per_s: reclaim.get(),
        });
        let free_bytes = limit_bytes.min(pressure_bytes).saturating_sub(fixed.total_bytes());
        let budget_bytes = asked.map_or(free_bytes, Bytes::get);
        Self { limit_bytes, pressure_bytes, pressure, fixed, budget_bytes }
    }

    /// What the system does about a resident set that peaked at `resident_bytes`.
    #[must_use]
    pub fn outcome(&self, resident_bytes: u64) -> Outcome {
        Outcome::of(self.fixed.total_bytes() + resident_bytes, self.limit_bytes, self.pressure_bytes)
    }
}

/// The bundles that stay in DRAM for ever because the head of the trace used them most.
#[must_use]
pub fn hot(store: &Store, profile: &Profile, pinned: Pinned) -> Vec<BundleId> {
    match pinned {
        Pinned::Share(share) => profile.hot_set(store.geometry(), share),
        Pinned::Fit => unreachable!("loading checked that a share is given"),
    }
}

/// The bundles that stay in DRAM for ever: spread evenly over the store, so that each layer has its share.
#[must_use]
pub fn pinned(
    store: &Store,
    streams: &Streams,
    pinned: Pinned,
    prefetch: Prefetch,
    budget_bytes: u64,
) -> Vec<BundleId> {
    let total_bytes = store.geometry().total_bytes();
    let allowed_bytes = match pinned {
        Pinned::Share(share) => share_of(total_bytes, share),
        Pinned::Fit => {
            let layers = store.geometry().layers();
            let bytes_of = |layer: u32| store.geometry().layer_bytes(layer % layers);
            // The layer that computes, and the next one where it is read ahead.
            let ahead = u32::from(prefetch != Prefetch::None);
            let in_transit =
                (0..layers).map(|layer| (layer..=layer + ahead).map(bytes_of).sum::<u64>()).max().unwrap_or(0);
            budget_bytes.saturating_sub(in_transit).min(total_bytes)
        }
    };
    let mut chosen = Vec::new();
    let (mut seen_bytes, mut pinned_bytes) = (0, 0);
    for bundle in (0..store.geometry().bundles()).filter(|&bundle| !streams.is_copy(bundle)) {
        let bytes = store.bundle_bytes(bundle);
        seen_bytes += bytes;
        // Pin whenever what is pinned falls behind its share of what was seen.
        let due = u128::from(seen_bytes) * u128::from(allowed_bytes) / u128::from(total_bytes);
        if u128::from(pinned_bytes + bytes) <= due {
            pinned_bytes += bytes;
            chosen.push(bundle);
        }
    }
    chosen
}

/// A share of some bytes, to the nearest byte.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share from 0 to 1 of a u64 below 2^53")]
pub(crate) fn share_of(bytes: u64, share: f64) -> u64 {
    (bytes as f64 * share).round() as u64
}
