//! Orders on flash: the greedy linking beside its slow twin, and what an order does to the length of runs.

use proptest::prelude::*;
use tightfit_engine::{
    Geometry, Store,
    order::{self, Activity, Partners},
    plan::{Plan, ReadRules},
    store::Layout,
};

/// The activity of `tokens`, each the set of bits of a mask.
fn activity(bundles: u32, tokens: &[u64]) -> Activity {
    let mut activity = Activity::new(bundles, u32::try_from(tokens.len()).expect("a few tokens"));
    for (token, mask) in (0..).zip(tokens) {
        (0..bundles).filter(|bundle| mask >> bundle & 1 == 1).for_each(|bundle| activity.insert(bundle, token));
    }
    activity
}

fn together(tokens: &[u64], a: u32, b: u32) -> usize {
    tokens.iter().filter(|&mask| mask >> a & 1 == 1 && mask >> b & 1 == 1).count()
}

/// Greedy linking from the paper's words: the table of all pairs, whole chains as lists, two of which become one when
/// a pair has an end of each.
fn linked_slowly(bundles: u32, tokens: &[u64], partners_max: usize) -> Vec<u32> {
    let order_of = |a: u32, b: u32| (std::cmp::Reverse(together(tokens, a, b)), a.abs_diff(b), a.min(b));
    let is_partner = |a: u32, b: u32| {
        let mut partners: Vec<u32> =
            (0..bundles).filter(|&other| other != a && together(tokens, a, other) > 0).collect();
        partners.sort_by_key(|&other| (order_of(a, other), other));
        partners.iter().take(partners_max).any(|&other| other == b)
    };
    let mut pairs: Vec<(u32, u32)> = (0..bundles).flat_map(|a| (a + 1..bundles).map(move |b| (a, b))).collect();
    pairs.retain(|&(a, b)| is_partner(a, b) || is_partner(b, a));
    pairs.sort_by_key(|&(a, b)| order_of(a, b));
    let mut chains: Vec<Vec<u32>> = (0..bundles).map(|bundle| vec![bundle]).collect();
    for (a, b) in pairs {
        let at_end = |bundle: u32| {
            chains.iter().position(|chain| chain.first() == Some(&bundle) || chain.last() == Some(&bundle))
        };
        let (Some(of_a), Some(of_b)) = (at_end(a), at_end(b)) else { continue };
        if of_a == of_b {
            continue;
        }
        let mut tail = chains[of_b].clone();
        if tail.first() != Some(&b) {
            tail.reverse();
        }
        if chains[of_a].last() != Some(&a) {
            chains[of_a].reverse();
        }
        chains[of_a].extend(tail);
        chains.remove(of_b);
    }
    for chain in &mut chains {
        if chain.first() > chain.last() {
            chain.reverse();
        }
    }
    let uses = |chain: &Vec<u32>| -> usize { chain.iter().map(|&bundle| together(tokens, bundle, bundle)).sum() };
    chains.sort_by_key(|chain| (std::cmp::Reverse(uses(chain)), chain[0]));
    chains.concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn linking_is_its_slow_twins(
        bundles in 1_u32..14,
        tokens in prop::collection::vec(any::<u64>(), 1..8),
        dense in any::<bool>(),
        partners_max in 1_usize..14,
    ) {
        // Sparse masks leave bundles unused and pairs apart.
        let tokens: Vec<u64> =
            tokens.iter().map(|&mask| if dense { mask } else { mask & mask >> 16 & mask >> 32 }).collect();
        let order = order::by_co_activation(&activity(bundles, &tokens), partners_max);
        prop_assert_eq!(order, linked_slowly(bundles, &tokens, partners_max));
    }

    #[test]
    fn the_most_used_come_first(bundles in 1_u32..20, tokens in prop::collection::vec(any::<u64>(), 1..100)) {
        let activity = activity(bundles, &tokens);
        let uses = |bundle: u32| together(&tokens, bundle, bundle);
        let mut expected: Vec<u32> = (0..bundles).collect();
        expected.sort_by_key(|&bundle| (std::cmp::Reverse(uses(bundle)), bundle));
        prop_assert_eq!(order::by_popularity(&activity), expected);
        prop_assert!((0..bundles).all(|bundle| activity.uses(bundle) as usize == uses(bundle)));
    }

    #[test]
    fn partners_in_the_next_layer_are_the_first_of_all_sorted(
        bundles in 1_u32..20,
        tokens in prop::collection::vec((any::<u64>(), any::<u64>()), 1..100),
        max in 1_usize..24,
    ) {
        let (own, next): (Vec<u64>, Vec<u64>) = tokens.iter().map(|&(own, next)| (own, next & next >> 9)).unzip();
        let (own_activity, next_activity) = (activity(30, &own), activity(bundles, &next));
        let mut partners = Partners::new(max);
        for bundle in 0..30 {
            let together = |other: u32| {
                u32::try_from((0..own.len()).filter(|&at| own[at] >> bundle & next[at] >> other & 1 == 1).count())
                    .expect("a few tokens")
            };
            let mut expected: Vec<(u32, u32)> = (0..bundles).map(|other| (other, together(other))).collect();
            expected.retain(|&(_, count)| count > 0);
            expected.sort_by_key(|&(other, count)| (std::cmp::Reverse(count), other));
            expected.truncate(max);
            prop_assert_eq!(partners.across(&own_activity, bundle, &next_activity), expected);
        }
    }
}

#[test]
fn ranks_are_places_region_by_region() {
    assert_eq!(order::ranks([[2, 0, 1].as_slice(), &[1, 0]]), [1, 2, 0, 1, 0]);
}

#[test]
fn what_was_never_active_stays_in_order_at_the_end() {
    // 4 and 1 together twice, 1 and 3 once.
    let order = order::by_co_activation(&activity(6, &[0b01_0010, 0b01_0010, 0b00_1010]), 8);
    assert_eq!(order, [3, 1, 4, 0, 2, 5]);
}

/// Tokens over 256 bundles in 16 clusters, the members of cluster c being those of id c modulo 16: each token uses nine
/// tenths of a quarter of the clusters, and a stray here and there.
fn clustered(tokens: u32, seed: u64) -> Vec<Vec<u32>> {
    let mut random = seed;
    let mut draw = |below: u64| {
        random = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        (random >> 33) % below
    };
    let mut token = || {
        let clusters: Vec<bool> = (0..16).map(|_| draw(4) == 0).collect();
        let mut is_active = |bundle: u32| {
            let odds = if clusters[bundle as usize % 16] { 90 } else { 2 };
            draw(100) < odds
        };
        (0..256).filter(|&bundle| is_active(bundle)).collect()
    };
    (0..tokens).map(|_| token()).collect()
}

/// Mean bundles a read when each token's bundles are read.
fn mean_run(ranks: &[u32], tokens: &[Vec<u32>]) -> f64 {
    let mut geometry = Geometry::new();
    geometry.push(0, 256, 512, 1);
    let store = Store::ordered(geometry, Layout::Bundled, 512, ranks);
    let mut plan = Plan::new(&store, ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 1 << 20 }, 256);
    let (mut reads, mut bundles) = (0, 0);
    for active in tokens {
        let batch: Vec<(u32, u32)> = active.iter().map(|&bundle| (bundle, bundle)).collect();
        plan.build(&store, &batch);
        reads += plan.reads().count();
        bundles += active.len();
    }
    assert!(reads > 0, "nothing was read");
    bundles as f64 / reads as f64
}

#[test]
fn linking_lengthens_the_runs_of_clustered_activity() {
    let (head, rest) = (clustered(64, 1), clustered(200, 2));
    let mut profile = Activity::new(256, 64);
    for (token, active) in (0..).zip(&head) {
        for &bundle in active {
            profile.insert(bundle, token);
        }
    }
    let in_order = mean_run(&(0..256).collect::<Vec<_>>(), &rest);
    let popular = mean_run(&order::ranks([order::by_popularity(&profile).as_slice()]), &rest);
    let linked = mean_run(&order::ranks([order::by_co_activation(&profile, 32).as_slice()]), &rest);
    // A cluster of 16, of which nine tenths are active, is a run of about 6 with its strays.
    assert!(
        linked > 2.5 * in_order && linked > 2.5 * popular,
        "{linked} linked, {popular} popular, {in_order} in order"
    );
}
