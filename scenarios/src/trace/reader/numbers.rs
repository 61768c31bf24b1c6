//! Columns of numbers in whichever width a framework wrote them.

use parquet::basic::Type as Physical;
use parquet::data_type::{DataType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::RowGroupMetaData;

use super::group::Trouble;
use super::layout::{Leaf, is_unsigned};
use super::leaf::{Column, NullAt};
use super::source::Source;
use crate::trace::RowProblem;
use crate::trace::batch::Lists;

/// An integer column of either width. Numbers outside 32 unsigned bits become `u32::MAX`, which no law of a row
/// accepts, so that the row they are in is refused.
pub(super) enum Integers {
    Narrow(Column<Int32Type>, bool),
    Wide(Column<Int64Type>, bool),
}

impl Integers {
    pub(super) fn open(source: &dyn Source, group: &RowGroupMetaData, leaf: &Leaf) -> ParquetResult<Self> {
        let unsigned = is_unsigned(&leaf.descriptor);
        match leaf.descriptor.physical_type() {
            Physical::INT64 => Ok(Self::Wide(Column::open(source, group, leaf)?, unsigned)),
            _ => Ok(Self::Narrow(Column::open(source, group, leaf)?, unsigned)),
        }
    }

    pub(super) fn scalars(&mut self, rows: usize, name: &'static str, into: &mut Vec<u32>) -> Result<(), Trouble> {
        match self {
            Self::Narrow(column, _) => scalars(column, rows, name)?,
            Self::Wide(column, _) => scalars(column, rows, name)?,
        }
        self.convert(into);
        Ok(())
    }

    pub(super) fn lists(
        &mut self,
        rows: usize,
        row_limit: usize,
        name: &'static str,
        into: &mut Lists<u32>,
    ) -> Result<(), Trouble> {
        match self {
            Self::Narrow(column, _) => lists(column, rows, row_limit, name, &mut into.ends)?,
            Self::Wide(column, _) => lists(column, rows, row_limit, name, &mut into.ends)?,
        }
        self.convert(&mut into.values);
        Ok(())
    }

    pub(super) fn is_exhausted(&mut self) -> ParquetResult<bool> {
        match self {
            Self::Narrow(column, _) => column.is_exhausted(),
            Self::Wide(column, _) => column.is_exhausted(),
        }
    }

    fn convert(&self, into: &mut Vec<u32>) {
        into.clear();
        match self {
            Self::Narrow(column, true) => into.extend(column.values().iter().map(|value| value.cast_unsigned())),
            Self::Narrow(column, false) => {
                into.extend(column.values().iter().map(|&value| u32::try_from(value).unwrap_or(u32::MAX)));
            }
            Self::Wide(column, true) => into
                .extend(column.values().iter().map(|value| u32::try_from(value.cast_unsigned()).unwrap_or(u32::MAX))),
            Self::Wide(column, false) => {
                into.extend(column.values().iter().map(|&value| u32::try_from(value).unwrap_or(u32::MAX)));
            }
        }
    }
}

/// A list of floats of either width.
pub(super) enum Floats {
    Narrow(Column<FloatType>),
    Wide(Column<DoubleType>),
}

impl Floats {
    pub(super) fn open(source: &dyn Source, group: &RowGroupMetaData, leaf: &Leaf) -> ParquetResult<Self> {
        match leaf.descriptor.physical_type() {
            Physical::DOUBLE => Ok(Self::Wide(Column::open(source, group, leaf)?)),
            _ => Ok(Self::Narrow(Column::open(source, group, leaf)?)),
        }
    }

    pub(super) fn is_exhausted(&mut self) -> ParquetResult<bool> {
        match self {
            Self::Narrow(column) => column.is_exhausted(),
            Self::Wide(column) => column.is_exhausted(),
        }
    }

    pub(super) fn lists(&mut self, rows: usize, row_limit: usize, into: &mut Lists<f32>) -> Result<(), Trouble> {
        into.values.clear();
        match self {
            Self::Narrow(column) => {
                lists(column, rows, row_limit, "score", &mut into.ends)?;
                into.values.extend_from_slice(column.values());
            }
            Self::Wide(column) => {
                lists(column, rows, row_limit, "score", &mut into.ends)?;
                #[expect(clippy::cast_possible_truncation, reason = "scores are kept in single precision")]
                into.values.extend(column.values().iter().map(|&value| value as f32));
            }
        }
        Ok(())
    }
}

/// Decodes a column without lists and refuses nulls and a wrong number of rows.
pub(super) fn scalars<T: DataType>(column: &mut Column<T>, rows: usize, name: &'static str) -> Result<(), Trouble> {
    let read = column.fill(rows, 1)?;
    column.no_nulls().map_err(|NullAt(row)| Trouble::Row(row, RowProblem::Null { column: name }))?;
    whole(name, rows, read.min(column.values().len()))
}

fn lists<T: DataType>(
    column: &mut Column<T>,
    rows: usize,
    row_limit: usize,
    name: &'static str,
    ends: &mut Vec<usize>,
) -> Result<(), Trouble> {
    let read = column.fill(rows, row_limit)?;
    column.ends(ends).map_err(|NullAt(row)| Trouble::Row(row, RowProblem::Null { column: name }))?;
    whole(name, rows, read.min(ends.len()))?;
    let (entries, values) = (ends.last().copied().unwrap_or_default(), column.values().len());
    if entries == values {
        return Ok(());
    }
    let message = format!("column `{name}` holds {values} values where its levels announce {entries}");
    Err(Trouble::Parquet(ParquetError::General(message)))
}

/// Refuses a column that ends before its row group does.
fn whole(name: &str, rows: usize, read: usize) -> Result<(), Trouble> {
    if read == rows {
        return Ok(());
    }
    let message = format!("column `{name}` ends {} rows before its row group", rows - read.min(rows));
    Err(Trouble::Parquet(ParquetError::General(message)))
}
