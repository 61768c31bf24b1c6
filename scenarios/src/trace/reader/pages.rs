//! Bounds on a column chunk's pages, checked before the Parquet crate decodes them.
//!
//! The crate allocates (and zeroes) what a page header claims, so the headers are walked first: every size must
//! follow from bytes that exist.

use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ColumnChunkMetaData;

use super::source::Source;
use super::thrift::Compact;

/// Longest page header: a few numbers, and statistics that a writer may add.
const HEADER_BYTES: u64 = 1 << 16;
/// Snappy's format can not expand a byte to more (a copy of 64 bytes takes 3).
const SNAPPY_EXPANSION: u64 = 64;
/// Most list entries of one page: 16 times what a writer at the usual megabyte a page produces.
const PAGE_VALUES: u64 = 1 << 24;

/// Fields of a page header that claim sizes, by their path in the Thrift definition.
#[derive(Default)]
struct PageHeader {
    uncompressed: i32,
    compressed: i32,
    values: i32,
    is_data: bool,
}

/// Walks the page headers of `chunk` and refuses sizes that its bytes can not hold. `rows` is the number of values
/// that a column must have; a list may have any number of entries.
pub(super) fn check(source: &dyn Source, chunk: &ColumnChunkMetaData, rows: Option<i64>) -> ParquetResult<()> {
    let expansion = match chunk.compression() {
        Compression::UNCOMPRESSED => 1,
        Compression::SNAPPY => SNAPPY_EXPANSION,
        other => {
            return unsupported(format!("compressed with {other}; write it with Snappy or uncompressed"));
        }
    };
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let (Ok(mut position), Ok(length)) = (u64::try_from(start), u64::try_from(chunk.compressed_size())) else {
        return fail("a column starts at a negative offset");
    };
    let end = position.saturating_add(length);
    if end > source.size() {
        return fail("a column reaches beyond the end of the file");
    }
    let mut buffer = Vec::new();
    let mut values = 0u64;
    while position < end {
        let (header, header_bytes) = header(source, position, end, &mut buffer)?;
        let body = u64::try_from(header.compressed).unwrap_or(u64::MAX);
        position = position.saturating_add(header_bytes).saturating_add(body);
        if position > end {
            return fail("a page reaches beyond the end of its column");
        }
        let uncompressed = u64::try_from(header.uncompressed).unwrap_or(u64::MAX);
        if uncompressed > body.saturating_mul(expansion) {
            return fail("a page claims more bytes than its compressed form can hold");
        }
        let claimed = u64::try_from(header.values).unwrap_or(u64::MAX);
        if header.is_data {
            if rows.is_none() && claimed > PAGE_VALUES {
                return unsupported(format!(
                    "a page claims {claimed} list entries; write at most {PAGE_VALUES} a page"
                ));
            }
            values = values.saturating_add(claimed);
        } else if claimed.saturating_mul(4) > uncompressed {
            return fail("a dictionary claims more entries than its page can hold");
        }
    }
    if rows.is_some_and(|rows| rows != chunk.num_values()) {
        return fail(&format!("a column has {} values in a row group of {rows:?} rows", chunk.num_values()));
    }
    if i64::try_from(values) != Ok(chunk.num_values()) {
        return fail(&format!("pages hold {values} values where the footer says {}", chunk.num_values()));
    }
    Ok(())
}

fn header(source: &dyn Source, position: u64, end: u64, buffer: &mut Vec<u8>) -> ParquetResult<(PageHeader, u64)> {
    // Most headers are a few dozen bytes; the long read is for those with statistics.
    for limit in [256, HEADER_BYTES] {
        buffer.clear();
        source.read(position, limit.min(end - position), buffer)?;
        let mut header = PageHeader::default();
        let mut compact = Compact::new(buffer);
        let walked = compact.structure(&mut |path, value| match path {
            (2, 0) => header.uncompressed = value,
            (3, 0) => header.compressed = value,
            (5 | 8, 1) => (header.values, header.is_data) = (value, true),
            (7, 1) => header.values = value,
            _ => {}
        });
        if walked.is_some() {
            return Ok((header, compact.position() as u64));
        }
    }
    fail("a page header does not decode")
}

pub(super) fn fail<T>(message: &str) -> ParquetResult<T> {
    Err(ParquetError::General(message.to_owned()))
}

/// A feature left out; becomes [`crate::trace::TraceError::Unsupported`].
pub(super) fn unsupported<T>(message: String) -> ParquetResult<T> {
    Err(ParquetError::NYI(message))
}
