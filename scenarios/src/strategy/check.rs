//! What must hold between the keys of a strategy.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error as _};

use super::{
    CATALOG, Evict, Mechanism, Names, Overlap, Partition, Pinned, PinnedBy, Placement, Predictor, Prefetch, Reads,
    ResidentSet, Routing, Rows, Speculative, Strategy, StrategyFile, Stream,
};
use crate::ScenarioError;

/// A share from 0 to 1, or `"fit"`.
pub(super) fn pinned<'de, D: Deserializer<'de>>(from: D) -> Result<Pinned, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Share(f64),
        Word(String),
    }
    match Written::deserialize(from) {
        Ok(Written::Share(share)) if (0.0..=1.0).contains(&share) => Ok(Pinned::Share(share)),
        Ok(Written::Word(word)) if word == "fit" => Ok(Pinned::Fit),
        _ => Err(D::Error::custom("a pinned share is a number from 0.0 to 1.0, or \"fit\"")),
    }
}

/// The strategy of a file whose single keys are right.
pub(super) fn strategy(
    origin: &str,
    file: StrategyFile,
    settings: BTreeMap<String, String>,
) -> Result<Strategy, ScenarioError> {
    let wrong = |key: &str, problem: String| CATALOG.impossible(origin, key, problem);
    CATALOG.check_schema(origin, file.schema)?;
    if file.name.is_empty() || file.name.contains(char::is_whitespace) {
        return Err(wrong("name", "a name is one word, such as window-5".to_owned()));
    }
    profile(&file).map_err(|(key, problem)| wrong(key, problem))?;
    let mechanism = match (file.resident_set, file.reads, file.page_cache) {
        (Some(set), Some(reads), None) => {
            resident_set(&set, reads, file.stream).map_err(|(key, problem)| wrong(key, problem))?;
            Mechanism::ResidentSet { set, reads }
        }
        (None, None, Some(cache)) => {
            if cache.read_around_kib == 0 {
                return Err(wrong("page-cache.read-around-kib", "a fault reads something: at least 1".to_owned()));
            }
            Mechanism::PageCache(cache)
        }
        _ => {
            return Err(wrong(
                "resident-set",
                "a strategy has either [resident-set] with [reads], or [page-cache]".to_owned(),
            ));
        }
    };
    let sparse = file.stream == Stream::FeedForward && matches!(mechanism, Mechanism::ResidentSet { .. });
    dimensions(&file, sparse).map_err(|(key, problem)| wrong(key, problem.to_owned()))?;
    let StrategyFile { name, title, stream, layout, profile_tokens, predictor, routing, speculative, .. } = file;
    Ok(Strategy { name, title, stream, layout, profile_tokens, mechanism, predictor, routing, speculative, settings })
}

/// What must hold for the sections besides the resident set; `sparse` strategies stream active rows to a resident set.
fn dimensions(file: &StrategyFile, sparse: bool) -> Result<(), (&'static str, &'static str)> {
    if let Some(Predictor { names, .. }) = &file.predictor {
        if !sparse {
            return Err((
                "predictor",
                "only stream = \"feed-forward\" into a [resident-set] asks for some rows and not others",
            ));
        }
        if let Names::OverPredicting { factor } = names
            && !(1.0..=1000.0).contains(factor)
        {
            return Err(("predictor.names.factor", "named rows over active rows: from 1.0 to 1000.0"));
        }
    }
    if let Some(routing) = &file.routing {
        if !sparse {
            return Err(("routing", "only stream = \"feed-forward\" into a [resident-set] chooses among rows"));
        }
        if file.resident_set.as_ref().is_some_and(|set| set.evict == Evict::Belady) {
            return Err((
                "routing",
                "\"belady\" knows what the trace uses, which [routing] changes: take a policy that knows nothing ahead",
            ));
        }
        if file.predictor.is_some() {
            return Err(("routing", "a predictor names rows without scores: give either [predictor] or [routing]"));
        }
        self::routing(routing)?;
    }
    if let Some(Speculative { draft_tokens, .. }) = file.speculative {
        if file.routing.is_some() {
            return Err((
                "speculative",
                "a draft is verified by the union of its tokens' rows, which [routing] can't bend",
            ));
        }
        if !(1..=64).contains(&draft_tokens) {
            return Err(("speculative.draft-tokens", "from 1 to 64"));
        }
    }
    Ok(())
}

fn routing(routing: &Routing) -> Result<(), (&'static str, &'static str)> {
    if *routing == Routing::default() {
        return Err(("routing", "bends nothing: give top-k, keep-share, drop-cold-below or degrade-cold-below"));
    }
    if routing.top_k.is_some() && routing.keep_share.is_some() {
        return Err(("routing.keep-share", "either top-k or keep-share"));
    }
    if routing.margin.get() > 0.0 && routing.top_k.is_none() && routing.keep_share.is_none() {
        return Err(("routing.margin", "where all are kept none is preferred: give top-k or keep-share"));
    }
    if (routing.degrade_cold_below.get() > 0.0) != routing.cold_bytes_share.is_some() {
        return Err(("routing.cold-bytes-share", "degrade-cold-below and cold-bytes-share go together"));
    }
    if routing.cold_bytes_share.is_some_and(|share| share.get() == 0.0) {
        return Err(("routing.cold-bytes-share", "a copy of no bytes: above 0.0, or drop-cold-below instead"));
    }
    Ok(())
}

/// What is learnt from a profile, and from how much of one.
fn profile(file: &StrategyFile) -> Result<(), (&'static str, String)> {
    if file.layout.is_ordered() && file.stream == Stream::Everything {
        return Err((
            "layout",
            "a dense stream reads all, in whatever order: order the rows of stream = \"feed-forward\", or lay them out \
             \"bundled\""
                .to_owned(),
        ));
    }
    match file.profile_tokens {
        Some(0) => Err(("profile-tokens", "a profile of no tokens: at least 1".to_owned())),
        Some(_) if !file.is_profiled() => Err((
            "profile-tokens",
            "nothing of this strategy learns from a profile: leave it out, or give layout = \"popularity\" or \
             \"co-activation\", pinned-by = \"popularity\", partition = \"demand\" or a prefetch from neighbours"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Far above any queue of a phone (32) or what one queue of an SSD is given, low enough to tabulate.
const LANES_MAX: u32 = 1024;

fn resident_set(set: &ResidentSet, reads: Reads, stream: Stream) -> Result<(), (&'static str, String)> {
    if reads.lanes == 0 {
        return Err(("reads.lanes", "no reads in flight: at least 1".to_owned()));
    }
    if reads.lanes > LANES_MAX {
        return Err(("reads.lanes", format!("more reads in flight than any device takes: at most {LANES_MAX}")));
    }
    if reads.read_max_kib == 0 {
        return Err(("reads.read-max-kib", "reads of no bytes: at least 1".to_owned()));
    }
    if reads.prefetch_lanes.is_some_and(|lanes| lanes == 0 || lanes > reads.lanes) {
        return Err(("reads.prefetch-lanes", "from 1 to lanes; to read nothing ahead, prefetch = \"none\"".to_owned()));
    }
    if reads.prefetch_lanes.is_some() && set.prefetch == Prefetch::None {
        return Err(("reads.prefetch-lanes", "nothing is read ahead: leave it out, or give a prefetch".to_owned()));
    }
    if stream == Stream::Everything {
        whole_layers(set)?;
    } else if set.prefetch == Prefetch::NextLayer {
        return Err((
            "resident-set.prefetch",
            "the next layer's rows are not known before its turn: only stream = \"everything\" can read it ahead whole"
                .to_owned(),
        ));
    }
    if set.prefetch != Prefetch::None && set.placement == Placement::Compact {
        return Err(("resident-set.placement", "a row in flight can't move: read ahead with \"in-place\"".to_owned()));
    }
    if set.rows == Rows::Resident && (set.placement != Placement::Compact || set.overlap != Overlap::None) {
        return Err((
            "resident-set.rows",
            "\"resident\" computes the rows of a layer as they lie, at once: it needs placement = \"compact\" and \
             overlap = \"none\""
                .to_owned(),
        ));
    }
    if set.prefetch != Prefetch::None && set.evict == Evict::RetainNone {
        return Err((
            "resident-set.evict",
            "\"retain-none\" drops what was read ahead: use \"lru\" with a prefetch".to_owned(),
        ));
    }
    if set.partition != Partition::None && [Evict::RetainNone].contains(&set.evict) {
        return Err(("resident-set.partition", "\"retain-none\" keeps nothing to be divided".to_owned()));
    }
    if set.pinned_by == PinnedBy::Popularity && !matches!(set.pinned_share, Pinned::Share(share) if share > 0.0) {
        return Err(("resident-set.pinned-by", "what share is pinned? give pinned-share = 0.2".to_owned()));
    }
    Ok(())
}

/// What streaming whole layers leaves no choice about.
fn whole_layers(set: &ResidentSet) -> Result<(), (&'static str, String)> {
    if set.rows == Rows::Resident {
        return Err(("resident-set.rows", "stream = \"everything\" computes all rows anyway: leave it out".to_owned()));
    }
    let needs_rows = |key, what: &str| Err((key, format!("{what} needs stream = \"feed-forward\"")));
    if set.overlap != Overlap::None {
        return needs_rows("resident-set.overlap", "a layer that is streamed whole is computed at once: an overlap");
    }
    if !matches!(set.prefetch, Prefetch::None | Prefetch::NextLayer) {
        return needs_rows(
            "resident-set.prefetch",
            "the next layer is known whole (\"next-layer\"): a guess of its rows",
        );
    }
    if set.pinned_by == PinnedBy::Popularity {
        return needs_rows("resident-set.pinned-by", "every block is used once a token: popularity");
    }
    if set.partition == Partition::Demand {
        return needs_rows("resident-set.partition", "every layer is used whole: a demand");
    }
    Ok(())
}
