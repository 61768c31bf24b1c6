//! The weight store on disk: a header, then bundles where the engine's [`Store`] says, then the weights that are always in
//! DRAM.
//!
//! The first bundle lies at a multiple of the read unit, and so does every region; bundles within a region stay packed, and
//! reads are rounded out, as in the simulator. The header holds an identity, which is a digest of where every part of every
//! bundle lies, a checksum of each such part, and one of each block of the dense weights, and is itself checksummed:
//! a file that was cut, that is of another geometry or layout, or whose bits changed is refused or found out.

mod build;
mod header;

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use tightfit_engine::{BundleId, Store, store::Extent};
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

pub use build::{Contents, build};
use header::Header;

use crate::{Fault, HostError};

/// Bytes of the dense weights that share a checksum.
const DENSE_BLOCK_BYTES: usize = 1 << 18;

/// An opened weight store whose header was checked.
#[derive(Clone, Debug)]
pub struct WeightFile {
    path: PathBuf,
    header: Header,
    /// Number of the first checksum of each bundle.
    firsts: Vec<u32>,
}

impl WeightFile {
    /// Opens a store of this layout with so many bytes of dense weights.
    pub fn open(path: &Path, store: &Store, dense_bytes: u64) -> Result<Self, HostError> {
        let foreign = |problem: String| HostError::Foreign { path: path.to_owned(), problem };
        let file_error = |problem| HostError::File { path: path.to_owned(), problem };
        let mut file = File::open(path).map_err(file_error)?;
        let file_bytes = file.metadata().map_err(file_error)?.len();
        let header = Header::read(&mut file).map_err(foreign)?;
        if header.unit_bytes != store.read_unit_bytes() || header.identity != identity(store, dense_bytes) {
            return Err(foreign(format!(
                "holds {}: its {} bundles lie otherwise than this run reads them; build one for this model, quantization \
                 and layout (tightfit store build), or leave --store out",
                header.label, header.bundles
            )));
        }
        let wanted = header.data_offset + header.store_bytes + header.dense_bytes.next_multiple_of(header.unit_bytes);
        if file_bytes != wanted {
            return Err(foreign(format!(
                "has {file_bytes} B where {wanted} were written: it was cut off; build it again"
            )));
        }
        Ok(Self { path: path.to_owned(), header, firsts: firsts(store) })
    }

    /// What the file says that it holds, without a layout to compare it with.
    pub fn label(path: &Path) -> Result<String, HostError> {
        let mut file = File::open(path).map_err(|problem| HostError::File { path: path.to_owned(), problem })?;
        let header =
            Header::read(&mut file).map_err(|problem| HostError::Foreign { path: path.to_owned(), problem })?;
        Ok(header.label)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Byte of the file at which the first bundle lies.
    #[must_use]
    pub fn data_offset(&self) -> u64 {
        self.header.data_offset
    }

    /// Weights that are always in DRAM.
    #[must_use]
    pub fn dense_bytes(&self) -> u64 {
        self.header.dense_bytes
    }

    /// Whether the parts of `bundle`, one after the other, are what was written.
    pub fn check_bundle<'p>(
        &self,
        store: &Store,
        bundle: BundleId,
        mut part: impl FnMut(u32) -> &'p [u8],
    ) -> Result<(), Fault> {
        for number in 0..store.parts(bundle) {
            let checksum = self.header.checksums[(self.firsts[bundle as usize] + number) as usize];
            if xxh3_64(part(number)) != checksum {
                let what = format!("part {number} of bundle {bundle}");
                return Err(Fault::Checksum { what, extent: store.extent(bundle, number) });
            }
        }
        Ok(())
    }

    /// Whether the dense weights are what was written.
    pub fn check_dense(&self, dense: &[u8]) -> Result<(), Fault> {
        let blocks = dense.chunks(DENSE_BLOCK_BYTES).zip(&self.header.dense_checksums);
        for ((block, checksum), number) in blocks.zip(0_u64..) {
            if xxh3_64(block) != *checksum {
                let offset = self.header.store_bytes + number * DENSE_BLOCK_BYTES as u64;
                let extent = Extent { offset, bytes: block.len() as u64 };
                return Err(Fault::Checksum { what: format!("block {number} of the dense weights"), extent });
            }
        }
        Ok(())
    }

    /// Lets the page cache go of the file, so that what is read next comes from flash. A system that can't be told so keeps
    /// its pages.
    pub fn forget(&self) -> io::Result<()> {
        forget(&File::open(&self.path)?)
    }
}

#[cfg(target_os = "linux")]
pub(crate) fn forget(file: &File) -> io::Result<()> {
    Ok(rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn forget(_file: &File) -> io::Result<()> {
    Ok(())
}

/// A digest of where every part of every bundle lies.
fn identity(store: &Store, dense_bytes: u64) -> u128 {
    let mut digest = Xxh3Default::new();
    let mut add = |number: u64| digest.update(&number.to_le_bytes());
    add(store.read_unit_bytes());
    add(store.bytes());
    add(dense_bytes);
    for bundle in 0..store.geometry().bundles() {
        for part in 0..store.parts(bundle) {
            let extent = store.extent(bundle, part);
            add(extent.offset);
            add(extent.bytes);
        }
    }
    digest.digest128()
}

/// Number of the first part of each bundle, counted over all.
fn firsts(store: &Store) -> Vec<u32> {
    let mut next = 0;
    let first = |bundle| {
        let first = next;
        next += store.parts(bundle);
        first
    };
    (0..store.geometry().bundles()).map(first).collect()
}

/// Reads exactly `bytes`, or says that the file ends before.
fn take(file: &mut File, bytes: usize) -> Result<Vec<u8>, String> {
    let mut taken = Vec::new();
    let read = file.take(bytes as u64).read_to_end(&mut taken).map_err(|error| error.to_string())?;
    if read == bytes { Ok(taken) } else { Err("ends within its header: it was cut off; build it again".to_owned()) }
}
