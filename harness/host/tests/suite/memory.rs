//! What the platform holds is what its engine says is resident: for a resident set of a quarter of the weights, and either
//! placement.

use std::sync::Arc;

use tempfile::TempDir;
use tightfit_engine::{
    BundleId, Engine, Geometry, Script, Setup, Store,
    evict::{Kind, Room, Sizes},
    plan::ReadRules,
    platform::Kernel,
    prefetch::Prefetch,
    resident::Placement,
    session::{self, Request, Stepper},
    store::Layout,
};
use tightfit_host::{
    Bundles, Fault, HostError, HostPlatform, Kernels, Pause, Reads, Spec, machine,
    weights::{self, Contents},
};
use tightfit_sim::random::Random;

const LAYERS: u32 = 8;
const ROWS: u32 = 2048;
const BUNDLE_BYTES: u64 = 4096;
const BUDGET_BYTES: u64 = 16 << 20;
/// What the engine's tables, lanes and the allocator may take besides: an eighth of the weights.
const BESIDES_BYTES: u64 = 8 << 20;

/// Any bytes do.
struct Same;

impl Contents for Same {
    fn bundle(&mut self, _bundle: BundleId, into: &mut [u8]) -> Result<(), HostError> {
        into.fill(1);
        Ok(())
    }

    fn dense(&mut self, _offset: u64, into: &mut [u8]) -> Result<(), HostError> {
        into.fill(1);
        Ok(())
    }
}

/// Reads a byte of each bundle.
struct Glance(u64);

impl Kernels for Glance {
    fn run(&mut self, _kernel: &Kernel, bundles: Bundles<'_>, pause: &mut Pause<'_>) -> Result<(), Fault> {
        for &bundle in bundles.touched() {
            self.0 += u64::from(bundles.bytes(bundle)[0]);
            pause.after_row();
        }
        Ok(())
    }
}

/// 40 tokens, each with 5 % of each layer's rows.
fn script() -> Script {
    let mut script = Script::new(LAYERS);
    for pass in 0..40 {
        script.push_pass(false, 1);
        for layer in 0..LAYERS {
            let active = |row: &u32| Random::at(3, "active", pass, layer * ROWS + row).happens(0.05);
            let rows: Vec<u32> = (0..ROWS).filter(active).map(|row| layer * ROWS + row).collect();
            let uses = rows.len() as u64;
            script.push_row(rows, uses);
        }
    }
    script
}

/// Set in a process that runs this test alone: what a process holds is that of all tests in it.
const ALONE: &str = "TIGHTFIT_TEST_ALONE";

#[test]
fn what_is_held_is_what_is_resident() {
    if std::env::var_os(ALONE).is_none() {
        let this = std::env::current_exe().expect("this program");
        let arguments = ["--exact", "memory::what_is_held_is_what_is_resident", "--nocapture"];
        let done = std::process::Command::new(this).args(arguments).env(ALONE, "1").output().expect("it runs again");
        let told = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&done.stderr));
        return;
    }
    if machine::process_bytes().is_none() {
        println!("SKIPPED: this system does not say what a process holds");
        return;
    }
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let mut geometry = Geometry::new();
    for layer in 0..LAYERS {
        geometry.push(layer, ROWS, BUNDLE_BYTES, 1);
    }
    let store = Arc::new(Store::new(geometry, Layout::Bundled, 4096));
    let path = folder.path().join("weights.store");
    let file = weights::build(&path, &store, 0, "same", &mut Same).unwrap_or_else(|error| panic!("{error}"));
    let script = script();
    for (placement, lanes) in [(Placement::Compact, 32), (Placement::InPlace, 2)] {
        let before = machine::process_bytes().expect("asked above");
        let spec = Spec {
            store: Arc::clone(&store),
            file: file.clone(),
            storage: None,
            reads: Reads::Buffered,
            lanes,
            prefetch_lanes: lanes,
            placement: Some(placement),
            budget_bytes: BUDGET_BYTES,
            row_bundles_max: script.row_bundles_max(),
            verify: false,
        };
        let platform = HostPlatform::with_kernels(spec, Glance(0)).unwrap_or_else(|error| panic!("{error}"));
        let reads = ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 1 << 16 };
        let setup = Setup { placement, ..Setup::plain(BUDGET_BYTES, reads, script.row_bundles_max()) };
        let room = Room {
            bundles: LAYERS * ROWS,
            sizes: Sizes::Equal(BUNDLE_BYTES),
            capacity_bytes: BUDGET_BYTES,
            layer_firsts: (0..LAYERS).map(|layer| layer * ROWS).collect(),
            row_bundles_max: script.row_bundles_max(),
            reload_ns: None,
            oracle: None,
        };
        let mut engine = Engine::new(&store, setup, Kind::Lru.build(&room), platform);
        let request = Request {
            script: &script,
            model_layers: LAYERS,
            decode_passes: 40,
            context_max: 64,
            rows_fixed: None,
            prefetch: Prefetch::None,
            draft_tokens: 0,
        };
        session::run(&mut engine, &request, |_, _| ());
        assert!(engine.platform().outcome().is_ok() && engine.platform().kernels().0 > 10_000, "something was read");
        let held = machine::process_bytes().expect("asked above").saturating_sub(before);
        let resident = engine.resident_peak_bytes();
        assert!(resident > BUDGET_BYTES - BUNDLE_BYTES, "the budget was used: {resident} B");
        assert!(
            held + BESIDES_BYTES >= resident,
            "{placement:?}: {held} B held, {resident} B resident: nothing was there"
        );
        assert!(held <= resident + BESIDES_BYTES, "{placement:?}: {held} B held where {resident} B are resident");
    }
}
