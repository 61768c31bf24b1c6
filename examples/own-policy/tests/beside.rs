//! The policy of this crate in a whole run, beside one that is built in, and alone on a stream of lookups.

use own_policy::Mru;
use tightfit::{
    OwnPolicy, Study,
    engine::{
        evict::{Room, Sizes},
        replay::Replay,
    },
};

fn study() -> Study {
    Study::of("quickstart")
        .devices(["iphone-15-pro"])
        .strategies(["lru"])
        .set("memory.limit-mb=80")
        .set("request.output-tokens=12")
}

#[test]
fn it_runs_as_a_strategy_among_others() {
    let report = study().policy(OwnPolicy::new("mru", Mru::new), "lru").run().expect("a scenario that can run");
    let [lru, mru] = report.results() else { panic!("two strategies on one phone") };
    assert_eq!((lru.strategy.as_str(), mru.strategy.as_str()), ("lru", "mru"));
    assert_eq!(lru.cache.lookups, mru.cache.lookups);
    assert!(mru.cache.hits > lru.cache.hits, "{} and {} of {}", mru.cache.hits, lru.cache.hits, lru.cache.lookups);
    assert!(report.text(None).contains("mru"));
    assert_eq!(mru.parameters["strategy.resident-set.evict.policy"], "mru");
}

#[test]
fn alone_it_hits_in_a_circle_that_is_too_long_for_lru() {
    let room = Room {
        bundles: 10,
        sizes: Sizes::Equal(1),
        capacity_bytes: 8,
        layer_firsts: vec![0],
        row_bundles_max: 1,
        reload_ns: None,
        oracle: None,
    };
    let mut replay = Replay::new(Mru::new(&room), room.sizes.clone(), room.bundles, room.capacity_bytes);
    for lookup in 0..1000 {
        replay.look_up(lookup % 10, lookup as usize);
    }
    // Seven of eight stay for ever, and the rest take turns at the last place.
    assert!(replay.tally().hits > 700, "{:?}", replay.tally());
}

#[test]
fn wrong_places_are_refused() {
    let policy = || OwnPolicy::new("mru", Mru::new);
    let refused = |like: &str, policy| study().policy(policy, like).run().expect_err("refused").to_string();
    assert_eq!(
        refused("page-cache", policy()),
        "policy `mru`: page-cache leaves eviction to the system: name one with a `[resident-set]`"
    );
    assert_eq!(
        refused("lru", OwnPolicy::new("lru", Mru::new)),
        "policy `lru`: a strategy has that name: give it another"
    );
    assert!(refused("lruu", policy()).contains("lruu"));
}
