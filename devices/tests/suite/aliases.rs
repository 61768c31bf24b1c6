//! The names under which measurements call devices: each means one profile, and every published one means some.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use tightfit_devices::Device;

/// Letters and digits alone, small: how names are compared.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn all() -> impl Iterator<Item = Device> {
    Device::names().iter().map(|name| Device::load(name).unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn a_name_means_one_profile() {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for device in all() {
        let names = [&device.name, &device.title].into_iter().chain(&device.aliases);
        for name in names.map(|name| plain(name.as_str())).collect::<BTreeSet<_>>() {
            if let Some(other) = owners.insert(name.clone(), device.name.clone()) {
                panic!("`{name}` is {other} and {}", device.name);
            }
        }
    }
    assert!(owners.len() > Device::names().len() + 60, "names, titles and aliases");
}

#[test]
fn an_alias_is_known() {
    let known = |name, soc| Device::known_as(name, soc).map(|device| device.name);
    assert_eq!(known("poco-myron", "").as_deref(), Some("poco-f8-ultra"));
    assert_eq!(known("M1 7\u{2011}Core GPU 8GB", "").as_deref(), Some("macbook-air-m1"));
    assert_eq!(known("a telephone", "Tensor G5").as_deref(), Some("pixel-10"), "by its chip alone");
    assert_eq!(known("a telephone", ""), None);
}

#[test]
fn the_whole_text_keeps_the_aliases() {
    let text = Device::whole_text("galaxy-s23").expect("an embedded profile");
    let device = Device::parse("whole", &text).expect("the same device");
    assert_eq!(device.aliases, ["samsung-s23"]);
    assert_eq!(device, Device::load("galaxy-s23").expect("an embedded profile"));
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn every_measured_device_has_a_profile_with_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !folder.is_dir() {
        eprintln!("skipped: no {}", folder.display());
        return;
    }
    let aliases: BTreeSet<String> = all().flat_map(|device| device.aliases).collect();
    for table in ["resident_measurements.csv", "streaming_measurements.csv"] {
        let text = fs::read_to_string(folder.join(table)).expect("a table");
        let devices: BTreeSet<&str> = text.lines().skip(1).filter_map(|row| row.split(',').next()).collect();
        assert!(devices.len() > 30, "{table}: the first column is the device");
        let unknown: Vec<&&str> = devices.iter().filter(|device| !aliases.contains(**device)).collect();
        assert!(unknown.is_empty(), "{table}: {unknown:?}");
    }
}
