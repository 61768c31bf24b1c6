//! Flash by read size and lanes: random aligned reads through the reader of a run, as many at once as lanes and a few batches
//! in a row.

use std::{fs, io::Write, path::Path, sync::Arc, time::Instant};

use tightfit_engine::store::Extent;

use super::{Effort, Spread};
use crate::{
    Buffer, HostError, Reads,
    jobs::{Place, Places, Reader, Target, World, elapsed_ns},
    lanes::Lanes,
    latch::Latch,
    slots::to_usize,
    storage::{Buffered, Direct, Storage},
};

/// Read sizes that are measured.
pub const SIZES_KIB: [u64; 9] = [4, 8, 16, 32, 64, 128, 256, 512, 1024];
/// Reads in flight that are measured.
pub const LANES: [u32; 6] = [1, 2, 4, 8, 16, 32];

/// Reads of one batch for each lane: a step's reads come in batches, too.
const READS_A_LANE: usize = 8;

/// Throughput, bytes a second: a row a size, a column a number of lanes.
#[derive(Clone, Debug)]
pub struct Grid(pub Vec<Vec<Spread>>);

/// A file of noise that is removed at the end.
struct Scratch(std::path::PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = fs::remove_file(&self.0);
    }
}

/// Measures the grid.
pub(super) fn grid(folder: &Path, reads: Reads, effort: Effort) -> Result<Grid, HostError> {
    let path = folder.join(format!("tightfit-{}.probe", std::process::id()));
    let failed = |problem| HostError::File { path: path.clone(), problem };
    let scratch = Scratch(path.clone());
    write_noise(&path, effort.file_bytes).map_err(failed)?;
    let mut rows = Vec::new();
    for size_kib in SIZES_KIB {
        let mut row = Vec::new();
        for lanes in LANES {
            let mut bench = Bench::new(&path, reads, size_kib * 1024, lanes, effort.file_bytes)?;
            bench.batch();
            let repeats = (0..effort.repeats).map(|_| bench.bytes_per_s(effort)).collect();
            bench.outcome()?;
            row.push(Spread::of(repeats));
        }
        rows.push(row);
    }
    drop(scratch);
    Ok(Grid(rows))
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
    read_bytes: u64,
    file_bytes: u64,
    noise: Noise,
}

impl Bench {
    /// Reads of `read_bytes` at random aligned places of the first `file_bytes` of a file, `lanes` at once.
    pub fn new(path: &Path, reads: Reads, read_bytes: u64, lanes: u32, file_bytes: u64) -> Result<Self, HostError> {
        let failed = |problem| HostError::File { path: path.to_owned(), problem };
        let storage: Box<dyn Storage> = match reads {
            Reads::Buffered => Box::new(Buffered::open(path).map_err(failed)?),
            Reads::Direct | Reads::Ring => Box::new(Direct::open(path).map_err(failed)?),
        };
        let count = READS_A_LANE * lanes as usize;
        // As with small bundles: a read lands in its lane's buffer and is copied once; large ones land in place.
        let buffer = Buffer::new(to_usize(read_bytes) * count).map_err(failed)?;
        let world = Arc::new(World { storage, before: 0, buffer, latch: Latch::default() });
        let places: Places = (0..count).map(|_| Place::default()).collect();
        let (shared, own) = (Arc::clone(&world), Arc::clone(&places));
        let reader: Box<dyn Reader> = match reads {
            #[cfg(target_os = "linux")]
            Reads::Ring => Box::new(crate::ring::Ring::new(shared, own, lanes, lanes).map_err(failed)?),
            _ => Box::new(Lanes::new(shared, own, lanes, lanes).map_err(failed)?),
        };
        let noise = Noise(read_bytes ^ u64::from(lanes) << 40);
        Ok(Self { reader, world, places, read_bytes, file_bytes, noise })
    }

    /// Submits a batch and waits for all of it.
    pub fn batch(&mut self) {
        let bytes = to_usize(self.read_bytes);
        for (place, offset) in self.places.iter().zip((0..).step_by(bytes)) {
            let at = self.noise.next() % (self.file_bytes / self.read_bytes) * self.read_bytes;
            let mut job = place.job();
            job.extent = Extent { offset: at, bytes: self.read_bytes };
            job.targets.clear();
            job.targets.push(Target { read_offset: 0, offset, bytes, room_bytes: bytes, slot: None });
            drop(job);
            place.set_landed(false);
        }
        let count = u32::try_from(self.places.len()).expect("a few reads a lane");
        (0..count).for_each(|place| self.reader.submit(place, false));
        (0..count).for_each(|place| self.reader.wait(place));
    }

    /// One repeat.
    fn bytes_per_s(&mut self, effort: Effort) -> f64 {
        let start = Instant::now();
        let mut batches = 0_u64;
        while batches == 0 || start.elapsed() < effort.point {
            self.batch();
            batches += 1;
        }
        (batches * self.read_bytes * self.places.len() as u64) as f64 * 1e9 / elapsed_ns(start) as f64
    }

    /// Bytes a second over a time.
    pub fn run(&mut self, time: std::time::Duration) -> Result<f64, HostError> {
        let rate = self.bytes_per_s(Effort { point: time, ..Effort::default() });
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
