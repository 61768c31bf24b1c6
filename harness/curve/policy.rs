//! The policies that a curve can be asked of, by the names that the engine gives them, and their replay.

use std::sync::Arc;

use tightfit_engine::{
    evict::{Evict, Kind, Room},
    replay::Replay,
};

use super::{Budget, Counting, Point, Stream};
use crate::RunError;

/// The names of all policies.
pub const NAMES: [&str; Kind::ALL.len()] = {
    let mut names = [""; Kind::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = Kind::ALL[at].name();
        at += 1;
    }
    names
};

/// A policy by the name under which it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The name.
    pub name: String,
    /// The policy.
    pub kind: Kind,
}

/// The policy of that name; a window is of five tokens.
///
/// `lfu` is what the references of each way of counting call so: lookup by lookup, cache simulators, which forget the count
/// of what leaves; step by step, a runtime that keeps it ([`Kind::LfuPerfect`]).
pub fn parse(name: &str, counting: Counting) -> Result<Asked, RunError> {
    let kind = match (name, counting) {
        (name, Counting::Steps) if same("lfu", name) => Some(Kind::LfuPerfect),
        _ => Kind::ALL.into_iter().find(|kind| same(kind.name(), name)),
    };
    kind.map(|kind| Asked { name: name.to_owned(), kind }).ok_or_else(|| {
        let known = NAMES.join(", ");
        RunError::Usage(format!("no policy is named `{name}`: known are {known}; `all` is every one"))
    })
}

/// Whether two spellings name one policy: `S3FIFO` and `2Q` are what libCacheSim calls `s3-fifo` and `two-q`.
fn same(name: &str, written: &str) -> bool {
    let bare = |text: &str| text.to_ascii_lowercase().replace(['-', '_'], "").replace("2q", "twoq");
    bare(name) == bare(written)
}

/// What a policy hits in `budget`.
pub(super) fn point(asked: &Asked, stream: &Stream, budget: Budget, counting: Counting) -> Point {
    let kind = asked.kind;
    let (sizes, capacity_bytes) = match budget {
        Budget::Mib(mib) => (stream.weighed.sizes(false), mib << 20),
        Budget::Units(units) => (stream.weighed.sizes(true), units),
    };
    let policy = kind.build(&Room {
        bundles: stream.bundles,
        sizes: sizes.clone(),
        capacity_bytes,
        layer_firsts: stream.layer_firsts(),
        row_bundles_max: stream.script.row_bundles_max(),
        reload_ns: (kind == Kind::CostAware)
            .then(|| (0..stream.bundles).map(|bundle| nominal_reload_ns(stream.weighed.of_bundle(bundle))).collect()),
        oracle: (kind == Kind::Belady).then(|| Arc::new(stream.oracle())),
    });
    let mut replay = Replay::new(policy, sizes, stream.bundles, capacity_bytes);
    let (mut hits, mut decode_hits, mut bytes_read) = (0, 0, Some(0));
    for step in stream.steps() {
        let found = look_up(&mut replay, step.ids, step.number, step.first_id, counting);
        hits += found;
        decode_hits += if step.decode { found } else { 0 };
        let missed = step.ids.len() as u64 - found;
        bytes_read = bytes_read.zip(stream.weighed.of_layer(step.layer)).map(|(sum, bytes)| sum + missed * bytes);
    }
    Point {
        policy: asked.name.clone(),
        budget,
        lookups: stream.lookups,
        hits,
        decode_lookups: stream.decode_lookups,
        decode_hits,
        bytes_read,
    }
}

/// Looks the ids of a step up, the first as lookup number `first_id`; how many were there.
pub(super) fn look_up<E: Evict>(
    replay: &mut Replay<E>,
    ids: &[u32],
    step: u64,
    first_id: usize,
    counting: Counting,
) -> u64 {
    match counting {
        Counting::Steps => replay.look_up_together(ids, step, first_id),
        Counting::Lookups => {
            ids.iter().zip(first_id..).map(|(&id, place)| replay.look_up_together(&[id], step, place)).sum()
        }
    }
}

/// How long a bundle takes to read again, for a policy that weighs it where there is no device: 100 us and 2 GB/s, assumed.
pub(super) fn nominal_reload_ns(bytes: u64) -> u32 {
    u32::try_from(100_000 + bytes / 2).unwrap_or(u32::MAX)
}
