//! The blocks of an Arrow file: each is held to the file's length, and what it says of its size to what fits, before anything
//! is allocated for it.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
};

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::{
    Block, CompressionType,
    convert::try_fb_to_schema,
    reader::{FileDecoder, read_footer_length},
    root_as_footer, root_as_message,
};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use parquet::errors::ParquetError;

use super::super::open;
use crate::trace::{TraceError, reader::shielded};

/// What ends a file: the length of the footer, and six letters.
const TRAILER_BYTES: u64 = TRAILER as u64;
const TRAILER: usize = 10;

/// Largest record batch, packed and unpacked: all of it is in memory at once.
const BLOCK_BYTES_MAX: u64 = 1 << 30;

/// No byte of LZ4 stands for more than so many.
const LZ4_RATIO_MAX: u64 = 255;

/// Record batches of a file, one after another.
pub(super) struct Blocks {
    name: String,
    file: File,
    bytes: u64,
    schema: SchemaRef,
    version: arrow_ipc::MetadataVersion,
    left: std::vec::IntoIter<Block>,
}

impl Blocks {
    /// Reads the list of blocks, and the schema.
    pub(super) fn open(name: &str, path: &Path) -> Result<Self, TraceError> {
        let failed = |source| TraceError::io(name, "read", source);
        let mut file = open(name, path)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let mut trailer = [0; TRAILER];
        if bytes < TRAILER_BYTES {
            return Err(damaged(name, &format!("it has {bytes} bytes")));
        }
        file.seek(SeekFrom::End(-(TRAILER_BYTES.cast_signed()))).map_err(failed)?;
        file.read_exact(&mut trailer).map_err(failed)?;
        let length = read_footer_length(trailer).map_err(|error| damaged(name, &error.to_string()))? as u64;
        if length > bytes - TRAILER_BYTES {
            return Err(damaged(name, &format!("a footer of {length} bytes in a file of {bytes}")));
        }
        let footer = part(&mut file, bytes - TRAILER_BYTES - length, length).map_err(failed)?;
        let (schema, version, blocks) = shield(name, || {
            let footer = root_as_footer(&footer).map_err(|error| ArrowError::ParseError(error.to_string()))?;
            let lacks = |what: &str| ArrowError::ParseError(format!("its footer has no {what}"));
            let schema = footer.schema().ok_or_else(|| lacks("schema"))?;
            if !schema.endianness().equals_to_target_endianness() {
                return Err(ArrowError::ParseError("it is of a machine of another byte order".to_owned()));
            }
            let blocks: Vec<Block> =
                footer.recordBatches().ok_or_else(|| lacks("record batches"))?.iter().copied().collect();
            Ok((Arc::new(try_fb_to_schema(schema)?), footer.version(), blocks))
        })?;
        Ok(Self { name: name.to_owned(), file, bytes, schema, version, left: blocks.into_iter() })
    }

    /// The columns, and what the file says of itself.
    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The next record batch, with these of its columns alone.
    pub(super) fn next(&mut self, projection: &[usize]) -> Result<Option<RecordBatch>, TraceError> {
        let Some(block) = self.left.next() else { return Ok(None) };
        let name = &self.name;
        let sizes = [block.offset(), i64::from(block.metaDataLength()), block.bodyLength()];
        let [offset, metadata, body] = sizes.map(|size| u64::try_from(size).ok());
        let fits = |(offset, length): (u64, u64)| offset.checked_add(length).is_some_and(|end| end <= self.bytes);
        let length = metadata.zip(body).and_then(|(metadata, body)| metadata.checked_add(body));
        let Some((offset, length)) = offset.zip(length).filter(|&place| fits(place)) else {
            return Err(damaged(name, &format!("a block at {sizes:?} in a file of {} bytes", self.bytes)));
        };
        if length > BLOCK_BYTES_MAX {
            return Err(too_large(name));
        }
        let failed = |source| TraceError::io(name, "read", source);
        let bytes = Buffer::from_vec(part(&mut self.file, offset, length).map_err(failed)?);
        if unpacked_bytes(name, &bytes, metadata.unwrap_or_default())? > BLOCK_BYTES_MAX {
            return Err(too_large(name));
        }
        let decoder = FileDecoder::new(Arc::clone(&self.schema), self.version).with_projection(projection.to_vec());
        shield(name, || decoder.read_record_batch(&block, &bytes))?
            .map(Some)
            .ok_or_else(|| damaged(name, "a block that holds no record batch"))
    }
}

/// Bytes of a file from a place on.
fn part(file: &mut File, offset: u64, length: u64) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a block's buffers say that they come to; nothing where they are not packed. What LZ4 can't have packed is refused.
fn unpacked_bytes(name: &str, block: &Buffer, metadata_bytes: u64) -> Result<u64, TraceError> {
    let metadata_bytes = usize::try_from(metadata_bytes).unwrap_or(usize::MAX);
    let (Some(metadata), Some(body)) = (block.get(..metadata_bytes), block.get(metadata_bytes..)) else {
        return Err(damaged(name, "a block without a body"));
    };
    // A marker and the message's length stand before it; old writers have the length alone.
    let marker = if metadata.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let message = metadata.get(marker..).unwrap_or_default();
    let message = root_as_message(message).map_err(|error| damaged(name, &error.to_string()))?;
    let Some(batch) = message.header_as_record_batch() else { return Ok(0) };
    let Some(compression) = batch.compression() else { return Ok(0) };
    if compression.codec() != CompressionType::LZ4_FRAME {
        let problem = "is packed with zstd; write it with compression=\"lz4\" or \"uncompressed\"".to_owned();
        return Err(TraceError::NotImported { name: name.to_owned(), problem });
    }
    let mut sum = 0_u64;
    for place in batch.buffers().iter().flatten() {
        let start = usize::try_from(place.offset()).ok();
        let length = usize::try_from(place.length()).ok();
        let range = start.zip(length).and_then(|(start, length)| Some(start..start.checked_add(length)?));
        let Some(packed) = range.and_then(|range| body.get(range)) else {
            return Err(damaged(name, "a buffer that lies outside its block"));
        };
        let Some((claim, packed)) = packed.split_first_chunk() else { continue };
        // -1 says that the buffer is not packed.
        let claim = i64::from_le_bytes(*claim).max(0).cast_unsigned();
        if claim > LZ4_RATIO_MAX * packed.len() as u64 {
            return Err(damaged(name, &format!("{claim} bytes packed into {}", packed.len())));
        }
        sum = sum.saturating_add(claim);
    }
    Ok(sum)
}

/// Runs the decoder, whose panics on damaged blocks become errors.
fn shield<T>(name: &str, work: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, TraceError> {
    let result = shielded(|| work().map_err(|error| ParquetError::General(error.to_string())));
    result.map_err(|error| {
        let message = error.to_string();
        damaged(name, message.strip_prefix("Parquet error: ").unwrap_or(&message))
    })
}

fn damaged(name: &str, problem: &str) -> TraceError {
    let problem = format!("is no readable Arrow file ({problem}); it is truncated, corrupt or of another kind");
    TraceError::NotImported { name: name.to_owned(), problem }
}

fn too_large(name: &str) -> TraceError {
    let problem =
        format!("has a record batch of more than {BLOCK_BYTES_MAX} bytes; write it in smaller ones (chunksize)");
    TraceError::NotImported { name: name.to_owned(), problem }
}
