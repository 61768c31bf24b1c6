//! libCacheSim's oracleGeneral: 24 bytes a lookup, little endian, without padding; as it is, or packed by zstd.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use super::{open, packed::Unpacked, stream::Lookup};
use crate::trace::TraceError;

/// u32 time, u64 object, u32 size, i64 place of the next access.
const RECORD_BYTES: usize = 24;

/// Records of a file.
pub(super) struct Records {
    name: String,
    bytes: BufReader<Unpacked<BufReader<File>>>,
    number: u64,
}

impl Records {
    /// Opens a file whose length, unless it is packed, is one of whole records.
    pub(super) fn open(name: &str, path: &Path) -> Result<Self, TraceError> {
        let failed = |source| TraceError::io(name, "open", source);
        let file = open(name, path)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let unpacked = Unpacked::new(BufReader::with_capacity(1 << 16, file)).map_err(failed)?;
        if unpacked.is_plain() && bytes % RECORD_BYTES as u64 != 0 {
            let problem = format!(
                "of {bytes} bytes is no oracle-general file, which has {RECORD_BYTES} bytes a lookup; it is cut short, or \
                 of another format: give it with --from"
            );
            return Err(TraceError::NotImported { name: name.to_owned(), problem });
        }
        Ok(Self { name: name.to_owned(), bytes: BufReader::with_capacity(1 << 16, unpacked), number: 0 })
    }

    /// The next lookup.
    pub(super) fn next(&mut self) -> Result<Option<Lookup>, TraceError> {
        let mut record = [0; RECORD_BYTES];
        let mut filled = 0;
        while filled < RECORD_BYTES {
            let read = self.bytes.read(&mut record[filled..]);
            match read.map_err(|source| TraceError::io(&self.name, "read", source))? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(self.fail(format!("ends after {filled} of {RECORD_BYTES} bytes; it is cut short"))),
                read => filled += read,
            }
        }
        let place = i64::from_le_bytes(record[16..].try_into().expect("8 bytes"));
        if place < -1 {
            let problem = format!("the next access is at {place}; -1 is never, and this is no oracle-general file");
            return Err(self.fail(problem));
        }
        self.number += 1;
        Ok(Some(Lookup {
            object: u64::from_le_bytes(record[4..12].try_into().expect("8 bytes")),
            bytes: u32::from_le_bytes(record[12..16].try_into().expect("4 bytes")).into(),
        }))
    }

    fn fail(&self, problem: String) -> TraceError {
        TraceError::Record { name: self.name.clone(), record: self.number, problem }
    }
}
