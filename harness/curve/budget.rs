//! Sizes of a cache: in MiB, or in bundles whatever they weigh.

use serde::Serialize;
use tightfit_scenarios::trace::Info;

const MIB: u64 = 1 << 20;

/// Budgets of a ladder.
const LADDER: usize = 8;

/// What a cache may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Budget {
    /// Bytes, in units of 2^20.
    #[serde(rename = "budget_mib")]
    Mib(u64),
    /// Bundles, each counted as one.
    #[serde(rename = "budget_units")]
    Units(u64),
}

impl Budget {
    /// The number, without its unit.
    #[must_use]
    pub fn number(self) -> u64 {
        match self {
            Self::Mib(number) | Self::Units(number) => number,
        }
    }

    /// Budgets from a quarter of a mean token cycle, each twice the one before, to all bundles: eight at most, in MiB
    /// where a bundle's mean bytes are given and the smallest is one MiB at least.
    #[must_use]
    pub fn ladder(info: &Info, bundle_bytes: Option<u64>) -> Vec<Self> {
        let all_units = u64::from(info.layers) * u64::from(info.bundles_per_layer);
        let tokens = (info.prefill_tokens + info.decode_tokens).max(1);
        let bytes = bundle_bytes.filter(|bytes| info.lookups * bytes / tokens / 4 >= MIB);
        match bytes {
            Some(bytes) => {
                let cycle_mib = (info.lookups * bytes).div_ceil(tokens * MIB);
                doublings(cycle_mib, (all_units * bytes).div_ceil(MIB)).into_iter().map(Self::Mib).collect()
            }
            None => doublings(info.lookups.div_ceil(tokens), all_units).into_iter().map(Self::Units).collect(),
        }
    }
}

/// A quarter of `cycle`, a half, and so on to `all`; of more than eight, eight spread evenly.
fn doublings(cycle: u64, all: u64) -> Vec<u64> {
    let mut sizes: Vec<u64> =
        (0..64).map(|doubling| ((cycle << doubling) / 4).max(1)).take_while(|&size| size < all).collect();
    sizes.push(all);
    sizes.dedup();
    if sizes.len() <= LADDER {
        return sizes;
    }
    (0..LADDER).map(|step| sizes[step * (sizes.len() - 1) / (LADDER - 1)]).collect()
}
