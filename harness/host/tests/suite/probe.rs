//! The probe: a short one gives a profile that loads.

use std::time::Duration;

use tempfile::TempDir;
use tightfit_devices::{Device, FlashLaw, SourceKind};
use tightfit_host::{
    Reads,
    probe::{Effort, LANES, SIZES_KIB, Spread, measure, profile},
};

#[test]
fn a_profile_of_this_machine_loads_and_its_speeds_are_measured() {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let effort = Effort { point: Duration::from_millis(1), repeats: 1, file_bytes: 32 << 20 };
    let mut steps = Vec::new();
    let measured = measure(folder.path(), Reads::Direct, effort, |step| steps.push(step.to_owned()))
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(steps, ["DRAM", "kernels", "dispatch", "admission", "flash"]);
    let text = profile("this-machine", &measured);
    let device = Device::parse("this-machine", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let FlashLaw::Grid { sizes, lanes, throughput } = &device.flash.law else { panic!("a measured grid") };
    assert_eq!((sizes.len(), lanes.len()), (SIZES_KIB.len(), LANES.len()));
    assert!(throughput.iter().flatten().all(|rate| rate.get() > 100_000), "{throughput:?}");
    assert_eq!(device.flash.source.of("grid").kind, SourceKind::Measured);
    assert_eq!(device.memory.source.of("copy-mb-per-s").kind, SourceKind::Measured);
    assert!(device.memory.page_in.is_some_and(|rate| rate.get() > 1_000_000), "{:?}", device.memory.page_in);
    assert_eq!(device.runtimes.len(), 4);
    for runtime in &device.runtimes {
        assert!(runtime.admit.is_some_and(|rate| rate.get() > 100_000_000), "{:?}", runtime.admit);
    }
    assert!(device.sourced().iter().any(|number| number.from.contains("quartiles")));
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder").collect();
    assert!(left.is_empty(), "the probe's file was left: {left:?}");
}

#[test]
fn a_spread_is_the_middle_and_the_quarters() {
    let spread = Spread::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
    assert_eq!(spread, Spread { low: 2.0, median: 3.0, high: 4.0 });
    assert_eq!(spread.to_string(), "3.00 (quartiles 2.00 to 4.00)");
    assert_eq!(Spread::of(vec![7.0]), Spread { low: 7.0, median: 7.0, high: 7.0 });
}
