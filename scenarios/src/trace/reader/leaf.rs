//! One column of an open row group: decodes a batch of rows into values and list boundaries.

use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::DataType;
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::RowGroupMetaData;

use super::guard::{Budget, Guarded};
use super::layout::Leaf;
use super::pages::check;
use super::source::Source;

/// A null where a trace has none: the row within the batch.
pub(super) struct NullAt(pub(super) usize);

/// A column being decoded, with buffers that live as long as the row group.
pub(super) struct Column<T: DataType> {
    reader: ColumnReaderImpl<T>,
    budget: Budget,
    values: Vec<T::T>,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    entry_level: i16,
    value_level: i16,
}

impl<T: DataType> Column<T> {
    /// Checks the column's pages and opens it.
    pub(super) fn open(source: &dyn Source, group: &RowGroupMetaData, leaf: &Leaf) -> ParquetResult<Self> {
        let chunk = group.column(leaf.index);
        check(source, chunk, (!leaf.is_list()).then_some(group.num_rows()))?;
        let budget = Budget::default();
        let rows = usize::try_from(group.num_rows()).unwrap_or(usize::MAX);
        let pages = Guarded::new(source.pages(chunk, rows)?, budget.clone());
        Ok(Self {
            reader: ColumnReaderImpl::new(leaf.descriptor.clone(), Box::new(pages)),
            budget,
            values: Vec::new(),
            definition: Vec::new(),
            repetition: Vec::new(),
            entry_level: leaf.entry_level,
            value_level: leaf.descriptor.max_def_level(),
        })
    }

    /// Decodes up to `rows` rows, of at most `row_limit` entries each on average; answers how many there were.
    pub(super) fn fill(&mut self, rows: usize, row_limit: usize) -> ParquetResult<usize> {
        self.values.clear();
        self.definition.clear();
        self.repetition.clear();
        // One more, because the end of a list that ends with its page shows only on the next page.
        self.budget.set(rows.saturating_mul(row_limit).saturating_add(1));
        let (read, ..) =
            self.reader.read_records(rows, Some(&mut self.definition), Some(&mut self.repetition), &mut self.values)?;
        Ok(read)
    }

    /// Whether no rows are left.
    pub(super) fn is_exhausted(&mut self) -> ParquetResult<bool> {
        Ok(self.fill(1, self.values.len().max(1))? == 0)
    }

    /// The decoded values, nulls left out.
    pub(super) fn values(&self) -> &[T::T] {
        &self.values
    }

    /// Refuses nulls in a column that is no list.
    pub(super) fn no_nulls(&self) -> Result<(), NullAt> {
        match self.definition.iter().position(|&level| level != self.value_level) {
            Some(row) => Err(NullAt(row)),
            None => Ok(()),
        }
    }

    /// Writes where each list of the batch ends; refuses null lists and null entries.
    pub(super) fn ends(&self, ends: &mut Vec<usize>) -> Result<(), NullAt> {
        ends.clear();
        if self.repetition.is_empty() {
            return Ok(());
        }
        let mut levels = self.definition.iter().zip(&self.repetition).enumerate();
        if self.definition.iter().all(|&level| level == self.value_level) {
            // The usual case, every level a value: lists end where the next one starts.
            ends.extend(levels.skip(1).filter(|(_, (_, repetition))| **repetition == 0).map(|(index, _)| index));
            ends.push(self.repetition.len());
            return Ok(());
        }
        let mut entries = 0;
        levels.try_for_each(|(index, (&definition, &repetition))| {
            if repetition == 0 && index > 0 {
                ends.push(entries);
            }
            let is_entry = definition >= self.entry_level;
            let is_null = if is_entry { definition < self.value_level } else { definition + 1 < self.entry_level };
            entries += usize::from(is_entry);
            if is_null { Err(NullAt(ends.len())) } else { Ok(()) }
        })?;
        ends.push(entries);
        Ok(())
    }
}
