//! A trail beside a queue that is searched from end to end.

use alloc::collections::VecDeque;

use proptest::prelude::*;

use super::Trail;
use crate::evict::numbers::FIRST_RING;

const BUNDLES: u32 = 300;

/// Bundles in the order of their uses, the oldest first.
#[derive(Default)]
struct Twin(VecDeque<u32>);

impl Twin {
    fn forget(&mut self, bundle: u32) -> bool {
        let place = self.0.iter().position(|&other| other == bundle);
        place.is_some_and(|place| self.0.remove(place).is_some())
    }
}

proptest! {
    /// Uses of a part of the bundles, some taken out by name or from the old end: the ring grows, and goes around.
    #[test]
    fn a_trail_keeps_the_order_of_uses(
        used in 40..BUNDLES,
        uses in prop::collection::vec((0..BUNDLES, 0_u32..10), 3000..4000),
    ) {
        let (mut trail, mut twin) = (Trail::new(BUNDLES), Twin::default());
        for (bundle, what) in uses {
            let bundle = bundle % used;
            let was_there = twin.forget(bundle);
            match what {
                0 => {
                    if was_there {
                        trail.forget(bundle);
                    }
                }
                _ if was_there => trail.renew(bundle),
                _ => trail.push(bundle),
            }
            if what > 0 {
                twin.0.push_back(bundle);
            }
            if what == 1 {
                prop_assert_eq!(trail.pop(), twin.0.pop_front());
            }
            prop_assert_eq!(trail.oldest(), twin.0.front().copied());
        }
        prop_assert!(trail.log.numbers.ring > FIRST_RING, "the ring has {} entries", trail.log.numbers.ring);
        while let Some(bundle) = twin.0.pop_front() {
            prop_assert_eq!(trail.pop(), Some(bundle));
        }
        prop_assert_eq!(trail.pop(), None);
    }
}
