//! Slow, obvious twins of the policies with ghosts: every queue a vector, oldest first, every size a sum.

mod arc;
mod lhd;
mod s3_fifo;
mod two_q;
mod w_tinylfu;

use std::collections::BTreeSet;

use tightfit_engine::geometry::BundleId;

pub(super) use {arc::Arc, lhd::Lhd, s3_fifo::S3Fifo, two_q::TwoQ, w_tinylfu::WTinyLfu};

type Queue = Vec<BundleId>;

fn bytes(sizes: &[u64], queue: &Queue) -> u64 {
    queue.iter().map(|&bundle| sizes[bundle as usize]).sum()
}

/// Takes the bundle out wherever it is; whether it was there.
fn take(queue: &mut Queue, bundle: BundleId) -> bool {
    let before = queue.len();
    queue.retain(|&other| other != bundle);
    queue.len() < before
}

fn first_free(queue: &Queue, held: &BTreeSet<BundleId>) -> Option<BundleId> {
    queue.iter().copied().find(|bundle| !held.contains(bundle))
}

/// A ghost at the new end, the oldest out until all fit.
fn bury(sizes: &[u64], ghosts: &mut Queue, bundle: BundleId, capacity_bytes: u64) {
    if sizes[bundle as usize] > capacity_bytes {
        return;
    }
    ghosts.push(bundle);
    while bytes(sizes, ghosts) > capacity_bytes {
        ghosts.remove(0);
    }
}
