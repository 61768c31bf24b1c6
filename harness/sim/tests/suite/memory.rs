//! What becomes of an app, at the byte.

use tightfit_sim::{Footprint, Outcome};

#[test]
fn outcomes_change_at_the_byte() {
    let of = |bytes| Outcome::of(bytes, 1000, 750);
    assert_eq!(
        [0, 750, 751, 1000, 1001].map(of),
        [Outcome::Fits, Outcome::Fits, Outcome::UnderPressure, Outcome::UnderPressure, Outcome::Killed]
    );
    assert_eq!(Outcome::of(1001, 1000, 2000), Outcome::Killed, "the limit decides before the pressure");
    assert_eq!([of(0), of(800), of(2000)].map(Outcome::as_str), ["fits", "under-pressure", "killed"]);
}

#[test]
fn a_footprint_is_the_sum_of_its_parts() {
    let footprint = Footprint { dense_bytes: 1, kv_bytes: 20, runtime_bytes: 300, resident_bytes: 4000 };
    assert_eq!(footprint.total_bytes(), 4321);
}
