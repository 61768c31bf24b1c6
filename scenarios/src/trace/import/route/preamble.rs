//! The comment lines of a route: `# route_trace v1`, `# model=… n_layer=48 n_expert=128`, `# layer=0 expert_bytes=…`.

use std::{collections::BTreeMap, path::Path};

use crate::Model;

/// What the preamble says; words that are not known are left alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Preamble {
    /// Version of the format.
    pub(super) version: String,
    /// Layers of the model.
    pub(super) layers: Option<u32>,
    /// Experts of a layer.
    pub(super) experts: Option<u32>,
    model: Option<String>,
    expert_bytes: BTreeMap<u32, u64>,
}

impl Preamble {
    /// Reads one line, without its hash.
    pub(super) fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(version) = line.trim().strip_prefix("route_trace") {
            version.trim().clone_into(&mut self.version);
            return Ok(());
        }
        let mut layer = None;
        for (key, value) in line.split_ascii_whitespace().filter_map(|word| word.split_once('=')) {
            match key {
                "model" => self.model = Some(value.to_owned()),
                "n_layer" => self.layers = Some(number(key, value)?),
                "n_expert" => self.experts = Some(number(key, value)?),
                "layer" => layer = Some(number(key, value)?),
                "expert_bytes" => {
                    self.bytes(layer.ok_or("expert_bytes without a layer before it")?, number(key, value)?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Notes the bytes of a layer's expert: the largest that any line gives, because what is resident reads nothing.
    pub(super) fn bytes(&mut self, layer: u32, bytes: u32) {
        let known = self.expert_bytes.entry(layer).or_default();
        *known = u64::from(bytes).max(*known);
    }

    /// Bytes of an expert by layer; nothing where a layer's are not known.
    pub(super) fn bundle_bytes(&self, layers: u32) -> Vec<u64> {
        let known: Vec<u64> = self.expert_bytes.range(..layers).map(|(_, &bytes)| bytes).collect();
        if known.len() == layers as usize && !known.contains(&0) { known } else { Vec::new() }
    }

    /// The model's name in the catalog where its file is named after one, else the file's.
    pub(super) fn model(&self) -> String {
        let stem = self.source().unwrap_or_default();
        let stem = Path::new(&stem).file_stem().unwrap_or_default().to_string_lossy();
        let known = Model::names().iter().filter(|name| plain(&stem).starts_with(&plain(name)));
        known.max_by_key(|name| name.len()).map_or_else(|| stem.to_string(), |name| (*name).to_owned())
    }

    /// The model's file, without the folders of the machine that recorded it.
    pub(super) fn source(&self) -> Option<String> {
        Some(Path::new(self.model.as_ref()?).file_name()?.to_string_lossy().into_owned())
    }
}

fn number(key: &str, value: &str) -> Result<u32, String> {
    value.parse().map_err(|_| format!("{key} is `{value}`; write a whole number below 2^32"))
}

/// Letters and digits only, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}
