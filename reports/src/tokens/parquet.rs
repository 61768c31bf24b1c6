//! Token rows as Parquet, through the crate's column writers (no Arrow).

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::{LABELS, NUMBERS, QUALITY, labels, numbers};
use crate::compare::Comparison;
use crate::error::ReportError;
use crate::schema::RunResult;

/// Writes one row group per result that has token rows.
pub(super) fn encode(file: File, path: &Path, results: &[RunResult]) -> std::result::Result<(), ReportError> {
    groups(file, results).map_err(|source| ReportError::Parquet { path: path.to_owned(), source })
}

fn groups(file: File, results: &[RunResult]) -> Result<()> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("tightfit ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let schema = Arc::new(parse_message_type(&message())?);
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
    let comparison = Comparison::of(results);
    for result in results.iter().filter(|result| !result.tokens.is_empty()) {
        let mut group = writer.next_row_group()?;
        columns(&mut group, result, &comparison)?;
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

/// The schema: UTF-8 names, what the run is worth, unsigned 64-bit numbers; nothing nullable.
fn message() -> String {
    let labels = LABELS.map(|name| format!("required binary {name} (STRING); "));
    let numbers = NUMBERS.map(|name| format!("required int64 {name} (INTEGER(64, false)); "));
    let [open_loop, lost] = QUALITY;
    let quality = format!("required boolean {open_loop}; required double {lost}; ");
    format!("message tokens {{ {}{quality}{}}}", labels.concat(), numbers.concat())
}

fn columns(group: &mut SerializedRowGroupWriter<'_, File>, result: &RunResult, comparison: &Comparison) -> Result<()> {
    for label in labels(result, comparison) {
        let values = vec![ByteArray::from(label.as_str()); result.tokens.len()];
        let mut column = group.next_column()?.expect("the schema begins with the labels");
        column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
        column.close()?;
    }
    let mut column = group.next_column()?.expect("the run's quality follows");
    column.typed::<BoolType>().write_batch(&vec![result.quality.open_loop; result.tokens.len()], None, None)?;
    column.close()?;
    let mut column = group.next_column()?.expect("the run's quality follows");
    column.typed::<DoubleType>().write_batch(&vec![result.quality.lost_mass_share; result.tokens.len()], None, None)?;
    column.close()?;
    for index in 0..NUMBERS.len() {
        // Parquet stores unsigned 64-bit numbers in the same 64 bits.
        let values: Vec<i64> = result.tokens.iter().map(|row| numbers(row)[index].cast_signed()).collect();
        let mut column = group.next_column()?.expect("the numbers follow");
        column.typed::<Int64Type>().write_batch(&values, None, None)?;
        column.close()?;
    }
    Ok(())
}
