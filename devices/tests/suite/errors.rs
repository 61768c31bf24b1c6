//! What is refused, and the words for it.

use tightfit_devices::Device;

/// A whole profile of one file with a law, and one with a grid.
const PHONE: &str = include_str!("phone.toml");
const LAPTOP: &str = include_str!("laptop.toml");

/// A profile with one piece of its text replaced; the error must come, and only from that.
fn problem(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "no `{from}`");
    Device::parse("test.toml", text).unwrap_or_else(|error| panic!("{error}"));
    Device::parse("test.toml", &text.replacen(from, to, 1)).expect_err("an impossible profile").to_string()
}

fn phone(from: &str, to: &str) -> String {
    problem(PHONE, from, to)
}

fn laptop(from: &str, to: &str) -> String {
    problem(LAPTOP, from, to)
}

#[test]
fn impossible_numbers() {
    insta::assert_snapshot!(phone("bandwidth-mb-per-s = 51200", "bandwidth-mb-per-s = 0"), @r#"
    device profile test.toml: TOML parse error at line 12, column 22
       |
    12 | bandwidth-mb-per-s = 0
       |                      ^
    0 MB/s is impossible: give a number above 0
    "#);
    insta::assert_snapshot!(phone("bandwidth-mb-per-s = 51200", "bandwidth-mb-per-s = 51200000"), @r#"
    device profile test.toml: TOML parse error at line 12, column 22
       |
    12 | bandwidth-mb-per-s = 51200000
       |                      ^^^^^^^^
    51200000 MB/s is beyond what exists (at most 5000000): is the unit right?
    "#);
    insta::assert_snapshot!(phone("idle-mw = 800", "idle-mw = -800"), @r#"
    device profile test.toml: TOML parse error at line 128, column 11
        |
    128 | idle-mw = -800
        |           ^^^^
    -800 mW is impossible: give a number above 0
    "#);
    insta::assert_snapshot!(phone("ceiling-mb-per-s = 1450", "ceiling-mb-per-s = nan"), @r#"
    device profile test.toml: TOML parse error at line 32, column 20
       |
    32 | ceiling-mb-per-s = nan
       |                    ^^^
    NaN is no quantity: give a finite number of MB/s
    "#);
    insta::assert_snapshot!(phone("ceiling-mb-per-s = 1450", "ceiling-mb-per-s = 1450000"), @r#"
    device profile test.toml: TOML parse error at line 32, column 20
       |
    32 | ceiling-mb-per-s = 1450000
       |                    ^^^^^^^
    1450000 MB/s is beyond what exists (at most 100000): is the unit right?
    "#);
    insta::assert_snapshot!(phone("read-latency-us = 100", "read-latency-us = 1.5e6"), @r#"
    device profile test.toml: TOML parse error at line 29, column 19
       |
    29 | read-latency-us = 1.5e6
       |                   ^^^^^
    1500000 us is beyond what exists (at most 1000000): is the unit right?
    "#);
    insta::assert_snapshot!(phone("pressure-share = 0.72", "pressure-share = 72"), @r#"
    device profile test.toml: TOML parse error at line 17, column 18
       |
    17 | pressure-share = 72
       |                  ^^
    72 is no share: give a number above 0 and at most 1
    "#);
    insta::assert_snapshot!(phone("pressure-share = 0.72", "pressure-share = 0"), @r#"
    device profile test.toml: TOML parse error at line 17, column 18
       |
    17 | pressure-share = 0
       |                  ^
    0 is no share: give a number above 0 and at most 1
    "#);
    insta::assert_snapshot!(phone("queue-depth = 32", "queue-depth = 0"), @r#"
    device profile test.toml: TOML parse error at line 33, column 15
       |
    33 | queue-depth = 0
       |               ^
    0 is impossible as a count: give 1 or more
    "#);
    insta::assert_snapshot!(phone("total-mb = 8590", "total-mb = \"8 GB\""), @r#"
    device profile test.toml: TOML parse error at line 11, column 12
       |
    11 | total-mb = "8 GB"
       |            ^^^^^^
    invalid type: string "8 GB", expected a number of MB
    "#);
    insta::assert_snapshot!(phone("time-constant-s = 63", "time-constant-s = 63\nclock-exponent = 1.7"), @r#"
    device profile test.toml: TOML parse error at line 146, column 18
        |
    146 | clock-exponent = 1.7
        |                  ^^^
    1.7 is no exponent: give 1, 1.5, 2, 2.5 or 3
    "#);
    insta::assert_snapshot!(phone("app-limit-mb = 3341", "app-limit-mb = 1e-9"), @r#"
    device profile test.toml: TOML parse error at line 15, column 16
       |
    15 | app-limit-mb = 1e-9
       |                ^^^^
    0.000000001 MB is too little to count: is the unit right?
    "#);
}

#[test]
fn wrong_keys_and_words() {
    insta::assert_snapshot!(phone("read-unit-kib = 4", "read-unit-kb = 4"), @r#"
    device profile test.toml: TOML parse error at line 34, column 1
       |
    34 | read-unit-kb = 4
       | ^^^^^^^^^^^^
    unknown field `read-unit-kb`, expected one of `read-latency-us`, `lane-mb-per-s`, `reads-per-s`, `ceiling-mb-per-s`, `grid`, `queue-depth`, `read-unit-kib`, `hot-share`, `source`
    "#);
    insta::assert_snapshot!(phone("class = \"phone\"", "class = \"fridge\""), @r#"
    device profile test.toml: TOML parse error at line 7, column 9
      |
    7 | class = "fridge"
      |         ^^^^^^^^
    unknown variant `fridge`, expected one of `phone`, `tablet`, `laptop`, `desktop`, `board`
    "#);
    insta::assert_snapshot!(phone("title = \"iPhone 15 Pro Max\"", "title = \"\""), @r#"
    device profile test.toml: TOML parse error at line 5, column 9
      |
    5 | title = ""
      |         ^^
    empty text: say something
    "#);
    insta::assert_snapshot!(phone("gflops = { f32", "gflops = { f64"), @r#"
    device profile test.toml: TOML parse error at line 44, column 12
       |
    44 | gflops = { f64 = 242, f16 = 524, i8 = 1000 }
       |            ^^^
    unknown variant `f64`, expected one of `f32`, `f16`, `bf16`, `i8`, `i4`
    "#);
    insta::assert_snapshot!(phone("gflops = { f32 = 242, f16 = 524, i8 = 1000 }", "gflops = {}"), @r#"
    device profile test.toml: TOML parse error at line 44, column 10
       |
    44 | gflops = {}
       |          ^^
    no rate: give at least one of f32, f16, bf16, i8, i4
    "#);
    insta::assert_snapshot!(phone("energy-mwh = 16700\n", ""), @r#"
    device profile test.toml: TOML parse error at line 137, column 1
        |
    137 | [battery]
        | ^^^^^^^^^
    missing field `energy-mwh`
    "#);
    insta::assert_snapshot!(phone("schema = 1", "schema = 2"), @"device profile test.toml, line 3: `schema`: 2 is not known here: this version reads 1");
    insta::assert_snapshot!(phone("schema = 1", "schema ="), @r#"
    device profile test.toml: TOML parse error at line 3, column 9
      |
    3 | schema =
      |         ^
    string values must be quoted, expected literal string
    "#);
}

#[test]
fn a_law_or_a_grid() {
    insta::assert_snapshot!(phone("reads-per-s = 50000\n", ""), @r#"
    device profile test.toml: TOML parse error at line 28, column 1
       |
    28 | [flash]
       | ^^^^^^^
    a law of four needs all four: `read-latency-us`, `lane-mb-per-s`, `reads-per-s` and `ceiling-mb-per-s`; give them, or name a base that has them, such as ufs-4
    "#);
    let law = "read-latency-us = 100\nlane-mb-per-s = 1450\nreads-per-s = 50000\nceiling-mb-per-s = 1450\n";
    insta::assert_snapshot!(phone(law, ""), @r#"
    device profile test.toml: TOML parse error at line 28, column 1
       |
    28 | [flash]
       | ^^^^^^^
    neither a law nor a grid: give `read-latency-us`, `lane-mb-per-s`, `reads-per-s` and `ceiling-mb-per-s`, or a `[flash.grid]`
    "#);
    insta::assert_snapshot!(laptop("queue-depth = 32", "read-latency-us = 5\nqueue-depth = 32"), @r#"
    device profile test.toml: TOML parse error at line 26, column 1
       |
    26 | [flash]
       | ^^^^^^^
    both a law and a grid: keep `read-latency-us`, `lane-mb-per-s`, `reads-per-s` and `ceiling-mb-per-s`, or the `[flash.grid]`, not both
    "#);
}

#[test]
fn grids_that_are_none() {
    insta::assert_snapshot!(laptop("[41, 81, 163, 325, 651, 651]", "[41, 81, 163, 325, 651]"), @r#"
    device profile test.toml: TOML parse error at line 30, column 1
       |
    30 | [flash.grid]
       | ^^^^^^^^^^^^
    the row of 4 KiB has 5 columns for 6 `lanes`: give one per entry
    "#);
    insta::assert_snapshot!(laptop("    [41, 81, 163, 325, 651, 651],\n", ""), @r#"
    device profile test.toml: TOML parse error at line 30, column 1
       |
    30 | [flash.grid]
       | ^^^^^^^^^^^^
    10 rows of throughput for 11 `sizes-kib`: give a row per size
    "#);
    insta::assert_snapshot!(laptop("[41, 81, 163, 325, 651, 651]", "[41, 81, 0, 325, 651, 651]"), @r#"
    device profile test.toml: TOML parse error at line 30, column 1
       |
    30 | [flash.grid]
       | ^^^^^^^^^^^^
    in the row of 4 KiB: 0 MB/s is impossible: give a number above 0
    "#);
    insta::assert_snapshot!(laptop("lanes = [1, 2, 4", "lanes = [1, 4, 2"), @r#"
    device profile test.toml: TOML parse error at line 30, column 1
       |
    30 | [flash.grid]
       | ^^^^^^^^^^^^
    `lanes` is not ascending: sort its entries, each once
    "#);
    insta::assert_snapshot!(laptop("lanes = [1, 2, 4", "lanes = [0, 2, 4"), @r#"
    device profile test.toml: TOML parse error at line 30, column 1
       |
    30 | [flash.grid]
       | ^^^^^^^^^^^^
    `lanes` starts at 0: the least is one read in flight
    "#);
    insta::assert_snapshot!(laptop("sizes-kib = [4, 8,", "sizes-kib = [4, 4,"), @r#"
    device profile test.toml: TOML parse error at line 30, column 1
       |
    30 | [flash.grid]
       | ^^^^^^^^^^^^
    `sizes-kib` is not ascending: sort its entries, each once
    "#);
    insta::assert_snapshot!(laptop("mb-per-s = [\n", "mib-per-s = [[1]]\nmb-per-s = [\n"), @r#"
    device profile test.toml: TOML parse error at line 30, column 1
       |
    30 | [flash.grid]
       | ^^^^^^^^^^^^
    both `mb-per-s` and `mib-per-s`: keep one
    "#);
    insta::assert_snapshot!(phone("[flash]\n", "[flash]\ngrid = { sizes-kib = [4], lanes = [1] }\n"), @r#"
    device profile test.toml: TOML parse error at line 29, column 8
       |
    29 | grid = { sizes-kib = [4], lanes = [1] }
       |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    no throughput: give `mb-per-s` or `mib-per-s`, a row per size
    "#);
    insta::assert_snapshot!(phone("[flash]\n", "[flash]\ngrid = { sizes-kib = [], lanes = [], mb-per-s = [] }\n"), @r#"
    device profile test.toml: TOML parse error at line 29, column 8
       |
    29 | grid = { sizes-kib = [], lanes = [], mb-per-s = [] }
       |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    `sizes-kib` is empty: give at least one entry
    "#);
}

#[test]
fn impossible_together() {
    insta::assert_snapshot!(phone("app-limit-mb = 3341", "app-limit-mb = 8591"), @"device profile test.toml, line 15: `memory.app-limit-mb`: above `total-mb`: an app can't use more than there is");
    insta::assert_snapshot!(phone("app-limit-entitled-mb = 6442", "app-limit-entitled-mb = 8591"), @"device profile test.toml, line 16: `memory.app-limit-entitled-mb`: above `total-mb`: an app can't use more than there is");
    insta::assert_snapshot!(phone("app-limit-entitled-mb = 6442", "app-limit-entitled-mb = 3340"), @"device profile test.toml, line 16: `memory.app-limit-entitled-mb`: below `app-limit-mb`: an entitlement only adds");
    insta::assert_snapshot!(phone("copy-mb-per-s = 22500", "copy-mb-per-s = 45000"), @"device profile test.toml, line 13: `memory.copy-mb-per-s`: above half of `bandwidth-mb-per-s`: a copied byte is read and written, give bytes copied per second");
    insta::assert_snapshot!(phone("bandwidth-mb-per-s = 51200\ncopy-mb-per-s = 22500", "bandwidth-mb-per-s = 1000\ncopy-mb-per-s = 400"), @"device profile test.toml, line 32: `flash.ceiling-mb-per-s`: above `memory.bandwidth-mb-per-s`: is the unit right?");
    insta::assert_snapshot!(laptop("bandwidth-mb-per-s = 409600\ncopy-mb-per-s = 114700", "bandwidth-mb-per-s = 6000\ncopy-mb-per-s = 400"), @"device profile test.toml, line 30: `flash.grid`: above `memory.bandwidth-mb-per-s`: is the unit right?");
    insta::assert_snapshot!(phone("processor = \"cpu\"", "processor = \"npu\""), @"device profile test.toml, line 69: `runtime.0.processor`: llama.cpp runs on the npu, which the profile lacks: add a `[npu]` or change it");
    insta::assert_snapshot!(phone("compute-format = \"i8\"", "compute-format = \"i4\""), @"device profile test.toml, line 70: `runtime.0.compute-format`: llama.cpp computes in i4, which `cpu.gflops` lacks: it has f32, f16, i8");
    insta::assert_snapshot!(phone("name = \"mlx\"", "name = \"llama.cpp\""), @"device profile test.toml, line 98: `runtime.2.name`: llama.cpp on the gpu is there twice: keep one");
    insta::assert_snapshot!(phone("sustained-mw = 4500", "sustained-mw = 800"), @"device profile test.toml, line 144: `heat.sustained-mw`: not above `power.idle-mw`: the device would overheat while idle");
}

#[test]
fn sources_that_are_wrong() {
    insta::assert_snapshot!(phone("read-latency-us = { kind", "write-latency-us = { kind"), @"device profile test.toml, line 38: `flash.source.write-latency-us`: a source of `write-latency-us`, which `flash` lacks: name one of its keys, or `default`");
    insta::assert_snapshot!(phone("kind = \"derived\"", "kind = \"guessed\""), @r#"
    device profile test.toml: TOML parse error at line 20, column 20
       |
    20 | default = { kind = "guessed", from = "8 GiB x 1.073741824" }
       |                    ^^^^^^^^^
    unknown variant `guessed`, expected one of `measured`, `datasheet`, `published`, `derived`, `assumed`
    "#);
    insta::assert_snapshot!(phone("default = {", "everything = {"), @r#"
    device profile test.toml: TOML parse error at line 19, column 1
       |
    19 | [memory.source]
       | ^^^^^^^^^^^^^^^
    no `default` source: say where the section's numbers come from, as default = { kind = "...", from = "..." }
    "#);
    insta::assert_snapshot!(phone("from = \"8 GiB x 1.073741824\"", "from = \" \""), @r#"
    device profile test.toml: TOML parse error at line 20, column 38
       |
    20 | default = { kind = "derived", from = " " }
       |                                      ^^^
    empty text: say something
    "#);
}

#[test]
fn sections_that_are_missing() {
    let text = "schema = 1\nname = \"x\"\ntitle = \"X\"\nsoc = \"x\"\nclass = \"board\"\nos = \"linux\"\n";
    insta::assert_snapshot!(Device::parse("x.toml", text).expect_err("no memory"), @r#"
    device profile x.toml: TOML parse error at line 1, column 1
      |
    1 | schema = 1
      | ^
    missing field `memory`
    "#);
    let phone = PHONE;
    let start = phone.find("[battery]").expect("a battery");
    let end = phone.find("[heat]").expect("heat");
    let text = format!("{}{}", &phone[..start], &phone[end..]);
    insta::assert_snapshot!(Device::parse("x.toml", &text).expect_err("no battery"), @"device profile x.toml: `battery`: a phone, tablet or laptop has one: give `energy-mwh`");
    let start = phone.find("[cpu]").expect("a CPU");
    let end = phone.find("[[runtime]]").expect("a runtime");
    let text = format!("{}{}", &phone[..start], &phone[end..]);
    insta::assert_snapshot!(Device::parse("x.toml", &text).expect_err("no processor"), @"device profile x.toml: `cpu`: no processor: give at least one of `[cpu]`, `[gpu]`, `[npu]`");
    let start = phone.find("[[runtime]]").expect("a runtime");
    let end = phone.find("[power]").expect("power");
    let text = format!("{}{}", &phone[..start], &phone[end..]).replacen("[memory]", "runtime = []\n[memory]", 1);
    insta::assert_snapshot!(Device::parse("x.toml", &text).expect_err("no runtime"), @"device profile x.toml, line 10: `runtime`: no runtime: give at least one `[[runtime]]`");
}

#[test]
fn names_and_paths() {
    insta::assert_snapshot!(Device::load("iPhone 15 Pro").expect_err("no such name"), @"no device named `iPhone 15 Pro`: did you mean iphone-15-pro? (a path must end in .toml)");
    insta::assert_snapshot!(Device::load("iphne-17-pro").expect_err("no such name"), @"no device named `iphne-17-pro`: did you mean iphone-17-pro, iphone-13-pro, iphone-14-pro? (a path must end in .toml)");
    insta::assert_snapshot!(Device::load("fridge").expect_err("no such name"), @"no device named `fridge`: none of the 86 known names is near: see `tightfit list`; a path must end in .toml");
    insta::assert_snapshot!(Device::load("nowhere/x.toml").expect_err("no such file"), @"device profile nowhere/x.toml: No such file or directory (os error 2)");
}
