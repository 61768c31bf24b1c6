//! Traces as the streams that cache simulators read: one record a lookup, with the place of the next one.
//!
//! Places count from 1, and -1 is never: so the files that libCacheSim comes with have it (its
//! `data/cloudPhysicsIO.oracleGeneral.bin` in all of its 64,898 reuses), and its simulator's clock shows 1 at the first request.

mod rows;

pub use rows::{RowFormat, export_rows};

use std::{
    fmt::Arguments,
    io::{BufWriter, Result as IoResult, Write},
    path::Path,
};

use super::{Lookups, Staged, TraceError};

/// A format that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// libCacheSim's binary: 24 bytes a lookup, little endian: u32 time, u64 object, u32 size, i64 next access.
    OracleGeneral,
    /// libCacheSim's text: `time,obj_id,size,next_access_vtime`, under a line that names the columns.
    Csv,
}

/// Writes `lookups`; the time of a lookup is its pass. `bundle_bytes` are by layer, or empty: then every size is 1.
///
/// # Panics
/// If there are bytes for some layers only.
pub fn export(lookups: &Lookups, bundle_bytes: &[u64], format: ExportFormat, path: &Path) -> Result<(), TraceError> {
    staged(path, |out| write(lookups, bundle_bytes, format, out))
}

/// Writes a file that appears whole or not at all.
fn staged(path: &Path, write: impl FnOnce(&mut BufWriter<Staged>) -> IoResult<()>) -> Result<(), TraceError> {
    let name = path.display().to_string();
    let staged = Staged::create(path).map_err(|source| TraceError::io(&name, "create", source))?;
    let mut out = BufWriter::with_capacity(1 << 16, staged);
    write(&mut out).map_err(|source| TraceError::io(&name, "write", source))?;
    let staged = out.into_inner().map_err(|error| TraceError::io(&name, "write", error.into_error()))?;
    staged.publish().map_err(|source| TraceError::io(&name, "finish", source))
}

fn write(lookups: &Lookups, bundle_bytes: &[u64], format: ExportFormat, out: &mut impl Write) -> IoResult<()> {
    let layers = lookups.geometry().layers as usize;
    assert!(
        bundle_bytes.is_empty() || bundle_bytes.len() == layers,
        "bytes for {} of {layers} layers",
        bundle_bytes.len()
    );
    if format == ExportFormat::Csv {
        out.write_all(b"time,obj_id,size,next_access_vtime\n")?;
    }
    let next = next_places(lookups);
    for (step, number) in lookups.steps().zip(0_usize..) {
        let bytes = bundle_bytes.get(number % layers).copied().unwrap_or(1);
        let bytes = u32::try_from(bytes).expect("a header that was checked");
        let time = u32::try_from(number / layers).unwrap_or(u32::MAX);
        for (&id, &next) in step.ids.iter().zip(&next[step.first..]) {
            match format {
                ExportFormat::OracleGeneral => out.write_all(&record(time, id, bytes, next))?,
                ExportFormat::Csv => line(out, format_args!("{time},{id},{bytes},{next}\n"))?,
            }
        }
    }
    Ok(())
}

fn record(time: u32, id: u32, bytes: u32, next: i64) -> [u8; 24] {
    let mut record = [0; 24];
    record[..4].copy_from_slice(&time.to_le_bytes());
    record[4..12].copy_from_slice(&u64::from(id).to_le_bytes());
    record[12..16].copy_from_slice(&bytes.to_le_bytes());
    record[16..].copy_from_slice(&next.to_le_bytes());
    record
}

fn line(out: &mut impl Write, line: Arguments<'_>) -> IoResult<()> {
    out.write_fmt(line)
}

/// Where each lookup's bundle is looked up next, from 1; -1 for never.
fn next_places(lookups: &Lookups) -> Vec<i64> {
    let mut seen = vec![-1; lookups.bundles() as usize];
    let mut next = vec![-1; lookups.ids().len()];
    for (index, &id) in lookups.ids().iter().enumerate().rev() {
        let place = i64::try_from(index + 1).expect("a list in memory");
        next[index] = std::mem::replace(&mut seen[id as usize], place);
    }
    next
}
