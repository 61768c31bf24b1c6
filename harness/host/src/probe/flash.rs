//! Flash by read size and lanes: random aligned reads through the reader of a run, in a steady flow: there is always as much
//! to read as there are lanes. That a step's reads begin and end together is the simulator's to count.

use std::{
    fs,
    io::Write,
    ops::Range,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tightfit_engine::store::Extent;

use super::{Effort, Spread};
use crate::{
    Buffer, HostError, Reads,
    jobs::{Place, Places, Reader, Target, World, elapsed_ns},
    lanes::Lanes,
    latch::Latch,
    mapped::Mapping,
    slots::to_usize,
    storage::{Buffered, Direct, Storage},
};

/// Read sizes that are measured.
pub const SIZES_KIB: [u64; 9] = [4, 8, 16, 32, 64, 128, 256, 512, 1024];
/// Reads in flight that are measured.
pub const LANES: [u32; 6] = [1, 2, 4, 8, 16, 32];

/// Places for each lane where the probe reads: half of them are in flight while the other half is asked for, and together they
/// are more than a cache holds, as the slots of a run are.
const PLACES_A_LANE: u32 = 8;

/// Throughput, bytes a second: a row a size, a column a number of lanes.
#[derive(Clone, Debug)]
pub struct Grid(pub Vec<Vec<Spread>>);

/// How fast rows come from where a read has landed to their slots, bytes a second.
#[derive(Clone, Copy, Debug)]
pub struct Copying(pub Spread);

/// What bringing faulted pages in costs beside their read, bytes a second.
#[derive(Clone, Copy, Debug)]
pub struct PageIn(pub Spread);

/// How a read lands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// Where it belongs.
    InPlace,
    /// In its lane's buffer, from where rows of so many bytes are copied, as those are that slots of their own size hold.
    Rows(usize),
}

/// Reads whose rows are copied, one at a time: what comes after a read then shows as time.
const COPIED_READ_BYTES: u64 = 1 << 20;
const ROW_BYTES: usize = 1020;
/// A fault of the page cache reads so much: the system's own read-ahead, and the strategies'.
const FAULT_BYTES: u64 = 128 << 10;
/// Faults go through so much of the file over and over, as those of a model's weights do: pages that are let go of come back
/// with other bytes, where fresh ones would have to be had from the system first.
const FAULTED_BYTES: u64 = 64 << 20;
/// No memory copies faster.
const COPIED_MAX: f64 = 1e12;

/// A file of noise that is removed at the end.
struct Scratch(std::path::PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = fs::remove_file(&self.0);
    }
}

/// Measures the grid, the copies and the faults.
pub(super) fn grid(folder: &Path, reads: Reads, effort: Effort) -> Result<(Grid, Copying, PageIn), HostError> {
    let path = folder.join(format!("tightfit-{}.probe", std::process::id()));
    let failed = |problem| HostError::File { path: path.clone(), problem };
    let scratch = Scratch(path.clone());
    write_noise(&path, effort.file_bytes).map_err(failed)?;
    let mut rows = Vec::new();
    for size_kib in SIZES_KIB {
        let mut row = Vec::new();
        for lanes in LANES {
            let sizes = [size_kib * 1024, effort.file_bytes];
            let mut bench = Bench::new(&path, reads, sizes, [lanes, PLACES_A_LANE], Landing::InPlace, 0)?;
            let repeats = (0..effort.repeats).map(|_| bench.bytes_per_s(effort.point)).collect();
            bench.outcome()?;
            row.push(Spread::of(repeats));
        }
        rows.push(row);
    }
    let copying = copying(&path, reads, effort)?;
    let page_in = page_in(&path, reads, effort)?;
    drop(scratch);
    Ok((Grid(rows), copying, page_in))
}

/// What faults and direct reads of the same size differ by, in turn. Where faults are no slower, nothing is known but that the
/// system is fast.
fn page_in(path: &Path, reads: Reads, effort: Effort) -> Result<PageIn, HostError> {
    let failed = |problem| HostError::File { path: path.to_owned(), problem };
    let mapping = Mapping::new(fs::File::open(path).map_err(failed)?, 0).map_err(failed)?;
    let fault = |block: u64| {
        let fault = mapping.fault(Extent { offset: block * FAULT_BYTES, bytes: FAULT_BYTES });
        fault.map_err(|fault| failed(std::io::Error::other(fault.to_string())))
    };
    let faulted_bytes = FAULTED_BYTES.min(effort.file_bytes);
    let blocks = faulted_bytes / FAULT_BYTES;
    (0..blocks).try_for_each(fault)?;
    let mut direct = Bench::new(path, reads, [FAULT_BYTES, faulted_bytes], [1, PLACES_A_LANE], Landing::InPlace, 0)?;
    let mut block = (0..blocks).cycle();
    let mut rates = Vec::new();
    for _ in 0..effort.repeats {
        let plain = direct.bytes_per_s(effort.point);
        let (start, mut bytes) = (Instant::now(), 0);
        while bytes == 0 || start.elapsed() < effort.point {
            fault(block.next().expect("over and over"))?;
            bytes += FAULT_BYTES;
        }
        let faulted = bytes as f64 / start.elapsed().as_secs_f64();
        rates.push(1.0 / (1.0 / faulted - 1.0 / plain).max(1.0 / COPIED_MAX));
    }
    direct.outcome()?;
    Ok(PageIn(Spread::of(rates)))
}

/// What reads in turn in place and in rows differ by. Where rows are no slower, nothing is known but that copies are fast.
fn copying(path: &Path, reads: Reads, effort: Effort) -> Result<Copying, HostError> {
    let bench =
        |landing| Bench::new(path, reads, [COPIED_READ_BYTES, effort.file_bytes], [1, PLACES_A_LANE], landing, 0);
    let (mut in_place, mut in_rows) = (bench(Landing::InPlace)?, bench(Landing::Rows(ROW_BYTES))?);
    let mut pair = || {
        let [plain, copied] = [&mut in_place, &mut in_rows].map(|bench| bench.bytes_per_s(effort.point));
        1.0 / (1.0 / copied - 1.0 / plain).max(1.0 / COPIED_MAX)
    };
    let rates = (0..effort.repeats).map(|_| pair()).collect();
    in_place.outcome()?;
    in_rows.outcome()?;
    Ok(Copying(Spread::of(rates)))
}

/// Noise, since some devices are quick with zeroes.
fn write_noise(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    let mut block = vec![0_u8; 1 << 20];
    let mut noise = Noise(1);
    for _ in 0..bytes >> 20 {
        block.chunks_exact_mut(8).for_each(|place| place.copy_from_slice(&noise.next().to_le_bytes()));
        file.write_all(&block)?;
    }
    file.sync_all()?;
    crate::weights::forget(&file)
}

/// A generator of 64-bit numbers (splitmix64: Steele, Lea and Flood, OOPSLA 2014).
pub(super) struct Noise(pub(super) u64);

impl Noise {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        number ^ (number >> 31)
    }
}

/// One point of the grid.
pub struct Bench {
    reader: Box<dyn Reader>,
    world: Arc<World>,
    places: Places,
    landing: Landing,
    read_bytes: u64,
    file_bytes: u64,
    noise: Noise,
}

impl Bench {
    /// Reads of `read_bytes` at random aligned offsets of the first `file_bytes` of a file, `lanes` at once, each into one of
    /// `places_a_lane` (an even number) for each lane. `seed` says which offsets.
    pub fn new(
        path: &Path,
        reads: Reads,
        [read_bytes, file_bytes]: [u64; 2],
        [lanes, places_a_lane]: [u32; 2],
        landing: Landing,
        seed: u64,
    ) -> Result<Self, HostError> {
        let failed = |problem| HostError::File { path: path.to_owned(), problem };
        let storage: Box<dyn Storage> = match reads {
            Reads::Buffered => Box::new(Buffered::open(path).map_err(failed)?),
            Reads::Direct | Reads::Ring => Box::new(Direct::open(path).map_err(failed)?),
        };
        let count = (lanes * places_a_lane) as usize;
        let mut buffer = Buffer::new(to_usize(read_bytes) * count).map_err(failed)?;
        buffer.touch(0, to_usize(read_bytes) * count);
        let world = Arc::new(World { storage, before: 0, buffer, latch: Latch::default() });
        let places: Places = (0..count).map(|_| Place::default()).collect();
        let (shared, own) = (Arc::clone(&world), Arc::clone(&places));
        let reader: Box<dyn Reader> = match reads {
            #[cfg(target_os = "linux")]
            Reads::Ring => Box::new(crate::ring::Ring::new(shared, own, lanes, lanes).map_err(failed)?),
            _ => Box::new(Lanes::new(shared, own, lanes, lanes).map_err(failed)?),
        };
        let noise = Noise(seed ^ read_bytes ^ u64::from(lanes) << 40);
        Ok(Self { reader, world, places, landing, read_bytes, file_bytes, noise })
    }

    /// Asks for the reads of a half.
    fn submit(&mut self, half: Range<usize>) {
        let bytes = to_usize(self.read_bytes);
        for number in half {
            let at = self.noise.next() % (self.file_bytes / self.read_bytes) * self.read_bytes;
            let place = &self.places[number];
            let mut job = place.job();
            job.extent = Extent { offset: at, bytes: self.read_bytes };
            job.targets.clear();
            let offset = number * bytes;
            let part_bytes = if let Landing::Rows(row_bytes) = self.landing { row_bytes } else { bytes };
            job.targets.extend((0..bytes).step_by(part_bytes).map(|read_offset| {
                let (offset, bytes) = (offset + read_offset, part_bytes.min(bytes - read_offset));
                Target { read_offset, offset, bytes, room_bytes: bytes, slot: None }
            }));
            drop(job);
            place.set_landed(false);
            self.reader.submit(u32::try_from(number).expect("a few reads a lane"), false);
        }
    }

    /// Waits for the reads of a half: the last first, since those before it have then mostly landed.
    fn wait(&mut self, half: Range<usize>) {
        half.rev().for_each(|number| self.reader.wait(u32::try_from(number).expect("a few reads a lane")));
    }

    /// One repeat.
    fn bytes_per_s(&mut self, time: Duration) -> f64 {
        let (half, all) = (self.places.len() / 2, self.places.len());
        self.submit(0..half);
        self.submit(half..all);
        // The flow begins: not counted.
        self.wait(0..half);
        let start = Instant::now();
        let mut reads = 0;
        let mut halves = [half..all, 0..half].into_iter().cycle();
        let mut landed = 0..half;
        while reads == 0 || start.elapsed() < time {
            self.submit(landed);
            landed = halves.next().expect("over and over");
            self.wait(landed.clone());
            reads += half as u64;
        }
        let rate = (reads * self.read_bytes) as f64 * 1e9 / elapsed_ns(start) as f64;
        // So does its end.
        self.wait(0..all);
        rate
    }

    /// Bytes a second over a time.
    pub fn run(&mut self, time: Duration) -> Result<f64, HostError> {
        let rate = self.bytes_per_s(time);
        self.outcome()?;
        Ok(rate)
    }

    fn outcome(&self) -> Result<(), HostError> {
        match self.world.latch.fault() {
            None => Ok(()),
            Some(fault) => Err(HostError::Unsupported(format!("the probe's file: {fault}"))),
        }
    }
}
