//! The profile: what was measured, the system's own facts, and what a profile must say that no program can measure.

use std::fmt::Write;

use sysinfo::System;

use super::{
    Measured, Spread,
    flash::{LANES, SIZES_KIB},
};
use crate::kernels::Format;

const MB: f64 = 1e6;
const REPEATS: &str = "median of repeats by tightfit device probe";
const OS: &str = if cfg!(target_os = "macos") { "macos" } else { "linux" };

/// The text of a device profile of this machine.
#[must_use]
pub fn profile(name: &str, measured: &Measured) -> String {
    let mut system = System::new().expect("this system is one that sysinfo knows");
    system.refresh_memory();
    system.refresh_cpu_all();
    let cpu = system.cpus().first().map_or_else(|| "unknown".to_owned(), |cpu| cpu.brand().trim().to_owned());
    let cores = system.cpus().len();
    let total = system.total_memory();
    let limit = system.cgroup_limits().map_or(total, |limits| limits.total_memory.min(total)).max(1);
    let Measured { grid, bandwidth, rates, dispatch, page_in, .. } = measured;
    // A copied byte is read and written, one from flash is written: the bus carries at least twice the one and all of the other.
    let landed = grid.0.iter().flatten().map(|rate| rate.median).fold(0.0, f64::max);
    let peak = bandwidth.peak.median.max(bandwidth.stream.median).max(2.0 * bandwidth.copy.median).max(landed);
    let mut text = String::new();
    let mut line = |words: String| {
        let _ = writeln!(text, "{words}");
    };
    line(format!("# {cpu}, {cores} processors, as tightfit device probe measured it.\n"));
    line(format!("schema = 1\nname = \"{name}\"\ntitle = \"{name}: {} ({cores} processors)\"", plain(&cpu)));
    line(format!("soc = \"{}\"\nclass = \"desktop\"\nos = \"{OS}\"\n", plain(&cpu)));

    line(format!("[memory]\ntotal-mb = {:.0}", total as f64 / MB));
    line(format!("bandwidth-mb-per-s = {:.0}", (peak / MB).ceil()));
    line(format!("copy-mb-per-s = {:.0}", (bandwidth.copy.median / MB).floor()));
    line(format!("page-kib = {}", rustix::param::page_size() / 1024));
    line(format!("page-in-mb-per-s = {:.0}", (page_in.0.median / MB).ceil()));
    line(format!("app-limit-mb = {:.0}\npressure-share = 0.9\n", (limit.min(total) as f64 / MB).floor()));
    line("[memory.source]".to_owned());
    line(source("default", "measured", "the system's own account (sysinfo)"));
    let of_peak = format!(
        "the highest of all threads reading {}, one reading {}, twice the copy rate and flash, MB/s; {REPEATS}",
        bandwidth.peak.times(1.0 / MB),
        bandwidth.stream.times(1.0 / MB)
    );
    line(source("bandwidth-mb-per-s", "measured", &of_peak));
    line(source("copy-mb-per-s", "measured", &format!("{} MB/s; {REPEATS}", bandwidth.copy.times(1.0 / MB))));
    let faults = format!(
        "faults of 128 KiB of a mapped file beside direct reads, {} MB/s; {REPEATS}",
        page_in.0.times(1.0 / MB)
    );
    line(source("page-in-mb-per-s", "measured", &faults));
    line(source("pressure-share", "assumed", "no system publishes one") + "\n");

    line(format!("[flash]\nqueue-depth = {}\nread-unit-kib = 4\n", LANES[LANES.len() - 1]));
    line("[flash.grid]".to_owned());
    line(format!("sizes-kib = {SIZES_KIB:?}\nlanes = {LANES:?}\nmb-per-s = ["));
    for row in &grid.0 {
        let rates: Vec<String> = row.iter().map(|rate| format!("{:.1}", rate.median / MB)).collect();
        line(format!("    [{}],", rates.join(", ")));
    }
    line("]\n\n[flash.source]".to_owned());
    let from = format!(
        "reads past the page cache, random and aligned, through the reader of a run; {REPEATS}; {}",
        widths(&grid.0)
    );
    line(source("default", "measured", &from));
    line(source("read-unit-kib", "measured", "direct reads are whole units of it"));
    line(source("queue-depth", "measured", "as many as were tried; the device may accept more") + "\n");

    let of = |format: Format| rates.iter().find(|rates| rates.format == format).expect("all formats are measured");
    let peaks = [("f32", Format::F32), ("f16", Format::F16), ("i8", Format::Q8_0), ("i4", Format::Q4_1)];
    let gflops: Vec<String> =
        peaks.iter().map(|&(name, format)| format!("{name} = {:.3}", of(format).peak.median / 1e9)).collect();
    line(format!("[cpu]\ngflops = {{ {} }}", gflops.join(", ")));
    line(format!("bandwidth-share = {:.4}", (bandwidth.stream.median / peak).min(1.0)));
    line(format!("dispatch-us = {:.3}\nactive-mw = 15000\n", dispatch.0.median / 1000.0));
    line("[cpu.source]".to_owned());
    let spreads: Vec<String> =
        peaks.iter().map(|&(name, format)| format!("{name} {}", of(format).peak.times(1e-9))).collect();
    let from = format!("one thread over rows in its cache, GFLOP/s: {}; {REPEATS}", spreads.join(", "));
    line(source("default", "measured", &from));
    line(source("bandwidth-share", "measured", "one thread reading, of the bandwidth above"));
    line(source("dispatch-us", "measured", &format!("a kernel without rows, {} ns; {REPEATS}", dispatch.0)));
    line(source("active-mw", "assumed", "there is no meter; energy on this machine means nothing") + "\n");

    text.push_str(&runtimes(measured));
    text.push_str(&unmeasured());
    text
}

/// A runtime for each format of rows: what its kernels attain, and what its reads cost beside the flash.
fn runtimes(measured: &Measured) -> String {
    let Measured { rates, admission, copying, .. } = measured;
    let mut text = String::new();
    let mut line = |words: String| {
        let _ = writeln!(text, "{words}");
    };
    let admitted = format!(
        "bookkeeping of rows of 1 KiB over a store that answers at once, {} MB/s; {REPEATS}",
        admission.0.times(1.0 / MB)
    );
    let scattered = format!(
        "the copy of rows of 1 KiB from a reader's buffer, by which reads of 1 MiB in rows are longer than others, {} MB/s; \
         {REPEATS}",
        copying.0.times(1.0 / MB)
    );
    for (name, format, compute) in [
        ("host-f32", Format::F32, "f32"),
        ("host-f16", Format::F16, "f16"),
        ("host-q8", Format::Q8_0, "i8"),
        ("host-q4", Format::Q4_1, "i4"),
    ] {
        let rates = rates.iter().find(|rates| rates.format == format).expect("all formats are measured");
        line(format!("[[runtime]]\nname = \"{name}\"\nprocessor = \"cpu\"\ncompute-format = \"{compute}\""));
        line(format!(
            "bandwidth-share = 1.0\ncompute-share = {:.4}",
            (rates.attained.median / rates.peak.median).clamp(0.0001, 1.0)
        ));
        line(format!("admit-mb-per-s = {:.0}", (admission.0.median / MB).ceil()));
        line(format!("scatter-mb-per-s = {:.0}", (copying.0.median / MB).ceil()));
        line("token-overhead-us = 0\nmemory-mb = 24\n\n[runtime.source]".to_owned());
        let from =
            format!("{} over rows from DRAM, {} GFLOP/s; {REPEATS}", format.as_str(), rates.attained.times(1e-9));
        line(source("default", "measured", &from));
        line(source("bandwidth-share", "derived", "the time of rows from DRAM is in compute-share"));
        line(source("admit-mb-per-s", "measured", &admitted));
        line(source("scatter-mb-per-s", "measured", &scattered));
        line(source("token-overhead-us", "derived", "a replayed run samples nothing"));
        line(
            source("memory-mb", "assumed", "8 for activations, 2 for the buffer of each of eight lanes (a huge page)")
                + "\n",
        );
    }
    text
}

/// Power and heat, of which no program here can measure anything.
fn unmeasured() -> String {
    let power = source("default", "assumed", "there is no meter; energy on this machine means nothing");
    let heat = source("default", "assumed", "a fan holds it; it never binds");
    format!(
        "[power]\nidle-mw = 10000\ndram-pj-per-byte = 56\nflash-pj-per-byte = 106.4\n\n[power.source]\n{power}\n\n\
         [heat]\nsustained-mw = 100000\ntime-constant-s = 300\n\n[heat.source]\n{heat}\n"
    )
}

fn source(key: &str, kind: &str, from: &str) -> String {
    format!("{key} = {{ kind = \"{kind}\", from = \"{}\" }}", plain(from))
}

/// Text that TOML takes between quotes.
fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| if letter == '"' || letter == '\\' || letter.is_control() { ' ' } else { letter })
        .collect()
}

/// How far the points of a grid spread.
fn widths(rows: &[Vec<Spread>]) -> String {
    let mut widths: Vec<f64> =
        rows.iter().flatten().map(|point| (point.high - point.low) / point.median * 100.0).collect();
    widths.sort_by(f64::total_cmp);
    let (middle, last) = (widths[widths.len() / 2], widths[widths.len() - 1]);
    format!("between its quartiles the median point spreads {middle:.0} %, the widest {last:.0} %")
}
