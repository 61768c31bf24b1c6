//! Where a Parquet file's bytes come from: a file on disk, or memory.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use parquet::column::page::PageReader;
use parquet::data_type::ByteArray;
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::ChunkReader;
use parquet::file::serialized_reader::SerializedPageReader;

/// Random access to the bytes of one Parquet file.
pub(super) trait Source: Send + Sync {
    /// Bytes in all.
    fn size(&self) -> u64;
    /// Appends up to `count` bytes from `start` on; fewer at the end.
    fn read(&self, start: u64, count: u64, into: &mut Vec<u8>) -> ParquetResult<()>;
    /// The footer.
    fn metadata(&self) -> ParquetResult<ParquetMetaData>;
    /// The pages of one column chunk, to be called once [`super::pages::check`] has accepted it.
    fn pages(&self, chunk: &ColumnChunkMetaData, rows: usize) -> ParquetResult<Box<dyn PageReader>>;
}

impl<R: ChunkReader + 'static> Source for Arc<R> {
    fn size(&self) -> u64 {
        self.len()
    }

    fn read(&self, start: u64, count: u64, into: &mut Vec<u8>) -> ParquetResult<()> {
        self.get_read(start)?.take(count).read_to_end(into)?;
        Ok(())
    }

    fn metadata(&self) -> ParquetResult<ParquetMetaData> {
        ParquetMetaDataReader::new().parse_and_finish(&**self)
    }

    fn pages(&self, chunk: &ColumnChunkMetaData, rows: usize) -> ParquetResult<Box<dyn PageReader>> {
        Ok(Box::new(SerializedPageReader::new(Arc::clone(self), chunk, rows, None)?))
    }
}

/// A file on disk.
pub(super) fn file(file: File) -> Box<dyn Source> {
    Box::new(Arc::new(file))
}

/// Bytes in memory.
pub(super) fn memory(bytes: Vec<u8>) -> Box<dyn Source> {
    Box::new(Arc::new(shared(bytes, ByteArray::set_data)))
}

/// Turns a vector into the byte buffer that the Parquet crate reads from. Its type belongs to a crate that is no
/// dependency of this one; the signature of `ByteArray::set_data` names it for us.
fn shared<T: From<Vec<u8>>>(bytes: Vec<u8>, _takes: impl Fn(&mut ByteArray, T)) -> T {
    bytes.into()
}
