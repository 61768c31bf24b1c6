//! A few rows of a row group at a time, decoded from its columns side by side.

use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::RowGroupMetaData;

use super::layout::{Layout, Leaf};
use super::leaf::Column;
use super::numbers::{Floats, Integers, scalars};
use super::source::Source;
use crate::trace::{Phase, RowProblem, batch::Batch};

/// Why a batch could not be decoded.
pub(super) enum Trouble {
    /// The file is at fault.
    Parquet(ParquetError),
    /// A row of the batch is, by its number within the batch.
    Row(usize, RowProblem),
}

impl From<ParquetError> for Trouble {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

/// Rows of a batch where ids are few.
const BATCH_ROWS: usize = 1 << 13;
/// Ids that a batch is sized for where a row group has more of them: 4 MiB.
const BATCH_IDS: usize = 1 << 20;
/// Entries of a row group that may all be in memory at once: four times what [`Writer`](crate::trace::Writer) puts into one.
const GROUP_ENTRIES: u64 = 1 << 22;

/// The columns of an open row group.
pub(super) struct Group {
    rows_left: u64,
    /// Entries of its longest column of lists: its pages were held to this number when it was opened.
    entries: u64,
    request: Integers,
    token: Integers,
    phase: Column<ByteArrayType>,
    layer: Integers,
    active: Integers,
    score: Option<Floats>,
    predicted: Option<Integers>,
}

impl Group {
    pub(super) fn open(source: &dyn Source, group: &RowGroupMetaData, layout: &Layout) -> ParquetResult<Self> {
        let lists = [Some(&layout.active), layout.score.as_ref(), layout.predicted.as_ref()];
        let entries = |leaf: &Leaf| u64::try_from(group.column(leaf.index).num_values()).unwrap_or(u64::MAX);
        Ok(Self {
            rows_left: u64::try_from(group.num_rows()).unwrap_or_default(),
            entries: lists.into_iter().flatten().map(entries).max().unwrap_or_default(),
            request: Integers::open(source, group, &layout.request)?,
            token: Integers::open(source, group, &layout.token)?,
            phase: Column::open(source, group, &layout.phase)?,
            layer: Integers::open(source, group, &layout.layer)?,
            active: Integers::open(source, group, &layout.active)?,
            score: layout.score.as_ref().map(|leaf| Floats::open(source, group, leaf)).transpose()?,
            predicted: layout.predicted.as_ref().map(|leaf| Integers::open(source, group, leaf)).transpose()?,
        })
    }

    pub(super) fn rows_left(&self) -> u64 {
        self.rows_left
    }

    /// Rows that can be decoded at once: many where the whole row group is small, however wide a row might be.
    fn rows_max(&self, row_limit: usize) -> usize {
        if self.entries <= GROUP_ENTRIES { BATCH_ROWS } else { (BATCH_IDS / row_limit).clamp(1, BATCH_ROWS) }
    }

    /// Decodes the next rows, of at most `row_limit` bundles each. The outer error is the file's,
    /// the inner one a row's, with its number within the batch.
    pub(super) fn next(
        &mut self,
        batch: &mut Batch,
        row_limit: usize,
    ) -> ParquetResult<Result<(), (usize, RowProblem)>> {
        match self.decode(batch, row_limit) {
            Ok(()) => Ok(Ok(())),
            Err(Trouble::Row(row, problem)) => Ok(Err((row, problem))),
            Err(Trouble::Parquet(error)) => Err(error),
        }
    }

    fn decode(&mut self, batch: &mut Batch, row_limit: usize) -> Result<(), Trouble> {
        let rows = usize::try_from(self.rows_left).unwrap_or(usize::MAX).min(self.rows_max(row_limit));
        self.request.scalars(rows, "request", &mut batch.request)?;
        self.token.scalars(rows, "token", &mut batch.token)?;
        phases(&mut self.phase, rows, &mut batch.phase)?;
        self.layer.scalars(rows, "layer", &mut batch.layer)?;
        self.active.lists(rows, row_limit, "active", &mut batch.active)?;
        if let Some(score) = &mut self.score {
            score.lists(rows, row_limit, batch.score.get_or_insert_default())?;
        }
        if let Some(predicted) = &mut self.predicted {
            predicted.lists(rows, row_limit, "predicted", batch.predicted.get_or_insert_default())?;
        }
        self.rows_left -= rows as u64;
        let is_over = self.rows_left > 0
            || self.active.is_exhausted()?
                && self.score.as_mut().map_or(Ok(true), Floats::is_exhausted)?
                && self.predicted.as_mut().map_or(Ok(true), Integers::is_exhausted)?;
        if is_over {
            return Ok(());
        }
        let message = "a list column holds more rows than its row group".to_owned();
        Err(Trouble::Parquet(ParquetError::General(message)))
    }
}

fn phases(column: &mut Column<ByteArrayType>, rows: usize, into: &mut Vec<Phase>) -> Result<(), Trouble> {
    scalars(column, rows, "phase")?;
    into.clear();
    for (index, value) in column.values().iter().enumerate() {
        into.push(phase(value).map_err(|problem| Trouble::Row(index, problem))?);
    }
    Ok(())
}

fn phase(value: &ByteArray) -> Result<Phase, RowProblem> {
    let text = value.as_utf8().unwrap_or("(no text)");
    text.parse().map_err(|()| RowProblem::UnknownPhase { found: text.chars().take(32).collect() })
}
