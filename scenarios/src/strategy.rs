//! Strategies: how the engine is set up, composed of dimensions.
//!
//! A strategy is a TOML file (`scenarios/strategies/<name>.toml`) with either a `[resident-set]`, which the app manages,
//! or a `[page-cache]`, which the operating system does.

mod check;
mod embedded;
mod evict;
mod predictor;
mod prefetch;
mod routing;
mod share;
mod speculative;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

pub use evict::Evict;
pub use predictor::{Missed, Names, Predictor};
pub use prefetch::Prefetch;
pub use routing::Routing;
pub use share::Share;
pub use speculative::Speculative;

use crate::{ScenarioError, catalog::Catalog, settings};

/// The strategies that are built in.
pub const CATALOG: Catalog = Catalog { kind: "strategy", entries: embedded::STRATEGIES };

/// What comes from flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// All weights, layer by layer; all rows are computed, whatever a trace says.
    Everything,
    /// The feed-forward rows (or experts) that a trace says are active; all other weights are always in DRAM.
    FeedForward,
}

/// How matrices lie on flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Matrix after matrix.
    Separate,
    /// A neuron's rows and column (an expert's matrices) side by side.
    Bundled,
    /// Bundled; in each layer the bundles that the profile saw most often come first.
    Popularity,
    /// Bundled; bundles that the profile saw active together are neighbours (*Ripple*, arXiv 2410.19274 §4).
    CoActivation,
}

impl Layout {
    /// Whether the order of the bundles is learnt from a profile.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::Popularity | Self::CoActivation)
    }
}

/// How slots are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Rows of a layer stay contiguous: a delete moves the last row into the hole.
    Compact,
    /// The freed slot is used again; nothing moves.
    InPlace,
}

/// Which rows of a layer are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// Those that are needed, wherever they lie.
    #[default]
    Needed,
    /// All that are in DRAM, in one dense kernel: for neurons whose inactive rows add nothing (*LLM in a flash* §3.3).
    Resident,
}

/// What runs under demand reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// Nothing.
    None,
    /// The rows that are in DRAM already.
    ResidentFirst,
    /// So are they, and then each bundle as it lands, in a kernel of its own: for experts.
    AsLanded,
}

/// What stays in DRAM for ever.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pinned {
    /// This share of the streamed bytes, 0 to 1, whatever the budget.
    Share(f64),
    /// As much as the budget leaves after the layers in transit.
    Fit,
}

/// Which bundles are pinned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinnedBy {
    /// Spread evenly over the layers.
    #[default]
    Spread,
    /// Those that the head of the trace used most.
    Popularity,
}

/// Whether each layer has a budget of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partition {
    /// All layers share one.
    #[default]
    None,
    /// In equal parts of the layers' bytes.
    Equal,
    /// By the bytes that the head of the trace used in each layer.
    Demand,
}

/// A resident set that the app manages.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ResidentSet {
    /// Which bundle leaves.
    pub evict: Evict,
    /// What never leaves.
    #[serde(deserialize_with = "check::pinned")]
    pub pinned_share: Pinned,
    /// Which bundles these are.
    #[serde(default)]
    pub pinned_by: PinnedBy,
    /// Whether each layer has a budget of its own.
    #[serde(default)]
    pub partition: Partition,
    /// How slots are given out.
    pub placement: Placement,
    /// Which rows of a layer are computed.
    #[serde(default)]
    pub rows: Rows,
    /// What runs under demand reads.
    pub overlap: Overlap,
    /// What is read ahead.
    pub prefetch: Prefetch,
}

/// How reads are formed and issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reads {
    /// Reads in flight at once.
    pub lanes: u32,
    /// Neighbours no further apart are read as one.
    pub coalesce_gap_kib: u32,
    /// Longest read.
    pub read_max_kib: u32,
    /// Reads ahead in flight at once; without it, as many as there are lanes.
    pub prefetch_lanes: Option<u32>,
}

/// A memory-mapped file and the system's page cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PageCache {
    /// Block that a fault reads, as far as it is missing.
    pub read_around_kib: u32,
}

/// Who decides what is in DRAM.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mechanism {
    /// The app.
    ResidentSet {
        /// What is kept.
        set: ResidentSet,
        /// How it is read.
        reads: Reads,
    },
    /// The operating system.
    PageCache(PageCache),
}

/// A strategy, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Strategy {
    /// Name, unique within a scenario.
    pub name: String,
    /// What it does, in one line.
    pub title: String,
    /// What comes from flash.
    pub stream: Stream,
    /// How matrices lie on flash.
    pub layout: Layout,
    /// Tokens of the trace's head that the strategy learns from, where anything of it does.
    pub profile_tokens: Option<u32>,
    /// Who decides what is in DRAM.
    pub mechanism: Mechanism,
    /// What names the rows of a layer beforehand.
    pub predictor: Option<Predictor>,
    /// How routing is bent.
    pub routing: Option<Routing>,
    /// How tokens are drafted.
    pub speculative: Option<Speculative>,
    /// Every setting by dotted key, as written, for results.
    pub settings: BTreeMap<String, String>,
}

/// A strategy as written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct StrategyFile {
    schema: u32,
    name: String,
    title: String,
    stream: Stream,
    layout: Layout,
    profile_tokens: Option<u32>,
    resident_set: Option<ResidentSet>,
    reads: Option<Reads>,
    page_cache: Option<PageCache>,
    predictor: Option<Predictor>,
    routing: Option<Routing>,
    speculative: Option<Speculative>,
}

impl StrategyFile {
    /// Whether anything of the strategy learns from a profile of the trace's head.
    fn is_profiled(&self) -> bool {
        let of_set = |set: &ResidentSet| {
            set.pinned_by == PinnedBy::Popularity
                || set.partition == Partition::Demand
                || matches!(set.prefetch, Prefetch::Neighbours { .. })
        };
        self.layout.is_ordered() || self.resident_set.as_ref().is_some_and(of_set)
    }
}

/// Tokens that are profiled where a strategy does not say how many.
const PROFILE_TOKENS: u32 = 32;

impl Strategy {
    /// A strategy by embedded name, or from a path that ends in `.toml`, with dotted keys set first.
    pub fn load(name_or_path: &str, set: &[(String, Value)]) -> Result<Self, ScenarioError> {
        let found = CATALOG.find(name_or_path)?;
        Self::parse(&found.origin, &found.text, &Table::new(), set)
    }

    /// A strategy from its text. `changes` are laid over the text key by key, then `set` is applied where the result has
    /// the key: so that a setting of `reads.lanes` passes a page cache by.
    pub fn parse(origin: &str, text: &str, changes: &Table, set: &[(String, Value)]) -> Result<Self, ScenarioError> {
        let in_toml = |problem| CATALOG.in_toml(origin, problem);
        // Read once as it is, so that an error in it shows the line, then with what is laid over it.
        let _: StrategyFile = toml::from_str(text).map_err(in_toml)?;
        let mut table: Table = toml::from_str(text).map_err(in_toml)?;
        overlay(&mut table, changes);
        let mut origin = origin.to_owned();
        if replaced(&mut table, set) {
            origin.push_str(WITH_SET);
        }
        let in_toml = |problem| CATALOG.in_toml(&origin, problem);
        let mut file: StrategyFile = table.clone().try_into().map_err(in_toml)?;
        if file.is_profiled() && file.profile_tokens.is_none() {
            // The default is written out, so that results show it and a setting finds it.
            table.insert("profile-tokens".to_owned(), Value::Integer(PROFILE_TOKENS.into()));
            replaced(&mut table, set);
            file = table.clone().try_into().map_err(in_toml)?;
        }
        let mut settings = BTreeMap::new();
        flatten("", &table, &mut settings);
        check::strategy(&origin, file, settings)
    }

    /// Whether the strategy computes other things than the model would, so that a replayed trace can't tell what the model
    /// would have done next.
    #[must_use]
    pub fn is_open_loop(&self) -> bool {
        self.routing.is_some() || self.predictor.is_some_and(|predictor| predictor.missed == Missed::Drop)
    }

    /// Whether the strategy has a setting of this dotted key, or a section of that name.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.settings
            .keys()
            .any(|own| own.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

/// What stands behind a strategy's origin in errors where a key was set from outside.
const WITH_SET: &str = " with --set";

/// Sets those keys that the table has. Whether it had any.
fn replaced(table: &mut Table, set: &[(String, Value)]) -> bool {
    set.iter().fold(false, |any, (key, value)| settings::replace(table, key, value.clone()) || any)
}

/// The leaves of a table by dotted key, without what names the strategy.
fn flatten(prefix: &str, table: &Table, leaves: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => flatten(&key, inner, leaves),
            Value::String(text) if !["name", "title"].contains(&key.as_str()) => {
                leaves.insert(key, text.clone());
            }
            Value::String(_) => {}
            _ if key == "schema" => {}
            value => {
                leaves.insert(key, value.to_string());
            }
        }
    }
}

/// Lays `changes` over `table`: tables are merged, all else is replaced. What is a choice with
/// parameters of its own is replaced whole.
fn overlay(table: &mut Table, changes: &Table) {
    for (key, change) in changes {
        match (table.get_mut(key), change) {
            (Some(Value::Table(below)), Value::Table(change))
                if !["evict", "prefetch", "names"].contains(&key.as_str()) =>
            {
                overlay(below, change);
            }
            _ => {
                table.insert(key.clone(), change.clone());
            }
        }
    }
}
