//! The table of service times beside the law that it tabulates.

use proptest::prelude::*;
use tightfit_devices::{FlashLaw, law_ns};
use tightfit_sim::service::ServiceTable;

use crate::profile::{GRID, LAW, cool};

fn law_of(law: &FlashLaw, bytes: u64, lanes: u64) -> f64 {
    let FlashLaw::Parameters { read_latency, lane, reads_per_s, ceiling } = law else { panic!("a law of four") };
    let [lane, reads, ceiling] = [lane.get(), *reads_per_s, ceiling.get()].map(|rate| rate as f64);
    law_ns([read_latency.get() as f64, lane, reads, ceiling], bytes as f64, lanes as f64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Over an eighth of an octave the law is nearly straight: the table's line lies at most 0.3 % above it.
    #[test]
    fn the_table_is_the_law(bytes in 1_u64..120_000_000, lanes in 1_u32..33) {
        let law = cool(LAW, 32).flash.law;
        let table = ServiceTable::new(&law, 32);
        let expected = law_of(&law, bytes, lanes.into());
        let found = table.read_ns(bytes, lanes as usize) as f64;
        prop_assert!(found >= expected - 1.0 && found <= expected * 1.003 + 1.0, "{} of {}", found, expected);
    }

    #[test]
    fn more_bytes_and_more_lanes_never_take_less_time(
        (low, high) in (1_u64..20_000_000, 1_u64..20_000_000),
        lanes in 1_usize..32,
        grid in any::<bool>(),
    ) {
        let table = ServiceTable::new(&cool(if grid { GRID } else { LAW }, 32).flash.law, 32);
        let (low, high) = (low.min(high), low.max(high));
        prop_assert!(table.read_ns(low, lanes) <= table.read_ns(high, lanes));
        prop_assert!(table.read_ns(high, lanes) <= table.read_ns(high, lanes + 1));
    }
}
