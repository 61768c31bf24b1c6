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
    fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name().display().to_string()).collect()
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
    assert_snapshot!(refused(&[], &["missing.toml"]), @"");
    assert_snapshot!(refused(&[], &["quickstrat"]), @"");
    assert_snapshot!(refused(&[], &["quickstart", "--device", "iPhone 15Pro"]), @"");
    assert_snapshot!(refused(&[], &["quickstart", "--device", "missing.toml"]), @"");
    assert_snapshot!(refused(&[], &["quickstart", "--strategy", "hybrid-fitt"]), @"");
    assert_snapshot!(refused(&[], &["quickstart", "--strategy", "fifo"]), @"");
    assert_snapshot!(set("model=smollm2"), @"");
    assert_snapshot!(set("trace=smollm2-135m-chatt"), @"");
    assert_snapshot!(set("trace=missing.parquet"), @"");
    assert_snapshot!(set("quantization=q5"), @"");
    assert_snapshot!(set("runtime=mlx"), @"");
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_snapshot!(refused_in(folder.path(), &["show", "device", "iphone"]), @"");
    assert_snapshot!(refused_in(folder.path(), &["trace", "info", "chat"]), @"");
}

#[test]
fn wrong_toml() {
    assert_snapshot!(refused(&[("mine.toml", "schema = 1\nname = \n")], &["mine.toml"]), @"");
    let misspelt = tiny::SCENARIO.replace("runtime =", "runtim =");
    assert_snapshot!(refused(&[("mine.toml", &misspelt)], &["mine.toml"]), @"");
    let strategy = "schema = 1\nname = \"mine\"\ntitle = \"mine\"\nstream = \"all\"\nlayout = \"bundled\"\n";
    assert_snapshot!(refused(&[("mine.toml", strategy)], &["quickstart", "--strategy", "mine.toml"]), @"");
    let both = "schema = 1\nname = \"mine\"\ntitle = \"mine\"\nstream = \"everything\"\nlayout = \"bundled\"\n\
                reads = { lanes = 8, coalesce-gap-kib = 0, read-max-kib = 64 }\npage-cache = { read-around-kib = 64 }\n\
                [resident-set]\nevict = { policy = \"lru\" }\npinned-share = 0.0\nplacement = \"in-place\"\n\
                overlap = \"none\"\nprefetch = \"none\"\n";
    assert_snapshot!(refused(&[("mine.toml", both)], &["quickstart", "--strategy", "mine.toml"]), @"");
    let scenario = tiny::SCENARIO.replace("name = \"tiny\"", "name = \"../tiny\"").replace("DIR/", "");
    assert_snapshot!(refused(&[("mine.toml", &scenario)], &["mine.toml"]), @"");
    let unsourced = format!("{}memory = {{ limit-mb = 0.1 }}\n", tiny::SCENARIO.replace("DIR/", ""));
    assert_snapshot!(refused(&[("mine.toml", &unsourced)], &["mine.toml"]), @"");
}

#[test]
fn impossible_devices() {
    assert_snapshot!(device("bandwidth-mb-per-s = 1000", "bandwidth-mb-per-s = 0"), @"");
    assert_snapshot!(device("idle-mw = 100", "idle-mw = -100"), @"");
    assert_snapshot!(device("pressure-share = 0.9", "pressure-share = 1.5"), @"");
    assert_snapshot!(device("queue-depth = 4", "queue-dept = 4"), @"");
    assert_snapshot!(device("app-limit-mb = 0.1", "app-limit-mb = 100"), @"");
}

#[test]
fn settings_that_cannot_be_taken() {
    assert_snapshot!(set("memory.limit-mb"), @"");
    assert_snapshot!(set("=64"), @"");
    assert_snapshot!(set("memory.limit=64"), @"");
    assert_snapshot!(set("memory.limit-mb=much"), @"");
    assert_snapshot!(set("memory.limit-mb=0"), @"");
    assert_snapshot!(set("memory.limit-mb=100000"), @"");
    assert_snapshot!(set("name.first=x"), @"");
    assert_snapshot!(set("request.prefill=both"), @"");
    assert_snapshot!(set("request.trace-request=5"), @"");
    assert_snapshot!(set("device.flash.queue-dept=4"), @"");
    assert_snapshot!(set("device.flsh.queue-depth=4"), @"");
    assert_snapshot!(set("device.memory.bandwidth-mb-per-s=0"), @"");
    assert_snapshot!(set("strategy.read.lanes=4"), @"");
    assert_snapshot!(set("strategy.reads.lanes=many"), @"");
    assert_snapshot!(set("strategy.reads.lanes=0"), @"");
    assert_snapshot!(set("strategy.resident-set.evict=lru"), @"");
    assert_snapshot!(set("strategy.resident-set.pinned-share=2"), @"");
    assert_snapshot!(set("strategy.zzz.zzz=4"), @"");
}

#[test]
fn inputs_that_do_not_go_together() {
    assert_snapshot!(refused(&[], &["quickstart", "--set", "memory.limit-mb=20"]), @"");
    assert_snapshot!(refused(&[], &["llm-in-a-flash", "--strategy", "lru"]), @"");
    assert_snapshot!(refused(&[], &["quickstart", "--set", "model=opt-6.7b", "--set", "quantization=f16"]), @"");
    assert_snapshot!(refused(&[], &["quickstart", "--strategy", "lru", "--strategy", "lru"]), @"");
    assert_snapshot!(refused(&[], &["quickstart", "--device", "oneplus-12", "--device", "oneplus-12"]), @"");
    let ahead = "strategy.resident-set.prefetch=next-layer";
    assert_snapshot!(refused(&[], &["quickstart", "--strategy", "lru", "--set", ahead]), @"");
    assert_snapshot!(refused(&[], &["quickstart", "quickstart"]), @"");
}

#[test]
fn wrong_arguments() {
    assert_snapshot!(refused(&[], &["quickstart", "--format", "xml"]), @"");
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_snapshot!(refused_in(folder.path(), &["list", "phones"]), @"");
    assert_snapshot!(refused_in(folder.path(), &["simulate"]), @"");
}

#[test]
fn folders_that_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    fs::write(folder.path().join("a-file"), "kept").expect("a file");
    assert_snapshot!(refused_in(folder.path(), &["run", "tiny.toml", "--out", "a-file"]), @"");
    assert_snapshot!(refused_in(folder.path(), &["run", "tiny.toml", "--out", "a-file/results"]), @"");
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
