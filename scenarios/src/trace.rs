//! A trace: which bundles each (token, layer) of a real or synthetic run needed.
//!
//! In memory a trace is one flat list of bundle numbers with offsets (a row per token and layer), on disk it is
//! Parquet ([`read`], [`Writer`]) or, for small fixtures, text.

mod batch;
mod builder;
mod error;
mod export;
mod filed;
mod import;
mod info;
mod lookups;
mod memory;
mod metadata;
mod order;
mod predictions;
mod reader;
mod recorded;
mod row_problem;
mod schema;
mod staged;
mod stretch;
pub mod synth;
pub mod text;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::str::FromStr;

pub use builder::Builder;
pub use error::TraceError;
pub use export::{ExportFormat, RowFormat, export, export_rows};
pub use filed::{Cursor, Filed};
pub use import::{ImportFormat, Imported, import, read_route};
pub use info::{Cycle, Info, Repeat, Share, Summary, WINDOW_MAX, info};
pub use lookups::{Lookups, Step};
pub use memory::{Request, Trace, read, read_bytes};
pub use metadata::FORMAT_VERSION;
pub use reader::Reader;
pub use recorded::Recorded;
pub use row_problem::{Expected, RowProblem};
pub use staged::Staged;
pub use stretch::Stretch;
pub use writer::Writer;

/// What one bundle number of a trace stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One feed-forward neuron: its up row, down column and, where gated, gate row.
    Neuron,
    /// One expert of a mixture of experts.
    Expert,
}

impl Unit {
    /// As files and the command line spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neuron => "neuron",
            Self::Expert => "expert",
        }
    }
}

impl FromStr for Unit {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "neuron" => Ok(Self::Neuron),
            "expert" => Ok(Self::Expert),
            _ => Err(()),
        }
    }
}

/// The shape that every row of a trace must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// What the numbers in `active` count.
    pub unit: Unit,
    /// Layers of the model that was recorded.
    pub layers: u32,
    /// Neurons or experts of one layer: every number in `active` is below it.
    pub bundles_per_layer: u32,
}

impl Geometry {
    /// Refuses shapes that no model has: nothing at all, or so many bundles that a number for each would fill a memory.
    pub(crate) fn check(self, name: &str) -> Result<(), TraceError> {
        let fail = |problem: String| Err(TraceError::Geometry { name: name.to_owned(), problem });
        if self.layers == 0 || self.bundles_per_layer == 0 {
            return fail(format!(
                "of {} layers x {} bundles is empty; both must be at least 1",
                self.layers, self.bundles_per_layer
            ));
        }
        if self.layers > MAX_LAYERS {
            return fail(format!("has {} layers; at most {MAX_LAYERS} are accepted", self.layers));
        }
        if self.bundles_per_layer > MAX_BUNDLES_PER_LAYER {
            return fail(format!(
                "has {} bundles in a layer; at most {MAX_BUNDLES_PER_LAYER} are accepted",
                self.bundles_per_layer
            ));
        }
        if u64::from(self.layers) * u64::from(self.bundles_per_layer) > MAX_BUNDLES {
            return fail(format!(
                "of {} layers x {} bundles has more than the {MAX_BUNDLES} bundles that are accepted",
                self.layers, self.bundles_per_layer
            ));
        }
        Ok(())
    }
}

/// Most layers of a geometry: far above any model, low enough that a corrupt number is caught.
const MAX_LAYERS: u32 = 1 << 16;
/// Most bundles of a layer, for the same reason.
const MAX_BUNDLES_PER_LAYER: u32 = 1 << 24;
/// Most bundles of all layers: ten times the neurons of the largest models, and 400 MB of what `trace info` counts.
const MAX_BUNDLES: u64 = 1 << 25;

/// What a trace says of itself: kept in the Parquet file's key-value metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The shape of the rows.
    pub geometry: Geometry,
    /// Bytes of one bundle, by layer; empty where they are not known.
    pub bundle_bytes: Vec<u64>,
    /// Name of the recorded model, as in `scenarios/models`.
    pub model: String,
    /// SHA-256 of the model file, hexadecimal.
    pub model_digest: String,
    /// SHA-256 of the prompt's text, hexadecimal.
    pub prompt_digest: String,
    /// Program that recorded the trace.
    pub recorder: String,
    /// Its version.
    pub recorder_version: String,
    /// What "active" means here, for instance `mass-share 0.90`.
    pub definition: String,
    /// Anything else worth keeping (prompt name, sampling, command line), sorted.
    pub notes: BTreeMap<String, String>,
}

impl Header {
    /// Refuses an impossible geometry, and bytes that are not of its layers.
    pub(crate) fn check(&self, name: &str) -> Result<(), TraceError> {
        self.geometry.check(name)?;
        let (given, layers) = (self.bundle_bytes.len(), self.geometry.layers);
        let fail = |problem: String| Err(TraceError::Geometry { name: name.to_owned(), problem });
        if given != 0 && given != layers as usize {
            return fail(format!(
                "gives bytes of a bundle for {given} of {layers} layers; give them for all, or for none"
            ));
        }
        match self.bundle_bytes.iter().find(|&&bytes| bytes == 0 || bytes > u64::from(u32::MAX)) {
            Some(bytes) => fail(format!("gives a bundle {bytes} bytes; 1 to {} are accepted", u32::MAX)),
            None => Ok(()),
        }
    }
}

/// Whether a token belongs to the prompt or was generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Part of the prompt.
    Prefill,
    /// Generated, one at a time.
    Decode,
}

impl Phase {
    /// As files spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prefill => "prefill",
            Self::Decode => "decode",
        }
    }
}

impl FromStr for Phase {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "prefill" => Ok(Self::Prefill),
            "decode" => Ok(Self::Decode),
            _ => Err(()),
        }
    }
}

/// One (token, layer): the unit of writing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    /// Request number, from 0.
    pub request: u32,
    /// Token number within the request, from 0, prompt first.
    pub token: u32,
    /// Prompt or generated.
    pub phase: Phase,
    /// Layer, from 0.
    pub layer: u32,
    /// Active bundles, ascending, without repeats.
    pub active: &'a [u32],
    /// One score per active bundle (share of the layer's activation mass, or the router's weight), where recorded.
    pub score: Option<&'a [f32]>,
}
