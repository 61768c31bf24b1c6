//! What each step of a run needs: a script that is held, or one that is made while the run goes on.

use std::sync::Arc;

use tightfit_engine::Script;
use tightfit_scenarios::strategy::Prefetch;

use super::as_read::AsRead;

/// The steps of a run.
#[derive(Clone, Debug)]
pub enum Steps {
    /// All of them.
    Held {
        /// What each needs, or what its predictor names.
        script: Arc<Script>,
        /// What is named for reading ahead, where that is made before the run.
        hints: Option<Arc<Script>>,
    },
    /// Made from a trace's file.
    AsRead(Arc<AsRead>),
}

impl Steps {
    /// The script, for what has to know all of it.
    ///
    /// # Panics
    /// If it is not held: `as_read::suffices` says which strategies do without.
    #[must_use]
    pub fn held(&self) -> &Script {
        match self {
            Self::Held { script, .. } => script,
            Self::AsRead(_) => panic!("a script that was not to be held is asked for as a whole"),
        }
    }

    /// Most bundles of a step.
    #[must_use]
    pub fn row_bundles_max(&self) -> usize {
        match self {
            Self::Held { script, .. } => script.row_bundles_max(),
            Self::AsRead(script) => script.row_bundles_max(),
        }
    }

    /// Most bundles that `prefetch` names at once.
    #[must_use]
    pub fn ahead_bundles_max(&self, prefetch: Prefetch) -> usize {
        match (prefetch, self) {
            (Prefetch::None, _) => 0,
            (Prefetch::NextLayer | Prefetch::RepeatToken | Prefetch::Oracle, _) => self.row_bundles_max(),
            (_, Self::Held { hints, .. }) => hints.as_ref().map_or(0, |hints| hints.row_bundles_max()),
            (_, Self::AsRead(script)) => script.hint_bundles_max(),
        }
    }

    /// Passes of the prompt.
    #[must_use]
    pub fn prefill_passes(&self) -> u64 {
        match self {
            Self::Held { script, .. } => script.prefill_passes() as u64,
            Self::AsRead(script) => script.prefill_passes(),
        }
    }

    /// Decode passes, repeats included, until `outputs` tokens have come out for each sequence.
    #[must_use]
    pub fn decode_passes_for(&self, outputs: u64) -> u64 {
        match self {
            Self::Held { script, .. } => script.decode_passes_for(outputs),
            // One token a pass.
            Self::AsRead(_) => outputs,
        }
    }
}
