//! Writes a trace row by row in bounded memory: rows gather in columns, and every million ids become a row group.

use std::io::Write;
use std::path::Path;

use parquet::data_type::{ByteArray, ByteArrayType, DataType, FloatType, Int32Type};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};

use super::order::Order;
use super::staged::Staged;
use super::{Header, Phase, Row, TraceError, schema};

/// Rows that make a row group full.
const GROUP_ROWS: usize = 1 << 16;
/// Ids that make a row group full: 4 MiB of ids, as much of scores and of levels.
const GROUP_IDS: usize = 1 << 20;

/// A trace being written. Rows are checked as they come; nothing appears under the final name before
/// [`Writer::finish`].
pub struct Writer<W: Write + Send = Staged> {
    name: String,
    file: SerializedFileWriter<W>,
    order: Order,
    columns: Columns,
}

impl Writer<Staged> {
    /// Starts a trace file; `scores` says whether every row will carry scores.
    pub fn create(path: &Path, header: &Header, scores: bool) -> Result<Self, TraceError> {
        let name = path.display().to_string();
        Self::staged(name, path, header, [scores, false])
    }

    /// The same for rows with predictions, which only a trace in memory has.
    pub(super) fn create_predicted(path: &Path, header: &Header, scores: bool) -> Result<Self, TraceError> {
        Self::staged(path.display().to_string(), path, header, [scores, true])
    }

    fn staged(name: String, path: &Path, header: &Header, columns: [bool; 2]) -> Result<Self, TraceError> {
        header.check(&name)?;
        let staged = Staged::create(path).map_err(|source| TraceError::io(&name, "create", source))?;
        Self::with_name(name, staged, header, columns)
    }

    /// Writes what is left and gives the file its name. Refuses a trace that ends within a token.
    pub fn finish(self) -> Result<(), TraceError> {
        let name = self.name.clone();
        self.into_sink()?.publish().map_err(|source| TraceError::io(&name, "finish", source))
    }
}

impl<W: Write + Send> Writer<W> {
    /// Starts a trace on any sink, for instance a `Vec<u8>`; end it with [`Writer::into_sink`].
    pub fn new(sink: W, header: &Header, scores: bool) -> Result<Self, TraceError> {
        Self::with_name("trace".to_owned(), sink, header, [scores, false])
    }

    fn with_name(name: String, sink: W, header: &Header, [scores, predicted]: [bool; 2]) -> Result<Self, TraceError> {
        header.check(&name)?;
        let file = schema::message(scores, predicted)
            .and_then(|message| SerializedFileWriter::new(sink, message, schema::properties(header)))
            .map_err(|error| writing(&name, error))?;
        let order = Order::new(header.geometry, scores);
        Ok(Self { name, file, order, columns: Columns::new(scores, predicted) })
    }

    /// Appends one (token, layer). A refused row changes nothing.
    pub fn row(&mut self, row: &Row<'_>) -> Result<(), TraceError> {
        self.predicted_row(row, None)
    }

    /// Appends one (token, layer) with what was predicted for it, which [`Predictions`](super::predictions::Predictions)
    /// has checked.
    pub(super) fn predicted_row(&mut self, row: &Row<'_>, predicted: Option<&[u32]>) -> Result<(), TraceError> {
        self.order.accept(row).map_err(|problem| TraceError::Row {
            name: self.name.clone(),
            row: self.order.rows(),
            problem,
        })?;
        self.columns.push(row, predicted);
        if self.columns.is_full() { self.flush() } else { Ok(()) }
    }

    /// Rows accepted so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.order.rows()
    }

    /// Writes what is left and the footer, and hands the sink back. Refuses a trace that ends within a token.
    pub fn into_sink(mut self) -> Result<W, TraceError> {
        if let Some(problem) = self.order.unfinished() {
            return Err(TraceError::Unfinished { name: self.name, problem });
        }
        self.flush()?;
        self.file.into_inner().map_err(|error| writing(&self.name, error))
    }

    fn flush(&mut self) -> Result<(), TraceError> {
        if self.columns.layer.is_empty() {
            return Ok(());
        }
        self.columns.write(&mut self.file).map_err(|error| writing(&self.name, error))?;
        self.columns.clear();
        Ok(())
    }
}

/// One row group in memory, as Parquet wants it: values, and for the lists how they nest.
struct Columns {
    request: Vec<i32>,
    token: Vec<i32>,
    phase: Vec<ByteArray>,
    layer: Vec<i32>,
    active: Lists,
    /// Nests as `active` does.
    score: Option<Vec<f32>>,
    predicted: Option<Lists>,
    names: [ByteArray; 2],
}

/// A list of ids a row, as Parquet wants it.
#[derive(Default)]
struct Lists {
    ids: Vec<i32>,
    /// 1 where a list has an entry, 0 for an empty list.
    definition: Vec<i16>,
    /// 0 where a list starts, 1 within it.
    repetition: Vec<i16>,
}

impl Lists {
    fn push(&mut self, ids: &[u32]) {
        self.ids.extend(ids.iter().map(|id| id.cast_signed()));
        self.repetition.push(0);
        self.definition.push(i16::from(!ids.is_empty()));
        let within = ids.len().saturating_sub(1);
        self.repetition.extend(std::iter::repeat_n(1, within));
        self.definition.extend(std::iter::repeat_n(1, within));
    }

    fn nesting(&self) -> (&[i16], &[i16]) {
        (&self.definition, &self.repetition)
    }

    fn clear(&mut self) {
        self.ids.clear();
        self.definition.clear();
        self.repetition.clear();
    }
}

impl Columns {
    fn new(scores: bool, predicted: bool) -> Self {
        Self {
            request: Vec::new(),
            token: Vec::new(),
            phase: Vec::new(),
            layer: Vec::new(),
            active: Lists::default(),
            score: scores.then(Vec::new),
            predicted: predicted.then(Lists::default),
            names: [Phase::Prefill, Phase::Decode].map(|phase| ByteArray::from(phase.as_str())),
        }
    }

    fn is_full(&self) -> bool {
        let predicted = self.predicted.as_ref().map_or(0, |predicted| predicted.ids.len());
        self.layer.len() >= GROUP_ROWS || self.active.ids.len().max(predicted) >= GROUP_IDS
    }

    fn push(&mut self, row: &Row<'_>, predicted: Option<&[u32]>) {
        assert_eq!(self.predicted.is_some(), predicted.is_some(), "predictions are a trace's, not a row's");
        self.request.push(row.request.cast_signed());
        self.token.push(row.token.cast_signed());
        self.phase.push(self.names[usize::from(row.phase == Phase::Decode)].clone());
        self.layer.push(row.layer.cast_signed());
        self.active.push(row.active);
        if let (Some(all), Some(score)) = (&mut self.score, row.score) {
            all.extend_from_slice(score);
        }
        if let (Some(all), Some(predicted)) = (&mut self.predicted, predicted) {
            all.push(predicted);
        }
    }

    fn write<W: Write + Send>(&self, file: &mut SerializedFileWriter<W>) -> ParquetResult<()> {
        let mut group = file.next_row_group()?;
        column::<Int32Type, W>(&mut group, &self.request, None)?;
        column::<Int32Type, W>(&mut group, &self.token, None)?;
        column::<ByteArrayType, W>(&mut group, &self.phase, None)?;
        column::<Int32Type, W>(&mut group, &self.layer, None)?;
        column::<Int32Type, W>(&mut group, &self.active.ids, Some(self.active.nesting()))?;
        if let Some(score) = &self.score {
            column::<FloatType, W>(&mut group, score, Some(self.active.nesting()))?;
        }
        if let Some(predicted) = &self.predicted {
            column::<Int32Type, W>(&mut group, &predicted.ids, Some(predicted.nesting()))?;
        }
        group.close()?;
        Ok(())
    }

    fn clear(&mut self) {
        for column in [&mut self.request, &mut self.token, &mut self.layer] {
            column.clear();
        }
        self.phase.clear();
        self.active.clear();
        self.predicted.iter_mut().for_each(Lists::clear);
        if let Some(score) = &mut self.score {
            score.clear();
        }
    }
}

/// Writes the next column of a row group; `nesting` is (definition levels, repetition levels) of a list.
fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    nesting: Option<(&[i16], &[i16])>,
) -> ParquetResult<()> {
    let missing = || ParquetError::General("fewer columns in the schema than in the trace".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    let (definition, repetition) = nesting.unzip();
    column.typed::<T>().write_batch(values, definition, repetition)?;
    column.close()
}

/// An error while writing: the disk's own where there is one (full, read-only), else the encoder's.
fn writing(name: &str, error: ParquetError) -> TraceError {
    match error {
        ParquetError::External(source) => TraceError::io(name, "write", std::io::Error::other(source)),
        error => TraceError::io(name, "write", std::io::Error::other(error.to_string())),
    }
}
