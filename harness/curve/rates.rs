//! Points of policies as the chart of hit rates takes them.

use tightfit_reports::charts::hit_rate::{Budget as Drawn, HitRate, HitRates};
use tightfit_scenarios::trace::Info;

use super::{Budget, Point, Weighed};

/// The hit rates of `points`, which are of one trace and count their budgets alike.
#[must_use]
pub fn rates(trace: &str, weighed: &Weighed, info: &Info, points: &[Point]) -> HitRates {
    let share = |hits: u64, lookups: u64| hits as f64 / lookups.max(1) as f64;
    let in_mib = matches!(points.first().map(|point| point.budget), Some(Budget::Mib(_)));
    HitRates {
        trace: trace.to_owned(),
        budget: if in_mib { Drawn::Bytes } else { Drawn::Bundles },
        token_cycle: cycle(weighed, info, in_mib),
        rows: points
            .iter()
            .map(|point| HitRate {
                policy: point.policy.clone(),
                budget: if in_mib { point.budget.number() << 20 } else { point.budget.number() },
                hit_rate: share(point.hits, point.lookups),
                decode_hit_rate: (point.decode_lookups > 0).then(|| share(point.decode_hits, point.decode_lookups)),
            })
            .collect(),
    }
}

/// What one token touches: in bytes where budgets are, else in bundles.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of counts")]
fn cycle(weighed: &Weighed, info: &Info, in_mib: bool) -> Option<u64> {
    let bundles = info.token_cycle_bundles.mean;
    let bundle_bytes = if in_mib { weighed.mean()? } else { 1 };
    Some((bundles * bundle_bytes as f64).round() as u64)
}
