//! Thousands of damaged files: each reads as some trace or gives an error; none panics, none exhausts memory.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::sample;
use crate::trace::read_bytes;

/// A small generator, so that a failure's number is enough to see it again.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    pub(super) fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let place = self.below(bytes.len());
            match self.below(8) {
                0 => bytes.truncate(place.max(1)),
                1 => {
                    bytes.remove(place);
                    bytes.push(0);
                }
                2 => bytes.insert(place, 0xff),
                3 => bytes[place] = 0xff,
                4 => bytes[place] = 0,
                5 => bytes[place] = u8::try_from(self.below(256)).unwrap(),
                _ => bytes[place] ^= 1 << self.below(8),
            }
        }
    }
}

fn survives(original: &[u8], rounds: u64, first: u64) {
    let mut refused = 0;
    for seed in first..first + rounds {
        let mut bytes = original.to_vec();
        Random(seed).damage(&mut bytes);
        let result = catch_unwind(AssertUnwindSafe(|| read_bytes("damaged", bytes)));
        let Ok(result) = result else { panic!("seed {seed} panics") };
        refused += u64::from(result.is_err());
    }
    assert!(refused > rounds / 3, "damage shows: {refused} of {rounds} refused");
}

#[test]
fn damaged_files_of_ours_are_refused() {
    for scores in [false, true] {
        survives(&sample::bytes(&sample::scattered(4, 2, 40, scores)), 4000, 0);
    }
    survives(&sample::bytes(&sample::scattered(50, 2, 300, true)), 2000, 1 << 32);
}

#[test]
fn damaged_files_by_pyarrow_are_refused() {
    for name in ["default", "int64", "small-groups", "delta"] {
        let path = format!("{}/tests-data/trace/{name}.parquet", env!("CARGO_MANIFEST_DIR"));
        survives(&std::fs::read(path).unwrap(), 2000, 0);
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = sample::bytes(&sample::scattered(4, 2, 40, true));
    for length in 0..bytes.len() {
        assert!(read_bytes("cut", bytes[..length].to_vec()).is_err(), "{length} of {} bytes", bytes.len());
    }
}
