//! The law of flash beside what was measured.

use tightfit_devices::{Fit, FlashLaw, Point, fit, law_ns};

const MIB: u64 = 1024 * 1024;

/// Published: `OnePlus` 15R, UFS 4.x, random direct reads, MiB/s (`BigMoeOnEdge` iobench-ceiling.md): sizes in KiB at 2, 4 and 8
/// lanes, and 4 MiB at other numbers of lanes.
const BY_SIZE: [(u64, [u64; 3]); 7] = [
    (128, [954, 1486, 1859]),
    (256, [1536, 2099, 2144]),
    (512, [1882, 2114, 2108]),
    (1024, [2085, 2235, 2251]),
    (2048, [2044, 2155, 2064]),
    (4096, [2172, 2206, 2263]),
    (8192, [2529, 2558, 2474]),
];
const BY_LANES: [(u32, u64); 8] =
    [(1, 1810), (2, 2460), (4, 2458), (8, 2420), (12, 2360), (16, 2244), (24, 2309), (32, 2255)];

fn published() -> Vec<Point> {
    let point = |kib: u64, lanes, mib_per_s: u64| Point { bytes: kib * 1024, lanes, bytes_per_s: mib_per_s * MIB };
    let by_size = BY_SIZE
        .iter()
        .flat_map(|&(kib, rates)| [2, 4, 8].into_iter().zip(rates).map(move |(lanes, rate)| point(kib, lanes, rate)));
    by_size.chain(BY_LANES.iter().map(|&(lanes, rate)| point(4096, lanes, rate))).collect()
}

#[test]
fn the_published_table_is_met_within_six_percent() {
    let points = published();
    let Fit { law, mean_error, worst_error, points: count } = fit(&points).expect("29 points");
    assert_eq!(count, 29);
    assert!(mean_error < 0.056 && worst_error < 0.18, "{law:?}: mean {mean_error}, worst {worst_error}");
    let FlashLaw::Parameters { read_latency, lane, ceiling, .. } = law else { panic!("a law") };
    assert!((200_000..250_000).contains(&read_latency.get()), "{read_latency}");
    assert!((2200 * MIB..2600 * MIB).contains(&lane.get()), "{} MiB/s a lane", lane.get() / MIB);
    assert!((2200 * MIB..2350 * MIB).contains(&ceiling.get()), "{} MiB/s together", ceiling.get() / MIB);
    // What a constant would be off by.
    let mean = points.iter().map(|point| point.bytes_per_s).sum::<u64>() as f64 / points.len() as f64;
    let errors = points.iter().map(|point| (mean / point.bytes_per_s as f64 - 1.0).abs());
    assert!(errors.fold(0.0, f64::max) > 5.0 * worst_error);
}

#[test]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some GB/s")]
fn a_law_is_found_again_from_its_own_points() {
    let truth = [80_000.0, 3e9, 150_000.0, 5e9];
    let mut points = Vec::new();
    for bytes in [4096, 16_384, 65_536, 262_144, 1_048_576, 8_388_608] {
        for lanes in [1, 2, 4, 8, 16, 32] {
            let rate = f64::from(lanes) * bytes as f64 * 1e9 / law_ns(truth, bytes as f64, f64::from(lanes));
            points.push(Point { bytes, lanes, bytes_per_s: rate as u64 });
        }
    }
    // One odd point does not bend it.
    points[20].bytes_per_s /= 2;
    let found = fit(&points).expect("36 points");
    let FlashLaw::Parameters { read_latency, lane, reads_per_s, ceiling } = found.law else { panic!("a law") };
    let found = [read_latency.get(), lane.get(), reads_per_s, ceiling.get()];
    for (found, truth) in found.into_iter().zip(truth) {
        assert!((found as f64 / truth - 1.0).abs() < 0.03, "{found} of {truth}");
    }
}

#[test]
fn too_few_points_are_no_law() {
    assert_eq!(fit(&[]), None);
    assert_eq!(fit(&published()[..2]), None);
    let device = tightfit_devices::Device::load("oneplus-15r").expect("an embedded profile");
    assert_eq!(device.flash.law.points().len(), 50);
    assert!(fit(&device.flash.law.points()).expect("a grid").mean_error < 0.08);
}

#[test]
fn the_slowest_decides_smoothly() {
    let free = 1e18;
    let alone = law_ns([100_000.0, 1e9, free, free], 1e6, 1.0);
    assert!((alone - 1_100_000.0).abs() < 1e-3, "{alone}");
    let both = law_ns([0.0, 1e9, free, 1e9], 1e6, 1.0);
    assert!((both / 1e6 - 2_f64.powf(0.25)).abs() < 1e-9, "two equal bounds: {both}");
    let twice = law_ns([0.0, 2e9, free, 1e9], 1e6, 1.0);
    assert!((1.0..1.016).contains(&(twice / 1e6)), "{twice}");
}
