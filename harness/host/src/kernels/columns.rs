//! Columns of a matrix whose blocks lie across them: what a row has in one block of 32 numbers belongs to 32 columns, which
//! share its scale (and minimum).
//!
//! GGUF's blocks run along the input. The down projection's input are the neurons, and a bundle holds one neuron's column:
//! cut there, a column is its numbers alone, and the scales of a *group* of 32 columns stay together. Nothing is rounded
//! anew, and a group's products are sums of whole numbers, as they are where rows are multiplied.

use half::f16;

use super::{
    Level,
    format::{Format, half_at},
    vector::{BLOCK, quantize},
};

/// Rows that are computed at once: a column is padded to a multiple.
pub(super) const CHUNK: usize = 64;

/// What the columns of a matrix have in common.
#[derive(Clone, Debug)]
pub struct Columns {
    pub(super) format: Format,
    /// Rows of the matrix, padded.
    pub(super) rows: usize,
    /// Scale of each row's block, group after group, as its bytes; empty where numbers are floats.
    pub(super) scales: Vec<f16>,
    /// Its minimum, in formats that have one.
    pub(super) minimums: Vec<f16>,
}

/// One column that is added, and by how much.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// Its numbers.
    pub bytes: &'a [u8],
    /// What they are multiplied with.
    pub by: f32,
}

impl Columns {
    /// Takes a matrix of `rows` apart that is stored row by row: what the columns share, and the columns one after the other.
    ///
    /// # Panics
    /// If `bytes` are not so many rows of whole blocks.
    #[must_use]
    pub fn cut(format: Format, bytes: &[u8], rows: usize) -> (Self, Vec<u8>) {
        assert_eq!(bytes.len() % rows, 0, "{} B of {rows} rows", bytes.len());
        let row_bytes = bytes.len() / rows;
        assert_eq!(row_bytes % format.block_bytes(), 0, "rows of {row_bytes} B in {}", format.as_str());
        let blocks = row_bytes / format.block_bytes();
        let padded = rows.next_multiple_of(CHUNK);
        let of_format = |has: bool| vec![f16::ZERO; if has { blocks * padded } else { 0 }];
        let mut columns = Self {
            format,
            rows: padded,
            scales: of_format(format.block_weights() > 1),
            minimums: of_format(format == Format::Q4_1),
        };
        let column_bytes = columns.column_bytes();
        let mut cut = vec![0; blocks * format.block_weights() * column_bytes];
        for (row, bytes) in bytes.chunks_exact(row_bytes).enumerate() {
            for (block, bytes) in bytes.chunks_exact(format.block_bytes()).enumerate() {
                let first = block * format.block_weights() * column_bytes;
                columns.put(row, block, bytes, &mut cut[first..][..format.block_weights() * column_bytes]);
            }
        }
        (columns, cut)
    }

    /// Bytes of one column.
    #[must_use]
    pub fn column_bytes(&self) -> usize {
        Self::bytes_of(self.format, self.rows)
    }

    /// Bytes of a column of a matrix with so many rows.
    #[must_use]
    pub fn bytes_of(format: Format, rows: usize) -> usize {
        let padded = rows.next_multiple_of(CHUNK);
        match format {
            Format::Q4_0 | Format::Q4_1 => padded / 2,
            Format::Q8_0 => padded,
            Format::F16 | Format::F32 => format.bytes(padded),
        }
    }

    /// Columns that share their scales.
    #[must_use]
    pub fn group(&self) -> usize {
        BLOCK
    }

    /// Rows, with those that pad.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of what the columns share.
    #[must_use]
    pub fn shared_bytes(&self) -> usize {
        2 * (self.scales.len() + self.minimums.len())
    }

    /// Adds columns of one group to `sums`, each times its factor; factors meet integers in 8 bits.
    ///
    /// # Panics
    /// If there are more than a group has, or `sums` are not as many as rows.
    pub fn add(&self, level: Level, group: usize, columns: &[Column<'_>], sums: &mut [f32]) {
        assert!(columns.len() <= BLOCK, "{} columns of a group of {BLOCK}", columns.len());
        assert_eq!(sums.len(), self.rows, "a sum for every row");
        if self.scales.is_empty() {
            for column in columns {
                level.add_scaled(self.format, column.bytes, column.by, sums);
            }
            return;
        }
        let (mut values, mut factors) = ([0.0; BLOCK], [0; BLOCK]);
        for (value, column) in values.iter_mut().zip(columns) {
            *value = column.by;
        }
        let (worth, total) = quantize(&values, &mut factors);
        let shares = |all: &[f16]| (!all.is_empty()).then_some(group * self.rows..(group + 1) * self.rows);
        let scales = &self.scales[shares(&self.scales).expect("checked above")];
        let minimums = shares(&self.minimums).map(|range| &self.minimums[range]);
        let part = Part { columns, factors: &factors, worth, total, scales, minimums };
        level.add_columns(self.format, &part, sums);
    }

    /// Files a block of a row: its scale, and its numbers to the columns that they belong to.
    fn put(&mut self, row: usize, block: usize, bytes: &[u8], columns: &mut [u8]) {
        let column_bytes = self.column_bytes();
        let whole_bytes = self.format == Format::Q8_0;
        let mut number = |column: usize, number: u8| {
            if whole_bytes {
                columns[column * column_bytes + row] = number;
                return;
            }
            // The first half of a chunk's rows are the low halves of its bytes.
            let (chunk, within) = (row / CHUNK, row % CHUNK);
            let byte = &mut columns[column * column_bytes + chunk * CHUNK / 2 + within % (CHUNK / 2)];
            *byte |= if within < CHUNK / 2 { number } else { number << 4 };
        };
        match self.format {
            Format::F32 | Format::F16 => {
                let bytes_each = self.format.block_bytes();
                columns[row * bytes_each..][..bytes_each].copy_from_slice(bytes);
                return;
            }
            Format::Q8_0 => bytes[2..].iter().enumerate().for_each(|(column, &byte)| number(column, byte)),
            Format::Q4_0 | Format::Q4_1 => {
                let (_, _, pairs) = self.format.nibbles(bytes);
                for (column, &pair) in pairs.iter().enumerate() {
                    number(column, pair & 15);
                    number(column + BLOCK / 2, pair >> 4);
                }
            }
        }
        self.scales[block * self.rows + row] = f16::from_f32(half_at(bytes, 0));
        if self.format == Format::Q4_1 {
            self.minimums[block * self.rows + row] = f16::from_f32(half_at(bytes, 2));
        }
    }
}

/// Columns of one group, ready to be added.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) columns: &'a [Column<'a>],
    /// What they are multiplied with, in whole numbers.
    pub(super) factors: &'a [i8; BLOCK],
    /// What one of these is worth.
    pub(super) worth: f32,
    /// Their sum.
    pub(super) total: i32,
    pub(super) scales: &'a [f16],
    pub(super) minimums: Option<&'a [f16]>,
}

impl Part<'_> {
    /// The minimum of a row, where its scale is `scale`.
    pub(super) fn minimum(&self, format: Format, row: usize, scale: f32) -> f32 {
        match (format, self.minimums) {
            (Format::Q4_0, _) => -8.0 * scale,
            (_, Some(minimums)) => minimums[row].to_f32(),
            (_, None) => 0.0,
        }
    }
}
