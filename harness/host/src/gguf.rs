//! A GGUF file's tensors, as far as a weight store needs them: no metadata but the alignment, no model code.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use crate::{HostError, kernels::Format, slots::to_usize};

/// No name or text of a real file is longer.
const TEXT_BYTES_MAX: u64 = 1 << 26;

/// Deepest array of arrays; no real file has any.
const DEPTH_MAX: u32 = 4;

/// Where a tensor lies.
#[derive(Clone, Copy, Debug)]
struct Info {
    /// Weights of a row, and rows.
    shape: [u64; 2],
    /// GGUF's number of the format.
    kind: u32,
    offset: u64,
}

/// A tensor's rows.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Weights of a row.
    pub columns: usize,
    /// Number of rows.
    pub rows: usize,
    /// How they are stored.
    pub format: Format,
    /// The rows, one after the other.
    pub bytes: Vec<u8>,
}

impl Tensor {
    /// All weights as floats.
    #[must_use]
    pub fn floats(&self) -> Vec<f32> {
        let mut floats = vec![0.0; self.columns * self.rows];
        self.format.load(&self.bytes, &mut floats);
        floats
    }

    /// The tensor in another format; in its own, as it is.
    #[must_use]
    pub fn in_format(self, format: Format) -> Self {
        if self.format == format {
            return self;
        }
        let floats = self.floats();
        let mut bytes = vec![0; format.bytes(floats.len())];
        format.store(&floats, &mut bytes);
        Self { format, bytes, ..self }
    }
}

/// An open file.
#[derive(Debug)]
pub struct Gguf {
    path: PathBuf,
    file: BufReader<File>,
    tensors: BTreeMap<String, Info>,
    data_offset: u64,
}

impl Gguf {
    /// Opens a file and reads its table of tensors.
    pub fn open(path: &Path) -> Result<Self, HostError> {
        let failed = |problem: io::Error| HostError::Foreign {
            path: path.to_owned(),
            problem: format!("is no GGUF file that can be read: {problem}"),
        };
        let file = File::open(path).map_err(|problem| HostError::File { path: path.to_owned(), problem })?;
        let mut file = BufReader::new(file);
        let (tensors, data_offset) = table(&mut file).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, tensors, data_offset })
    }

    /// Reads a tensor; one that is a vector has one row.
    pub fn tensor(&mut self, name: &str) -> Result<Tensor, HostError> {
        let foreign = |problem: String| HostError::Foreign { path: self.path.clone(), problem };
        let info = *self.tensors.get(name).ok_or_else(|| foreign(format!("has no tensor {name}")))?;
        let format = match info.kind {
            0 => Format::F32,
            1 => Format::F16,
            2 => Format::Q4_0,
            3 => Format::Q4_1,
            8 => Format::Q8_0,
            other => {
                return Err(foreign(format!(
                    "has {name} in GGUF's format {other}: F32, F16, Q4_0, Q4_1 and Q8_0 are read"
                )));
            }
        };
        let [columns, rows] = info.shape;
        let row_bytes = columns.div_ceil(format.block_weights() as u64).checked_mul(format.block_bytes() as u64);
        let start = self.data_offset.checked_add(info.offset);
        let Some((start, whole)) = start.zip(row_bytes.and_then(|row_bytes| row_bytes.checked_mul(rows))) else {
            return Err(foreign(format!("says that {name} has more bytes than any file")));
        };
        // Read as far as there is something, not allocated as the file's table says.
        let mut bytes = Vec::new();
        let file = &mut self.file;
        let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.take(whole).read_to_end(&mut bytes));
        read.map_err(|problem| foreign(format!("could not be read in {name}: {problem}")))?;
        if bytes.len() as u64 != whole {
            return Err(foreign(format!("ends within {name}: it was cut off")));
        }
        Ok(Tensor { columns: to_usize(columns), rows: to_usize(rows), format, bytes })
    }
}

/// Names and places of the tensors, and where their bytes begin.
fn table(file: &mut (impl Read + Seek)) -> io::Result<(BTreeMap<String, Info>, u64)> {
    if &bytes::<4>(file)? != b"GGUF" {
        return Err(io::Error::other("it does not begin with GGUF"));
    }
    let version = u32(file)?;
    if !(2..=3).contains(&version) {
        return Err(io::Error::other(format!("it is of version {version}, 2 and 3 are read")));
    }
    let (tensors, keys) = (u64(file)?, u64(file)?);
    let mut alignment = 32;
    for _ in 0..keys {
        let key = text(file)?;
        let kind = u32(file)?;
        if key == "general.alignment" && kind == 4 {
            alignment = u64::from(u32(file)?).max(1);
        } else {
            skip(file, kind, 0)?;
        }
    }
    let mut table = BTreeMap::new();
    for _ in 0..tensors {
        let name = text(file)?;
        let dimensions = u32(file)?;
        if !(1..=4).contains(&dimensions) {
            return Err(io::Error::other(format!("{name} has {dimensions} dimensions")));
        }
        let columns = u64(file)?;
        let mut rows: u64 = 1;
        for _ in 1..dimensions {
            rows = rows.checked_mul(u64(file)?).ok_or_else(|| io::Error::other(format!("{name} is too large")))?;
        }
        let (kind, offset) = (u32(file)?, u64(file)?);
        table.insert(name, Info { shape: [columns, rows], kind, offset });
    }
    let end = file.stream_position()?;
    Ok((table, end.next_multiple_of(alignment)))
}

/// Leaves out a value of one of GGUF's kinds, `depth` arrays deep.
fn skip(file: &mut (impl Read + Seek), kind: u32, depth: u32) -> io::Result<()> {
    if let Some(bytes) = fixed_bytes(kind) {
        return leave(file, Some(bytes));
    }
    match kind {
        8 => text(file).map(|_| ()),
        9 if depth == DEPTH_MAX => Err(io::Error::other("arrays within arrays within arrays")),
        9 => {
            let (kind, count) = (u32(file)?, u64(file)?);
            match fixed_bytes(kind) {
                Some(bytes) => leave(file, count.checked_mul(bytes)),
                None => (0..count).try_for_each(|_| skip(file, kind, depth + 1)),
            }
        }
        other => Err(io::Error::other(format!("a value of kind {other}, which is not known"))),
    }
}

/// Size of a number of this kind; none for texts, arrays and what is not known.
fn fixed_bytes(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

fn leave(file: &mut impl Seek, bytes: Option<u64>) -> io::Result<()> {
    let bytes = bytes.and_then(|bytes| i64::try_from(bytes).ok());
    file.seek_relative(bytes.ok_or_else(|| io::Error::other("an array of more bytes than any file has"))?)
}

fn bytes<const COUNT: usize>(file: &mut impl Read) -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn u32(file: &mut impl Read) -> io::Result<u32> {
    bytes(file).map(u32::from_le_bytes)
}

fn u64(file: &mut impl Read) -> io::Result<u64> {
    bytes(file).map(u64::from_le_bytes)
}

fn text(file: &mut impl Read) -> io::Result<String> {
    let count = u64(file)?;
    if count > TEXT_BYTES_MAX {
        return Err(io::Error::other(format!("a text of {count} B")));
    }
    let mut bytes = vec![0; to_usize(count)];
    file.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}
