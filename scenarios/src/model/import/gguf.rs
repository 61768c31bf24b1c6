//! The header of a GGUF file: metadata and the list of tensors, read in one pass without keeping the vocabulary.

use std::{collections::BTreeMap, io::Read};

use super::{Problem, numbers::Source};

/// Longest key or name that is kept.
const NAME_BYTES_MAX: u64 = 64 * 1024;

/// Most entries of an array that are kept; of longer ones only the number is.
const ARRAY_KEPT_MAX: u64 = 4096;

/// Most entries and tensors that a header may list: the largest real ones have some thousands.
const ENTRIES_MAX: u64 = 200_000;

/// Deepest array of arrays; no real file has any.
const DEPTH_MAX: u32 = 4;

/// A metadata value, as far as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    /// An integer or a truth value.
    Number(i64),
    /// A float, which no shape depends on.
    Float,
    /// A short text.
    Text(String),
    /// A short array of integers.
    Numbers(Vec<i64>),
    /// Another array, by its length.
    Array(u64),
}

/// A tensor of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    /// Innermost first: columns, rows, matrices.
    pub(super) sizes: Vec<u64>,
    /// The number of its format.
    pub(super) format: u32,
}

/// What a header says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) metadata: BTreeMap<String, Entry>,
    pub(super) tensors: Vec<Listed>,
}

/// Reads the header of a file of so many bytes.
pub(super) fn read(file: &mut dyn Read, bytes: u64) -> Result<Header, Problem> {
    let mut source = Source::new(file, bytes);
    if source.array::<4>()? != *b"GGUF" {
        return Err("no GGUF file: it does not begin with the letters GGUF".to_owned());
    }
    let version = source.u32()?;
    if !(2..=3).contains(&version) {
        return Err(format!("GGUF version {version} is not known here: convert it to version 3"));
    }
    let tensor_count = counted("tensors", source.u64()?)?;
    let entry_count = counted("metadata entries", source.u64()?)?;
    let mut metadata = BTreeMap::new();
    for _ in 0..entry_count {
        let key = text(&mut source)?;
        let kind = source.u32()?;
        let entry = entry(&mut source, kind, 0)?;
        metadata.insert(key, entry);
    }
    let mut tensors = Vec::new();
    for _ in 0..tensor_count {
        let name = text(&mut source)?;
        let rank = source.u32()?;
        if rank > 4 {
            return Err(format!("tensor {name} has {rank} dimensions, of at most 4: the header is damaged"));
        }
        let sizes = (0..rank).map(|_| source.u64()).collect::<Result<Vec<u64>, Problem>>()?;
        let format = source.u32()?;
        let _offset = source.u64()?;
        tensors.push(Listed { name, sizes, format });
    }
    Ok(Header { metadata, tensors })
}

fn counted(what: &str, count: u64) -> Result<u64, Problem> {
    if count > ENTRIES_MAX {
        return Err(format!("a header of {count} {what}: it is damaged, no file has more than {ENTRIES_MAX}"));
    }
    Ok(count)
}

fn text(source: &mut Source<'_>) -> Result<String, Problem> {
    let length = source.u64()?;
    if length > NAME_BYTES_MAX {
        return Err(format!("a name of {length} bytes: the header is damaged"));
    }
    String::from_utf8(source.bytes(length)?).map_err(|_| "a name that is no text: the header is damaged".to_owned())
}

fn entry(source: &mut Source<'_>, kind: u32, depth: u32) -> Result<Entry, Problem> {
    Ok(match kind {
        0 | 7 => Entry::Number(i64::from(u8::from_le_bytes(source.array()?))),
        1 => Entry::Number(i64::from(i8::from_le_bytes(source.array()?))),
        2 => Entry::Number(i64::from(u16::from_le_bytes(source.array()?))),
        3 => Entry::Number(i64::from(i16::from_le_bytes(source.array()?))),
        4 => Entry::Number(i64::from(u32::from_le_bytes(source.array()?))),
        5 => Entry::Number(i64::from(i32::from_le_bytes(source.array()?))),
        10 | 11 => Entry::Number(i64::from_le_bytes(source.array()?)),
        6 => {
            source.skip(4)?;
            Entry::Float
        }
        12 => {
            source.skip(8)?;
            Entry::Float
        }
        8 => {
            let length = source.u64()?;
            if length > NAME_BYTES_MAX {
                // A chat template may be long, and is not needed.
                source.skip(length)?;
                Entry::Array(length)
            } else {
                Entry::Text(String::from_utf8_lossy(&source.bytes(length)?).into_owned())
            }
        }
        9 => array(source, depth)?,
        _ => return Err(format!("a metadata value of kind {kind}, which GGUF does not have: the header is damaged")),
    })
}

fn array(source: &mut Source<'_>, depth: u32) -> Result<Entry, Problem> {
    if depth == DEPTH_MAX {
        return Err("arrays within arrays within arrays: the header is damaged".to_owned());
    }
    let (kind, count) = (source.u32()?, source.u64()?);
    let size = match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => 0,
    };
    if size > 0 && (count > ARRAY_KEPT_MAX || matches!(kind, 6 | 12)) {
        source.skip(
            count.checked_mul(size).ok_or("an array of more bytes than can be counted: the header is damaged")?,
        )?;
        return Ok(Entry::Array(count));
    }
    let mut numbers = Vec::new();
    for _ in 0..count {
        match (kind, entry(source, kind, depth + 1)?) {
            (_, Entry::Number(number)) => numbers.push(number),
            (8 | 9, _) => {}
            _ => return Err(format!("an array of kind {kind}, which GGUF does not have: the header is damaged")),
        }
    }
    Ok(if size > 0 { Entry::Numbers(numbers) } else { Entry::Array(count) })
}
