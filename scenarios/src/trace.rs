//! A trace: which bundles each (token, layer) of a real or synthetic run needed.
//!
//! In memory a trace is one flat list of bundle numbers with offsets (a row per token and layer), on disk it is
//! Parquet ([`read`], [`Writer`]) or, for small fixtures, text.

use std::collections::BTreeMap;

/// What one bundle number of a trace stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One feed-forward neuron: its up row, down column and, where gated, gate row.
    Neuron,
    /// One expert of a mixture of experts.
    Expert,
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

/// What a trace says of itself: kept in the Parquet file's key-value metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The shape of the rows.
    pub geometry: Geometry,
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

/// Whether a token belongs to the prompt or was generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Part of the prompt.
    Prefill,
    /// Generated, one at a time.
    Decode,
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
