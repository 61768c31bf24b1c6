//! Whole curves as CSV: a row for each size at which a policy hits more than in the size before.

use std::fmt::Write;

use tightfit_engine::{
    curve::{
        Depths, Gain,
        priority::PriorityStack,
        recency::Recency,
        sample::{CLASSES, Misses, Sampler},
    },
    evict::{At, Kind, Sizes},
};

use super::{Asked, Counting, Stream};
use crate::RunError;

/// The exact curves of `policies`, each from one pass; sizes are bundles if `in_units`, else bytes.
///
/// LRU's is exact from the largest bundle on, Belady's needs bundles of one size.
pub fn all_sizes(stream: &Stream, policies: &[Asked], in_units: bool, counting: Counting) -> Result<String, RunError> {
    let sizes = stream.weighed.sizes(in_units);
    let mut text = format!("policy,{},lookups,hits,decode_lookups,decode_hits,bytes_read\n", column(in_units));
    for Asked { name, kind } in policies {
        let (depths, unit) = match (kind, &sizes) {
            (Kind::Lru, _) => (recency(stream, &sizes, counting), 1),
            (Kind::Belady, Sizes::Equal(bytes)) => (belady(stream, counting), *bytes),
            (Kind::Belady, Sizes::Each(_)) => {
                return Err(RunError::Usage(
                    "the curve of belady over all sizes needs bundles of one size, and the trace has several: count \
                     bundles, with --budget-units, or leave belady out"
                        .to_owned(),
                ));
            }
            _ => {
                return Err(RunError::Usage(format!(
                    "all sizes at once are known of lru and belady, not of {name}: give budgets for it instead"
                )));
            }
        };
        let total_bytes = stream.steps().map(|step| Some(step.ids.len() as u64 * stream.weighed.of_layer(step.layer)?));
        let total_bytes: Option<u64> = total_bytes.sum();
        for &(depth, gain) in depths.curve().points() {
            let read = total_bytes.map_or_else(String::new, |total| (total - gain.bytes).to_string());
            let (size, hits, decode_hits) = (depth * unit, gain.hits, gain.decode_hits);
            let (lookups, decode_lookups) = (stream.lookups, stream.decode_lookups);
            let _ = writeln!(text, "{name},{size},{lookups},{hits},{decode_lookups},{decode_hits},{read}");
        }
    }
    Ok(text)
}

/// LRU's curve from a sample of about `share` of the bundles, with its standard errors.
pub fn sampled(
    stream: &Stream,
    policies: &[Asked],
    in_units: bool,
    counting: Counting,
    share: f64,
) -> Result<String, RunError> {
    if !matches!(policies, [Asked { kind: Kind::Lru, .. }]) {
        return Err(RunError::Usage("a curve from a sample is known of lru only: ask for --curve lru".to_owned()));
    }
    let groups = (CLASSES as f64 / share).round().clamp(CLASSES as f64, f64::from(u32::MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of u32")]
    let mut sampler = Sampler::new(stream.bundles, stream.weighed.sizes(in_units), groups as u32);
    for_each_row(stream, counting, |ids, _, decode| sampler.step(ids, decode));
    let curve = sampler.curve();
    let mut text = format!(
        "policy,{},lookups,hits,hits_standard_error,decode_lookups,decode_hits,decode_hits_standard_error\n",
        column(in_units)
    );
    for size in curve.sizes_bytes() {
        let misses = curve.misses(size);
        let [all, decode] =
            [|misses: &Misses| misses.all, |misses: &Misses| misses.decode].map(|part| estimate(&misses, part));
        let (lookups, decode_lookups) = (stream.lookups, stream.decode_lookups);
        let (hits, decode_hits) = (lookups as f64 - all.0, decode_lookups as f64 - decode.0);
        let _ = writeln!(
            text,
            "lru,{size},{lookups},{hits:.1},{:.1},{decode_lookups},{decode_hits:.1},{:.1}",
            all.1, decode.1
        );
    }
    Ok(text)
}

/// Mean of the classes' estimates, and its standard error.
fn estimate(misses: &[Misses; CLASSES], part: impl Fn(&Misses) -> u64) -> (f64, f64) {
    let classes = CLASSES as f64;
    let mean = misses.iter().map(|misses| part(misses) as f64).sum::<f64>() / classes;
    let squares: f64 = misses.iter().map(|misses| (part(misses) as f64 - mean).powi(2)).sum();
    (mean, (squares / (classes * (classes - 1.0))).sqrt())
}

fn column(in_units: bool) -> &'static str {
    if in_units { "budget_units" } else { "budget_bytes" }
}

/// Hands on what is judged at once: its ids, where it stands, whether it is of a generated token.
fn for_each_row(stream: &Stream, counting: Counting, mut row: impl FnMut(&[u32], At, bool)) {
    for step in stream.steps() {
        let at = |place: usize| At { step: step.number, id: step.first_id + place };
        match counting {
            Counting::Steps => row(step.ids, at(0), step.decode),
            Counting::Lookups => {
                step.ids.iter().enumerate().for_each(|(place, &id)| row(&[id], at(place), step.decode));
            }
        }
    }
}

fn recency(stream: &Stream, sizes: &Sizes, counting: Counting) -> Depths {
    let (mut recency, mut depths) = (Recency::new(stream.bundles, sizes.clone()), Depths::default());
    for_each_row(stream, counting, |ids, _, decode| {
        for &id in ids {
            if let Some(depth_bytes) = recency.depth_bytes(id) {
                depths.push(depth_bytes, Gain::one(decode, stream.weighed.of_bundle(id)));
            }
        }
        for &id in ids {
            recency.touch(id);
        }
    });
    depths
}

fn belady(stream: &Stream, counting: Counting) -> Depths {
    let oracle = stream.oracle();
    let mut stack = PriorityStack::new(stream.bundles, stream.script.row_bundles_max());
    let mut depths = Depths::default();
    for_each_row(stream, counting, |ids, at, decode| {
        let next = |place| oracle.next_use(At { step: at.step, id: at.id + place });
        let key = |place| next(place).map_or(u64::MAX, |position| position as u64);
        stack.step(ids, key, |id, depth| depths.push(depth, Gain::one(decode, stream.weighed.of_bundle(id))));
    });
    depths
}
