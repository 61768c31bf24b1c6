//! What must hold between profiles: a newer chip of a line is nowhere slower, and a larger one neither.

use tightfit_devices::{ComputeFormat, Device, ProcessorKind};

/// Lines of devices, each from the slowest to the fastest.
const LINES: &[&[&str]] = &[
    &["iphone-12", "iphone-13", "iphone-14", "iphone-15", "iphone-16", "iphone-17"],
    &["iphone-13-pro", "iphone-14-pro", "iphone-15-pro", "iphone-16-pro", "iphone-17-pro"],
    &["macbook-air-m1", "macbook-air-m2", "macbook-pro-m3", "macbook-pro-m4", "macbook-air-m5"],
    &["mac-mini-m1", "macbook-pro-m1-pro", "macbook-pro-m1-max", "mac-studio-m1-ultra"],
    &["macbook-pro-m1-pro", "mac-mini-m2-pro", "macbook-pro-m4-pro", "macbook-pro-m5-pro"],
    &["macbook-pro-m1-max", "macbook-pro-m2-max", "macbook-pro-m3-max", "macbook-pro-m4-max", "macbook-pro-m5-max"],
    &["mac-studio-m1-ultra", "mac-studio-m2-ultra", "mac-studio-m3-ultra"],
    &["galaxy-s22", "galaxy-s23", "galaxy-s24", "oneplus-13", "poco-f8-ultra"],
    &["pc-rtx-3070", "pc-rtx-3080", "pc-rtx-3090", "pc-rtx-4090", "pc-rtx-5090"],
];

fn load(name: &str) -> Device {
    Device::load(name).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn memory_and_gpu_grow_along_a_line() {
    for (slower, faster) in LINES.iter().flat_map(|line| line.windows(2)).map(|pair| (load(pair[0]), load(pair[1]))) {
        let pair = format!("{} and {}", slower.name, faster.name);
        assert!(slower.memory.bandwidth <= faster.memory.bandwidth, "{pair}: bandwidth");
        let (Some(below), Some(above)) = (&slower.gpu, &faster.gpu) else { panic!("{pair}: a GPU each") };
        assert!(below.flops_per_s(ComputeFormat::F16) <= above.flops_per_s(ComputeFormat::F16), "{pair}: the GPU");
        let attained = |device: &Device| {
            let share = device.processor(ProcessorKind::Gpu).expect("a GPU").bandwidth_share;
            share.of(device.memory.bandwidth.get())
        };
        assert!(attained(&slower) <= attained(&faster), "{pair}: what the GPU reads");
    }
}

#[test]
fn a_neural_engine_of_a_mac_reads_no_more_than_was_measured() {
    let macs = Device::names().iter().map(|name| load(name)).filter(|device| device.title.starts_with("Mac"));
    let mut found = 0;
    for device in macs {
        let engine = device.npu.as_ref().expect("a neural engine");
        let read = engine.bandwidth_share.of(device.memory.bandwidth.get());
        assert!((54_000_000_000..127_000_000_000).contains(&read), "{}: {read} B/s", device.name);
        found += 1;
    }
    assert!(found > 20, "{found} Macs");
}
