//! The store on disk: what is written comes back, and nothing that was changed passes for it.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::PathBuf,
};

use tightfit_engine::{Store, store::Layout};
use tightfit_host::{HostError, WeightFile, weights::Contents};

use super::case::{BUNDLE_BYTES, DENSE_BYTES, Disk, Noise, geometry, shuffled};

fn error_of(disk: &Disk) -> String {
    let opened = WeightFile::open(disk.file.path(), &disk.store, DENSE_BYTES);
    opened.expect_err("the file was changed").to_string()
}

#[test]
fn every_bundle_lies_where_the_engine_says_in_every_layout() {
    for store in
        [Store::new(geometry(), Layout::Bundled, 4096), Store::new(geometry(), Layout::Separate, 4096), shuffled()]
    {
        let disk = Disk::new(store);
        let file = fs::File::open(disk.file.path()).expect("the file");
        let mut bundles = 0;
        for bundle in 0..disk.store.geometry().bundles() {
            let mut wanted = vec![0; usize::try_from(BUNDLE_BYTES).expect("small")];
            Noise.bundle(bundle, &mut wanted).expect("noise");
            let mut found = Vec::new();
            for part in 0..disk.store.parts(bundle) {
                let extent = disk.store.extent(bundle, part);
                let mut bytes = vec![0; usize::try_from(extent.bytes).expect("small")];
                file.read_exact_at(&mut bytes, disk.file.data_offset() + extent.offset).expect("within the file");
                found.extend(bytes);
            }
            assert_eq!(found, wanted, "bundle {bundle}");
            bundles += 1;
        }
        assert_eq!(bundles, 288);
        assert_eq!(disk.file.data_offset() % 4096, 0);
        assert_eq!(file.metadata().expect("its length").len() % 4096, 0);
        assert!(!fs::exists(disk.folder.path().join("weights.unfinished")).expect("looked"));
    }
}

#[test]
fn a_cut_file_is_refused_wherever_it_is_cut() {
    let disk = Disk::bundled();
    let whole = fs::metadata(disk.file.path()).expect("its length").len();
    for length in [whole - 1, whole - 4096, disk.file.data_offset(), 500, 80, 20, 0] {
        OpenOptions::new().write(true).open(disk.file.path()).expect("the file").set_len(length).expect("cut");
        let text = error_of(&disk);
        assert!(text.contains("cut off") || text.contains("too short"), "{length} B: {text}");
    }
}

#[test]
fn any_flipped_bit_of_the_header_is_found() {
    let disk = Disk::bundled();
    let file = OpenOptions::new().read(true).write(true).open(disk.file.path()).expect("the file");
    let header_bytes = 80 + "noise".len() as u64 + 8 * (288 + 1 + 1);
    for at in (0..header_bytes).step_by(13).chain([header_bytes - 1]) {
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).expect("within the file");
        file.write_all_at(&[byte[0] ^ 0x10], at).expect("written");
        let text = error_of(&disk);
        assert!(text.contains("weights.store"), "{text}");
        file.write_all_at(&byte, at).expect("written");
    }
    WeightFile::open(disk.file.path(), &disk.store, DENSE_BYTES).expect("all bits are as they were");
}

#[test]
fn a_file_of_another_kind_or_layout_is_refused() {
    let disk = Disk::bundled();
    let other = Disk::new(Store::new(geometry(), Layout::Separate, 4096));
    let error = WeightFile::open(other.file.path(), &disk.store, DENSE_BYTES).expect_err("another layout");
    assert!(matches!(error, HostError::Foreign { .. }), "{error:?}");
    assert!(error.to_string().contains("holds noise: its 288 bundles lie otherwise"), "{error}");
    let text: PathBuf = disk.folder.path().join("text");
    fs::write(
        &text,
        "not a store, but long enough that it could have a header of eighty bytes, which it has not at all",
    )
    .expect("written");
    let error = WeightFile::open(&text, &disk.store, DENSE_BYTES).expect_err("a text");
    assert!(error.to_string().ends_with("is no weight store: it does not begin with TIGHTFIT"), "{error}");
}
