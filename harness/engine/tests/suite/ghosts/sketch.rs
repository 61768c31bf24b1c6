//! The sketch beside a map of counters and true counts.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tightfit_engine::evict::sketch::Sketch;

proptest! {
    /// Never too low; exact while few bundles share many counters. Some counters go round.
    #[test]
    fn a_sketch_counts_what_was_added(
        uses in prop::collection::vec((prop::option::weighted(0.98, 0_u32..40), 1_u16..200), 0..400),
    ) {
        let mut sketch = Sketch::new(1000);
        let mut counts: BTreeMap<u32, u16> = BTreeMap::new();
        for (bundle, times) in uses {
            if let Some(bundle) = bundle {
                for _ in 1..times {
                    sketch.add(&sketch.places(bundle));
                }
                sketch.count(bundle);
                *counts.entry(bundle).or_default() += times;
            } else {
                sketch.halve();
                for count in counts.values_mut() {
                    *count /= 2;
                }
            }
            for (&bundle, &count) in &counts {
                prop_assert_eq!(sketch.estimate(&sketch.places(bundle)), count, "bundle {}", bundle);
            }
        }
    }

    #[test]
    fn a_crowded_sketch_errs_upwards(uses in prop::collection::vec(0_u32..200, 0..600)) {
        let mut sketch = Sketch::new(3);
        let mut counts: BTreeMap<u32, u16> = BTreeMap::new();
        for bundle in uses {
            sketch.add(&sketch.places(bundle));
            *counts.entry(bundle).or_default() += 1;
        }
        for (&bundle, &count) in &counts {
            prop_assert!(sketch.estimate(&sketch.places(bundle)) >= count);
        }
    }
}

#[test]
fn a_count_goes_round_and_stops() {
    let mut sketch = Sketch::new(1000);
    let places = sketch.places(7);
    for count in 1..=33_000_u16 {
        sketch.add(&places);
        assert_eq!(sketch.estimate(&places), count.min(32_895));
    }
    for halved in [16_447, 8223, 4111, 2055, 1027, 513, 256, 128, 64, 32] {
        sketch.halve();
        assert_eq!(sketch.estimate(&places), halved);
    }
    sketch.add(&places);
    assert_eq!(sketch.estimate(&places), 33);
}
