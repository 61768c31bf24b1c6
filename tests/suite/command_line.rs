//! The command line where all is well: names, files that come back, formats, and who is told what.

use std::{fs, io, process::Stdio};

use insta::assert_snapshot;

use crate::{
    program::{printed, program, run, text},
    tiny,
};

#[test]
fn strategies_are_listed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_snapshot!(printed(folder.path(), &["list", "strategies"]), @r#"
    belady                active rows kept by an oracle: the upper bound of caching
    cache-prior           four of the recorded experts, those in DRAM preferred, the best two always
    dip-ca                the best 80 % of the active rows, those in DRAM preferred
    hybrid                half of the weights pinned, the other half from flash for every token
    layer-stream          layers streamed one ahead of the computation, as many pinned as fit
    llm-flash-bundled     predicted rows of the last 5 tokens kept, matrices bundled
    llm-flash-predictor   predicted rows from flash for every token
    llm-flash-window      predicted rows of the last 5 tokens kept, matrices apart
    lru                   active rows kept, least recently used ones dropped at the budget
    mixtral-offloading    an LRU cache of experts a layer, the next layer's router run early
    naive                 everything from flash for every token
    page-cache            a memory-mapped file and the system's page cache
    powerinfer-2          hot rows pinned by a profile, cold ones predicted and cached, reads under compute
    resident              all weights in DRAM, as a runtime without streaming holds them
    ripple                rows linked by co-activation on flash, the last used ones kept
    speculative           layers streamed one ahead, drafts of 4 tokens verified in one pass
    trust-the-page-cache  active rows from a memory-mapped file, kept by the system's page cache
    window                active rows of the last 5 tokens kept
    "#);
}

#[test]
fn scenarios_are_listed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_snapshot!(printed(folder.path(), &["list", "scenarios"]), @r#"
    llm-in-a-flash                          OPT-6.7B at 16 bits on an M1 Max: everything, or half of it, from flash for every token
    published-systems                       SmolLM2-135M in 80 MB of an iPhone 15 Pro, under the published streaming systems
    quickstart                              SmolLM2-135M (98 MB at 4 bits) in an iOS keyboard extension (64 MB)
    small-relu                              tightfit-relu-4m (7.5 MB), with 1 MiB for its neurons
    small-routing                           tightfit-moe-4m (7.8 MB), with 2 MiB for its experts
    story-397b-iphone                       Qwen3.5-397B-A17B at 4 bits (224 GB) on an iPhone 17 Pro of 12 GB
    story-397b-macbook                      Qwen3.5-397B-A17B at 4 bits (224 GB) on a MacBook Pro M3 Max of 48 GB
    story-llama-3.2-oneplus-12              Llama 3.2 1B and 3B under ExecuTorch on a OnePlus 12: BF16, SpinQuant and QLoRA
    story-llm-in-a-flash                    LLM in a flash: OPT-6.7B at 16 bits, twice what the M1 Max may hold of it
    story-qwen3.5-2b-iphone-17-pro          Qwen3.5-2B under MLX on an iPhone 17 Pro: 4, 6 and 8 bits, cool and after ten minutes
    story-qwen3.5-2b-iphone-17-pro-engines  Qwen3.5-2B under Core AI on an iPhone 17 Pro: GPU and Neural Engine, cool and after ten minutes
    window-against-memory                   SmolLM2-135M on an iPhone 15 Pro: windows of 1 to 13 tokens, LRU and the bound, in 60 to 100 MB
    "#);
}

#[test]
fn devices_models_and_traces_are_listed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (kind, name) in [("devices", "iphone-15-pro "), ("models", "opt-6.7b "), ("traces", "smollm2-135m-chat ")] {
        let list = printed(folder.path(), &["list", kind]);
        assert!(list.lines().any(|line| line.starts_with(name)), "{list}");
    }
}

/// A name, shown into a file, is a path that gives the same results.
#[test]
fn what_is_shown_runs_again_as_a_path() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shown = [("device", "iphone-15-pro"), ("scenario", "quickstart"), ("strategy", "window")];
    for (kind, name) in shown {
        fs::write(folder.path().join(format!("{kind}.toml")), printed(folder.path(), &["show", kind, name]))
            .expect("a file");
    }
    let by_name = ["run", "quickstart", "--device", "iphone-15-pro", "--strategy", "window", "--format", "json"];
    let by_path =
        ["run", "scenario.toml", "--device", "device.toml", "--strategy", "strategy.toml", "--format", "json"];
    let [by_name, by_path] = [by_name, by_path].map(|arguments| printed(folder.path(), &arguments));
    assert!(by_name.contains("\"wall_ns\""), "{by_name}");
    assert_eq!(by_name, by_path);
}

#[test]
fn a_model_that_is_shown_runs_again_as_a_path() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("mine.toml"), printed(folder.path(), &["show", "model", "opt-6.7b"])).expect("a file");
    let run = |set: &[&str]| printed(folder.path(), &[&["run", "llm-in-a-flash", "--format", "json"], set].concat());
    assert_eq!(run(&[]), run(&["--set", "model=mine.toml"]));
}

#[test]
fn settings_reach_scenario_device_and_strategy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let run = |set: &[&str]| printed(folder.path(), &[&["run", "tiny.toml", "--format", "json"], set].concat());
    let plain = run(&[]);
    let sets = ["request.output-tokens=9", "device.flash.read-latency-us=900", "strategy.reads.lanes=1"];
    for set in sets {
        assert_ne!(run(&["--set", set]), plain, "{set}");
    }
    let together = run(&["--set", sets[0], "--set", sets[1], "--set", sets[2]]);
    assert!(together.contains("\"request.output-tokens\": \"9\""), "{together}");
    assert!(together.contains("set by the user"), "{together}");
}

#[test]
fn without_a_command_the_quickstart_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = printed(folder.path(), &[]);
    assert!(table.starts_with("scenario quickstart"), "{table}");
    assert_eq!(table, printed(folder.path(), &["run", "quickstart"]));
}

#[test]
fn several_scenarios_go_to_folders_of_their_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let other = tiny::SCENARIO.replace("DIR/", "").replace("name = \"tiny\"", "name = \"other\"");
    fs::write(folder.path().join("other.toml"), other).expect("a file");
    let output = run(folder.path(), &["run", "tiny.toml", "other.toml", "--out", "results"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for name in ["tiny", "other"] {
        assert!(folder.path().join("results").join(name).join("results.json").is_file(), "{name}");
    }
}

/// Results to standard output, notes to standard error, no progress bar in a pipe.
#[test]
fn files_are_noted_on_standard_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let title = ["--set", "title=A title", "--set", "question=And a question?"];
    let output =
        run(folder.path(), &[&["run", "tiny.toml", "--out", "results", "--format", "csv"][..], &title].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).lines().count(), 2, "a header and one result");
    assert_snapshot!(text(&output.stderr), @"wrote 23 files to results");
    let page = fs::read_to_string(folder.path().join("results/report.html")).expect("the page");
    for part in ["A title", "And a question?", "tightfit run tiny.toml --out results"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains(env!("CARGO_BIN_EXE_tightfit")), "where the program lies is nobody's business");
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for arguments in [&["list", "devices"][..], &["show", "device", "iphone-15-pro"], &["run", "llm-in-a-flash"]] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let output = program(folder.path())
            .args(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{arguments:?}: {}", output.status);
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn a_trace_is_described() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let [described, shown] = [["trace", "info", "trace.parquet"], ["show", "trace", "trace.parquet"]]
        .map(|arguments| printed(folder.path(), &arguments));
    assert_snapshot!(described, @"
    model                          tiny
    active means                   written by hand
    geometry                       2 layers of 16 neurons
    requests                       2
    tokens                         3 of prompt, 4 generated
    lookups                        33
    active share                   14.7 % (prompt 13.5 %, generated 15.6 %)
    active share by layer          11.6 % to 17.9 %
    repeats from the token before  48.0 % (chance 15.2 %, popularity alone 39.4 %)
    union of 1, 2, … tokens        14.7 %, 22.5 %, 32.3 %, 37.5 %, 43.8 %
    token cycle                    5 neurons on average, 7 at most
    score mass kept                none
    ");
    assert_eq!(described, shown);
    let json = printed(folder.path(), &["trace", "info", "trace.parquet", "--format", "json"]);
    let info: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&info["requests"], &info["prefill_tokens"], &info["lookups"]), (&2.into(), &3.into(), &33.into()));
}
