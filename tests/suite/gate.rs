//! `tightfit gate` as CI calls it: exit code 0 where results are as accepted, 1 where they are not, 2 where there is
//! nothing to hold them to; files whole or not at all.

use std::{fs, path::Path, process::Command};

use tightfit::reports::gate::Baseline;

use crate::{
    bad_input::refused_in,
    program::{run, text},
    tiny,
};

/// A folder with the tiny files and a blessed baseline of them.
fn blessed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let (code, said) = gate(folder.path(), &["tiny.toml", "--bless", "--reason", "first baseline"]);
    assert_eq!(code, Some(0), "{said}");
    folder
}

/// The exit code, and what was said on both streams.
fn gate(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(folder, &[&["gate"], arguments].concat());
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn unchanged_results_pass() {
    let folder = blessed();
    for arguments in [&[][..], &["tiny.toml"]] {
        let (code, said) = gate(folder.path(), arguments);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("(today) at unknown by tightfit") && said.contains("first baseline"), "{said}");
        assert!(said.ends_with("gate passed: 1 result as accepted\n"), "{said}");
    }
}

/// The engine with its window off by one, where the memory holds more than five tokens: a policy broken on purpose.
#[test]
fn a_window_off_by_one_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let set = ["--set", "sweep.memory.limit-mb=[110]", "--set", "sweep.strategy.resident-set.evict.tokens=[5]"];
    let own = ["window-against-memory", "--baseline", "base.json"];
    let (code, said) = gate(folder.path(), &[&own[..], &set, &["--bless", "--reason", "window of 5"]].concat());
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(gate(folder.path(), &[&own[..], &set].concat()).0, Some(0));
    let broken = ["--set", "sweep.memory.limit-mb=[110]", "--set", "sweep.strategy.resident-set.evict.tokens=[4]"];
    let (code, said) = gate(folder.path(), &[&own[..], &broken].concat());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("strategy.resident-set.evict.tokens 5 → 4"), "{said}");
    assert!(said.contains("because  hits -") && said.contains("1 changed"), "{said}");
    assert!(!said.contains("· lru\n"), "LRU has no window: {said}");
}

#[test]
fn without_a_baseline_it_is_wrong_input() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let error = refused_in(folder.path(), &["gate", "tiny.toml"]);
    assert!(error.contains("no baseline at tightfit-baseline.json") && error.contains("--bless --reason"), "{error}");
    let folder = blessed();
    let error = refused_in(folder.path(), &["gate", "llm-in-a-flash"]);
    assert!(error.contains("holds nothing of the scenario llm-in-a-flash"), "{error}");
    assert!(refused_in(folder.path(), &["gate", "--bless"]).contains("--reason"), "a blessing has a reason");
    assert!(refused_in(folder.path(), &["gate", "--bless", "--reason", " "]).contains("says why"));
    fs::write(folder.path().join("tightfit-baseline.json"), "{").expect("a file");
    assert!(refused_in(folder.path(), &["gate"]).contains("tightfit-baseline.json:1:1"));
}

#[test]
fn a_blessing_is_kept_with_its_reason() {
    let folder = blessed();
    let log = folder.path().join("CHANGES.md");
    fs::write(&log, "# Log\n\n## Next\n\n### Results\n- None.\n").expect("a file");
    let set = ["--set", "memory.budget-mib=0.001"];
    assert_eq!(gate(folder.path(), &set).0, Some(1));
    let bless = ["--bless", "--reason", "less memory", "--changelog", "CHANGES.md"];
    let (code, said) = gate(folder.path(), &[&set[..], &bless].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.starts_with("blessed 1 results of tiny in tightfit-baseline.json: 1 changed, 0 new, 0 gone"),
        "{said}"
    );
    assert_eq!(gate(folder.path(), &set).0, Some(0), "accepted");
    assert_eq!(gate(folder.path(), &[]).0, Some(1), "and the old results no longer are");
    let baseline = Baseline::read(&folder.path().join("tightfit-baseline.json")).expect("a baseline");
    let reasons: Vec<&str> = baseline.blessings.iter().map(|blessing| blessing.reason.as_str()).collect();
    assert_eq!(reasons, ["first baseline", "less memory"]);
    let log = fs::read_to_string(log).expect("the log");
    assert!(log.ends_with("- None.\n- Baselines of tiny blessed on unknown: less memory\n"), "{log}");
    let (_, said) = gate(folder.path(), &[&set[..], &["--bless", "--reason", "again"]].concat());
    assert_eq!(said, "nothing to bless: 1 results are as accepted\n");
}

/// In a repository, a blessing knows the commit that the work is on.
#[test]
fn a_blessing_names_its_commit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let mut command = Command::new("git");
        let output = command.current_dir(folder.path()).args(identity).args(arguments).output().expect("git");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout).trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "one"]);
    let commit = git(&["rev-parse", "--short=12", "HEAD"]);
    gate(folder.path(), &["tiny.toml", "--bless", "--reason", "first baseline"]);
    let read = || Baseline::read(&folder.path().join("tightfit-baseline.json")).expect("a baseline").blessings;
    assert_eq!(read()[0].commit, commit);
    fs::write(folder.path().join("model.toml"), format!("{}\n", tiny::MODEL)).expect("a file");
    gate(folder.path(), &["tiny.toml", "--bless", "--reason", "other digest"]);
    assert_eq!(read()[1].commit, format!("{commit} with changes"));
}

#[test]
fn what_is_expected_is_never_blessed_away() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let path = folder.path().join("tiny.toml");
    let scenario = fs::read_to_string(&path).expect("the scenario");
    let expect = |text: &str| fs::write(&path, format!("{scenario}\n[expect]\n{text}\n")).expect("a file");
    expect("decode-tokens-per-s = { at-least = 1e6 }");
    let (code, said) = gate(folder.path(), &["tiny.toml", "--bless", "--reason", "hope"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("decode-tokens-per-s is ") && said.contains("nothing blessed"), "{said}");
    assert!(!folder.path().join("tightfit-baseline.json").exists());
    // A tolerance lets a small change of its metric pass, and no other.
    expect("ttft-ms = { relative = 0.5 }");
    assert_eq!(gate(folder.path(), &["tiny.toml", "--bless", "--reason", "first"]).0, Some(0));
    let (code, said) = gate(folder.path(), &["--set", "device.flash.read-latency-us=101"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("TPOT") && !said.contains("worse: TTFT"), "{said}");
}

#[test]
fn every_format_is_written() {
    let folder = blessed();
    let outputs = [
        "--junit",
        "gate.xml",
        "--markdown",
        "gate.md",
        "--bencher",
        "bencher.json",
        "--github-benchmark",
        "smaller.json",
        "--github-benchmark-bigger",
        "bigger.json",
    ];
    for (set, code, failures) in [(&[][..], 0, 0), (&["--set", "memory.budget-mib=0.001"], 1, 1)] {
        let (found, said) = gate(folder.path(), &[set, &outputs].concat());
        assert_eq!(found, Some(code), "{said}");
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it is there");
        let xml = read("gate.xml");
        let xml = roxmltree::Document::parse(&xml).expect("XML");
        assert_eq!(xml.descendants().filter(|node| node.has_tag_name("failure")).count(), failures);
        assert!(read("gate.md").starts_with(if code == 0 { "### ✅ gate passed" } else { "### ❌ gate failed" }));
        for name in ["bencher.json", "smaller.json", "bigger.json"] {
            let json: serde_json::Value = serde_json::from_str(&read(name)).expect("JSON");
            assert!(!json.is_null(), "{name}");
        }
    }
    let (code, said) = gate(folder.path(), &["--junit", "new.xml", "--markdown", "none/gate.md"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(!folder.path().join("new.xml").exists(), "all files or none");
    let (code, said) = gate(folder.path(), &["--junit", "one", "--markdown", "one"]);
    assert!(code == Some(2) && said.contains("two outputs can't go to one file"), "{said}");
}

/// Runs of a machine, as other tools record them: results that are read, not made.
#[test]
fn recorded_runs_are_judged_by_statistics() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let json = crate::program::printed(folder.path(), &["run", "tiny.toml", "--format", "json"]);
    let mut made: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    made["results"][0]["platform"] = "host".into();
    let record = |name: &str, thousandths: u64, runs: u64| {
        let mut file = made.clone();
        let run = |at: u64| {
            let mut run = made["results"][0].clone();
            let tpot_ns = run["latency"]["tpot_ns"].as_u64().expect("a whole number");
            run["latency"]["tpot_ns"] = (tpot_ns * (thousandths + at) / 1000).into();
            run
        };
        let results: Vec<serde_json::Value> = (0..runs).map(run).collect();
        file["results"] = results.into();
        fs::write(folder.path().join(name), file.to_string()).expect("a file");
    };
    record("base.json", 1000, 6);
    record("noise.json", 1002, 6);
    record("slow.json", 1200, 6);
    record("few.json", 1000, 4);
    let judged = |name: &str, more: &[&str]| gate(folder.path(), &[&["--results", name], more].concat());
    assert_eq!(judged("base.json", &["--bless", "--reason", "this machine"]).0, Some(0));
    assert_eq!(judged("noise.json", &[]).0, Some(0));
    let (code, said) = judged("slow.json", &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("worse: TPOT") && said.contains("6 and 6 runs"), "{said}");
    assert_eq!(judged("slow.json", &["--threshold", "0.3"]).0, Some(0));
    let error = refused_in(folder.path(), &["gate", "--results", "few.json"]);
    assert!(error.contains("4 run(s) of tiny, toy, tiny, lru on host"), "{error}");
    assert!(refused_in(folder.path(), &["gate"]).contains("nothing to judge"), "what was read can't be run again");
}

/// This project's own figures are as somebody accepted them.
#[test]
fn our_own_baseline_reads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/baselines/scenarios.json");
    let baseline = Baseline::read(&path).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<&str> = baseline.scenarios.keys().map(String::as_str).collect();
    assert_eq!(names, ["llm-in-a-flash", "published-systems", "quickstart", "window-against-memory"]);
    assert!(baseline.entries.len() >= 82 && baseline.blessings.iter().all(|blessing| !blessing.reason.is_empty()));
}

/// The step of `action.yml`, as GitHub runs it.
#[test]
fn the_action_runs_the_gate() {
    let folder = blessed();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/gate-action");
    let program = Path::new(env!("CARGO_BIN_EXE_tightfit")).parent().expect("its folder");
    let path = std::env::var("PATH").expect("a path");
    let step = |scenarios: &str, baseline: &str| {
        let mut command = Command::new("bash");
        command
            .arg(&script)
            .current_dir(folder.path())
            .env("PATH", format!("{}:{path}", program.display()))
            .env("GITHUB_STEP_SUMMARY", folder.path().join("summary.md"))
            .env("GITHUB_OUTPUT", folder.path().join("output"))
            .env("GATE_FOLDER", folder.path().join("out"))
            .env("GATE_SCENARIOS", scenarios)
            .env("GATE_RESULTS", "")
            .env("GATE_BASELINE", baseline)
            .env("GATE_THRESHOLD", "0.05");
        command.output().expect("bash").status.code()
    };
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it is there");
    assert_eq!(step("", "tightfit-baseline.json"), Some(0));
    assert!(read("summary.md").contains("✅ gate passed") && read("output").contains("verdict=passed\n"));
    assert!(read("out/gate.xml").contains("<testsuite name=\"tiny\""));
    let small = tiny::SCENARIO.replace("DIR/", "") + "\n[memory]\nbudget-mib = 0.001\n";
    fs::write(folder.path().join("tiny.toml"), small).expect("a file");
    assert_eq!(step("tiny.toml", "tightfit-baseline.json"), Some(1));
    assert!(read("summary.md").contains("❌ gate failed") && read("output").contains("verdict=failed\n"));
    assert_eq!(step("", "none.json"), Some(2));
    assert!(read("output").contains("verdict=wrong-input\n"));
}

/// Every input of the action reaches its script, and every output comes from it.
#[test]
fn the_action_and_its_script_agree() {
    let read = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("it is there");
    let (action, script) = (read("action.yml"), read(".ci/gate-action"));
    let names: Vec<&str> =
        action.lines().filter_map(|line| line.trim().split_once(": ${{ inputs.")).map(|(name, _)| name).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names.iter().all(|name| script.contains(name)), "{names:?}");
    for output in ["verdict", "folder"] {
        assert!(action.contains(&format!("steps.gate.outputs.{output}")) && script.contains(&format!("{output}=%s")));
    }
}
