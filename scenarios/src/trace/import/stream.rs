//! A stream of single lookups becomes a trace of one layer: read twice, first to count, then to write, so that memory
//! does not grow with its length.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use super::{ImportFormat, Imported, csv::Rows, oracle_general::Records};
use crate::trace::{Geometry, Header, MAX_BUNDLES_PER_LAYER, Phase, Row, TraceError, Unit, Writer};

/// One lookup of a cache simulator's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lookup {
    /// The object's own number.
    pub(super) object: u64,
    /// Its size.
    pub(super) bytes: u64,
}

enum Source {
    Records(Records),
    Rows(Rows),
}

impl Source {
    fn open(name: &str, path: &Path, format: ImportFormat) -> Result<Self, TraceError> {
        Ok(if format == ImportFormat::Csv {
            Self::Rows(Rows::open(name, path)?)
        } else {
            Self::Records(Records::open(name, path)?)
        })
    }

    fn next(&mut self) -> Result<Option<Lookup>, TraceError> {
        match self {
            Self::Records(records) => records.next(),
            Self::Rows(rows) => rows.next(),
        }
    }
}

/// Reads the stream `from` and writes the trace `to`.
pub(super) fn import(name: &str, from: &Path, to: &Path, format: ImportFormat) -> Result<Imported, TraceError> {
    let source = || Source::open(name, from, format);
    let census = Census::take(name, source()?)?;
    let numbers = census.numbers(name, source()?)?;
    let left_out = (census.bytes_min < census.bytes_max).then(|| {
        format!("sizes, which go from {} to {} bytes: a trace has one size a layer", census.bytes_min, census.bytes_max)
    });
    let header = header(from, format, &census, &numbers);
    let mut writer = Writer::create(to, &header, false)?;
    let mut source = source()?;
    let mut token = 0;
    while let Some(lookup) = source.next()? {
        let Some(bundle) = numbers.of(lookup.object) else {
            return Err(refused(name, "changed while it was read; import it again".to_owned()));
        };
        let active = [bundle];
        writer.row(&Row { request: 0, token, phase: Phase::Decode, layer: 0, active: &active, score: None })?;
        token += 1;
    }
    writer.finish()?;
    Ok(Imported { format, header, tokens: census.lookups, lookups: census.lookups, left_out })
}

/// What a stream holds, counted.
struct Census {
    lookups: u64,
    object_max: u64,
    bytes_min: u64,
    bytes_max: u64,
}

impl Census {
    fn take(name: &str, mut source: Source) -> Result<Self, TraceError> {
        let mut census = Self { lookups: 0, object_max: 0, bytes_min: u64::MAX, bytes_max: 0 };
        while let Some(Lookup { object, bytes }) = source.next()? {
            census.lookups += 1;
            census.object_max = census.object_max.max(object);
            census.bytes_min = census.bytes_min.min(bytes);
            census.bytes_max = census.bytes_max.max(bytes);
        }
        match census.lookups {
            0 => Err(refused(name, "holds no lookups".to_owned())),
            1..=TOKENS_MAX => Ok(census),
            lookups => Err(refused(name, format!("holds {lookups} lookups; a trace has at most {TOKENS_MAX}: cut it"))),
        }
    }

    /// Objects keep their numbers where those can be a layer's bundles; else they are counted as they appear.
    fn numbers(&self, name: &str, mut source: Source) -> Result<Numbers, TraceError> {
        if self.object_max < MAX_BUNDLES_PER_LAYER.into() {
            return Ok(Numbers::Own);
        }
        let mut by_object = HashMap::new();
        while let Some(Lookup { object, .. }) = source.next()? {
            let next = u32::try_from(by_object.len()).unwrap_or(u32::MAX);
            by_object.entry(object).or_insert(next);
            if by_object.len() > MAX_BUNDLES_PER_LAYER as usize {
                let problem = format!("has more than {MAX_BUNDLES_PER_LAYER} objects; import a sample of them");
                return Err(refused(name, problem));
            }
        }
        Ok(Numbers::Counted(by_object))
    }
}

/// Tokens are numbered in 32 bits.
const TOKENS_MAX: u64 = 1 << 31;

/// Bundle numbers of objects.
enum Numbers {
    Own,
    Counted(HashMap<u64, u32>),
}

impl Numbers {
    /// None for an object that was not there when they were counted.
    fn of(&self, object: u64) -> Option<u32> {
        match self {
            Self::Own => u32::try_from(object).ok(),
            Self::Counted(by_object) => by_object.get(&object).copied(),
        }
    }
}

fn header(from: &Path, format: ImportFormat, census: &Census, numbers: &Numbers) -> Header {
    let (bundles, ids) = match numbers {
        Numbers::Own => (census.object_max + 1, "as in the file"),
        Numbers::Counted(by_object) => (by_object.len() as u64, "counted as they appear"),
    };
    let size = (census.bytes_min == census.bytes_max).then_some(census.bytes_max);
    Header {
        geometry: Geometry {
            unit: Unit::Expert,
            layers: 1,
            bundles_per_layer: u32::try_from(bundles).expect("at most 2^24 objects"),
        },
        // A size of 1 is how streams say that objects are only counted.
        bundle_bytes: size.filter(|bytes| (2..=u64::from(u32::MAX)).contains(bytes)).into_iter().collect(),
        model: from.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        model_digest: String::new(),
        prompt_digest: String::new(),
        recorder: format!("libCacheSim {format}"),
        recorder_version: String::new(),
        definition: "the object looked up, one a token".to_owned(),
        notes: BTreeMap::from([("objects".to_owned(), ids.to_owned())]),
    }
}

fn refused(name: &str, problem: String) -> TraceError {
    TraceError::NotImported { name: name.to_owned(), problem }
}
