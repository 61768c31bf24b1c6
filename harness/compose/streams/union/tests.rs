//! The union beside a map of counts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Union;

proptest! {
    #[test]
    fn a_union_counts_each_use(
        rounds in prop::collection::vec(prop::collection::vec(prop::collection::vec(0_u32..20, 0..9), 0..6), 1..4),
    ) {
        let mut union = Union::new(20);
        // One union serves row after row.
        for rows in rounds {
            let mut twin: BTreeMap<u32, u64> = BTreeMap::new();
            for row in &rows {
                union.add(row);
                for &bundle in row {
                    *twin.entry(bundle).or_default() += 1;
                }
            }
            for bundle in 0..20 {
                prop_assert_eq!(union.contains(bundle), twin.contains_key(&bundle));
            }
            let (bundles, uses) = union.take();
            prop_assert_eq!(bundles, twin.keys().copied().collect::<Vec<_>>());
            prop_assert_eq!(uses, twin.values().sum::<u64>());
        }
    }
}
