//! Flash throughput against read size and lanes: the measured grid of a phone, and the law that is fitted to it.

use tightfit_devices::{Device, FlashLaw, Point, fit, law_ns};
use tightfit_reports::charts::lines::{self, Axis, Line, LinePanel, Lines};

use super::Drawn;
use crate::RunError;

/// The profile with the widest published table.
const DEVICE: &str = "oneplus-15r";
/// Sizes at which the law is drawn, KiB: four to each doubling.
const STEPS: i32 = 44;
const RATE: &str = "all lanes together, MB/s";

pub(super) fn draw() -> Result<Drawn, RunError> {
    let device = Device::load(DEVICE)?;
    let points: Vec<Point> = device.flash.law.points().into_iter().filter(is_published).collect();
    let Some(fit) = fit(&points) else {
        return Ok(Drawn::PassedBy(format!("{DEVICE} has no grid of measured throughput")));
    };
    let law = parameters(&fit.law);
    let mut lanes: Vec<u32> = points.iter().map(|point| point.lanes).collect();
    lanes.sort_unstable();
    lanes.dedup();
    let line = |&lanes: &u32| Line {
        name: if lanes == 1 { "1 lane".to_owned() } else { format!("{lanes} lanes") },
        points: (0..=STEPS)
            .map(|step| 4.0 * 2_f64.powf(f64::from(step) / 4.0))
            .map(|kib| (kib, rate(law, kib, lanes)))
            .collect(),
        published: points
            .iter()
            .filter(|point| point.lanes == lanes)
            .map(|point| (point.bytes as f64 / 1024.0, point.bytes_per_s as f64 / 1e6))
            .collect(),
        is_bound: false,
    };
    let all: Vec<Line> = lanes.iter().map(line).collect();
    let panel = |y: Axis| LinePanel { x: Axis::logarithmic("read size, KiB"), y, lines: all.clone() };
    let source = &device.flash.source.of("grid").from;
    Ok(lines::chart(&Lines {
        name: "flash-throughput",
        title: format!("Flash of the {}: throughput against read size and lanes", device.title),
        subtitle: format!(
            "lines: the law of four parameters; rings: the {} published points that it was fitted to, {:.0} % off on \
             average, {:.0} % at worst",
            fit.points,
            fit.mean_error * 100.0,
            fit.worst_error * 100.0
        ),
        caption: "Small reads are bound by latency, so that lanes add up; large ones by the ceiling, so that they do \
            not."
            .to_owned(),
        panels: vec![panel(Axis::linear(RATE)), panel(Axis::logarithmic(RATE))],
        notes: vec![format!("Published: {source}.")],
    })
    .into())
}

/// The other points of the grid are from a fit themselves.
fn is_published(point: &Point) -> bool {
    const KIB: u64 = 1024;
    match point.lanes {
        2 | 4 | 8 => point.bytes >= 128 * KIB,
        _ => point.bytes == 4096 * KIB,
    }
}

fn parameters(law: &FlashLaw) -> [f64; 4] {
    match law {
        FlashLaw::Parameters { read_latency, lane, reads_per_s, ceiling } => {
            [read_latency.get() as f64, lane.get() as f64, *reads_per_s as f64, ceiling.get() as f64]
        }
        FlashLaw::Grid { .. } => unreachable!("a fit gives a law"),
    }
}

/// Throughput of all lanes together, MB/s.
fn rate(law: [f64; 4], kib: f64, lanes: u32) -> f64 {
    let (bytes, lanes) = (kib * 1024.0, f64::from(lanes));
    lanes * bytes * 1e3 / law_ns(law, bytes, lanes)
}
