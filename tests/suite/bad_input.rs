//! Wrong input: exit code 2, one clear error with the place and the way out, nothing printed, nothing written.

use std::{collections::BTreeSet, fs, path::Path};

use insta::assert_snapshot;
use tightfit::devices::Device;

use crate::{
    program::{run, text},
    tiny,
};

/// The names below `folder`.
fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().display().to_string())
        .collect()
}

/// The error about `arguments`, run in `folder`, which they leave as it is.
pub(crate) fn refused_in(folder: &Path, arguments: &[&str]) -> String {
    let before = names(folder);
    let output = run(folder, arguments);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}: nothing on standard output");
    assert_eq!(names(folder), before, "{arguments:?}: nothing written");
    assert!(error.starts_with("error: ") && error.matches("error:").count() == 1, "{arguments:?}: one error: {error}");
    error
}

/// The same in a folder with the tiny files, some of them replaced; a run would write to `results`.
fn refused(files: &[(&str, &str)], arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("a file");
    }
    refused_in(folder.path(), &[&["run"], arguments, &["--out", "results"]].concat())
}

/// The error about a setting of the quickstart.
fn set(setting: &str) -> String {
    refused(&[], &["quickstart", "--set", setting])
}

/// The tiny device with one text of it replaced.
fn device(from: &str, to: &str) -> String {
    assert!(tiny::DEVICE.contains(from), "{from}");
    refused(&[("device.toml", &tiny::DEVICE.replacen(from, to, 1))], &["tiny.toml"])
}

#[test]
fn unknown_names() {
    assert_snapshot!(refused(&[], &["missing.toml"]), @"error: scenario missing.toml: No such file or directory (os error 2)");
    assert_snapshot!(refused(&[], &["quickstrat"]), @"error: no scenario named `quickstrat`: did you mean quickstart? (a path must end in .toml)");
    assert_snapshot!(refused(&[], &["quickstart", "--device", "iPhone 15Pro"]), @"error: no device named `iPhone 15Pro`: did you mean iphone-15-pro? (a path must end in .toml)");
    assert_snapshot!(refused(&[], &["quickstart", "--device", "missing.toml"]), @"error: device profile missing.toml: No such file or directory (os error 2)");
    assert_snapshot!(refused(&[], &["quickstart", "--strategy", "hybrid-fitt"]), @"error: no strategy named `hybrid-fitt`: did you mean hybrid-fit, hybrid? (a path must end in .toml)");
    assert_snapshot!(refused(&[], &["quickstart", "--strategy", "fifo"]), @"error: no strategy named `fifo`: known are hybrid-fit, hybrid-rows, belady, cache-prior, dip-ca, hybrid, layer-stream, llm-flash-bundled, llm-flash-predictor, llm-flash-window, lru, mixtral-offloading, naive, page-cache, powerinfer-2, resident, ripple, speculative, trust-the-page-cache, window; a path must end in .toml");
    assert_snapshot!(set("model=smollm2"), @"error: no model named `smollm2`: did you mean smollm2-1.7b, smollm2-135m, smollm2-360m? (a path must end in .toml)");
    assert_snapshot!(set("trace=smollm2-135m-chatt"), @"error: no trace named `smollm2-135m-chatt`, and no such file: did you mean smollm2-135m-chat?");
    assert_snapshot!(set("trace=missing.parquet"), @"error: trace missing.parquet: cannot open: No such file or directory (os error 2)");
    assert_snapshot!(set("quantization=q5"), @"error: model smollm2-135m: no quantization `q5`: did you mean q5-0, q5-1, q5-k-m?");
    assert_snapshot!(set("runtime=mlx"), @"error: scenario quickstart: device iphone-13-pro has no runtime mlx on cpu: it has core-ai on npu, core-ml on npu, core-ai on gpu, core-ml on gpu, litert on gpu, litert-lm on gpu, llama.cpp on gpu, mlx on gpu, executorch on cpu, litert-lm on cpu, llama.cpp on cpu, mnn on cpu, react-native-executorch on cpu");
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_snapshot!(refused_in(folder.path(), &["show", "device", "iphone"]), @"error: no device named `iphone`: did you mean iphone-12, iphone-13, iphone-14? (a path must end in .toml)");
    assert_snapshot!(refused_in(folder.path(), &["trace", "info", "chat"]), @"error: no trace named `chat`, and no such file: did you mean smollm2-135m-chat?");
}

#[test]
fn wrong_toml() {
    assert_snapshot!(refused(&[("mine.toml", "schema = 1\nname = nothing\n")], &["mine.toml"]), @"
    error: scenario mine.toml: TOML parse error at line 2, column 8
      |
    2 | name = nothing
      |        ^^^^^^^
    invalid float, expected `nan`
    ");
    let misspelt = tiny::SCENARIO.replace("runtime =", "runtim =");
    assert_snapshot!(refused(&[("mine.toml", &misspelt)], &["mine.toml"]), @r#"
    error: scenario mine.toml: TOML parse error at line 8, column 1
      |
    8 | runtim = "toy"
      | ^^^^^^
    unknown field `runtim`, expected one of `schema`, `name`, `title`, `question`, `devices`, `model`, `quantization`, `trace`, `runtime`, `processor`, `seed`, `request`, `memory`, `thermal`, `strategies`, `strategy`, `expect`, `sweep`
    "#);
    let strategy = "schema = 1\nname = \"mine\"\ntitle = \"mine\"\nstream = \"all\"\nlayout = \"bundled\"\n";
    assert_snapshot!(refused(&[("mine.toml", strategy)], &["quickstart", "--strategy", "mine.toml"]), @r#"
    error: strategy mine.toml: TOML parse error at line 4, column 10
      |
    4 | stream = "all"
      |          ^^^^^
    unknown variant `all`, expected `everything` or `feed-forward`
    "#);
    let both = "schema = 1\nname = \"mine\"\ntitle = \"mine\"\nstream = \"everything\"\nlayout = \"bundled\"\n\
                reads = { lanes = 8, coalesce-gap-kib = 0, read-max-kib = 64 }\npage-cache = { read-around-kib = 64 }\n\
                [resident-set]\nevict = { policy = \"lru\" }\npinned-share = 0.0\nplacement = \"in-place\"\n\
                overlap = \"none\"\nprefetch = \"none\"\n";
    assert_snapshot!(refused(&[("mine.toml", both)], &["quickstart", "--strategy", "mine.toml"]), @"error: strategy mine.toml: `resident-set`: a strategy has either [resident-set] with [reads], or [page-cache]");
    let scenario = tiny::SCENARIO.replace("name = \"tiny\"", "name = \"../tiny\"").replace("DIR/", "");
    assert_snapshot!(refused(&[("mine.toml", &scenario)], &["mine.toml"]), @"error: scenario mine.toml: `name`: a name is one word of letters, digits, `-`, `_` and `.`, such as my-phone");
    let unsourced = format!("{}memory = {{ limit-mb = 0.1 }}\n", tiny::SCENARIO.replace("DIR/", ""));
    assert_snapshot!(refused(&[("mine.toml", &unsourced)], &["mine.toml"]), @r#"error: scenario mine.toml: `memory.limit-source`: a limit-mb and its limit-source = { kind = "assumed", from = "…" } go together"#);
}

#[test]
fn impossible_devices() {
    assert_snapshot!(device("bandwidth-mb-per-s = 1000", "bandwidth-mb-per-s = 0"), @"
    error: device profile device.toml: TOML parse error at line 11, column 22
       |
    11 | bandwidth-mb-per-s = 0
       |                      ^
    0 MB/s is impossible: give a number above 0
    ");
    assert_snapshot!(device("idle-mw = 100", "idle-mw = -100"), @"
    error: device profile device.toml: TOML parse error at line 45, column 11
       |
    45 | idle-mw = -100
       |           ^^^^
    -100 mW is impossible: give a number above 0
    ");
    assert_snapshot!(device("pressure-share = 0.9", "pressure-share = 1.5"), @"
    error: device profile device.toml: TOML parse error at line 15, column 18
       |
    15 | pressure-share = 1.5
       |                  ^^^
    1.5 is no share: give a number above 0 and at most 1
    ");
    assert_snapshot!(device("queue-depth = 4", "queue-dept = 4"), @r#"
    error: device profile device.toml: TOML parse error at line 23, column 1
       |
    23 | queue-dept = 4
       | ^^^^^^^^^^
    unknown field `queue-dept`, expected one of `read-latency-us`, `lane-mb-per-s`, `reads-per-s`, `ceiling-mb-per-s`, `grid`, `queue-depth`, `read-unit-kib`, `hot-share`, `source`
    "#);
    assert_snapshot!(device("app-limit-mb = 0.1", "app-limit-mb = 100"), @"error: device profile device.toml, line 14: `memory.app-limit-mb`: above `total-mb`: an app can't use more than there is");
    assert_snapshot!(device("read-unit-kib = 0.5", "read-unit-kib = 3"), @"error: device profile device.toml, line 24: `flash.read-unit-kib`: 3072 bytes are no power of two, as the blocks of flash are: give one such as 4 or 16");
}

#[test]
fn settings_that_cannot_be_taken() {
    assert_snapshot!(set("memory.limit-mb"), @"error: --set memory.limit-mb: no `=`: write key=value, as in memory.limit-mb=64");
    assert_snapshot!(set("=64"), @"error: --set =64: an empty key: write key=value, as in memory.limit-mb=64");
    assert_snapshot!(set("memory.limit=64"), @"
    error: scenario quickstart with --set: unknown field `limit`, expected one of `limit-mb`, `limit-source`, `entitled`, `budget-mib`, `curve-mb`
    in `memory`
    ");
    assert_snapshot!(set("memory.limit-mb=much"), @r#"
    error: scenario quickstart with --set: invalid type: string "much", expected a number of MB
    in `memory.limit-mb`
    "#);
    assert_snapshot!(set("memory.limit-mb=0"), @"
    error: scenario quickstart with --set: 0 MB is impossible: give a number above 0
    in `memory.limit-mb`
    ");
    assert_snapshot!(set("memory.limit-mb=100000"), @"error: scenario quickstart: memory.limit-mb: 100000 MB on iphone-13-pro, which has 6442 MB in all: give less");
    assert_snapshot!(set("name.first=x"), @r#"error: --set name.first="x": what stands before the last dot is no section of a scenario"#);
    assert_snapshot!(set("request.prefill=both"), @"
    error: scenario quickstart with --set: unknown variant `both`, expected `batched` or `sequential`
    in `request.prefill`
    ");
    assert_snapshot!(set("request.trace-request=5"), @"error: scenario quickstart: request.trace-request = 5: the trace has 1 request(s), counted from 0");
    assert_snapshot!(set("device.flash.queue-dept=4"), @r#"
    error: device profile iphone-13-pro with settings: unknown field `queue-dept`, expected one of `read-latency-us`, `lane-mb-per-s`, `reads-per-s`, `ceiling-mb-per-s`, `grid`, `queue-depth`, `read-unit-kib`, `hot-share`, `source`
    in `flash`
    "#);
    assert_snapshot!(set("device.flsh.queue-depth=4"), @"error: device profile iphone-13-pro with settings: `flsh.queue-depth`: the profile has no section `flsh`: name a key that it has");
    assert_snapshot!(set("device.memory.bandwidth-mb-per-s=0"), @"
    error: device profile iphone-13-pro with settings: 0 MB/s is impossible: give a number above 0
    in `memory.bandwidth-mb-per-s`
    ");
    assert_snapshot!(set("strategy.read.lanes=4"), @"error: --set strategy.read.lanes=4: no strategy of the scenario has this key: did you mean strategy.reads.lanes?");
    assert_snapshot!(set("strategy.reads.lanes=many"), @r#"
    error: strategy resident with --set: invalid type: string "many", expected u32
    in `reads.lanes`
    "#);
    assert_snapshot!(set("strategy.reads.lanes=5000"), @"error: strategy resident with --set: `reads.lanes`: more reads in flight than any device takes: at most 1024");
    assert_snapshot!(set("strategy.reads.lanes=0"), @"error: strategy resident with --set: `reads.lanes`: no reads in flight: at least 1");
    assert_snapshot!(set("strategy.resident-set.evict=lru"), @r#"
    error: strategy resident with --set: invalid type: string "lru", expected a table such as { policy = "lru" }
    in `resident-set.evict`
    "#);
    assert_snapshot!(set("strategy.resident-set.pinned-share=2"), @r#"
    error: strategy resident with --set: a pinned share is a number from 0.0 to 1.0, or "fit"
    in `resident-set.pinned-share`
    "#);
    assert_snapshot!(set("strategy.zzz.zzz=4"), @"error: --set strategy.zzz.zzz=4: no strategy of the scenario has this key: they have layout, page-cache.read-around-kib, reads.coalesce-gap-kib, reads.lanes, reads.read-max-kib, resident-set.evict.policy, resident-set.evict.tokens, resident-set.overlap, resident-set.pinned-share, resident-set.placement, resident-set.prefetch, stream");
}

#[test]
fn inputs_that_do_not_go_together() {
    assert_snapshot!(refused(&[], &["quickstart", "--set", "memory.limit-mb=20"]), @"error: scenario quickstart: memory.limit-mb = 20: strategy lru holds 58.5 MB before the first row is cached (46.8 MB of dense weights, 3.7 MB of KV cache for 161 tokens, 8.0 MB of the runtime llama.cpp): give at least 60 MB, keep fewer tokens (request.context-tokens), or run strategies that stream everything (--strategy layer-stream)");
    assert_snapshot!(refused(&[], &["llm-in-a-flash", "--strategy", "lru"]), @r#"error: scenario llm-in-a-flash: strategy lru streams the rows that a trace says are active: give trace = "...", or leave it out"#);
    assert_snapshot!(refused(&[], &["quickstart", "--set", "model=opt-6.7b", "--set", "quantization=f16"]), @"error: scenario quickstart: the trace was recorded on smollm2-135m (30 layers of 1536 neurons), the model opt-6.7b has 32 layers of 16384 neurons: take the trace's model or a trace of this one");
    assert_snapshot!(refused(&[], &["quickstart", "--strategy", "lru", "--strategy", "lru"]), @"error: scenario quickstart: `strategy.name`: two are called `lru`: leave one out, or give it another name");
    assert_snapshot!(refused(&[], &["quickstart", "--device", "oneplus-12", "--device", "oneplus-12"]), @"error: scenario quickstart: two devices are called oneplus-12: leave one out, or give its profile another name");
    let ahead = "strategy.resident-set.prefetch=next-layer";
    assert_snapshot!(refused(&[], &["quickstart", "--strategy", "lru", "--set", ahead]), @r#"error: strategy lru with --set: `resident-set.prefetch`: the next layer's rows are not known before its turn: only stream = "everything" can read it ahead whole"#);
    assert_snapshot!(refused(&[], &["llm-in-a-flash", "--set", "request.prompt-tokens=3000"]), @"error: scenario llm-in-a-flash: a prompt of 3000 tokens: opt-6.7b has a context of 2048, give a shorter one");
    let slow = ["--set", "device.flash.lane-mb-per-s=0.000001"];
    assert_snapshot!(refused(&[], &[&["quickstart", "--strategy", "lru"][..], &slow].concat()), @"error: scenario quickstart: lru on iphone-13-pro draws more than 5 kWh, more than a result can hold: ask for fewer request.output-tokens, or mend the rates and powers of the device");
    assert_snapshot!(refused(&[], &["quickstart", "quickstart"]), @"error: --out results: two scenarios are called `quickstart` and would share a folder: run them one by one");
}

#[test]
fn wrong_arguments() {
    assert_snapshot!(refused(&[], &["quickstart", "--format", "xml"]), @"
    error: invalid value 'xml' for '--format <FORMAT>'
      [possible values: text, json, csv, md]

    For more information, try '--help'.
    ");
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_snapshot!(refused_in(folder.path(), &["list", "phones"]), @"
    error: invalid value 'phones' for '<KIND>'
      [possible values: devices, bases, models, scenarios, strategies, traces, schemas]

    For more information, try '--help'.
    ");
    assert_snapshot!(refused_in(folder.path(), &["simulate"]), @"
    error: unrecognized subcommand 'simulate'

    Usage: tightfit [OPTIONS] [COMMAND]

    For more information, try '--help'.
    ");
}

#[test]
fn folders_that_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    fs::write(folder.path().join("a-file"), "kept").expect("a file");
    assert_snapshot!(refused_in(folder.path(), &["run", "tiny.toml", "--out", "a-file"]), @"error: --out a-file: a-file is a file: name a folder");
    assert_snapshot!(refused_in(folder.path(), &["run", "tiny.toml", "--out", "a-file/results"]), @"error: --out a-file/results: a-file is a file: name a folder");
    assert_eq!(fs::read_to_string(folder.path().join("a-file")).expect("the file"), "kept");
    // Not even the superuser may make a folder there.
    let proc = Path::new("/proc/tightfit-results");
    if proc.parent().is_some_and(Path::exists) {
        let error = refused_in(folder.path(), &["run", "tiny.toml", "--out", "/proc/tightfit-results"]);
        assert!(error.starts_with("error: /proc/tightfit-results: cannot create the folder"), "{error}");
    }
}

/// A folder that lets nobody but the superuser write.
#[cfg(unix)]
#[test]
fn a_read_only_folder() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).expect("a folder");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).expect("a permission");
    let binds = fs::write(locked.join("probe"), "").is_err();
    if binds {
        let error = refused_in(folder.path(), &["run", "tiny.toml", "--out", "locked"]);
        assert!(error.contains("locked") && error.contains("ermission denied"), "{error}");
        assert!(names(&locked).is_empty(), "nothing half-written");
    }
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).expect("a permission");
}

#[test]
fn a_wrong_number_is_refused_on_every_profile() {
    for name in Device::names() {
        let error = refused(&[], &["quickstart", "--device", name, "--set", "device.power.idle-mw=-1"]);
        assert!(error.contains(name) && error.contains("`power.idle-mw`"), "{error}");
    }
}
