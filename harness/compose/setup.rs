//! A strategy in the engine's terms: how its resident set is set up, and what it reads ahead.

use tightfit_engine::{
    Overlap, Rows, Script, Setup, Store,
    bend::{Bend, Keep},
    engine::Gather,
    oracle::Foresight,
    plan::ReadRules,
    prefetch::Prefetch,
    resident::Placement,
    script::MASS_WHOLE,
};
use tightfit_scenarios::{
    Strategy,
    strategy::{self, PinnedBy, Reads, ResidentSet, Routing, Stream},
};

use super::{profile::Profile, room, stepper::Parts};

const KIB: u64 = 1024;

/// When the strategy's weights are gathered.
pub(super) fn gather(strategy: &Strategy) -> Gather {
    match strategy.stream {
        Stream::Everything => Gather::WholeLayer,
        Stream::FeedForward => Gather::FeedForward,
    }
}

/// The engine's setup for a resident set.
pub(super) fn setup<P>(
    strategy: &Strategy,
    set: &ResidentSet,
    reads: Reads,
    store: &Store,
    parts: &Parts<'_, P>,
) -> Setup {
    let &Parts { streams, budget_bytes, read_unit_bytes, .. } = parts;
    let pinned = match set.pinned_by {
        PinnedBy::Spread => room::pinned(store, streams, set.pinned_share, set.prefetch, budget_bytes),
        PinnedBy::Popularity => room::hot(store, profiled(parts.profile.as_deref()), set.pinned_share),
    };
    let pinned_bytes: u64 = pinned.iter().map(|&bundle| store.bundle_bytes(bundle)).sum();
    let read_bytes_max = u64::from(reads.read_max_kib) * KIB / read_unit_bytes * read_unit_bytes;
    Setup {
        // A share that is pinned whatever the budget may take more than the budget: the outcome then says so.
        budget_bytes: budget_bytes.max(pinned_bytes),
        placement: match set.placement {
            strategy::Placement::Compact => Placement::Compact,
            strategy::Placement::InPlace => Placement::InPlace,
        },
        rows: match set.rows {
            strategy::Rows::Needed => Rows::Needed,
            strategy::Rows::Resident => Rows::Resident,
        },
        reads: ReadRules {
            coalesce_gap_bytes: u64::from(reads.coalesce_gap_kib) * KIB,
            read_bytes_max: read_bytes_max.max(read_unit_bytes),
        },
        overlap: match set.overlap {
            strategy::Overlap::None => Overlap::None,
            strategy::Overlap::ResidentFirst => Overlap::ResidentFirst,
            strategy::Overlap::AsLanded => Overlap::AsLanded,
        },
        gather: gather(strategy),
        predictor: strategy.predictor.is_some_and(|predictor| predictor.rank > 0),
        bend: strategy.routing.as_ref().map(|routing| bend(routing, streams.cold_offset)),
        ahead_bundles_max: streams.steps.ahead_bundles_max(set.prefetch),
        pinned,
        dense_bytes: streams.dense_bytes,
        row_bundles_max: streams.steps.row_bundles_max(),
    }
}

/// What the engine reads ahead of a run of `passes` over a script that is held.
pub(super) fn prefetch<'a>(
    source: strategy::Prefetch,
    script: &'a Script,
    hints: Option<&'a Script>,
    passes: u64,
) -> Prefetch<'a> {
    match source {
        strategy::Prefetch::None => Prefetch::None,
        strategy::Prefetch::NextLayer => Prefetch::NextLayer,
        strategy::Prefetch::RepeatToken => Prefetch::RepeatToken,
        strategy::Prefetch::Oracle => Prefetch::Oracle(Foresight::new(script, passes)),
        strategy::Prefetch::Predictor { .. }
        | strategy::Prefetch::Router { .. }
        | strategy::Prefetch::Neighbours { .. } => Prefetch::Hinted(hints.expect("hints were made for this strategy")),
    }
}

/// The profile of a strategy that learns from one.
pub(super) fn profiled(profile: Option<&Profile>) -> &Profile {
    profile.expect("loading checked that what is profiled has a trace")
}

fn bend(routing: &Routing, cold_offset: u32) -> Bend {
    let keep = match (routing.top_k, routing.keep_share) {
        (Some(count), _) => Keep::Count(count.get()),
        (None, share) => Keep::Share(share.map_or(MASS_WHOLE, |share| share.of(MASS_WHOLE))),
    };
    Bend {
        keep,
        guaranteed: routing.guaranteed,
        margin: routing.margin.of(MASS_WHOLE),
        drop_below: routing.drop_cold_below.of(MASS_WHOLE),
        cold_below: routing.degrade_cold_below.of(MASS_WHOLE),
        cold_offset,
    }
}
