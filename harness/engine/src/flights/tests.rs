//! Reads in flight beside a map of them.

extern crate std;

use std::{collections::BTreeMap, vec::Vec};

use proptest::prelude::*;

use super::Flights;
use crate::{geometry::BundleId, platform::Piece};

const BUNDLES: u32 = 6;
const READS_MAX: usize = 7;

#[derive(Clone, Debug)]
enum Call {
    Push(Vec<BundleId>),
    Remove(usize),
}

fn any_call() -> impl Strategy<Value = Call> {
    let pieces = prop::collection::vec(0..BUNDLES, 1..4);
    prop_oneof![3 => pieces.prop_map(Call::Push), 2 => any::<usize>().prop_map(Call::Remove)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn flights_are_a_map_from_tickets_to_bundles(calls in prop::collection::vec(any_call(), 1..60)) {
        let mut flights = Flights::new(BUNDLES, READS_MAX);
        let mut twin: BTreeMap<u64, Vec<BundleId>> = BTreeMap::new();
        for (ticket, call) in (0..).zip(calls) {
            match call {
                Call::Push(bundles) => {
                    let pieces_held: usize = twin.values().map(Vec::len).sum();
                    let fits = twin.len() < READS_MAX && pieces_held + bundles.len() <= READS_MAX;
                    prop_assert_eq!(flights.fits(1, bundles.len()), fits);
                    if !fits {
                        continue;
                    }
                    let piece = |&bundle: &BundleId| Piece { bundle, slot: 0, slot_offset: 0, read_offset: 0, bytes: 5 };
                    let pieces: Vec<Piece> = bundles.iter().map(piece).collect();
                    flights.push(ticket, 100 + ticket, &pieces);
                    twin.insert(ticket, bundles);
                }
                Call::Remove(_) if twin.is_empty() => prop_assert_eq!(flights.len(), 0),
                Call::Remove(index) => {
                    let index = index % flights.len();
                    let gone = flights.get(index).ticket;
                    let bundles = twin.remove(&gone).expect("a read of the twin");
                    let waits = |bundle: BundleId| twin.values().flatten().any(|&other| other == bundle);
                    let mut expected: Vec<BundleId> = bundles.into_iter().filter(|&bundle| !waits(bundle)).collect();
                    expected.sort_unstable();
                    expected.dedup();
                    let mut complete = Vec::new();
                    flights.remove(index, |bundle| complete.push(bundle));
                    complete.sort_unstable();
                    prop_assert_eq!(complete, expected);
                }
            }
            prop_assert_eq!(flights.len(), twin.len());
            for bundle in 0..BUNDLES {
                let outstanding = twin.values().flatten().filter(|&&other| other == bundle).count();
                prop_assert_eq!(flights.outstanding(bundle) as usize, outstanding);
                prop_assert_eq!(flights.holds(bundle), outstanding > 0);
            }
            for index in 0..flights.len() {
                let flight = flights.get(index);
                let mut bundles: Vec<BundleId> = flights.bundles(index).collect();
                bundles.reverse();
                prop_assert_eq!(&bundles, &twin[&flight.ticket]);
                prop_assert_eq!((flight.bytes, flight.needed_bytes), (100 + flight.ticket, 5 * bundles.len() as u64));
            }
        }
    }
}
