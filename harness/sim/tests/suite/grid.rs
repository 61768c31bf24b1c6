//! The embedded profiles that give a measured grid: every point of every one comes out again.

use tightfit_devices::{Device, FlashLaw};
use tightfit_sim::service::ServiceTable;

#[test]
fn every_measured_point_of_every_profile_is_reproduced() {
    let mut points = 0;
    for name in Device::names() {
        let device = Device::load(name).expect("an embedded profile");
        let FlashLaw::Grid { sizes, lanes, throughput } = &device.flash.law else { continue };
        let table = ServiceTable::new(&device.flash.law, device.flash.queue_depth);
        for (size, row) in sizes.iter().zip(throughput) {
            for (&lanes, rate) in lanes.iter().zip(row).filter(|(lanes, _)| **lanes <= device.flash.queue_depth) {
                let ns = table.read_ns(size.get(), lanes as usize);
                let found = f64::from(lanes) * size.get() as f64 * 1e9 / ns as f64;
                let expected = rate.get() as f64;
                assert!(
                    (found / expected - 1.0).abs() < 0.01,
                    "{name}: {lanes} lanes of {size}: {found} of {expected}"
                );
                points += 1;
            }
        }
    }
    assert!(points > 20, "{points} points");
}
