//! `run --on host`, beside the simulated run: the same engine, so the same counts to the digit.

use std::path::Path;

use tightfit::reports::schema::{ResultFile, RunResult};

use crate::program::{run, text};

const SCENARIO: [&str; 9] = [
    "run",
    "quickstart",
    "--device",
    "iphone-15-pro",
    "--set",
    "request.output-tokens=3",
    "--set",
    "memory.limit-mb=80",
    "--format=json",
];

fn results(folder: &Path, more: &[&str]) -> Vec<RunResult> {
    let output = run(folder, &[&SCENARIO, more].concat());
    assert!(output.status.success(), "{more:?}: {}", text(&output.stderr));
    let file: ResultFile = serde_json::from_slice(&output.stdout).expect("the result file");
    file.results
}

/// A folder that is gone at the end.
fn folder() -> tempfile::TempDir {
    tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

#[test]
fn counts_are_equal_to_the_digit_and_energy_is_not_claimed() {
    let folder = folder();
    let strategies = ["lru", "window", "llm-flash-window", "ripple", "hybrid-rows", "naive", "page-cache"];
    let chosen: Vec<&str> = strategies.iter().flat_map(|name| ["--strategy", name]).collect();
    let simulated = results(folder.path(), &chosen);
    let on_host = ["--on", "host", "--verify", "--reads", "buffered", "--store-folder", "."];
    let here = results(folder.path(), &[&chosen[..], &on_host].concat());
    assert_eq!((simulated.len(), here.len()), (strategies.len(), strategies.len()));
    for (simulated, here) in simulated.iter().zip(&here) {
        assert_eq!((simulated.platform.as_str(), here.platform.as_str()), ("sim", "host"));
        assert_eq!(simulated.cache.lookups, here.cache.lookups, "{}", here.strategy);
        assert_eq!(simulated.cache.hits, here.cache.hits, "{}", here.strategy);
        assert_eq!(simulated.cache.misses, here.cache.misses, "{}", here.strategy);
        assert_eq!(simulated.flash.bytes, here.flash.bytes, "{}", here.strategy);
        assert_eq!(simulated.flash.reads, here.flash.reads, "{}", here.strategy);
        assert_eq!(simulated.flash.load_bytes, here.flash.load_bytes, "{}", here.strategy);
        assert!(here.flash.bytes > 0 && here.time.flash_stall_ns > 0 && here.time.compute_ns > 0, "{}", here.strategy);
        assert_eq!(here.not_measured, ["bounds", "energy", "thermal"]);
        assert!(simulated.not_measured.is_empty() && simulated.energy.total_pj > 0);
        let keys = |result: &RunResult| -> Vec<String> {
            result.provenance.sources.iter().map(|source| source.key.clone()).collect()
        };
        let (of_simulated, of_here) = (keys(simulated), keys(here));
        for key in ["host.processor", "host.system-kernel", "host.disk", "host.load-average", "host.reads"] {
            assert!(of_here.iter().any(|has| has == key), "{key} is not told: {of_here:?}");
            assert!(!of_simulated.iter().any(|has| has == key), "{key} of a simulated device");
        }
        assert!(
            !of_here.iter().any(|key| key.starts_with("device.cpu") || key.starts_with("device.power")),
            "{of_here:?}"
        );
        assert!(of_simulated.iter().any(|key| key.starts_with("device.cpu")), "{of_simulated:?}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder").collect();
    assert!(left.is_empty(), "generated stores were left: {left:?}");
}

#[test]
fn what_a_device_would_kill_runs_here_and_says_that_it_ran() {
    let folder = folder();
    let chosen = ["--strategy", "resident"];
    let simulated = results(folder.path(), &chosen);
    assert_eq!(simulated[0].memory.outcome, "killed");
    assert!(simulated[0].memory.killed_after_ns > 0);
    let on_host = ["--on", "host", "--reads", "buffered", "--store-folder", "."];
    let here = results(folder.path(), &[&chosen[..], &on_host].concat());
    assert_eq!((here[0].memory.outcome.as_str(), here[0].memory.killed_after_ns), ("ran", 0));
    assert!(here[0].memory.resident_bytes > here[0].memory.limit_bytes, "the device's limit was passed");
    assert!(here[0].throughput.decode_tokens_per_s > 0.0);
}

#[test]
fn a_store_that_was_built_is_read_and_another_layouts_is_refused() {
    let folder = folder();
    let build = ["store", "build", "quickstart", "--strategy", "lru", "--out", "rows.store"];
    let output = run(folder.path(), &build);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let info = run(folder.path(), &["store", "info", "rows.store"]);
    assert!(text(&info.stdout).starts_with("smollm2-135m q4-1 FeedForward Bundled"), "{}", text(&info.stdout));
    let from_it = ["--on", "host", "--store", "rows.store", "--reads", "buffered"];
    let here = results(folder.path(), &[&["--strategy", "window"], &from_it[..]].concat());
    assert_eq!(here[0].platform, "host");
    let output = run(folder.path(), &[&SCENARIO[..], &["--strategy", "ripple"], &from_it].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("lie otherwise than this run reads them"), "{}", text(&output.stderr));
}

#[test]
fn a_store_of_a_model_alone_is_the_one_of_a_scenario_with_it() {
    let folder = folder();
    let build = |out: &str, of: &[&str]| {
        let output = run(folder.path(), &[&["store", "build"], of, &["--out", out]].concat());
        (output.status.code(), text(&output.stderr))
    };
    let alone = ["--model", "smollm2-135m", "--quantization", "q4-1"];
    for strategy in ["window", "llm-flash-window", "naive"] {
        for (out, of) in [("alone.store", &alone[..]), ("scenario.store", &["quickstart"])] {
            let (code, problem) =
                build(out, &[of, &["--strategy", strategy, "--set", "memory.limit-mb=4000"]].concat());
            assert_eq!(code, Some(0), "{strategy}: {problem}");
        }
        let bytes = |name: &str| std::fs::read(folder.path().join(name)).expect("a store");
        assert!(bytes("alone.store").len() > 90_000_000, "{strategy}: no store of this model");
        assert!(bytes("alone.store") == bytes("scenario.store"), "{strategy}: the stores differ");
    }
    let (code, problem) = build("ordered.store", &[&alone[..], &["--strategy", "ripple"]].concat());
    assert_eq!(code, Some(2));
    assert!(problem.contains("name a scenario that has a trace"), "{problem}");
}

#[test]
fn layers_that_are_not_alike_are_refused_with_what_differs() {
    let folder = folder();
    let cases = [
        ("gemma-3-1b", "q8-0", "has window layers"),
        ("lfm2.5-350m", "f16", "has convolution layers"),
        ("qwen3.5-0.8b", "f16", "has linear layers"),
        ("tinyllama-1.1b", "q4-k-m", "has Value of layer"),
    ];
    for (model, quantization, why) in cases {
        let [model, quantization] =
            [("model", model), ("quantization", quantization)].map(|(key, it)| format!("{key}={it}"));
        let asked = ["run", "llm-in-a-flash", "--set", &model, "--set", &quantization, "--strategy", "naive"];
        let output = run(folder.path(), &[&asked[..], &["--on", "host", "--store-folder", "."]].concat());
        assert_eq!(output.status.code(), Some(2), "{model}");
        let problem = text(&output.stderr);
        assert!(problem.contains(why) && problem.contains("layers that are all alike"), "{model}: {problem}");
    }
}

#[test]
fn a_format_without_a_kernel_is_refused_with_those_that_have_one() {
    let folder = folder();
    let asked = [
        "run",
        "llm-in-a-flash",
        "--set",
        "model=llama-3.2-1b",
        "--set",
        "quantization=spinquant",
        "--strategy",
        "naive",
        "--on",
        "host",
        "--store-folder",
        ".",
    ];
    let output = run(folder.path(), &asked);
    assert_eq!(output.status.code(), Some(2));
    let problem = text(&output.stderr);
    assert!(
        problem.contains("has no kernel on this machine: take a quantization in F32, F16, Q8_0, Q4_0, Q4_1"),
        "{problem}"
    );
}
