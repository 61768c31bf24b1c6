//! Some rows of a trace, column by column, as the formats that lie in columns are read.

use super::{Phase, Row};

/// Rows in memory, in the order of the file.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) request: Vec<u32>,
    pub(super) token: Vec<u32>,
    pub(super) phase: Vec<Phase>,
    pub(super) layer: Vec<u32>,
    pub(super) active: Lists<u32>,
    pub(super) score: Option<Lists<f32>>,
    pub(super) predicted: Option<Lists<u32>>,
}

/// One list a row: all values, and where each row's end.
#[derive(Default)]
pub(super) struct Lists<T> {
    pub(super) values: Vec<T>,
    pub(super) ends: Vec<usize>,
}

impl<T> Lists<T> {
    fn get(&self, index: usize) -> &[T] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.values[start..self.ends[index]]
    }
}

impl Batch {
    pub(super) fn rows(&self) -> usize {
        self.layer.len()
    }

    /// The `index`th row; `index` is below [`Batch::rows`].
    pub(super) fn row(&self, index: usize) -> Row<'_> {
        Row {
            request: self.request[index],
            token: self.token[index],
            phase: self.phase[index],
            layer: self.layer[index],
            active: self.active.get(index),
            score: self.score.as_ref().map(|score| score.get(index)),
        }
    }

    /// What was predicted for it.
    pub(super) fn predicted(&self, index: usize) -> Option<&[u32]> {
        self.predicted.as_ref().map(|predicted| predicted.get(index))
    }
}
