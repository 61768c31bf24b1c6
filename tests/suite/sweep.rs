//! Sweeps: each row is what a plain run with its values set gives, in the order of the points, whatever happened between.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use insta::assert_snapshot;
use tightfit::{
    RunError,
    reports::{
        schema::RunResult,
        sweep::{Row, Value},
    },
    run::Curve,
    scenarios::{Scenario, Settings, catalog::Text, scenario},
    sweep::{
        Asked, Plan, Shard,
        journal::{self, Header, Journal},
    },
};

use crate::{
    ask::Ask,
    bad_input::refused_in,
    program::{printed, program, run, text},
    tiny::{self, Tiny},
};

/// 2 x 3 points; the page cache has no lanes.
const SWEEP: &str = "[sweep]\n\"strategy.reads.lanes\" = [1, 2]\n\"memory.budget-mib\" = [0.001, 0.004, 0.02]\n";

fn asked(scenario: &str, set: &[&str]) -> Asked {
    let settings = Settings::parse(set).unwrap_or_else(|error| panic!("{error}"));
    let source = if scenario.contains('\n') {
        Text { origin: "written here".to_owned(), text: scenario.to_owned() }
    } else {
        scenario::CATALOG.find(scenario).unwrap_or_else(|error| panic!("{error}"))
    };
    let scenario = Scenario::parse(source, &[], &settings).unwrap_or_else(|error| panic!("{error}"));
    Asked { scenario, devices: Vec::new(), strategies: Vec::new(), settings }
}

fn plan(scenario: &str, set: &[&str]) -> Plan {
    Plan::new(asked(scenario, set)).unwrap_or_else(|error| panic!("{error}"))
}

fn rows(plan: &Plan, shard: Shard) -> Vec<Row> {
    plan.run(shard, Vec::new(), |_| Ok(())).unwrap_or_else(|error| panic!("{error}"))
}

/// The tiny scenario with a sweep over an LRU and a page cache.
fn tiny_sweep(tiny: &Tiny) -> String {
    let scenario = tiny.ask().scenario.replace("[\"lru\"]", "[\"lru\", \"page-cache\"]");
    format!("{scenario}{SWEEP}")
}

/// As a row of a sweep holds it.
fn bare(mut result: RunResult) -> RunResult {
    result.tokens.clear();
    result.provenance.sources.clear();
    result
}

#[test]
fn a_row_is_what_a_plain_run_gives() {
    let tiny = Tiny::new();
    let sets = [
        "sweep.device.flash.read-latency-us=[100, 900]",
        "sweep.request.output-tokens=[2, 5]",
        "sweep.request.prefill=[\"batched\", \"sequential\"]",
        "sweep.request.trace-request=[0, 1]",
    ];
    let text = tiny_sweep(&tiny);
    let plan = plan(&text, &sets);
    let rows = rows(&plan, Shard::WHOLE);
    assert_eq!(rows.len(), 2 * 3 * 16 + 3 * 16, "the page cache runs once for both numbers of lanes");
    let whole = tiny.ask().scenario.replace("[\"lru\"]", "[\"lru\", \"page-cache\"]");
    for row in &rows {
        let keys = plan.keys().into_iter().zip(&row.values);
        let set: Vec<String> =
            keys.filter_map(|(key, value)| value.as_ref().map(|value| format!("{key}={value}"))).collect();
        let set: Vec<&str> = set.iter().map(String::as_str).collect();
        let ask = Ask { scenario: &whole, strategy: Some(&row.result.strategy), ..Ask::default() };
        let alone = ask.results_with(&set, Curve::Skip).unwrap_or_else(|error| panic!("{set:?}: {error}"));
        let mut alone = bare(alone[0].clone());
        assert_ne!(alone.digests["scenario"], row.result.digests["scenario"], "the texts differ by the sweep");
        alone.digests.clone_from(&row.result.digests);
        assert_eq!(row.result, alone, "{set:?}");
    }
}

#[test]
fn rows_are_in_the_order_of_the_points() {
    let tiny = Tiny::new();
    let rows = rows(&plan(&tiny_sweep(&tiny), &["strategy.reads.coalesce-gap-kib=0"]), Shard::WHOLE);
    let words: Vec<String> = rows
        .iter()
        .map(|row| {
            let values: Vec<String> =
                row.values.iter().map(|value| value.as_ref().map_or("-".to_owned(), Value::to_string)).collect();
            format!("{} {} {} {}", row.row, row.point, row.result.strategy, values.join(" "))
        })
        .collect();
    assert_snapshot!(words.join("\n"), @"
    0 0 lru 1 0.001
    1 0 page-cache - 0.001
    2 1 lru 1 0.004
    3 1 page-cache - 0.004
    4 2 lru 1 0.02
    5 2 page-cache - 0.02
    6 3 lru 2 0.001
    7 4 lru 2 0.004
    8 5 lru 2 0.02
    ");
    let walls: Vec<u64> = rows.iter().map(|row| row.result.time.wall_ns).collect();
    assert!(walls[0] > walls[6] && walls[0] > walls[4], "lanes and budget matter: {walls:?}");
}

/// A key that not every policy has is swept where it is there.
#[test]
fn a_value_may_bring_the_next_key_along() {
    let tiny = Tiny::new();
    let text = format!(
        "{}[sweep]\n\"strategy.resident-set.evict\" = [{{ policy = \"lru\" }}, {{ policy = \"window\", tokens = 9 }}]\n\
         \"strategy.resident-set.evict.tokens\" = [1, 2]\n",
        tiny.ask().scenario
    );
    let policies: Vec<(String, Option<Value>)> = rows(&plan(&text, &[]), Shard::WHOLE)
        .into_iter()
        .map(|row| (row.result.parameters["strategy.resident-set.evict.policy"].clone(), row.values[1].clone()))
        .collect();
    let expected = [("lru", None), ("window", Some(1)), ("window", Some(2))]
        .map(|(policy, tokens)| (policy.to_owned(), tokens.map(Value::Integer)));
    assert_eq!(policies, expected);
}

#[test]
fn parameters_say_what_was_set() {
    let tiny = Tiny::new();
    let set = [
        "device.flash.read-latency-us=150",
        "request.context-tokens=3",
        "request.prefill=sequential",
        "request.trace-request=1",
        "memory.budget-mib=0.5",
    ];
    let parameters = tiny.ask().result_with(&set).parameters;
    for set in set {
        let (key, value) = set.split_once('=').expect("a setting");
        assert_eq!(parameters.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert_eq!(parameters["memory.entitled"], "false");
}

/// Wherever the journal is cut, the run goes on, and ends with the same rows.
#[test]
fn a_journal_cut_at_any_byte_is_completed() {
    let tiny = Tiny::new();
    let text = format!("{}[sweep]\n\"strategy.reads.lanes\" = [1, 2]\n", tiny.ask().scenario);
    let plan = plan(&text, &[]);
    let header = Header::new(&plan, Shard::WHOLE);
    let folder = tiny.folder().join("journal");
    let resumed = || {
        let (journal, finished) = Journal::open(&folder, &header).unwrap_or_else(|error| panic!("{error}"));
        let kept = finished.len();
        let rows = plan.run(Shard::WHOLE, finished, |row| journal.row(row)).unwrap_or_else(|error| panic!("{error}"));
        (kept, rows)
    };
    let (_, whole) = resumed();
    let path = folder.join(journal::FILE);
    let bytes = fs::read(&path).expect("the journal");
    let mut kept_by_count = [0; 3];
    for cut in 0..=bytes.len() {
        fs::write(&path, &bytes[..cut]).expect("a cut journal");
        let (kept, rows) = resumed();
        assert_eq!(rows, whole, "cut at {cut}");
        kept_by_count[kept] += 1;
        if cut % 97 == 0 {
            assert_eq!(journal::read(&folder).unwrap_or_else(|error| panic!("{error}")).1.len(), 2, "cut at {cut}");
        }
    }
    assert!(kept_by_count[0] > 1000 && kept_by_count[1] > 1000 && kept_by_count[2] == 1, "{kept_by_count:?}");
}

#[test]
fn damage_within_a_journal_is_refused() {
    let tiny = Tiny::new();
    let plan = plan(&tiny_sweep(&tiny), &[]);
    let header = Header::new(&plan, Shard::WHOLE);
    let folder = tiny.folder().join("journal");
    let path = folder.join(journal::FILE);
    {
        let (journal, _) = Journal::open(&folder, &header).unwrap_or_else(|error| panic!("{error}"));
        for row in rows(&plan, Shard::WHOLE) {
            journal.row(&row).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    let whole = fs::read_to_string(&path).expect("the journal");
    let lines: Vec<&str> = whole.lines().collect();
    let problem = |lines: &[&str]| {
        fs::write(&path, lines.join("\n") + "\n").expect("a damaged journal");
        let error = Journal::open(&folder, &header).expect_err("a damaged journal").to_string();
        error.replace(&format!("{}", path.display()), "JOURNAL")
    };
    assert_snapshot!(problem(&[lines[0], "{", lines[1]]), @"JOURNAL: line 2 is damaged (EOF while parsing an object at line 1 column 1): remove the file to start afresh");
    assert_snapshot!(problem(&[lines[0], lines[1], lines[1]]), @"JOURNAL: line 3 is damaged (row 0 a second time): remove the file to start afresh");
    let beyond = lines[1].replacen("\"row\":", "\"row\":9", 1);
    assert_snapshot!(problem(&[lines[0], &beyond]), @"JOURNAL: line 2 is damaged (a row that the sweep does not have): remove the file to start afresh");
    let (_, finished) = {
        fs::write(&path, &whole).expect("the journal as it was");
        Journal::open(&folder, &header).unwrap_or_else(|error| panic!("{error}"))
    };
    assert_eq!(finished.len(), 9);
}

/// A sweep that takes a while: one model in many memories.
fn long(out: &'static str) -> Vec<&'static str> {
    vec![
        "run",
        "quickstart",
        "--device",
        "iphone-15-pro",
        "--strategy",
        "window",
        "--set",
        "sweep.memory.limit-mb={ from = 64, to = 79, step = 1 }",
        "--set",
        "sweep.strategy.resident-set.evict.tokens=[2, 5]",
        "--out",
        out,
    ]
}

#[test]
fn a_killed_sweep_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let one = program(folder.path()).args(long("whole")).env("RAYON_NUM_THREADS", "1").output().expect("a run");
    assert!(one.status.success(), "{}", text(&one.stderr));
    let mut child = program(folder.path())
        .args(long("killed"))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    let journal = folder.path().join("killed").join(journal::FILE);
    let lines = || fs::read_to_string(&journal).map_or(0, |text| text.matches('\n').count());
    let begin = Instant::now();
    while lines() < 6 && begin.elapsed() < Duration::from_mins(1) {
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    let kept = lines() - 1;
    assert!((5..32).contains(&kept), "killed half-way: {kept} of 32");
    assert!(!folder.path().join("killed/sweep.parquet").exists(), "a table appears whole or not at all");
    let resumed = run(folder.path(), &long("killed"));
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    assert!(text(&resumed.stderr).starts_with(&format!("{kept} of 32 results were there already\n")));
    assert_eq!(text(&resumed.stdout), text(&one.stdout));
    let table = |out: &str| fs::read(folder.path().join(out).join("sweep.parquet")).expect("the table");
    assert!(table("killed") == table("whole"), "the same bytes");
    let again = run(folder.path(), &long("killed"));
    assert!(text(&again.stderr).starts_with("32 of 32 results were there already\n"), "{}", text(&again.stderr));
}

#[test]
fn shards_merge_to_the_whole() {
    let tiny = Tiny::new();
    fs::write(tiny.folder().join("sweep.toml"), tiny_sweep(&tiny)).expect("a file");
    let run = |arguments: &[&str]| {
        let output = run(tiny.folder(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let whole = run(&["run", "sweep.toml", "--out", "whole"]);
    for (shard, out) in [("1/3", "a"), ("2/3", "b"), ("3/3", "c")] {
        run(&["run", "sweep.toml", "--shard", shard, "--out", out]);
        assert!(!tiny.folder().join(out).join("sweep.parquet").exists(), "a shard is no table");
    }
    assert_eq!(run(&["merge", "c", "a", "b", "--out", "merged"]), whole);
    let table = |out: &str| fs::read(tiny.folder().join(out).join("sweep.parquet")).expect("the table");
    assert!(table("merged") == table("whole"), "the same bytes");

    let refused = |arguments: &[&str]| refused_in(tiny.folder(), &[&["merge"], arguments, &["--out", "no"]].concat());
    assert_snapshot!(refused(&["a", "c"]), @"error: a/points.jsonl: 3 of the sweep's 9 rows are in none of the shards, row 2 first: name all shards, and run each to its end");
    assert_snapshot!(refused(&["a", "b", "c", "b"]), @"error: b/points.jsonl: row 2 (point 1) is in b too: give each shard once, of one --shard i/n");
    assert_snapshot!(refused(&["a", "whole"]), @"error: whole/points.jsonl: row 0 (point 0) is in a too: give each shard once, of one --shard i/n");
    run(&["run", "sweep.toml", "--shard", "2/3", "--out", "other", "--set", "request.output-tokens=2"]);
    assert_snapshot!(refused(&["a", "other", "c"]), @"error: other/points.jsonl: another sweep than in a, with other settings, devices, strategies, model or trace (--set, --device, --strategy, or a changed file): only shards of one sweep merge");
    assert_snapshot!(refused(&["a", "nowhere"]), @"error: nowhere/points.jsonl: No such file or directory (os error 2)");
}

#[test]
fn another_sweep_is_never_mixed_in() {
    let tiny = Tiny::new();
    let write = |scenario: &str| fs::write(tiny.folder().join("sweep.toml"), scenario).expect("a file");
    let scenario = tiny_sweep(&tiny);
    write(&scenario);
    let run_it = ["run", "sweep.toml", "--out", "out"];
    assert!(run(tiny.folder(), &run_it).status.success());
    let refused = |more: &[&str]| refused_in(tiny.folder(), &[&run_it[..], more].concat());
    assert_snapshot!(refused(&["--set", "device.power.idle-mw=7"]), @"error: out/points.jsonl: holds a sweep with other settings, devices, strategies, model or trace (--set, --device, --strategy, or a changed file): give another --out, or remove this file to start afresh");
    assert_snapshot!(refused(&["--shard", "1/2"]), @"error: out/points.jsonl: holds a sweep of shard 1/1: give another --out, or remove this file to start afresh");
    write(&scenario.replace("0.004", "0.005"));
    assert_snapshot!(refused(&[]), @"error: out/points.jsonl: holds a sweep of another text of the scenario tiny: give another --out, or remove this file to start afresh");
    write(&scenario);
    let device = fs::read_to_string(tiny.folder().join("device.toml")).expect("the device");
    fs::write(tiny.folder().join("device.toml"), device.replace("idle-mw = 100", "idle-mw = 101")).expect("a file");
    assert!(refused(&[]).contains("holds a sweep with other settings"));
    fs::write(tiny.folder().join("device.toml"), device).expect("a file");
    tiny::write_trace(&tiny.folder().join("trace.parquet"), &tiny::TRACE.replace("0 2 5 6\n", "0 2 5 7\n"));
    assert!(refused(&[]).contains("holds a sweep with other settings"));
    tiny::write_trace(&tiny.folder().join("trace.parquet"), tiny::TRACE);
    let journal = tiny.folder().join("out").join(journal::FILE);
    let text = fs::read_to_string(&journal).expect("the journal");
    let version = env!("CARGO_PKG_VERSION");
    fs::write(&journal, text.replacen(version, "0.0.1", 1)).expect("a file");
    let error = refused(&[]).replace(version, "VERSION");
    assert_snapshot!(error, @"error: out/points.jsonl: holds a sweep by tightfit 0.0.1, not VERSION: give another --out, or remove this file to start afresh");
    fs::write(&journal, text).expect("a file");
    assert!(run(tiny.folder(), &run_it).status.success(), "all as it was");
}

#[test]
fn two_processes_do_not_share_a_journal() {
    let tiny = Tiny::new();
    fs::write(tiny.folder().join("sweep.toml"), tiny_sweep(&tiny)).expect("a file");
    let run_it = ["run", "sweep.toml", "--out", "out"];
    assert!(run(tiny.folder(), &run_it).status.success());
    let path = tiny.folder().join("out").join(journal::FILE);
    let held = fs::File::open(path).expect("the journal");
    held.lock().expect("a lock");
    assert_snapshot!(refused_in(tiny.folder(), &run_it), @"error: out/points.jsonl: another tightfit is running this sweep: wait for it");
}

#[test]
fn every_point_is_checked_before_any_runs() {
    let tiny = Tiny::new();
    let scenario = tiny.ask().scenario.to_owned();
    let refused = |sweep: &str| {
        fs::write(tiny.folder().join("sweep.toml"), format!("{scenario}[sweep]\n{sweep}\n")).expect("a file");
        refused_in(tiny.folder(), &["run", "sweep.toml", "--out", "out"])
    };
    assert_snapshot!(refused("\"strategy.read.lanes\" = [1, 2]"), @"error: at strategy.read.lanes = 1: --set strategy.read.lanes=1: no strategy of the scenario has this key: did you mean strategy.reads.lanes?");
    assert_snapshot!(refused("\"memory.budgt-mib\" = [1, 2]"), @"
    error: at memory.budgt-mib = 1: scenario sweep.toml with --set: unknown field `budgt-mib`, expected one of `limit-mb`, `limit-source`, `entitled`, `budget-mib`, `curve-mb`
    in `memory`
    ");
    assert_snapshot!(refused("\"memory.limit-mb\" = [0.1, 7]\n\"strategy.reads.lanes\" = [1]"), @"error: at memory.limit-mb = 7, strategy.reads.lanes = 1: scenario tiny: memory.limit-mb: 7 MB on toy, which has 1 MB in all: give less");
    let latency = refused("\"device.flash.read-latency-us\" = [1, -1]");
    assert!(latency.starts_with("error: at device.flash.read-latency-us = -1: device profile "), "{latency}");
    assert_snapshot!(refused("\"request.trace-request\" = [0, 5]"), @"error: at request.trace-request = 5: scenario tiny: request.trace-request = 5: the trace has 2 request(s), counted from 0");
    fs::write(tiny.folder().join("sweep.toml"), tiny_sweep(&tiny)).expect("a file");
    assert_snapshot!(refused_in(tiny.folder(), &["run", "tiny.toml", "sweep.toml"]), @"error: scenario tiny has a [sweep]: run it by itself");
    assert_snapshot!(refused_in(tiny.folder(), &["run", "tiny.toml", "--shard", "1/2", "--out", "out"]), @"error: --shard: the scenario has no [sweep] to run a part of");
    assert_snapshot!(refused_in(tiny.folder(), &["run", "sweep.toml", "--shard", "0/2", "--out", "out"]), @"
    error: invalid value '0/2' for '--shard <I/N>': write it as 2/5: the second of five shards

    For more information, try '--help'.
    ");
}

/// What fails while it is noted fails the sweep, and is told in words.
#[test]
fn a_row_that_can_not_be_noted_is_an_error() {
    let tiny = Tiny::new();
    let refuse = |row: &Row| {
        if row.row == 4 { Err(RunError::Usage("the disk is full".to_owned())) } else { Ok(()) }
    };
    let error = plan(&tiny_sweep(&tiny), &[]).run(Shard::WHOLE, Vec::new(), refuse).expect_err("a full disk");
    assert_eq!(error.to_string(), "the disk is full");
}

#[test]
fn the_shards_of_a_sweep_are_its_points_each_once() {
    for count in 1..8_u64 {
        let shards: Vec<Shard> = (1..=count)
            .map(|number| format!("{number}/{count}").parse().unwrap_or_else(|problem| panic!("{problem}")))
            .collect();
        for point in 0..30 {
            assert_eq!(shards.iter().filter(|shard| shard.has(point)).count(), 1, "point {point} of {count} shards");
        }
    }
    for wrong in ["0/3", "4/3", "1", "1/", "/", "1/0", "a/b", "1/2/3"] {
        assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
    }
}

#[test]
fn without_a_folder_all_points_are_printed() {
    let tiny = Tiny::new();
    fs::write(tiny.folder().join("sweep.toml"), tiny_sweep(&tiny)).expect("a file");
    let csv = printed(tiny.folder(), &["run", "sweep.toml", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 1 + 9);
    assert!(csv.lines().next().is_some_and(|header| header.contains(",parameters.memory.budget-mib,")), "{csv}");
    let table = printed(tiny.folder(), &["run", "sweep.toml"]);
    assert_eq!(
        table.lines().filter(|line| line.contains("page-cache") && line.contains("budget")).count(),
        3,
        "{table}"
    );
}
