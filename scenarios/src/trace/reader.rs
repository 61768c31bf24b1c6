//! Reads a trace row by row in bounded memory, whoever wrote it, and believes nothing that the file claims.

mod group;
mod guard;
mod layout;
mod leaf;
mod numbers;
mod pages;
mod shield;
mod source;
mod thrift;

use std::fs::File;
use std::path::Path;

use parquet::file::metadata::ParquetMetaData;

use self::group::Group;
use self::layout::Layout;
pub(super) use self::shield::shielded;
use self::source::Source;
use super::batch::Batch;
use super::order::Order;
use super::{Header, Row, TraceError, metadata};

/// A trace being read. Memory is bounded by the geometry, not by the file or its row groups.
///
/// ```no_run
/// # fn main() -> Result<(), tightfit_scenarios::trace::TraceError> {
/// let mut reader = tightfit_scenarios::trace::Reader::open("a.parquet".as_ref())?;
/// while let Some(row) = reader.next_row()? {
///     assert!(row.active.len() <= 1536);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Reader {
    name: String,
    header: Header,
    source: Box<dyn Source>,
    metadata: ParquetMetaData,
    layout: Layout,
    groups_opened: usize,
    group: Option<Group>,
    batch: Batch,
    position: usize,
    order: Order,
}

impl Reader {
    /// Opens a file and checks its footer, columns and metadata; rows are checked as they are read.
    pub fn open(path: &Path) -> Result<Self, TraceError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| TraceError::io(&name, "open", source))?;
        let kind = file.metadata().map_err(|source| TraceError::io(&name, "open", source))?;
        if kind.is_dir() {
            return Err(TraceError::io(&name, "open", std::io::ErrorKind::IsADirectory.into()));
        }
        Self::with_source(name, source::file(file))
    }

    /// The same from bytes in memory; `name` stands for the file in errors.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, TraceError> {
        Self::with_source(name.to_owned(), source::memory(bytes))
    }

    fn with_source(name: String, source: Box<dyn Source>) -> Result<Self, TraceError> {
        let metadata = shielded(|| source.metadata()).map_err(|error| TraceError::parquet(&name, &error))?;
        let file = metadata.file_metadata();
        let layout = Layout::find(&name, file.schema_descr())?;
        let pairs = file.key_value_metadata().map_or(&[][..], Vec::as_slice);
        let header = metadata::from_key_values(&name, pairs)?;
        header.check(&name)?;
        let order = Order::new(header.geometry, layout.score.is_some());
        Ok(Self {
            name,
            header,
            source,
            metadata,
            layout,
            groups_opened: 0,
            group: None,
            batch: Batch::default(),
            position: 0,
            order,
        })
    }

    /// What the file says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether rows carry scores.
    #[must_use]
    pub fn has_scores(&self) -> bool {
        self.layout.score.is_some()
    }

    /// What was predicted for the row that was read last; `None` in a trace without predictions.
    #[must_use]
    pub fn predicted(&self) -> Option<&[u32]> {
        self.position.checked_sub(1).and_then(|row| self.batch.predicted(row))
    }

    /// Whether rows carry predictions.
    #[must_use]
    pub fn has_predictions(&self) -> bool {
        self.layout.predicted.is_some()
    }

    /// The next row, or `None` after the last token's last layer.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, TraceError> {
        while self.position == self.batch.rows() {
            let more = self.next_batch();
            if more.is_err() {
                // What was decoded in part must not be read: the trace ends here.
                self.end();
            }
            if !more? {
                return match self.order.unfinished() {
                    Some(problem) => Err(TraceError::Unfinished { name: self.name.clone(), problem }),
                    None => Ok(None),
                };
            }
        }
        let row = self.batch.row(self.position);
        let predicted = self.batch.predicted(self.position).unwrap_or_default();
        let lawful = Order::check_predicted(self.header.geometry, predicted);
        if let Err(problem) = lawful.and_then(|()| self.order.accept(&row)) {
            return Err(TraceError::Row { name: self.name.clone(), row: self.order.rows(), problem });
        }
        self.position += 1;
        Ok(Some(row))
    }

    fn end(&mut self) {
        self.batch = Batch::default();
        self.position = 0;
        self.group = None;
        self.groups_opened = self.metadata.num_row_groups();
    }

    /// Decodes further rows; `false` at the end of the file.
    fn next_batch(&mut self) -> Result<bool, TraceError> {
        let parquet = |error| TraceError::parquet(&self.name, &error);
        while self.group.as_ref().is_none_or(|group| group.rows_left() == 0) {
            if self.groups_opened == self.metadata.num_row_groups() {
                return Ok(false);
            }
            let group = self.metadata.row_group(self.groups_opened);
            self.group = Some(shielded(|| Group::open(&*self.source, group, &self.layout)).map_err(parquet)?);
            self.groups_opened += 1;
        }
        let Some(group) = &mut self.group else {
            return Ok(false);
        };
        let row_limit = self.header.geometry.bundles_per_layer;
        self.position = 0;
        let batch = &mut self.batch;
        match shielded(|| group.next(batch, row_limit as usize)).map_err(parquet)? {
            Ok(()) => Ok(true),
            Err((row, problem)) => {
                let row = self.order.rows() + row as u64;
                Err(TraceError::Row { name: self.name.clone(), row, problem })
            }
        }
    }
}
