//! Writes a weight store: region by region, so that no more than one region is in memory.

use std::{
    fs::{self, File},
    io::{self, Seek, SeekFrom, Write},
    path::Path,
};

use tightfit_engine::{BundleId, Store, geometry::Region};
use xxhash_rust::xxh3::xxh3_64;

use super::{DENSE_BLOCK_BYTES, WeightFile, firsts, forget, header::Header, identity};
use crate::{HostError, slots::to_usize};

/// What a store is filled with. A bundle's bytes do not depend on where it lies.
pub trait Contents {
    /// The bytes of a bundle, its parts one after the other.
    fn bundle(&mut self, bundle: BundleId, into: &mut [u8]) -> Result<(), HostError>;

    /// The dense weights from byte `offset` on.
    fn dense(&mut self, offset: u64, into: &mut [u8]) -> Result<(), HostError>;
}

/// Writes a store of this layout to `path`, which appears whole or not at all.
pub fn build(
    path: &Path,
    store: &Store,
    dense_bytes: u64,
    label: &str,
    contents: &mut impl Contents,
) -> Result<WeightFile, HostError> {
    let unfinished = path.with_extension("unfinished");
    let written = write(&unfinished, store, dense_bytes, label, contents);
    let moved = written.and_then(|()| {
        fs::rename(&unfinished, path).map_err(|problem| HostError::File { path: path.to_owned(), problem })
    });
    if moved.is_err() {
        // The error that is told is why it could not be written, not why it could not be tidied up.
        let _ = fs::remove_file(&unfinished);
    }
    moved?;
    WeightFile::open(path, store, dense_bytes)
}

fn write(
    path: &Path,
    store: &Store,
    dense_bytes: u64,
    label: &str,
    contents: &mut impl Contents,
) -> Result<(), HostError> {
    let failed = |problem: io::Error| HostError::File { path: path.to_owned(), problem };
    let mut file = File::create(path).map_err(failed)?;
    let unit_bytes = store.read_unit_bytes();
    let firsts = firsts(store);
    let bundles = store.geometry().bundles();
    let parts = firsts.last().map_or(0, |&first| (first + store.parts(bundles - 1)) as usize);
    let blocks = to_usize(dense_bytes).div_ceil(DENSE_BLOCK_BYTES);
    let mut header = Header {
        unit_bytes,
        data_offset: Header::bytes(label, parts + blocks).next_multiple_of(unit_bytes),
        store_bytes: store.bytes(),
        dense_bytes,
        bundles,
        identity: identity(store, dense_bytes),
        label: label.to_owned(),
        checksums: vec![0; parts],
        dense_checksums: Vec::with_capacity(blocks),
    };
    let mut image = Vec::new();
    for region in store.geometry().regions() {
        let first = to_usize(u64::from(firsts[region.first as usize]));
        let offset = fill(store, region, contents, &mut image, &mut header.checksums[first..])?;
        file.seek(SeekFrom::Start(header.data_offset + offset)).map_err(failed)?;
        file.write_all(&image).map_err(failed)?;
    }
    file.seek(SeekFrom::Start(header.data_offset + header.store_bytes)).map_err(failed)?;
    let mut offset = 0;
    while offset < dense_bytes {
        image.clear();
        image.resize(DENSE_BLOCK_BYTES.min(to_usize(dense_bytes - offset)), 0);
        contents.dense(offset, &mut image)?;
        header.dense_checksums.push(xxh3_64(&image));
        file.write_all(&image).map_err(failed)?;
        offset += image.len() as u64;
    }
    let end = header.data_offset + header.store_bytes + dense_bytes.next_multiple_of(unit_bytes);
    file.set_len(end).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    file.write_all(&header.encode()).map_err(failed)?;
    // On flash, and out of the page cache: what is read next is really read.
    file.sync_all().map_err(failed)?;
    forget(&file).map_err(failed)
}

/// Fills `image` with a region and `checksums` with those of its parts. Returns where the region begins.
fn fill(
    store: &Store,
    region: &Region,
    contents: &mut impl Contents,
    image: &mut Vec<u8>,
    checksums: &mut [u64],
) -> Result<u64, HostError> {
    let region_bytes = region.bundle_bytes * u64::from(region.count);
    let start = region.bundles().map(|bundle| store.extent(bundle, 0).offset).min().expect("a region has bundles");
    image.clear();
    image.resize(to_usize(region_bytes), 0);
    let mut checksums = checksums.iter_mut();
    let mut bytes = vec![0; to_usize(region.bundle_bytes)];
    for bundle in region.bundles() {
        contents.bundle(bundle, &mut bytes)?;
        let mut rest = &bytes[..];
        for part in 0..store.parts(bundle) {
            let extent = store.extent(bundle, part);
            let (own, others) = rest.split_at(to_usize(extent.bytes));
            rest = others;
            *checksums.next().expect("a checksum for every part") = xxh3_64(own);
            let at = to_usize(extent.offset - start);
            image[at..at + own.len()].copy_from_slice(own);
        }
    }
    Ok(start)
}
