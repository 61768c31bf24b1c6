//! One line of a log.

use serde::Deserialize;

use crate::trace::Phase;

/// What a line says.
pub(super) enum Line {
    /// Of the whole log.
    Meta(MetaLine),
    /// Of one (token, layer).
    Route(Route),
}

/// The keys of all lines, under the names that loggers give them.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(alias = "req_id", alias = "request_id", alias = "seq_id")]
    request: Option<serde_json::Value>,
    #[serde(alias = "token_idx", alias = "token_index", alias = "position", alias = "step")]
    token: Option<u32>,
    #[serde(alias = "layer_idx", alias = "layer_id")]
    layer: Option<u32>,
    #[serde(alias = "topk_ids", alias = "expert_ids", alias = "active")]
    experts: Option<Vec<u32>>,
    #[serde(alias = "topk_weights", alias = "expert_weights", alias = "score")]
    weights: Option<Vec<f32>>,
    phase: Option<String>,
    #[serde(alias = "model_id")]
    model: Option<String>,
    #[serde(alias = "n_expert")]
    num_experts: Option<u32>,
    vllm_version: Option<String>,
}

/// One (token, layer).
pub(super) struct Route {
    /// The request's own name.
    pub(super) request: String,
    /// Token within the request.
    pub(super) token: u32,
    /// Layer of the model.
    pub(super) layer: u32,
    /// Ids in the router's order.
    pub(super) experts: Vec<u32>,
    /// One each, where logged.
    pub(super) weights: Option<Vec<f32>>,
    /// Generated, where the log does not say.
    pub(super) phase: Phase,
}

/// What a line says of the whole log.
pub(super) struct MetaLine {
    model: Option<String>,
    experts: Option<u32>,
    version: Option<String>,
}

/// What all lines together say of the whole log.
#[derive(Default)]
pub(super) struct Meta {
    pub(super) model: Option<String>,
    pub(super) experts: Option<u32>,
    pub(super) version: Option<String>,
}

impl Meta {
    /// Takes a further line in; one log is of one model.
    pub(super) fn add(&mut self, line: MetaLine) -> Result<(), String> {
        let differ = |known: Option<u32>, new: Option<u32>| known.zip(new).is_some_and(|(known, new)| known != new);
        if differ(self.experts, line.experts)
            || self.model.as_ref().zip(line.model.as_ref()).is_some_and(|(a, b)| a != b)
        {
            return Err("describes another model than the lines before; write one log a model".to_owned());
        }
        self.model = self.model.take().or(line.model);
        self.experts = self.experts.or(line.experts);
        self.version = self.version.take().or(line.version);
        Ok(())
    }
}

impl Line {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let line: Written =
            serde_json::from_str(text).map_err(|error| format!("{error}; write one JSON object a line"))?;
        let is_meta = line.kind.as_deref() == Some("meta") || line.layer.is_none() && line.experts.is_none();
        if is_meta {
            let version = line.vllm_version.map(|version| format!("vLLM {version}"));
            return Ok(Self::Meta(MetaLine { model: line.model, experts: line.num_experts, version }));
        }
        let missing =
            |key: &str| format!("has no {key}; a route has token_idx, layer, topk_ids and, optionally, topk_weights");
        let phase = match line.phase.as_deref() {
            None => Phase::Decode,
            Some(phase) => phase.parse().map_err(|()| format!("phase is `{phase}`; write prefill or decode"))?,
        };
        Ok(Self::Route(Route {
            request: line.request.map(|name| name.to_string()).unwrap_or_default(),
            token: line.token.ok_or_else(|| missing("token_idx"))?,
            layer: line.layer.ok_or_else(|| missing("layer"))?,
            experts: line.experts.ok_or_else(|| missing("topk_ids"))?,
            weights: line.weights,
            phase,
        }))
    }
}

/// Whether a text's first line is one of such a log.
pub(in super::super) fn is_line(line: &str) -> bool {
    line.trim_start().starts_with('{')
}
