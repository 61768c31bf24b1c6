//! From measured throughputs to the law of four parameters, with its error.
//!
//! On the published table of a UFS 4.x phone (`BigMoeOnEdge`, `OnePlus` 15R: 128 KiB to 8 MiB at 2, 4 and 8 lanes, and 4 MiB
//! at 1 to 32) the law is 5 % off on average and 18 % at worst, where the best constant is 15 % and 116 % off.

use crate::{
    FlashLaw, law_ns, simplex,
    units::{BytesPerSecond, Nanoseconds},
};

/// A measured throughput of all lanes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Size of each read.
    pub bytes: u64,
    /// Reads in flight.
    pub lanes: u32,
    /// What they came to.
    pub bytes_per_s: u64,
}

/// A law and how well it says what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The law.
    pub law: FlashLaw,
    /// Mean of the relative errors, a share.
    pub mean_error: f64,
    /// Largest of them.
    pub worst_error: f64,
    /// How many points it was fitted to.
    pub points: usize,
}

/// Errors beyond this count in proportion and no more in square: a few odd points don't bend the law.
const ODD: f64 = 0.1;
/// Reads as small as this at this many lanes tell the rate of commands; without them it is left out of the way.
const SMALL_BYTES: u64 = 16 * 1024;
const MANY_LANES: u32 = 8;
/// A rate of commands that binds nothing.
const UNBOUND_READS_PER_S: f64 = 1e6;

/// The law nearest to `points` in relative error; none for fewer points than it has parameters.
#[must_use]
pub fn fit(points: &[Point]) -> Option<Fit> {
    let fastest = points.iter().map(|point| point.bytes_per_s).max()? as f64;
    let has_commands = points.iter().any(|point| point.bytes <= SMALL_BYTES && point.lanes >= MANY_LANES);
    let wanted = if has_commands { 4 } else { 3 };
    if points.len() < wanted || points.iter().any(|point| point.bytes * u64::from(point.lanes) * point.bytes_per_s == 0)
    {
        return None;
    }
    // Logarithms, so that a parameter can't become negative and a step is a factor.
    let start = [1e5_f64, fastest * 1.5, 2e5, fastest].map(f64::ln);
    let parameters = |[latency, lane, reads, ceiling]: &[f64; 4]| {
        let reads = if has_commands { reads.exp() } else { UNBOUND_READS_PER_S };
        [latency.exp(), lane.exp(), reads, ceiling.exp()]
    };
    let cost = |at: &[f64; 4]| -> f64 {
        let parameters = parameters(at);
        points.iter().map(|point| robust((throughput(parameters, point) / point.bytes_per_s as f64).ln())).sum()
    };
    let rounded = parameters(&simplex::lowest(cost, start, 0.3, 800)).map(f64::round);
    let errors: Vec<f64> =
        points.iter().map(|point| (throughput(rounded, point) / point.bytes_per_s as f64 - 1.0).abs()).collect();
    Some(Fit {
        law: law(rounded),
        mean_error: errors.iter().sum::<f64>() / errors.len() as f64,
        worst_error: errors.iter().copied().fold(0.0, f64::max),
        points: points.len(),
    })
}

impl FlashLaw {
    /// The points of a grid; none for a law.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let Self::Grid { sizes, lanes, throughput } = self else { return Vec::new() };
        let row = |(size, rates): (&crate::Bytes, &Vec<BytesPerSecond>)| -> Vec<Point> {
            let point =
                |(&lanes, rate): (&u32, &BytesPerSecond)| Point { bytes: size.get(), lanes, bytes_per_s: rate.get() };
            lanes.iter().zip(rates).map(point).collect()
        };
        sizes.iter().zip(throughput).flat_map(row).collect()
    }
}

/// Squared near zero, in proportion beyond (Huber's loss).
fn robust(error: f64) -> f64 {
    let size = error.abs();
    if size <= ODD { size * size } else { ODD * (2.0 * size - ODD) }
}

fn throughput(parameters: [f64; 4], point: &Point) -> f64 {
    let (bytes, lanes) = (point.bytes as f64, f64::from(point.lanes));
    lanes * bytes * 1e9 / law_ns(parameters, bytes, lanes)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "exponentials, rounded, below 2^53")]
fn law([latency, lane, reads, ceiling]: [f64; 4]) -> FlashLaw {
    FlashLaw::Parameters {
        read_latency: Nanoseconds::new(latency as u64),
        lane: BytesPerSecond::new(lane as u64),
        reads_per_s: reads as u64,
        ceiling: BytesPerSecond::new(ceiling as u64),
    }
}
