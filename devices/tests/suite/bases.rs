//! Profiles that are built on others.

use std::fs;

use tightfit_devices::{Device, SourceKind};

/// A chip, a system and a phone in a folder of their own.
fn folder(phone: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let chip = r#"soc = "X1"

[memory]
bandwidth-mb-per-s = 50000
copy-mb-per-s = 20000
source.default = { kind = "published", from = "chip" }
source.copy-mb-per-s = { kind = "measured", from = "chip copy" }

[cpu]
gflops = { f32 = 100, f16 = 200 }
bandwidth-share = 0.8
dispatch-us = 7
active-mw = 3000
source.default = { kind = "datasheet", from = "chip cpu" }
source."gflops.f16" = { kind = "measured", from = "chip f16" }
"#;
    let system = r#"schema = 1
class = "board"
os = "linux"

[memory]
total-mb = 8000
page-kib = 16
app-limit-mb = 4000
pressure-share = 0.75
copy-mb-per-s = 1
source.default = { kind = "assumed", from = "system" }

[flash]
read-latency-us = 100
lane-mb-per-s = 1000
reads-per-s = 50000
ceiling-mb-per-s = 4000
queue-depth = 32
read-unit-kib = 4
source.default = { kind = "assumed", from = "system flash" }
source.lane-mb-per-s = { kind = "measured", from = "system lane" }

[[runtime]]
name = "bare"
processor = "cpu"
compute-format = "f16"
bandwidth-share = 0.5
compute-share = 0.25
token-overhead-us = 300
memory-mb = 10
source.default = { kind = "assumed", from = "system runtime" }

[power]
idle-mw = 500
dram-pj-per-byte = 50
flash-pj-per-byte = 100
source.default = { kind = "assumed", from = "system power" }

[heat]
sustained-mw = 4000
time-constant-s = 60
source.default = { kind = "assumed", from = "system heat" }
"#;
    for (name, text) in [("chip", chip), ("system", system), ("phone", phone)] {
        fs::write(folder.path().join(format!("{name}.toml")), text).expect("a file");
    }
    folder
}

const HEAD: &str = "base = [\"chip.toml\", \"system.toml\"]\nname = \"phone\"\ntitle = \"Phone\"\n";

fn device(rest: &str) -> Device {
    let folder = folder(&format!("{HEAD}{rest}"));
    let path = folder.path().join("phone.toml").display().to_string();
    let device = Device::load(&path).unwrap_or_else(|error| panic!("{error}"));
    let whole = Device::whole_text(&path).expect("a right profile");
    let again = Device::parse("whole", &whole).unwrap_or_else(|error| panic!("{error}\n{whole}"));
    assert_eq!(again, device, "{whole}");
    device
}

fn problem(rest: &str) -> String {
    let folder = folder(&format!("{HEAD}{rest}"));
    let path = folder.path().join("phone.toml").display().to_string();
    let problem = Device::load(&path).expect_err("a wrong profile").to_string();
    problem.replace(&format!("{}/", folder.path().display()), "")
}

fn source(device: &Device, key: &str) -> (String, SourceKind, String) {
    let number = device.sourced().iter().find(|number| number.key == key).unwrap_or_else(|| panic!("no {key}"));
    (number.value.clone(), number.kind, number.from.clone())
}

#[test]
fn a_profile_takes_what_it_does_not_say() {
    let device = device("");
    assert_eq!((device.soc.as_str(), device.name.as_str()), ("X1", "phone"));
    let of = |key| source(&device, key);
    assert_eq!(
        of("memory.copy-mb-per-s"),
        ("20000".into(), SourceKind::Measured, "chip copy".into()),
        "the first base"
    );
    assert_eq!(of("memory.page-kib"), ("16".into(), SourceKind::Assumed, "system".into()));
    assert_eq!(of("memory.bandwidth-mb-per-s"), ("50000".into(), SourceKind::Published, "chip".into()));
    assert_eq!(of("cpu.gflops.f16"), ("200".into(), SourceKind::Measured, "chip f16".into()));
}

#[test]
fn a_key_wins_with_its_source() {
    let device = device(
        "[cpu]\ngflops = { f16 = 300 }\nactive-mw = 2000\nsource.default = { kind = \"derived\", from = \"own\" }\n\
         source.active-mw = { kind = \"measured\", from = \"own power\" }\n\
         source.dispatch-us = { kind = \"published\", from = \"own word for the base's number\" }\n",
    );
    let of = |key| source(&device, key);
    assert_eq!(of("cpu.gflops.f16"), ("300".into(), SourceKind::Derived, "own".into()), "and not the base's of f16");
    assert_eq!(of("cpu.active-mw"), ("2000".into(), SourceKind::Measured, "own power".into()));
    assert_eq!(of("cpu.dispatch-us"), ("7".into(), SourceKind::Published, "own word for the base's number".into()));
    assert_eq!(of("cpu.bandwidth-share"), ("0.8".into(), SourceKind::Datasheet, "chip cpu".into()));
    assert!(device.sourced().iter().all(|number| number.key != "cpu.gflops.f32"), "a rate table is replaced whole");
}

#[test]
fn a_grid_replaces_a_law() {
    let device = device(
        "[flash.grid]\nsizes-kib = [4, 64]\nlanes = [1]\nmb-per-s = [[30], [400]]\n\
         [flash.source]\ndefault = { kind = \"measured\", from = \"own grid\" }\n",
    );
    let flash: Vec<&str> = device.sourced().iter().filter_map(|number| number.key.strip_prefix("flash.")).collect();
    assert_eq!(flash, ["grid.lanes", "grid.mb-per-s", "grid.sizes-kib", "queue-depth", "read-unit-kib"]);
    assert_eq!(source(&device, "flash.grid.lanes").2, "own grid");
    assert_eq!(source(&device, "flash.queue-depth").2, "system flash");
}

#[test]
fn runtimes_are_merged_by_name_and_processor() {
    let device = device(
        "[[runtime]]\nname = \"bare\"\nprocessor = \"cpu\"\ncompute-share = 0.5\n\
         source.default = { kind = \"measured\", from = \"own\" }\n\
         [[runtime]]\nname = \"other\"\nprocessor = \"cpu\"\ncompute-format = \"f32\"\nbandwidth-share = 0.1\n\
         compute-share = 0.1\ntoken-overhead-us = 0\nmemory-mb = 0\nsource.default = { kind = \"measured\", from = \"new\" }\n",
    );
    let names: Vec<&str> = device.runtimes.iter().map(|runtime| runtime.name.as_str()).collect();
    assert_eq!(names, ["bare", "other"]);
    assert_eq!(source(&device, "runtime.0.compute-share"), ("0.5".into(), SourceKind::Measured, "own".into()));
    assert_eq!(source(&device, "runtime.0.memory-mb").2, "system runtime");
}

/// A base with an impossible number.
const BAD: &str =
    "base = \"chip.toml\"\n\n[heat]\nsustained-mw = -1\nsource.default = { kind = \"derived\", from = \"x\" }\n";

#[test]
fn errors_name_the_file_that_is_wrong() {
    insta::assert_snapshot!(problem("[cpu]\nactive-mw = 0\nsource.default = { kind = \"derived\", from = \"own\" }\n"), @r#"
    device profile phone.toml: TOML parse error at line 5, column 13
      |
    5 | active-mw = 0
      |             ^
    0 mW is impossible: give a number above 0
    "#);
    insta::assert_snapshot!(problem("[cpu]\nactive-mw = 9\n"), @"device profile phone.toml, line 5: `cpu.active-mw`: replaces a number of the base and has no source: give `cpu.source` a `default`");
    insta::assert_snapshot!(problem("[memory]\ntotal-mb = 3000\nsource.default = { kind = \"derived\", from = \"own\" }\n"), @"device profile system.toml, line 8: `memory.app-limit-mb`: above `total-mb`: an app can't use more than there is");
    insta::assert_snapshot!(problem("[memory]\nbandwidth-mb-per-s = 30000\nsource.default = { kind = \"derived\", from = \"own\" }\n"), @"device profile chip.toml, line 5: `memory.copy-mb-per-s`: above half of `bandwidth-mb-per-s`: a copied byte is read and written, give bytes copied per second");
    insta::assert_snapshot!(problem("[cpu.source]\nidle-mw = { kind = \"derived\", from = \"own\" }\n"), @"device profile phone.toml, line 5: `cpu.source.idle-mw`: a source of `idle-mw`, which `cpu` lacks: name one of its keys, or `default`");
    let wrong_base = |base: &str| {
        let folder = folder(&format!("base = {base}\nname = \"phone\"\ntitle = \"Phone\"\n"));
        let path = folder.path().join("phone.toml").display().to_string();
        fs::write(folder.path().join("bad.toml"), BAD).expect("a file");
        let problem = Device::load(&path).expect_err("a wrong base").to_string();
        problem.replace(&format!("{}/", folder.path().display()), "")
    };
    insta::assert_snapshot!(wrong_base("[\"bad.toml\", \"system.toml\"]"), @"device profile bad.toml, line 4: `heat.sustained-mw`: -1 mW is impossible: give a number above 0");
    insta::assert_snapshot!(wrong_base("\"a17pro\""), @"device profile phone.toml, line 1: `base`: no profile named `a17pro`: did you mean a17-pro? (a path must end in .toml)");
    insta::assert_snapshot!(wrong_base("7"), @"device profile phone.toml, line 1: `base`: is no name: give one, or a list of them, the first of which wins");
    insta::assert_snapshot!(wrong_base("\"nowhere.toml\""), @"device profile phone.toml, line 1: `base`: nowhere.toml: No such file or directory (os error 2)");
    insta::assert_snapshot!(wrong_base("\"phone.toml\""), @"device profile phone.toml, line 1: `base`: `phone.toml` is built on itself: leave one of the two out");
}

#[test]
fn what_profiles_are_built_on_is_the_folders() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for folder in ["socs", "systems"] {
        for entry in fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            assert!(!Device::names().contains(&name.as_str()), "{name} is a part and a profile");
            let problem = Device::parse("x", &format!("base = \"{name}\"\nname = \"x\"\ntitle = \"X\"\n"));
            let problem = problem.expect_err("a part is no whole device").to_string();
            assert!(problem.contains("missing field") || problem.contains("neither a law"), "{name}: {problem}");
            seen += 1;
        }
    }
    assert!(seen > 90, "each is embedded: {seen}");
}

#[test]
fn whole_texts_read_as_the_same_device() {
    for name in Device::names() {
        let whole = Device::whole_text(name).expect("an embedded profile");
        assert!(!whole.contains("base ="), "{name}");
        assert_eq!(
            Device::parse(name, &whole).expect("a whole text"),
            Device::load(name).expect("a profile"),
            "{name}"
        );
    }
}
