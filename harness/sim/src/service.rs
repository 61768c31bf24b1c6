//! How long one read takes, by its size and the number of reads in flight with it.
//!
//! A device profile gives either a smooth law of four parameters or a measured grid. Both become one table of integer
//! nanoseconds over sizes (eight knots an octave, linear in between: the law bends too little to be seen) and lanes.

use tightfit_devices::{FlashLaw, law_ns};

const FIRST_OCTAVE: u32 = 9;
const OCTAVES: u32 = 18;
const STEPS: u32 = 8;

/// Service times, nanoseconds.
#[derive(Clone, Debug)]
pub struct ServiceTable {
    lanes: usize,
    knots_ns: Vec<u64>,
}

impl ServiceTable {
    /// Tabulates `law` for 1 to `lanes_max` reads in flight.
    #[must_use]
    pub fn new(law: &FlashLaw, lanes_max: u32) -> Self {
        let sizes = core::iter::once(0).chain((0..=OCTAVES * STEPS).map(knot_bytes));
        let knots_ns =
            sizes.flat_map(|bytes| (1..=lanes_max).map(move |lanes| service_ns(law, bytes, lanes))).collect();
        Self { lanes: lanes_max as usize, knots_ns }
    }

    /// Time from start to landing of a read of `bytes` that has `lanes` reads in flight throughout, itself included.
    #[must_use]
    pub fn read_ns(&self, bytes: u64, lanes: usize) -> u64 {
        debug_assert!((1..=self.lanes).contains(&lanes), "{lanes} of {} lanes", self.lanes);
        let knot = |index: usize| self.knots_ns[index * self.lanes + lanes - 1];
        let first = 1 << FIRST_OCTAVE;
        if bytes < first {
            return interpolate(knot(0), knot(1), bytes, FIRST_OCTAVE);
        }
        let octave = bytes.ilog2() - FIRST_OCTAVE;
        if octave >= OCTAVES {
            // Beyond the last knot the last line goes on: a read has its latency once, however long it is.
            let last = (OCTAVES * STEPS + 1) as usize;
            let width = first << (OCTAVES - 1 - STEPS.ilog2());
            let slope_ns = knot(last).saturating_sub(knot(last - 1));
            return knot(last) + scale(slope_ns, bytes - (first << OCTAVES), width);
        }
        let width_bits = octave + FIRST_OCTAVE - STEPS.ilog2();
        let step = bytes >> width_bits & u64::from(STEPS - 1);
        let index = 1 + (octave * STEPS) as usize + usize::try_from(step).expect("a step is below 8");
        interpolate(knot(index), knot(index + 1), bytes % (1 << width_bits), width_bits)
    }
}

/// Size of the knot after the one at 0: 512 B, 576 B, ... 1 KiB, 1,152 B ...
fn knot_bytes(index: u32) -> u64 {
    u64::from(STEPS + index % STEPS) << (FIRST_OCTAVE + index / STEPS - STEPS.ilog2())
}

fn interpolate(low_ns: u64, high_ns: u64, part: u64, width_bits: u32) -> u64 {
    low_ns + ((high_ns.saturating_sub(low_ns) * part + (1 << width_bits >> 1)) >> width_bits)
}

/// `value` x `part` / `whole`, rounded up, without overflow.
pub(crate) fn scale(value: u64, part: u64, whole: u64) -> u64 {
    if part == whole {
        return value;
    }
    u64::try_from((u128::from(value) * u128::from(part)).div_ceil(u128::from(whole))).unwrap_or(u64::MAX)
}

/// Service time by the profile's law or grid, rounded to the nearest nanosecond.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times are positive and below 2^53 ns")]
fn service_ns(law: &FlashLaw, bytes: u64, lanes: u32) -> u64 {
    let ns = match law {
        FlashLaw::Parameters { read_latency, lane, reads_per_s, ceiling } => {
            let rates = [lane.get(), *reads_per_s, ceiling.get()].map(|rate| rate as f64);
            law_ns([read_latency.get() as f64, rates[0], rates[1], rates[2]], bytes as f64, f64::from(lanes))
        }
        FlashLaw::Grid { sizes, lanes: columns, throughput } => {
            // Time of the grid's point (row, column): that many reads of that size, in flight together.
            let point = |row: usize, column: usize| {
                let bytes = sizes[row].get() as f64;
                f64::from(columns[column]) * bytes * 1e9 / throughput[row][column].get() as f64
            };
            let by_size = |column: usize| {
                along_sizes(sizes.len(), |row| sizes[row].get() as f64, |row| point(row, column), bytes as f64)
            };
            along_lanes(columns, by_size, f64::from(lanes))
        }
    };
    ns.round() as u64
}

/// Linear between the knots; below the first the first line goes on (it is latency and rate), above the last the rate
/// of the last.
fn along_sizes(knots: usize, size: impl Fn(usize) -> f64, time: impl Fn(usize) -> f64, at: f64) -> f64 {
    let last = knots - 1;
    if at >= size(last) {
        return time(last) * at / size(last);
    }
    if last == 0 {
        return time(0);
    }
    let row = (0..last).rev().find(|&row| at >= size(row)).unwrap_or(0);
    let slope = ((time(row + 1) - time(row)) / (size(row + 1) - size(row))).max(0.0);
    // Never faster than half the smallest size measured: a grid says nothing of shorter reads but that they wait too.
    (time(row) + slope * (at - size(row))).max(time(0) / 2.0)
}

/// Linear between the columns; fewer lanes than measured go at the lane's rate of the first column, more share the
/// throughput of the last.
fn along_lanes(columns: &[u32], time: impl Fn(usize) -> f64, at: f64) -> f64 {
    let lanes = |column: usize| f64::from(columns[column]);
    let last = columns.len() - 1;
    if at >= lanes(last) {
        return time(last) * at / lanes(last);
    }
    let Some(column) = (0..last).rev().find(|&column| at >= lanes(column)) else { return time(0) };
    let share = (at - lanes(column)) / (lanes(column + 1) - lanes(column));
    time(column) + share * (time(column + 1) - time(column))
}
