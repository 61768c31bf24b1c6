//! A profile of a trace's head: which bundles the first tokens of a request used, and which of them together.
//!
//! What a strategy learns from it (a layout, a static hot set, shares of layers, neighbours to read ahead) it would know
//! on a device from earlier runs. Here it learns from the head of the very request that is then replayed, prompt first, so
//! the replay includes the profiled tokens and favours such a strategy on them, the more the longer the head. No token
//! beyond the head is looked at.

mod neighbours;

use std::sync::OnceLock;

use tightfit_engine::{
    Geometry,
    geometry::{BundleId, Region},
    order::{self, Activity},
};
use tightfit_scenarios::trace::{Request, Stretch};

pub use neighbours::Neighbours;

use super::room::share_of;

/// Tokens of the head.
pub(crate) fn head(request: Request, tokens_max: u32) -> u32 {
    request.prefill_tokens.saturating_add(request.decode_tokens).min(tokens_max)
}

/// What the head of one request used. Bundles are numbered as in [`super::streams::Streams`] of feed-forward rows: layer
/// after layer.
#[derive(Debug)]
pub struct Profile {
    tokens: u32,
    layers: Vec<Activity>,
    /// Linking takes a tenth of a second, and many cells lie on flash alike.
    co_activation_ranks: OnceLock<Vec<u32>>,
}

impl Profile {
    /// Profiles the first `tokens_max` tokens of `request`, or all where it has fewer. `rows` hold them.
    #[must_use]
    pub fn new(rows: &Stretch, request: Request, tokens_max: u32) -> Self {
        let geometry = rows.geometry();
        let tokens = head(request, tokens_max);
        let mut layers = vec![Activity::new(geometry.bundles_per_layer, tokens); geometry.layers as usize];
        for token in 0..tokens {
            for (number, layer) in (0..).zip(&mut layers) {
                for &bundle in rows.active(request.first_token + token as usize, number) {
                    layer.insert(bundle, token);
                }
            }
        }
        Self { tokens, layers, co_activation_ranks: OnceLock::new() }
    }

    /// Tokens that were profiled.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.tokens
    }

    /// Ranks of a store whose most used bundles come first in each layer.
    #[must_use]
    pub fn popularity_ranks(&self) -> Vec<u32> {
        let orders: Vec<Vec<u32>> = self.layers.iter().map(order::by_popularity).collect();
        order::ranks(orders.iter().map(Vec::as_slice))
    }

    /// Ranks of a store in which bundles that are used together are neighbours.
    #[must_use]
    pub fn co_activation_ranks(&self) -> &[u32] {
        self.co_activation_ranks.get_or_init(|| {
            let linked = |layer| order::by_co_activation(layer, order::PARTNERS_MAX);
            let orders: Vec<Vec<u32>> = self.layers.iter().map(linked).collect();
            order::ranks(orders.iter().map(Vec::as_slice))
        })
    }

    /// The most used bundles that fit a `share` of all originals' bytes, ascending; of equally used ones the lower ids. What the head
    /// never used is never among them.
    #[must_use]
    pub fn hot_set(&self, geometry: &Geometry, share: f64) -> Vec<BundleId> {
        let mut used: Vec<(u32, BundleId, u64)> = self.used(geometry).collect();
        used.sort_by_key(|&(uses, ..)| std::cmp::Reverse(uses));
        let original_bytes = |(region, _): (&Region, _)| region.bundle_bytes * u64::from(region.count);
        let mut left_bytes = share_of(self.regions(geometry).map(original_bytes).sum(), share);
        let mut hot: Vec<BundleId> = Vec::new();
        for (_, bundle, bytes) in used {
            if let Some(left) = left_bytes.checked_sub(bytes) {
                left_bytes = left;
                hot.push(bundle);
            }
        }
        hot.sort_unstable();
        hot
    }

    /// Bytes of the bundles of each layer that the head used, however often.
    #[must_use]
    pub fn layer_demand(&self, geometry: &Geometry) -> Vec<u64> {
        let demand_bytes = |(region, layer): (&Region, &Activity)| {
            let used = (0..layer.bundles()).filter(|&bundle| layer.uses(bundle) > 0).count();
            region.bundle_bytes * used as u64
        };
        self.regions(geometry).map(demand_bytes).collect()
    }

    /// For each bundle the `count_max` bundles of the next layer that were most often active at the same token.
    #[must_use]
    pub fn neighbours(&self, count_max: usize) -> Neighbours {
        Neighbours::of(&self.layers, count_max)
    }

    /// Uses, id and bytes of each bundle that was used, in order of ids.
    fn used<'a>(&'a self, geometry: &'a Geometry) -> impl Iterator<Item = (u32, BundleId, u64)> {
        let of_layer = |(region, layer): (&'a Region, &'a Activity)| {
            let uses = (0..layer.bundles()).map(|bundle| layer.uses(bundle));
            region.bundles().zip(uses).map(|(bundle, uses)| (uses, bundle, region.bundle_bytes))
        };
        self.regions(geometry).flat_map(of_layer).filter(|&(uses, ..)| uses > 0)
    }

    /// Each layer with its first region; copies of lower precision lie in a second one.
    fn regions<'a>(&'a self, geometry: &'a Geometry) -> impl Iterator<Item = (&'a Region, &'a Activity)> {
        let regions = geometry.regions();
        let each = regions.len() / self.layers.len();
        let first = regions.iter().step_by(each.max(1));
        let alike = first.len() == self.layers.len()
            && first.clone().zip(&self.layers).all(|(region, layer)| region.count == layer.bundles());
        assert!(alike, "a geometry of other layers than the trace's");
        first.zip(&self.layers)
    }
}
