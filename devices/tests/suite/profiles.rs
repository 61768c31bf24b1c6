//! The embedded profiles: all read, all plausible, every number sourced.

use std::collections::BTreeSet;

use tightfit_devices::{
    ComputeFormat, Device, FlashLaw, ProcessorKind, SourceKind, locate,
    units::{Bytes, BytesPerSecond, FlopsPerSecond, Nanoseconds, Picojoules},
};
use toml::Value;

fn all() -> impl Iterator<Item = Device> {
    Device::names().iter().map(|name| Device::load(name).unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn the_list_is_the_folder() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder of profiles")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert!(Device::names().is_sorted());
    assert_eq!(files, Device::names().iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn names_are_file_names() {
    for (device, name) in all().zip(Device::names()) {
        assert_eq!(device.name, *name);
        assert_ne!(device.title, device.name);
    }
}

#[test]
fn every_profile_is_physically_plausible() {
    for device in all() {
        let name = &device.name;
        let gb = 1_000_000_000;
        assert!((4 * gb..600 * gb).contains(&device.memory.total.get()), "{name}");
        assert!((10 * gb..4000 * gb).contains(&device.memory.bandwidth.get()), "{name}");
        let ceiling = device.flash.law.ceiling().get();
        assert!((gb * 2 / 5..20 * gb).contains(&ceiling), "{name}");
        assert!(device.memory.bandwidth.get() > 8 * ceiling, "{name}: flash is never near DRAM");
        assert!((1000..1_000_000).contains(&device.heat.sustained.get()), "{name}");
        for kind in [ProcessorKind::Cpu, ProcessorKind::Gpu, ProcessorKind::Npu] {
            let Some(processor) = device.processor(kind) else { continue };
            let best = processor.peak.values().max().expect("a rate").get();
            assert!((100 * gb..1_000_000 * gb).contains(&best), "{name} {kind}");
            let energy = processor.active.energy(Nanoseconds::new(1_000_000_000)).get();
            assert!((1_000_000_000_000..500_000_000_000_000).contains(&energy), "{name} {kind}: 1 to 500 J a second");
            let attained = processor.bandwidth_share.of(device.memory.bandwidth.get());
            assert!((10 * gb..2000 * gb).contains(&attained), "{name} {kind}: {attained} B/s");
        }
    }
}

#[test]
fn every_profile_runs_llama_cpp_on_its_cpu() {
    for device in all() {
        assert!(device.runtime("llama.cpp", ProcessorKind::Cpu).is_some(), "{}", device.name);
        let is_apple = ["iPhone", "iPad", "Mac"].iter().any(|maker| device.title.starts_with(maker));
        for runtime in ["llama.cpp", "mlx"].into_iter().filter(|_| is_apple) {
            assert!(device.runtime(runtime, ProcessorKind::Gpu).is_some(), "{} {runtime}", device.name);
        }
        let hexagon = device.soc.starts_with("Snapdragon") || device.soc.starts_with("SA8295P");
        let engine = device.npu.is_some() && hexagon;
        assert_eq!(device.runtime("llama.cpp", ProcessorKind::Npu).is_some(), engine, "{}", device.name);
        assert_eq!(device.runtime("core-ml", ProcessorKind::Npu).is_some(), is_apple, "{}", device.name);
    }
}

#[test]
fn one_profile_figure_by_figure() {
    let device = Device::load("iphone-15-pro-max").expect("an embedded profile");
    assert_eq!(device.memory.total, Bytes::new(8_590_000_000));
    assert_eq!(device.memory.page, Bytes::new(16_384));
    assert_eq!(device.memory.app_limit_entitled, Some(Bytes::new(6_442_000_000)));
    assert_eq!(device.memory.pressure.of(1000), 770);
    let FlashLaw::Parameters { read_latency, lane, reads_per_s, ceiling } = device.flash.law else {
        panic!("a law of parameters")
    };
    assert_eq!((read_latency, reads_per_s), (Nanoseconds::new(100_000), 50_000));
    assert_eq!((lane, ceiling), (BytesPerSecond::new(2_900_000_000), BytesPerSecond::new(1_450_000_000)));
    let gpu = device.processor(ProcessorKind::Gpu).expect("a GPU");
    assert_eq!(gpu.flops_per_s(ComputeFormat::F16), Some(FlopsPerSecond::new(2_150_000_000_000)));
    assert_eq!(gpu.flops_per_s(ComputeFormat::I4), None);
    assert_eq!(device.power.flash.energy(Bytes::new(1000)), Picojoules::new(106_400));
    let battery = device.battery.expect("a battery").energy;
    assert_eq!(battery, Picojoules::new(16_700 * 3_600_000_000_000), "16.7 Wh are 60,120 J");
}

#[test]
fn the_published_grid_of_the_m1_max_is_kept() {
    let device = Device::load("macbook-pro-m1-max").expect("an embedded profile");
    let FlashLaw::Grid { sizes, lanes, throughput } = &device.flash.law else { panic!("a grid") };
    let at = |kib: u64, wanted: u32| {
        let row = sizes.iter().position(|size| size.get() == kib * 1024).expect("a size of the grid");
        throughput[row][lanes.iter().position(|&lanes| lanes == wanted).expect("lanes of the grid")].get()
    };
    assert_eq!(at(8, 32), 1_250_000_000);
    assert_eq!(at(16, 32), 2_250_000_000);
    assert_eq!(at(32, 32), 3_960_000_000);
    for kib in [1024, 4096, 16_384] {
        for &wanted in lanes.iter().filter(|&&lanes| lanes >= 2) {
            assert_eq!(at(kib, wanted), 6_100_000_000, "{kib} KiB, {wanted} lanes");
        }
    }
}

#[test]
fn grids_never_lose_by_a_larger_read_at_one_lane() {
    for device in all() {
        let FlashLaw::Grid { throughput, .. } = &device.flash.law else { continue };
        assert!(throughput.iter().map(|row| row[0]).is_sorted(), "{}", device.name);
    }
}

#[test]
fn mebibytes_of_a_grid_are_converted() {
    let device = Device::load("oneplus-15r").expect("an embedded profile");
    let FlashLaw::Grid { sizes, lanes, throughput } = &device.flash.law else { panic!("a grid") };
    assert_eq!((sizes[8].get(), lanes[0]), (4 * 1024 * 1024, 1));
    assert_eq!(throughput[8][0].get(), 1810 * 1_048_576);
}

#[test]
fn sourced_covers_every_number() {
    for (device, name) in all().zip(Device::names()) {
        let text = Device::whole_text(name).expect("an embedded profile");
        let table: toml::Table = toml::from_str(&text).expect("TOML");
        let mut numbers = BTreeSet::new();
        leaves("", &Value::Table(table), &mut numbers);
        numbers.remove("schema");
        let sourced: BTreeSet<String> = device.sourced().iter().map(|number| number.key.clone()).collect();
        assert_eq!(sourced, numbers, "{name}");
        assert!(numbers.len() > 30, "{name}: {}", numbers.len());
        for number in device.sourced() {
            assert!(locate::line(&text, &number.key).is_some(), "{name}: {}", number.key);
            assert!(number.from.len() > 10, "{name}: {}: {}", number.key, number.from);
        }
    }
}

/// Keys of every number below a value; a list of numbers is one.
fn leaves(key: &str, value: &Value, found: &mut BTreeSet<String>) {
    let below = |part: &str| if key.is_empty() { part.to_owned() } else { format!("{key}.{part}") };
    match value {
        Value::Table(table) => table.iter().for_each(|(part, value)| leaves(&below(part), value, found)),
        Value::Array(entries) if entries.iter().any(Value::is_table) => {
            for (index, entry) in entries.iter().enumerate() {
                leaves(&below(&index.to_string()), entry, found);
            }
        }
        Value::Array(entries) if entries.iter().all(Value::is_str) => {}
        Value::Integer(_) | Value::Float(_) | Value::Array(_) => {
            found.insert(key.to_owned());
        }
        _ => {}
    }
}

#[test]
fn general_knowledge_is_only_assumed_and_forbidden_sites_are_absent() {
    for device in all() {
        for number in device.sourced() {
            if number.from.contains("general knowledge") {
                assert_eq!(number.kind, SourceKind::Assumed, "{}: {}", device.name, number.key);
            }
            for site in ["brick-house", "fate-oracle", "frozenlogic", "joat.me", "flanigan"] {
                assert!(!number.from.contains(site), "{}: {}", device.name, number.key);
            }
        }
    }
}

#[test]
fn numbers_are_counted_by_kind() {
    let device = Device::load("generic-laptop").expect("an embedded profile");
    let kinds = device.kinds();
    assert_eq!(kinds.get(&SourceKind::Measured), None, "a generic device is of data sheets alone");
    let own = device.sourced().iter().filter(|number| !number.key.starts_with("runtime."));
    assert_eq!(kinds.values().sum::<usize>(), own.count());
    assert!(kinds[&SourceKind::Assumed] > 10, "{kinds:?}");
}

#[test]
fn the_weakest_of_several_sources_is_the_largest() {
    use SourceKind::{Assumed, Datasheet, Derived, Measured, Published};
    assert_eq!([Published, Measured, Derived, Datasheet].iter().max(), Some(&Derived));
    assert!(Derived < Assumed);
    assert_eq!(format!("{Assumed:>9}"), "  assumed");
}
