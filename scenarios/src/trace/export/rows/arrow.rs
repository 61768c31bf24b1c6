//! A trace as an Arrow file: record batches of some thousand rows.

use std::{collections::HashMap, io::Write, sync::Arc};

use arrow_array::{
    ArrayRef, ListArray, RecordBatch, StringArray, UInt32Array,
    builder::{Float32Builder, ListBuilder, UInt32Builder},
};
use arrow_ipc::{
    CompressionType,
    writer::{FileWriter, IpcWriteOptions},
};
use arrow_schema::{ArrowError, DataType, Field, Schema};

use crate::trace::{Row, Trace, metadata};

/// Rows of a batch.
const BATCH_ROWS: usize = 1 << 12;

/// Writes all rows.
pub(super) fn write(trace: &Trace, out: &mut impl Write) -> Result<(), ArrowError> {
    let schema = Arc::new(schema(trace));
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
    let mut writer = FileWriter::try_new_with_options(out, &schema, options)?;
    let rows: Vec<Row<'_>> = trace.iter().collect();
    let predicted = (0..trace.rows()).map(|row| {
        let layers = trace.geometry().layers;
        let layer = u32::try_from(row % layers as usize).expect("below a layer count");
        trace.predicted(row / layers as usize, layer)
    });
    let predicted: Vec<&[u32]> = predicted.map_while(|list| list).collect();
    for (number, rows) in rows.chunks(BATCH_ROWS).enumerate() {
        let numbers = |of: fn(&Row<'_>) -> u32| Arc::new(rows.iter().map(of).collect::<UInt32Array>());
        let mut columns: Vec<ArrayRef> = vec![
            numbers(|row| row.request),
            numbers(|row| row.token),
            Arc::new(rows.iter().map(|row| Some(row.phase.as_str())).collect::<StringArray>()),
            numbers(|row| row.layer),
            Arc::new(ids(rows.iter().map(|row| row.active))),
        ];
        if trace.has_scores() {
            columns.push(Arc::new(scores(rows)));
        }
        if trace.has_predictions() {
            let first = number * BATCH_ROWS;
            columns.push(Arc::new(ids(predicted[first..first + rows.len()].iter().copied())));
        }
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns)?)?;
    }
    writer.finish()
}

fn schema(trace: &Trace) -> Schema {
    let list = |name: &str, entry: DataType| Field::new_list(name, Field::new("item", entry, true), false);
    let mut fields = vec![
        Field::new("request", DataType::UInt32, false),
        Field::new("token", DataType::UInt32, false),
        Field::new("phase", DataType::Utf8, false),
        Field::new("layer", DataType::UInt32, false),
        list("active", DataType::UInt32),
    ];
    if trace.has_scores() {
        fields.push(list("score", DataType::Float32));
    }
    if trace.has_predictions() {
        fields.push(list("predicted", DataType::UInt32));
    }
    let pairs = metadata::to_key_values(trace.header()).into_iter();
    let pairs = pairs.map(|pair| (pair.key, pair.value.unwrap_or_default()));
    Schema::new(fields).with_metadata(pairs.collect::<HashMap<String, String>>())
}

fn ids<'a>(lists: impl Iterator<Item = &'a [u32]>) -> ListArray {
    let mut builder = ListBuilder::new(UInt32Builder::new());
    for list in lists {
        builder.values().append_slice(list);
        builder.append(true);
    }
    builder.finish()
}

fn scores(rows: &[Row<'_>]) -> ListArray {
    let mut builder = ListBuilder::new(Float32Builder::new());
    for row in rows {
        builder.values().append_slice(row.score.unwrap_or_default());
        builder.append(true);
    }
    builder.finish()
}
