//! What the chart of hit rates is drawn from: plain numbers, a row per policy and budget.

use crate::units::significant;

/// Hit rates of policies over budgets, on one trace.
#[derive(Clone, Debug, PartialEq)]
pub struct HitRates {
    /// Name of the trace, for the title.
    pub trace: String,
    /// What budgets count.
    pub budget: Budget,
    /// What one token touches over all layers, in bytes or bundles as the budgets are.
    pub token_cycle: Option<u64>,
    /// A row per policy and budget, in any order; policies keep the order of their first row in colours.
    pub rows: Vec<HitRate>,
}

/// What a budget counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Bytes, shown as MiB.
    Bytes,
    /// Bundles.
    Bundles,
}

/// One policy at one budget.
#[derive(Clone, Debug, PartialEq)]
pub struct HitRate {
    /// Name of the policy; `belady…` and `oracle…` are drawn as bounds.
    pub policy: String,
    /// Bytes or bundles.
    pub budget: u64,
    /// Hits over lookups, 0 to 1.
    pub hit_rate: f64,
    /// The same of decode alone, where the trace tells prompt and decode apart.
    pub decode_hit_rate: Option<f64>,
}

impl HitRates {
    /// The token cycle as the axis shows it.
    pub(super) fn cycle(&self) -> Option<f64> {
        self.token_cycle.map(|cycle| self.budget.shown(cycle))
    }
}

impl Budget {
    /// A budget as the axis shows it.
    pub(super) fn shown(self, budget: u64) -> f64 {
        match self {
            Self::Bytes => budget as f64 / f64::from(1 << 20),
            Self::Bundles => budget as f64,
        }
    }

    /// A shown budget with its unit.
    pub(super) fn spelled(self, shown: f64) -> String {
        let unit = match self {
            Self::Bytes => "MiB",
            Self::Bundles => "bundles",
        };
        format!("{} {unit}", significant(shown))
    }

    pub(super) fn axis(self) -> &'static str {
        match self {
            Self::Bytes => "DRAM that the policy may use, MiB",
            Self::Bundles => "bundles that the policy may hold",
        }
    }

    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Bytes => "budget_bytes",
            Self::Bundles => "budget_bundles",
        }
    }
}
