//! What a byte that a cache takes in costs the engine's own bookkeeping: an engine runs over a store that answers at once, and
//! its reads and kernels are left out. The copy to the slots is measured with real reads ([`super::flash`]), since bytes that
//! have just landed are in no cache of the processor that copies them.
//!
//! Rows are of 1 KiB, as those of a small model are: larger ones cost less a byte.

use std::{
    io::{self, IoSliceMut},
    path::Path,
    sync::Arc,
};

use tightfit_engine::{
    Engine, Geometry, Script, Setup, Store,
    evict::{Kind, Room, Sizes as Bundles},
    plan::ReadRules,
    prefetch::Prefetch,
    script::Positions,
    session::{self, Request, Stepper},
    store::Layout,
};

use super::{
    Effort, Spread,
    blank::{self, FORMAT, Sizes},
};
use crate::{HostError, slots::to_usize, storage::Storage};

const HIDDEN: usize = 544;
const LAYERS: u32 = 32;
const ROWS: u32 = 1536;
const TOKENS: u32 = 6;
/// Tokens until every slot has its pages.
const TOKENS_BEFORE: u64 = 3;

/// Bytes a second.
#[derive(Clone, Copy, Debug)]
pub struct Admission(pub Spread);

/// Answers every read at once, with what is in the reader's buffer.
struct Answering;

impl Storage for Answering {
    fn read_at(&self, parts: &mut [IoSliceMut<'_>], _offset: u64) -> io::Result<usize> {
        Ok(parts.iter().map(|part| part.len()).sum())
    }
}

/// Measures it: every other row of each layer is needed, the others at the next token, and the budget keeps none as long.
pub(super) fn admission(folder: &Path, effort: Effort) -> Result<Admission, HostError> {
    let bundle_bytes = 3 * FORMAT.bytes(HIDDEN) as u64;
    let mut geometry = Geometry::new();
    for layer in 0..LAYERS {
        geometry.push(layer, ROWS, bundle_bytes, 3);
    }
    let store = Arc::new(Store::new(geometry, Layout::Bundled, 4096));
    let budget_bytes = store.bytes() / 8;
    let sizes = Sizes {
        hidden: HIDDEN,
        layers: LAYERS as usize,
        context_max: TOKENS as usize + 1,
        budget_bytes,
        row_bundles_max: ROWS as usize,
    };
    let room = Room {
        bundles: store.geometry().bundles(),
        sizes: Bundles::Equal(bundle_bytes),
        capacity_bytes: budget_bytes,
        layer_firsts: (0..LAYERS).map(|layer| layer * ROWS).collect(),
        row_bundles_max: ROWS as usize,
        reload_ns: None,
        oracle: None,
    };
    let script = script();
    let reads = ReadRules { coalesce_gap_bytes: 4096, read_bytes_max: 1 << 20 };
    let mut rates = Vec::new();
    for _ in 0..effort.repeats {
        let platform = blank::platform(folder, &store, &sizes, Some(Box::new(Answering)))?;
        let setup = Setup::plain(budget_bytes, reads, ROWS as usize);
        let mut engine = Engine::new(&store, setup, Kind::Lru.build(&room), platform);
        let request = Request {
            script: &script,
            model_layers: LAYERS,
            decode_passes: u64::from(TOKENS),
            context_max: TOKENS + 1,
            rows_fixed: None,
            prefetch: Prefetch::None,
            draft_tokens: 0,
        };
        let mut moments = Vec::new();
        session::run(&mut engine, &request, |engine, _| moments.push((engine.owners(), engine.counters())));
        engine.platform().outcome()?;
        let (before, after) = (&moments[to_usize(TOKENS_BEFORE)], &moments[moments.len() - 1]);
        let (owners, counters) = (after.0.since(&before.0), after.1.since(&before.1));
        let bytes: u64 = counters.needed_bytes.iter().sum();
        rates.push(bytes as f64 * 1e9 / owners.memory_management_ns as f64);
    }
    Ok(Admission(Spread::of(rates)))
}

/// Every other row, in turn.
fn script() -> Script {
    let mut script = Script::new(LAYERS);
    for pass in 0..=TOKENS {
        script.push_positions(pass == 0, Positions::of(1));
        for layer in 0..LAYERS {
            let rows: Vec<u32> = (pass % 2..ROWS).step_by(2).map(|row| layer * ROWS + row).collect();
            let uses = rows.len() as u64;
            script.push_row(rows, uses);
        }
    }
    script
}
