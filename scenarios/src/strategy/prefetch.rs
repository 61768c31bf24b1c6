//! What is read ahead of need.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::Share;

/// Where the names of the bundles that are read ahead come from. Written as a word, or as a table with `source`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Prefetch {
    /// Nothing is read ahead.
    None,
    /// The next layer whole, which a dense model needs whatever the token is.
    NextLayer,
    /// What the token before needed in the next layer.
    RepeatToken,
    /// A predictor of the next layer's set, with errors drawn from the scenario's seed.
    Predictor {
        /// Predicted and active over active.
        recall: Share,
        /// Predicted and active over predicted.
        precision: Share,
    },
    /// The next layer's own router, run early on this layer's input: it names as many as the layer needs, and is right
    /// about this share of them. Its errors fall on the choices with the lowest scores, so the trace must have some.
    Router {
        /// Share of the choices that it names rightly.
        agreement: Share,
    },
    /// What was most often active in the next layer together with this layer's set, in a profile of the trace's head.
    Neighbours {
        /// Neighbours of each active bundle.
        count: NonZeroU32,
    },
    /// What will be needed: an upper bound.
    Oracle,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a word such as \"none\", or a table such as { source = \"repeat-token\" }")]
enum Written {
    Word(String),
    Table(Keys),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Keys {
    source: String,
    recall: Option<Share>,
    precision: Option<Share>,
    agreement: Option<Share>,
    count: Option<NonZeroU32>,
}

const KNOWN: &str = "\"none\", \"next-layer\", \"repeat-token\", \"oracle\", { source = \"predictor\", recall = 0.9, \
                     precision = 0.8 }, { source = \"router\", agreement = 0.9 } or { source = \"neighbours\", count = 2 }";

impl TryFrom<Written> for Prefetch {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let keys = match written {
            Written::Word(source) => Keys { source, recall: None, precision: None, agreement: None, count: None },
            Written::Table(keys) => keys,
        };
        let Keys { source, recall, precision, agreement, count } = keys;
        match (source.as_str(), recall, precision, agreement, count) {
            ("none", None, None, None, None) => Ok(Self::None),
            ("next-layer", None, None, None, None) => Ok(Self::NextLayer),
            ("repeat-token", None, None, None, None) => Ok(Self::RepeatToken),
            ("oracle", None, None, None, None) => Ok(Self::Oracle),
            ("predictor", Some(_), Some(precision), None, None) if precision.get() == 0.0 => {
                Err("a precision of 0 names everything: above 0.0".to_owned())
            }
            ("predictor", Some(recall), Some(precision), None, None) => Ok(Self::Predictor { recall, precision }),
            ("router", None, None, Some(agreement), None) => Ok(Self::Router { agreement }),
            ("neighbours", None, None, None, Some(count)) => Ok(Self::Neighbours { count }),
            (source, ..) => Err(format!("prefetch from `{source}` with these keys: write {KNOWN}")),
        }
    }
}
