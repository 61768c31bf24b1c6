//! Flash: how fast reads come, as a smooth law of four parameters or as a measured grid of read size x lanes.

use serde::Deserialize;

use crate::{
    Sources, read,
    units::{Bytes, BytesPerSecond, Nanoseconds, Share},
};

/// The `[flash]` section of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "FlashFile")]
pub struct Flash {
    /// How the rate of reads depends on their size and number.
    pub law: FlashLaw,
    /// Commands in flight that the device accepts (`queue-depth`).
    pub queue_depth: u32,
    /// Smallest transfer; reads are rounded out to it (`read-unit-kib`).
    pub read_unit: Bytes,
    /// Share of its speed that is left when the device is hot (`hot-share`); none where it is not known to slow down.
    pub hot: Option<Share>,
    /// Where the numbers come from.
    pub source: Sources,
}

/// How the rate of reads depends on their size and on the lanes in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlashLaw {
    /// Latency, rate of a lane, rate of commands and a ceiling, of which the slowest decides, smoothly: see [`law_ns`].
    Parameters {
        /// From submission to first byte of an unloaded read (`read-latency-us`).
        read_latency: Nanoseconds,
        /// What one read in flight would stream at if nothing else bound it (`lane-mb-per-s`); may be above the ceiling.
        lane: BytesPerSecond,
        /// Most commands that the device completes per second (`reads-per-s`).
        reads_per_s: u64,
        /// What all lanes together stream at most (`ceiling-mb-per-s`).
        ceiling: BytesPerSecond,
    },
    /// Measured aggregate throughput by read size and lanes.
    Grid {
        /// Read sizes, ascending (`sizes-kib`).
        sizes: Vec<Bytes>,
        /// Reads in flight, ascending (`lanes`).
        lanes: Vec<u32>,
        /// All lanes together: a row per size, a column per number of lanes (`mb-per-s` or `mib-per-s`).
        throughput: Vec<Vec<BytesPerSecond>>,
    },
}

impl FlashLaw {
    /// The most that the flash ever delivers.
    #[must_use]
    pub fn ceiling(&self) -> BytesPerSecond {
        match self {
            Self::Parameters { ceiling, .. } => *ceiling,
            Self::Grid { throughput, .. } => throughput.iter().flatten().copied().max().unwrap_or_default(),
        }
    }
}

/// Time of one read of `bytes` among `lanes`, nanoseconds, by the law [latency, lane, reads per second, ceiling] in ns and
/// bytes per second.
///
/// A read alone takes latency + bytes / lane; all of them share the rate of commands and the ceiling. The time is the
/// fourth root of the sum of the fourth powers of these three: within 1.5 % of the largest where it is twice the next, and
/// 19 % above two that are equal. So throughput is a soft minimum. Nothing but the four operations and square roots, which
/// are the same on every machine.
#[must_use]
pub fn law_ns([latency_ns, lane, reads_per_s, ceiling]: [f64; 4], bytes: f64, lanes: f64) -> f64 {
    let alone = latency_ns + bytes * 1e9 / lane;
    let commands = lanes * 1e9 / reads_per_s;
    let shared = lanes * bytes * 1e9 / ceiling;
    let fourth = |time: f64| (time * time) * (time * time);
    (fourth(alone) + fourth(commands) + fourth(shared)).sqrt().sqrt()
}

/// The section as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FlashFile {
    #[serde(default, deserialize_with = "latency")]
    read_latency_us: Option<Nanoseconds>,
    #[serde(default, deserialize_with = "rate")]
    lane_mb_per_s: Option<BytesPerSecond>,
    #[serde(default, deserialize_with = "reads")]
    reads_per_s: Option<u64>,
    #[serde(default, deserialize_with = "rate")]
    ceiling_mb_per_s: Option<BytesPerSecond>,
    grid: Option<Grid>,
    #[serde(deserialize_with = "read::small_count")]
    queue_depth: u32,
    #[serde(deserialize_with = "read::size_kib")]
    read_unit_kib: Bytes,
    #[serde(default, deserialize_with = "read::optional_share")]
    hot_share: Option<Share>,
    source: Sources,
}

fn latency<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Nanoseconds>, D::Error> {
    read::latency_us(from).map(Some)
}

fn rate<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<BytesPerSecond>, D::Error> {
    read::flash_mb_per_s(from).map(Some)
}

fn reads<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    read::count(from).map(Some)
}

const LAW: &str = "`read-latency-us`, `lane-mb-per-s`, `reads-per-s` and `ceiling-mb-per-s`";

impl TryFrom<FlashFile> for Flash {
    type Error = String;

    fn try_from(file: FlashFile) -> Result<Self, Self::Error> {
        let law = (file.read_latency_us, file.lane_mb_per_s, file.reads_per_s, file.ceiling_mb_per_s);
        let law = match (law, file.grid) {
            ((None, None, None, None), Some(grid)) => grid.0,
            ((None, None, None, None), None) => {
                return Err(format!("neither a law nor a grid: give {LAW}, or a `[flash.grid]`"));
            }
            (_, Some(_)) => {
                return Err(format!("both a law and a grid: keep {LAW}, or the `[flash.grid]`, not both"));
            }
            ((Some(read_latency), Some(lane), Some(reads_per_s), Some(ceiling)), None) => {
                FlashLaw::Parameters { read_latency, lane, reads_per_s, ceiling }
            }
            (_, None) => {
                return Err(format!(
                    "a law of four needs all four: {LAW}; give them, or name a base that has them, such as ufs-4"
                ));
            }
        };
        Ok(Self {
            law,
            queue_depth: file.queue_depth,
            read_unit: file.read_unit_kib,
            hot: file.hot_share,
            source: file.source,
        })
    }
}

/// A `[flash.grid]`, checked as it is read so that the caret points at it.
#[derive(Deserialize)]
#[serde(try_from = "GridFile")]
struct Grid(FlashLaw);

/// The grid as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct GridFile {
    sizes_kib: Vec<f64>,
    lanes: Vec<u32>,
    mb_per_s: Option<Vec<Vec<f64>>>,
    mib_per_s: Option<Vec<Vec<f64>>>,
}

impl TryFrom<GridFile> for Grid {
    type Error = String;

    fn try_from(file: GridFile) -> Result<Self, Self::Error> {
        let (rows, mebi) = match (file.mb_per_s, file.mib_per_s) {
            (Some(rows), None) => (rows, false),
            (None, Some(rows)) => (rows, true),
            (Some(_), Some(_)) => {
                return Err("both `mb-per-s` and `mib-per-s`: keep one".to_owned());
            }
            (None, None) => {
                return Err("no throughput: give `mb-per-s` or `mib-per-s`, a row per size".to_owned());
            }
        };
        let sizes = file.sizes_kib.iter().map(|&size| read::grid_size(size)).collect::<Result<Vec<_>, _>>()?;
        ascending("sizes-kib", &sizes)?;
        ascending("lanes", &file.lanes)?;
        if file.lanes.first() == Some(&0) {
            return Err("`lanes` starts at 0: the least is one read in flight".to_owned());
        }
        if rows.len() != sizes.len() {
            return Err(format!(
                "{} rows of throughput for {} `sizes-kib`: give a row per size",
                rows.len(),
                sizes.len()
            ));
        }
        let mut throughput = Vec::with_capacity(rows.len());
        for (row, size) in rows.iter().zip(&file.sizes_kib) {
            if row.len() != file.lanes.len() {
                let (found, wanted) = (row.len(), file.lanes.len());
                return Err(format!(
                    "the row of {size} KiB has {found} columns for {wanted} `lanes`: give one per entry"
                ));
            }
            let row = row.iter().map(|&rate| read::grid_rate(rate, mebi)).collect::<Result<Vec<_>, _>>();
            throughput.push(row.map_err(|problem| format!("in the row of {size} KiB: {problem}"))?);
        }
        Ok(Self(FlashLaw::Grid { sizes, lanes: file.lanes, throughput }))
    }
}

/// That an axis has entries and that they grow.
fn ascending<T: PartialOrd>(key: &str, axis: &[T]) -> Result<(), String> {
    if axis.is_empty() {
        return Err(format!("`{key}` is empty: give at least one entry"));
    }
    if axis.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(format!("`{key}` is not ascending: sort its entries, each once"));
    }
    Ok(())
}
