//! Arrow IPC files (Feather version 2): the columns and metadata of a trace, as `pyarrow.feather` and polars write them.
//!
//! A file is read a record batch at a time, so that memory depends on the largest batch and not on the file.

mod blocks;
mod columns;

use std::path::Path;

use arrow_schema::Schema;
use parquet::file::metadata::KeyValue;

use self::{
    blocks::Blocks,
    columns::{Layout, taken_apart},
};
use super::{ImportFormat, Imported};
use crate::trace::{Header, TraceError, Writer, metadata, order::Order};

/// Whether a file begins as an Arrow file.
pub(super) fn is_start(start: &[u8]) -> bool {
    start.starts_with(b"ARROW1")
}

/// Whether a file begins as an Arrow stream, which has no list of its batches.
pub(super) fn is_stream(start: &[u8]) -> bool {
    start.starts_with(&[0xff; 4])
}

/// Reads the file `from` and writes the trace `to`.
pub(super) fn import(name: &str, from: &Path, to: &Path) -> Result<Imported, TraceError> {
    let mut blocks = Blocks::open(name, from)?;
    let header = header(name, blocks.schema())?;
    let layout = Layout::find(name, blocks.schema())?;
    let mut order = Order::new(header.geometry, layout.score.is_some());
    let create = if layout.predicted.is_some() { Writer::create_predicted } else { Writer::create };
    let mut writer = create(to, &header, layout.score.is_some())?;
    let mut lookups = 0;
    while let Some(batch) = blocks.next(&layout.projection())? {
        let fail = |row, problem| TraceError::Row { name: name.to_owned(), row, problem };
        let first = order.rows();
        let columns = taken_apart(&batch, &layout).map_err(|(row, problem)| fail(first + row as u64, problem))?;
        for place in 0..columns.rows() {
            let (row, predicted) = (columns.row(place), columns.predicted(place));
            let lawful = Order::check_predicted(header.geometry, predicted.unwrap_or_default());
            lawful.and_then(|()| order.accept(&row)).map_err(|problem| fail(first + place as u64, problem))?;
            lookups += row.active.len() as u64;
            writer.predicted_row(&row, predicted)?;
        }
    }
    if let Some(problem) = order.unfinished() {
        return Err(TraceError::Unfinished { name: name.to_owned(), problem });
    }
    writer.finish()?;
    let tokens = order.rows() / u64::from(header.geometry.layers);
    Ok(Imported { format: ImportFormat::Arrow, header, tokens, lookups, left_out: None })
}

/// The header that a schema's metadata has, under the keys that it has in Parquet.
fn header(name: &str, schema: &Schema) -> Result<Header, TraceError> {
    let pairs: Vec<KeyValue> =
        schema.metadata().iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let header = metadata::from_key_values(name, &pairs)?;
    header.check(name)?;
    Ok(header)
}
