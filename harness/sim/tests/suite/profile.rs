//! Small device profiles with round numbers, and platforms of them.

use tightfit_devices::{Device, ProcessorKind, Stored, WeightFormat};
use tightfit_engine::{
    platform::{Cause, Kernel, KernelKind, Platform, Read},
    store::Extent,
};
use tightfit_sim::{Costs, LayerCosts, SimPlatform, Spec};

/// A law of four: 100 us, 1,000 MB/s a lane, 50,000 reads/s, 4,000 MB/s together.
pub(crate) const LAW: &str =
    "read-latency-us = 100\nlane-mb-per-s = 1000\nreads-per-s = 50000\nceiling-mb-per-s = 4000\n";

/// 100 us and 1 ns a byte, with so many commands and such a ceiling that lanes do not meet: exact to the nanosecond for
/// reads of up to some 100 KB.
pub(crate) const ALONE: &str =
    "read-latency-us = 100\nlane-mb-per-s = 1000\nreads-per-s = 1000000000\nceiling-mb-per-s = 40000\n";

/// A grid of three sizes and three numbers of lanes.
pub(crate) const GRID: &str = "[flash.grid]\nsizes-kib = [4, 64, 1024]\nlanes = [1, 4, 16]\nmb-per-s = [\n[30, 110, 400],\n[400, 1300, 2000],\n[1500, 2400, 2500],\n]\n";

/// A device whose flash is `flash` with a queue of `queue_depth`; powers in mW: idle, active, sustained; tau in seconds.
pub(crate) fn device(flash: &str, queue_depth: u32, powers: [u64; 3], time_constant_s: u64) -> Device {
    device_with(flash, queue_depth, powers, time_constant_s, "")
}

/// The same with further keys of `[heat]`.
pub(crate) fn device_with(flash: &str, queue_depth: u32, powers: [u64; 3], time_constant_s: u64, heat: &str) -> Device {
    let [idle, active, sustained] = powers;
    let source = "default = { kind = \"assumed\", from = \"a test\" }";
    let (law, grid) = if flash.starts_with('[') { ("", flash) } else { (flash, "") };
    let text = format!(
        "schema = 1\nname = \"test\"\ntitle = \"Test\"\nsoc = \"T1\"\nclass = \"board\"\nos = \"linux\"\n\
         [memory]\ntotal-mb = 8000\nbandwidth-mb-per-s = 50000\ncopy-mb-per-s = 20000\npage-kib = 16\n\
         app-limit-mb = 4000\npressure-share = 0.75\n[memory.source]\n{source}\n\
         [flash]\n{law}queue-depth = {queue_depth}\nread-unit-kib = 4\n{grid}[flash.source]\n{source}\n\
         [cpu]\ngflops = {{ f32 = 100, f16 = 200 }}\nbandwidth-share = 0.8\ndispatch-us = 7\nactive-mw = {active}\n\
         [cpu.source]\n{source}\n\
         [[runtime]]\nname = \"bare\"\nprocessor = \"cpu\"\ncompute-format = \"f16\"\nbandwidth-share = 0.5\n\
         compute-share = 0.25\ntoken-overhead-us = 300\nmemory-mb = 10\n[runtime.source]\n{source}\n\
         [power]\nidle-mw = {idle}\ndram-pj-per-byte = 50\nflash-pj-per-byte = 100.5\n[power.source]\n{source}\n\
         [heat]\nsustained-mw = {sustained}\ntime-constant-s = {time_constant_s}\n{heat}[heat.source]\n{source}\n"
    );
    Device::parse("test profile", &text).expect("the test's profile is right")
}

/// A device with `LAW` or `GRID` that is never too hot.
pub(crate) fn cool(flash: &str, queue_depth: u32) -> Device {
    device(flash, queue_depth, [500, 3000, 90_000], 60)
}

/// What kernels cost: layer 0 is heavy on operations, layer 1 on bytes; attained are 50 GFLOPS and 20 GB/s.
pub(crate) fn costs() -> Costs {
    let stored = |weights, bytes| Stored::one(WeightFormat::Int4, weights, bytes);
    let operations = LayerCosts { dense: stored(2_500_000, 1000), row: stored(25_000, 10), ..Default::default() };
    let bytes = LayerCosts {
        dense: stored(500, 2_000_000),
        kv_bytes: 128,
        attention_flops: 64,
        row: stored(5, 20_000),
        cold_row: stored(5, 5_000),
        predictor: stored(50_000, 400_000),
        ..Default::default()
    };
    Costs { layers: vec![operations, bytes], head: stored(1_000_000, 4_000_000), ..Costs::default() }
}

/// A platform that keeps up to `lanes` reads in flight.
pub(crate) fn platform(device: &Device, lanes: u32) -> SimPlatform {
    let runtime = device.runtime("bare", ProcessorKind::Cpu).expect("the test's runtime");
    let mut platform = SimPlatform::new(Spec { device, runtime, costs: costs(), lanes, prefetch_lanes: lanes });
    platform.reserve(512);
    platform
}

/// A read of `bytes`.
pub(crate) fn read(bytes: u64, cause: Cause) -> Read {
    Read { extent: Extent { offset: 0, bytes }, cause }
}

/// A kernel over one position.
pub(crate) fn kernel(kind: KernelKind, layer: u32, rows: u32) -> Kernel {
    Kernel { kind, layer, tokens: 1, sequences: 1, context: 1, rows, cold_rows: 0, row_uses: rows.into() }
}
