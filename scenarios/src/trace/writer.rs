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
        header.check(&name)?;
        let staged = Staged::create(path).map_err(|source| TraceError::io(&name, "create", source))?;
        Self::with_name(name, staged, header, scores)
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
        Self::with_name("trace".to_owned(), sink, header, scores)
    }

    fn with_name(name: String, sink: W, header: &Header, scores: bool) -> Result<Self, TraceError> {
        header.check(&name)?;
        let file = schema::message(scores)
            .and_then(|message| SerializedFileWriter::new(sink, message, schema::properties(header)))
            .map_err(|error| writing(&name, error))?;
        let order = Order::new(header.geometry, scores);
        Ok(Self { name, file, order, columns: Columns::new(scores) })
    }

    /// Appends one (token, layer). A refused row changes nothing.
    pub fn row(&mut self, row: &Row<'_>) -> Result<(), TraceError> {
        self.order.accept(row).map_err(|problem| TraceError::Row {
            name: self.name.clone(),
            row: self.order.rows(),
            problem,
        })?;
        self.columns.push(row);
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
    active: Vec<i32>,
    score: Option<Vec<f32>>,
    /// 1 where a list has an entry, 0 for an empty list.
    definition: Vec<i16>,
    /// 0 where a list starts, 1 within it.
    repetition: Vec<i16>,
    names: [ByteArray; 2],
}

impl Columns {
    fn new(scores: bool) -> Self {
        Self {
            request: Vec::new(),
            token: Vec::new(),
            phase: Vec::new(),
            layer: Vec::new(),
            active: Vec::new(),
            score: scores.then(Vec::new),
            definition: Vec::new(),
            repetition: Vec::new(),
            names: [Phase::Prefill, Phase::Decode].map(|phase| ByteArray::from(phase.as_str())),
        }
    }

    fn is_full(&self) -> bool {
        self.layer.len() >= GROUP_ROWS || self.active.len() >= GROUP_IDS
    }

    fn push(&mut self, row: &Row<'_>) {
        self.request.push(row.request.cast_signed());
        self.token.push(row.token.cast_signed());
        self.phase.push(self.names[usize::from(row.phase == Phase::Decode)].clone());
        self.layer.push(row.layer.cast_signed());
        self.active.extend(row.active.iter().map(|id| id.cast_signed()));
        if let (Some(all), Some(score)) = (&mut self.score, row.score) {
            all.extend_from_slice(score);
        }
        self.repetition.push(0);
        self.definition.push(i16::from(!row.active.is_empty()));
        let within = row.active.len().saturating_sub(1);
        self.repetition.extend(std::iter::repeat_n(1, within));
        self.definition.extend(std::iter::repeat_n(1, within));
    }

    fn write<W: Write + Send>(&self, file: &mut SerializedFileWriter<W>) -> ParquetResult<()> {
        let mut group = file.next_row_group()?;
        let nesting = Some((self.definition.as_slice(), self.repetition.as_slice()));
        column::<Int32Type, W>(&mut group, &self.request, None)?;
        column::<Int32Type, W>(&mut group, &self.token, None)?;
        column::<ByteArrayType, W>(&mut group, &self.phase, None)?;
        column::<Int32Type, W>(&mut group, &self.layer, None)?;
        column::<Int32Type, W>(&mut group, &self.active, nesting)?;
        if let Some(score) = &self.score {
            column::<FloatType, W>(&mut group, score, nesting)?;
        }
        group.close()?;
        Ok(())
    }

    fn clear(&mut self) {
        for column in [&mut self.request, &mut self.token, &mut self.layer, &mut self.active] {
            column.clear();
        }
        self.phase.clear();
        self.definition.clear();
        self.repetition.clear();
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
