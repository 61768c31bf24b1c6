//! The header of a weight store, byte by byte; all numbers little-endian.
//!
//! ```text
//! 0    8  "TIGHTFIT"          40  4  bundles
//! 8    4  version             44  4  bytes of the label
//! 12   4  read unit           48  8  parts of bundles: checksums
//! 16   8  first bundle at     56  8  blocks of dense weights: checksums
//! 24   8  bytes of bundles    64 16  identity
//! 32   8  dense bytes         80     label, checksums of both kinds, checksum of all before
//! ```

use std::fs::File;

use xxhash_rust::xxh3::xxh3_64;

use super::take;

const MAGIC: &[u8; 8] = b"TIGHTFIT";
const VERSION: u32 = 1;
const FIXED_BYTES: usize = 80;
/// No header is longer: one with more parts than this comes from a file that is none of ours.
const HEADER_BYTES_MAX: u64 = 1 << 32;

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) unit_bytes: u64,
    pub(super) data_offset: u64,
    pub(super) store_bytes: u64,
    pub(super) dense_bytes: u64,
    pub(super) bundles: u32,
    pub(super) identity: u128,
    /// What the file holds, for people.
    pub(super) label: String,
    pub(super) checksums: Vec<u64>,
    pub(super) dense_checksums: Vec<u64>,
}

impl Header {
    /// Bytes of a header with so much in it.
    pub(super) fn bytes(label: &str, checksums: usize) -> u64 {
        (FIXED_BYTES + label.len() + 8 * (checksums + 1)) as u64
    }

    /// The bytes, up to the first bundle.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        let small = |number: u64| u32::try_from(number).expect("checked when the store was laid out").to_le_bytes();
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&small(self.unit_bytes));
        for number in [self.data_offset, self.store_bytes, self.dense_bytes] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.bundles.to_le_bytes());
        out.extend_from_slice(&small(self.label.len() as u64));
        for count in [self.checksums.len(), self.dense_checksums.len()] {
            out.extend_from_slice(&(count as u64).to_le_bytes());
        }
        out.extend_from_slice(&self.identity.to_le_bytes());
        out.extend_from_slice(self.label.as_bytes());
        for checksum in self.checksums.iter().chain(&self.dense_checksums) {
            out.extend_from_slice(&checksum.to_le_bytes());
        }
        out.extend_from_slice(&xxh3_64(&out).to_le_bytes());
        let data_offset = usize::try_from(self.data_offset).expect("a header fits in memory");
        assert!(out.len() <= data_offset, "a header of {} B before {data_offset}", out.len());
        out.resize(data_offset, 0);
        out
    }

    /// Reads and checks a header.
    pub(super) fn read(file: &mut File) -> Result<Self, String> {
        let fixed =
            take(file, FIXED_BYTES).map_err(|_| "is no weight store: it is too short for a header".to_owned())?;
        if &fixed[..8] != MAGIC {
            return Err("is no weight store: it does not begin with TIGHTFIT".to_owned());
        }
        let small = |at: usize| u32::from_le_bytes(fixed[at..at + 4].try_into().expect("four bytes"));
        let large = |at: usize| u64::from_le_bytes(fixed[at..at + 8].try_into().expect("eight bytes"));
        if small(8) != VERSION {
            return Err(format!("is of version {}, this program reads {VERSION}: build it again", small(8)));
        }
        let (label_bytes, parts, blocks) = (u64::from(small(44)), large(48), large(56));
        let damaged = || "has a damaged header: build it again".to_owned();
        let rest_bytes = parts
            .checked_add(blocks)
            .and_then(|checksums| checksums.checked_add(1)?.checked_mul(8)?.checked_add(label_bytes))
            .filter(|&bytes| bytes <= HEADER_BYTES_MAX)
            .ok_or_else(damaged)?;
        let rest = take(file, usize::try_from(rest_bytes).map_err(|_| damaged())?)?;
        let (body, checksum) = rest.split_at(rest.len() - 8);
        let whole = [&fixed[..], body].concat();
        if xxh3_64(&whole).to_le_bytes() != *checksum {
            return Err(damaged());
        }
        let (label, checksums) = body.split_at(usize::try_from(label_bytes).map_err(|_| damaged())?);
        let numbers: Vec<u64> =
            checksums.chunks_exact(8).map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes"))).collect();
        let (checksums, dense_checksums) = numbers.split_at(usize::try_from(parts).map_err(|_| damaged())?);
        Ok(Self {
            unit_bytes: u64::from(small(12)),
            data_offset: large(16),
            store_bytes: large(24),
            dense_bytes: large(32),
            bundles: small(40),
            identity: u128::from_le_bytes(fixed[64..80].try_into().expect("sixteen bytes")),
            label: String::from_utf8(label.to_vec()).map_err(|_| damaged())?,
            checksums: checksums.to_vec(),
            dense_checksums: dense_checksums.to_vec(),
        })
    }
}
