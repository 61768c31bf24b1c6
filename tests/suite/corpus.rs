//! The corpus of the fuzz targets, and thousands of damaged copies of it, through the readers that the targets call: what
//! runs where there is no fuzzer.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

#[path = "../../fuzz/readers.rs"]
mod readers;

/// Damaged copies of each file: enough to find what a minute of fuzzing finds first.
const COPIES: u64 = 250;

fn corpus(reader: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(reader);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("an entry").path()).collect();
    files.sort();
    files
}

/// A small generator, so that a failure's number is enough to see it again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit.max(1)
    }

    /// Cuts, flips, fills, repeats, or writes a number as large as headers get.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let place = self.below(bytes.len());
            match self.below(7) {
                0 => bytes.truncate(place),
                1 => bytes.insert(place, 0xff),
                2 => drop(bytes.drain(place..(place + 4).min(bytes.len()))),
                3 => {
                    let part = bytes[place..(place + 16).min(bytes.len())].to_vec();
                    drop(bytes.splice(place..place, part));
                }
                4 => {
                    let number = [1_000_000_000_u64, u64::MAX, 0, 1 << 40][self.below(4)].to_le_bytes();
                    let end = (place + [4, 8][self.below(2)]).min(bytes.len());
                    bytes[place..end].copy_from_slice(&number[..end - place]);
                }
                5 => {
                    // A number of a text grows.
                    if let Some(digit) = bytes[place..].iter().position(u8::is_ascii_digit) {
                        drop(bytes.splice(place + digit..place + digit, *b"99999999"));
                    }
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(place) {
                        *byte ^= 1 << self.below(8);
                    }
                }
            }
        }
    }
}

/// The numbers that a failing file would be made from again.
fn survives(reader: &str, path: &Path) {
    let original = fs::read(path).expect("a file of the corpus");
    let lies = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lying"));
    assert_eq!(readers::read(reader, &original), !lies, "{}: whole files are read, lying ones refused", path.display());
    for seed in 0..COPIES {
        let mut bytes = original.clone();
        Random(seed).damage(&mut bytes);
        let result = catch_unwind(AssertUnwindSafe(|| readers::read(reader, &bytes)));
        assert!(result.is_ok(), "{}: copy {seed} is read wrongly", path.display());
    }
}

#[test]
fn every_reader_has_a_corpus_and_survives_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (reader, _) in readers::READERS {
        let files = corpus(reader);
        assert!(!files.is_empty(), "{reader}: no file in the corpus");
        assert!(folder.join(format!("fuzz_targets/{}.rs", reader.replace('-', "_"))).exists(), "{reader}: no target");
        for path in &files {
            survives(reader, path);
        }
    }
    let targets = fs::read_dir(folder.join("fuzz_targets")).expect("the targets").count();
    assert_eq!(targets, readers::READERS.len(), "a target a reader");
}
