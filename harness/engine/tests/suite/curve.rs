//! Whole curves beside a replay at every size.

use std::sync::Arc;

use proptest::prelude::*;
use tightfit_engine::{
    Script,
    curve::{Curve, Depths, Gain, priority::PriorityStack, recency::Recency, sample::Sampler},
    evict::{At, Evict, Sizes, belady::Belady, lru::Lru},
    geometry::BundleId,
    oracle::Oracle,
    replay::Replay,
};

/// Rows as decode passes of one layer.
pub(crate) fn script(rows: &[Vec<BundleId>]) -> Script {
    let mut script = Script::new(1);
    for row in rows {
        script.push_pass(false, 1);
        script.push_row(row.iter().copied(), row.len() as u64);
    }
    script
}

fn steps(script: &Script) -> impl Iterator<Item = (At, &[BundleId])> {
    (0..script.decode_passes()).map(|pass| {
        let row = script.row(pass, 0);
        (At { step: pass as u64, id: row.first_id }, row.active)
    })
}

/// Every second step is of the prompt, so that both counts are seen.
fn is_decode(at: At) -> bool {
    at.step % 2 == 1
}

fn replayed(policy: impl Evict, script: &Script, bundles: u32, sizes: &Sizes, capacity_bytes: u64) -> Gain {
    let mut replay = Replay::new(policy, sizes.clone(), bundles, capacity_bytes);
    let mut gain = Gain::default();
    let mut asked_bytes = 0;
    for (at, row) in steps(script) {
        let hits = replay.look_up_together(row, at.step, at.id);
        gain.hits += hits;
        gain.decode_hits += hits * u64::from(is_decode(at));
        asked_bytes += row.iter().map(|&bundle| sizes.of(bundle)).sum::<u64>();
    }
    gain.bytes = asked_bytes - replay.tally().read_bytes;
    gain
}

fn lru(script: &Script, bundles: u32, sizes: &Sizes) -> Curve {
    let (mut recency, mut depths) = (Recency::new(bundles, sizes.clone()), Depths::default());
    for (at, row) in steps(script) {
        for &bundle in row {
            if let Some(depth_bytes) = recency.depth_bytes(bundle) {
                depths.push(depth_bytes, Gain::one(is_decode(at), sizes.of(bundle)));
            }
        }
        for &bundle in row {
            recency.touch(bundle);
        }
    }
    depths.curve()
}

/// The curve of a stack whose keys are the next use, or for LRU the time since the last.
fn by_priority(script: &Script, bundles: u32, key: impl Fn(At) -> u64) -> Curve {
    let mut stack = PriorityStack::new(bundles, script.row_bundles_max());
    let mut depths = Depths::default();
    for (at, row) in steps(script) {
        let key = |place| key(At { step: at.step, id: at.id + place });
        stack.step(row, key, |_, depth| depths.push(depth, Gain::one(is_decode(at), 1)));
    }
    depths.curve()
}

/// Checks all curves of a stream at every size; returns the hits of LRU and of Belady, summed over sizes.
fn check(rows: &[Vec<BundleId>], bundles: u32) -> [u64; 2] {
    let script = script(rows);
    let oracle = Oracle::new(&script, bundles, rows.len() as u64);
    let curve = lru(&script, bundles, &Sizes::Equal(1));
    assert_eq!(by_priority(&script, bundles, |at| u64::MAX - at.id as u64), curve, "{rows:?}");
    let belady = by_priority(&script, bundles, |at| oracle.next_use(at).map_or(u64::MAX, |position| position as u64));
    let mut sums = [0; 2];
    for size in 0..=u64::from(bundles) + 1 {
        let units = Sizes::Equal(1);
        assert_eq!(
            curve.at(size),
            replayed(Lru::new(bundles), &script, bundles, &units, size),
            "LRU, {size}: {rows:?}"
        );
        let policy = Belady::new(bundles, 0, Arc::new(oracle.clone()));
        assert_eq!(belady.at(size), replayed(policy, &script, bundles, &units, size), "Belady, {size}: {rows:?}");
        assert!(belady.at(size).hits >= curve.at(size).hits);
        sums = [sums[0] + curve.at(size).hits, sums[1] + belady.at(size).hits];
    }
    sums
}

#[test]
fn every_small_stream() {
    let (mut streams, mut strictly_better) = (0, 0);
    for length in 1..=7_u32 {
        for number in 0..4_u32.pow(length) {
            let rows: Vec<Vec<u32>> = (0..length).map(|at| vec![number / 4_u32.pow(at) % 4]).collect();
            let [lru, belady] = check(&rows, 4);
            streams += 1;
            strictly_better += u32::from(belady > lru);
        }
    }
    assert_eq!(streams, 4 + 16 + 64 + 256 + 1024 + 4096 + 16384);
    assert!(strictly_better > 1000, "Belady better {strictly_better} times");
}

/// Every row is a set of bundles, by its bits.
#[test]
fn every_small_script_of_rows() {
    let mut hits = 0;
    for number in 0..8_u32.pow(5) {
        let row = |at| (0..3).filter(|bit| (number / 8_u32.pow(at) % 8) >> bit & 1 == 1).collect();
        let [lru, belady] = check(&(0..5).map(row).collect::<Vec<_>>(), 3);
        hits += lru + belady;
    }
    assert!(hits > 100_000, "{hits} hits");
}

fn rows(bundles: u32, row_max: usize, steps_max: usize) -> impl Strategy<Value = Vec<Vec<u32>>> {
    let row = prop::collection::btree_set(0..bundles, 0..=row_max);
    prop::collection::vec(row.prop_map(|row| row.into_iter().collect()), 1..steps_max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_stream(rows in rows(12, 1, 200)) {
        check(&rows, 12);
    }

    #[test]
    fn any_script_of_rows(rows in rows(12, 7, 60)) {
        check(&rows, 12);
    }

    /// A byte on either side of every step of the curve, from the largest bundle on.
    #[test]
    fn unequal_bundles_of_lru(rows in rows(9, 4, 80), sizes in prop::collection::vec(1_u32..30, 9)) {
        let floor_bytes = u64::from(*sizes.iter().max().expect("nine sizes"));
        let (script, sizes) = (script(&rows), Sizes::Each(sizes));
        let curve = lru(&script, 9, &sizes);
        let around = curve.points().iter().flat_map(|&(depth_bytes, _)| [depth_bytes - 1, depth_bytes]);
        for size in around.chain([floor_bytes, u64::from(u32::MAX)]).filter(|&size| size >= floor_bytes) {
            prop_assert_eq!(curve.at(size), replayed(Lru::new(9), &script, 9, &sizes, size), "{} bytes", size);
        }
    }
}

/// In a cache that one bundle does not fit, what passes it by has to be left out of the stream.
#[test]
fn below_the_largest_bundle_the_curve_is_of_another_cache() {
    let script = script(&[vec![0], vec![1], vec![0]]);
    let sizes = Sizes::Each(vec![2, 5]);
    assert_eq!(lru(&script, 2, &sizes).at(4).hits, 0);
    assert_eq!(replayed(Lru::new(2), &script, 2, &sizes, 4).hits, 1);
}

/// A Zipf(0.9) stream by a fixed generator: rank r is drawn with a weight of 1/r^0.9, tabulated in whole numbers.
fn zipf(bundles: u32, lookups: usize) -> Vec<u32> {
    let mut sum = 0.0_f64;
    let ends: Vec<f64> = (1..=bundles)
        .map(|rank| {
            sum += f64::from(rank).powf(-0.9);
            sum
        })
        .collect();
    let mut state = 1_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (state >> 11) as f64 / (1_u64 << 53) as f64 * sum;
        u32::try_from(ends.partition_point(|&end| end <= at)).expect("a rank").min(bundles - 1)
    };
    (0..lookups).map(|_| draw()).collect()
}

#[test]
fn samples_of_all_groups_hold_every_bundle_once() {
    let stream = zipf(1000, 20_000);
    let mut sampler = Sampler::new(1000, Sizes::Equal(1), 8);
    for &bundle in &stream {
        sampler.step(&[bundle], true);
    }
    let cold = sampler.curve().misses(u64::MAX);
    let distinct = stream.iter().collect::<std::collections::BTreeSet<_>>().len() as u64;
    assert_eq!(cold.iter().map(|misses| misses.all).sum::<u64>(), 8 * distinct, "every bundle is in one class");
    assert_eq!(cold.map(|misses| misses.all), cold.map(|misses| misses.decode));
}

#[test]
fn a_sample_is_right_within_its_own_error() {
    const BUNDLES: u32 = 100_000;
    let stream = zipf(BUNDLES, 1_000_000);
    let (mut recency, mut depths) = (Recency::new(BUNDLES, Sizes::Equal(1)), Depths::default());
    let mut samples = Sampler::new(BUNDLES, Sizes::Equal(1), 80);
    for &bundle in &stream {
        if let Some(depth_bytes) = recency.depth_bytes(bundle) {
            depths.push(depth_bytes, Gain::one(true, 1));
        }
        recency.touch(bundle);
        samples.step(&[bundle], true);
    }
    let (exact, estimates) = (depths.curve(), samples.curve());
    let lookups = stream.len() as f64;
    for size in [500, 2000, 5000, 10_000, 20_000, 40_000, 80_000] {
        let ratio = (lookups - exact.at(size).hits as f64) / lookups;
        let ratios = estimates.misses(size).map(|misses| misses.all as f64 / lookups);
        let mean = ratios.iter().sum::<f64>() / 8.0;
        let error = (ratios.iter().map(|ratio| (ratio - mean).powi(2)).sum::<f64>() / (8.0 * 7.0)).sqrt();
        assert!(error > 0.0 && error < 0.03, "{size}: a spread of {error}");
        // 2.36 standard errors are 95 % of Student's distribution with 7 degrees of freedom.
        assert!((mean - ratio).abs() < 2.36 * error, "{size}: {mean} ± {error}, exactly {ratio}");
    }
}

#[test]
fn neither_structure_allocates_in_a_step() {
    let rows: Vec<Vec<u32>> = (0..300).map(|at| vec![at * 7 % 40, 40 + at * 11 % 40]).collect();
    let mut recency = Recency::new(80, Sizes::Equal(1));
    let mut stack = PriorityStack::new(80, 2);
    let mut found = 0;
    let counted = allocation_counter::measure(|| {
        for (row, at) in rows.iter().zip(0_u64..) {
            found += row.iter().filter_map(|&bundle| recency.depth_bytes(bundle)).count();
            stack.step(row, |_| u64::MAX - at, |_, _| found += 1);
            for &bundle in row {
                recency.touch(bundle);
            }
        }
    });
    assert_eq!((counted.count_total, found), (0, 2 * (600 - 80)));
}
