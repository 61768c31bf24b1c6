//! Lays a strategy's bundles out on flash.

use tightfit_engine::{Geometry, Store, store};
use tightfit_scenarios::strategy::Layout;

use super::{profile::Profile, setup};

/// The weights on flash as `layout` has them; what is ordered by use is ordered as `profile` saw it.
///
/// # Panics
/// If an ordered layout has no profile, which loading rules out.
#[must_use]
pub fn store(layout: Layout, geometry: Geometry, read_unit_bytes: u64, profile: Option<&Profile>) -> Store {
    let profile = || setup::profiled(profile);
    let ordered = |ranks: &[u32]| {
        let ranks = ranks_of_regions(&geometry, ranks);
        Store::ordered(geometry.clone(), store::Layout::Bundled, read_unit_bytes, &ranks)
    };
    match layout {
        Layout::Separate => Store::new(geometry, store::Layout::Separate, read_unit_bytes),
        Layout::Bundled => Store::new(geometry, store::Layout::Bundled, read_unit_bytes),
        Layout::Popularity => ordered(&profile().popularity_ranks()),
        Layout::CoActivation => ordered(profile().co_activation_ranks()),
    }
}

/// The ranks of each layer for each of its regions: copies of lower precision lie in the order of their originals.
fn ranks_of_regions(geometry: &Geometry, ranks: &[u32]) -> Vec<u32> {
    let mut left = ranks;
    let mut of_layer: &[u32] = &[];
    let mut layer = None;
    let mut all = Vec::with_capacity(geometry.bundles() as usize);
    for region in geometry.regions() {
        if layer.replace(region.layer) != Some(region.layer) {
            (of_layer, left) = left.split_at(region.count as usize);
        }
        all.extend_from_slice(of_layer);
    }
    all
}
