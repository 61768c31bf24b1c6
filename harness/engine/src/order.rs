//! Orders of the bundles of a region on flash: what is used together should lie together, so that reads are long.
//!
//! An order is made once, before the store is laid out, from what a profile saw; it lists the bundles of a region, counted
//! from the region's first, place by place. Nothing here runs during a step.

mod activity;
mod linking;
mod partners;

pub use activity::Activity;
pub use linking::{PARTNERS_MAX, by_co_activation};
pub use partners::Partners;

use alloc::{vec, vec::Vec};

/// Most used first; of equals the lower number first.
#[must_use]
pub fn by_popularity(activity: &Activity) -> Vec<u32> {
    let mut order: Vec<u32> = (0..activity.bundles()).collect();
    order.sort_by_key(|&bundle| core::cmp::Reverse(activity.uses(bundle)));
    order
}

/// The ranks that [`crate::Store::ordered`] takes: the place of every bundle in the order of its region, region by region.
#[must_use]
pub fn ranks<'o>(orders: impl IntoIterator<Item = &'o [u32]>) -> Vec<u32> {
    let mut ranks = Vec::new();
    for order in orders {
        let mut place_of = vec![0; order.len()];
        for (place, &bundle) in (0..).zip(order) {
            place_of[bundle as usize] = place;
        }
        ranks.extend(place_of);
    }
    ranks
}
