//! Long traces and lying files: memory that does not grow with a length, nor with what a header claims.
//!
//! The peak of a process is what Linux keeps of it (`VmHWM`), looked at until it ends.

#![cfg(target_os = "linux")]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use tightfit::scenarios::{
    trace::{Geometry, Header, Phase, Row, Writer, text},
    traces,
};

use crate::tiny::{self, DEVICE, MODEL, TRACE};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tightfit");

/// More than a trace's length may add: a whole one of the longer length in memory adds three times as much.
const GROWTH_KIB_MAX: u64 = 8 * 1024;

/// Runs the program to its end; whether it succeeded, its highest memory in KiB, and what it said on standard error.
fn peak_kib(folder: &Path, arguments: &[&str]) -> (bool, u64, String) {
    let mut child = Command::new(PROGRAM)
        .current_dir(folder)
        .arg("--quiet")
        .args(arguments)
        // One thread, so that no number of cores adds stacks.
        .env("RAYON_NUM_THREADS", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kib| kib.trim().parse().ok());
        peak = kib.unwrap_or(peak).max(peak);
        std::thread::sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output().expect("its output");
    (output.status.success(), peak, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_longer_trace_takes_no_more_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let recipe = "synthetic/qwen3-30b-a3b";
    // 48 layers: several row groups of 65,536 rows each, even of the shorter one.
    let peaks = ["4000", "16000"].map(|tokens| {
        let succeeded = |arguments: &[&str]| {
            let (done, peak, error) = peak_kib(folder.path(), arguments);
            assert!(done && peak > 1024, "{arguments:?}: {peak} KiB seen; {error}");
            peak
        };
        [
            succeeded(&["trace", "synth", recipe, "--tokens", tokens, "--out", "t.parquet"]),
            succeeded(&["trace", "info", "t.parquet"]),
            succeeded(&["trace", "info", "t.parquet", "--curve", "lru,s3-fifo", "--budget-units", "600"]),
        ]
    });
    for (what, (short, long)) in ["write", "read", "replay"].into_iter().zip(peaks[0].into_iter().zip(peaks[1])) {
        assert!(long < short + GROWTH_KIB_MAX, "{what}: {short} KiB grow to {long} KiB");
    }
    // The same by a policy that must know it all, to see that there was something to grow.
    let whole = ["trace", "info", "t.parquet", "--curve", "belady", "--budget-units", "600"];
    let (_, peak, _) = peak_kib(folder.path(), &whole);
    assert!(peak > peaks[1][2] + 2 * GROWTH_KIB_MAX, "in memory: {peak} KiB, row by row {} KiB", peaks[1][2]);
}

/// Neurons of each of two layers, a quarter of which a token needs.
const WIDTH: u32 = 4096;

/// Writes a trace of one prompt token and so many that follow; about 2 KiB each.
fn write_trace(path: &Path, decode_tokens: u32) {
    let header = text::parse("tiny", TRACE).expect("a trace").header().clone();
    let geometry = Geometry { bundles_per_layer: WIDTH, ..header.geometry };
    let mut writer = Writer::create(path, &Header { geometry, ..header }, false).expect("a file");
    let mut state = 1_u64;
    for token in 0..=decode_tokens {
        let phase = if token == 0 { Phase::Prefill } else { Phase::Decode };
        for layer in 0..geometry.layers {
            let mut is_active = |_: &u32| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state >> 62 == 0
            };
            let active: Vec<u32> = (0..WIDTH).filter(&mut is_active).collect();
            let row = Row { request: 0, token, phase, layer, active: &active, score: None };
            writer.row(&row).expect("a lawful row");
        }
    }
    writer.finish().expect("written");
}

#[test]
fn a_longer_trace_is_run_in_no_more_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    tiny::write(folder.path());
    let model = MODEL.replace("width = 16", &format!("width = {WIDTH}"));
    let device =
        DEVICE.replace("total-mb = 1\n", "total-mb = 100\n").replace("app-limit-mb = 0.1", "app-limit-mb = 50");
    for (name, text) in [("model.toml", model), ("device.toml", device)] {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let run = |strategy: &str| {
        let arguments = ["run", "tiny.toml", "--strategy", strategy, "--set", "memory.budget-mib=1"];
        let (done, peak, error) = peak_kib(folder.path(), &arguments);
        assert!(done && peak > 1024, "{strategy}: {peak} KiB seen; {error}");
        peak
    };
    let path = folder.path().join("trace.parquet");
    let peaks = [4000, 12_000].map(|tokens| {
        write_trace(&path, tokens);
        assert!(traces::long_file(&path.display().to_string()).is_some(), "{tokens} tokens are left in their file");
        ["lru", "window"].map(run)
    });
    for (what, (short, long)) in ["lru", "window"].into_iter().zip(peaks[0].into_iter().zip(peaks[1])) {
        assert!(long < short + GROWTH_KIB_MAX, "{what}: {short} KiB grow to {long} KiB");
    }
    // The same by a policy that must know it all, to see that there was something to grow.
    let whole = run("belady");
    assert!(whole > peaks[1][0] + 4 * GROWTH_KIB_MAX, "in memory: {whole} KiB, as it is read {} KiB", peaks[1][0]);
}

/// Files of a few bytes that claim a thousand million of something.
#[test]
fn claims_of_sizes_take_no_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let billion = 1_000_000_000_u64.to_le_bytes();
    let gguf = |kind: u32| {
        let numbers = [3_u32.to_le_bytes(), kind.to_le_bytes()];
        [
            &b"GGUF"[..],
            &numbers[0],
            &1_u64.to_le_bytes()[..],
            &1_u64.to_le_bytes(),
            &1_u64.to_le_bytes(),
            b"x",
            &9_u32.to_le_bytes(),
            &numbers[1],
            &billion,
        ]
        .concat()
    };
    let safetensors = [&billion[..], b"{}"].concat();
    let arrow = [&b"ARROW1\0\0"[..], &billion, &1_000_000_000_i32.to_le_bytes(), b"ARROW1"].concat();
    let window = [&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00][..], &billion].concat();
    let parquet = [&b"PAR1"[..], &billion, &1_000_000_000_u32.to_le_bytes(), b"PAR1"].concat();
    let route =
        "# route_trace v1\n# model=m n_layer=65536 n_expert=16777216\nturn,phase,step,layer,expert\n0,0,0,0,0\n";
    let log = "{\"type\":\"meta\",\"num_experts\":4294967295}\n{\"token_idx\":0,\"layer\":4294967295,\"topk_ids\":[4294967294]}\n";
    let recipe = "schema = 1\nname = \"r\"\ntitle = \"r\"\nmodel = \"m\"\ndefinition = \"d\"\nunit = \"expert\"\nlayers = 65535\n\
                  bundles-per-layer = 65535\nseed = 1\n[length]\nrequests = 1\nprompt-tokens = 0\ndecode-tokens = 1\n[tokens]\n\
                  near-share = 0\nnear-tokens = 1\nmemory-tokens = 1\nspread = 0\nprompt-factor = 0\n[layer]\nactive-bundles = 1\n\
                  active-spread = 0\nskew = 0\nshape = 0\nlikeness = 0\nrecency = 0\n[source]\n\
                  default = { kind = \"assumed\", from = \"a test\" }\n";
    fs::write(folder.path().join("config.json"), "{}").expect("written");
    let [model, import, info, synth] =
        [["model", "import"], ["trace", "import"], ["trace", "info"], ["trace", "synth"]];
    for (name, bytes, command) in [
        ("text.gguf", gguf(8), model),
        ("numbers.gguf", gguf(4), model),
        ("model.safetensors", safetensors, model),
        ("a.arrow", arrow, import),
        ("a.zst", window, import),
        ("a.parquet", parquet, info),
        ("route.csv", route.as_bytes().to_vec(), import),
        ("log.jsonl", log.as_bytes().to_vec(), import),
        ("recipe.toml", recipe.as_bytes().to_vec(), synth),
    ] {
        fs::write(folder.path().join(name), bytes).expect("written");
        let [first, second] = command;
        let arguments = [first, second, name, "--out", "out"];
        let arguments = if command == info { &arguments[..3] } else { &arguments[..] };
        let (done, peak, error) = peak_kib(folder.path(), arguments);
        assert!(!done && error.starts_with("error: "), "{name}: {error}");
        assert!(peak < 256 * 1024, "{name}: {peak} KiB for {error}");
        assert!(!folder.path().join("out").exists(), "{name}");
    }
}
