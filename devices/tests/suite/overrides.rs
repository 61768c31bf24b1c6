//! Single keys set from outside.

use tightfit_devices::{Bytes, ComputeFormat, Device, DeviceError, FlashLaw, FlopsPerSecond, SourceKind};
use toml::Value;

const NAME: &str = "iphone-15-pro-max";

fn with(settings: &[(&str, Value)]) -> Result<Device, DeviceError> {
    let settings: Vec<(String, Value)> =
        settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Device::load_with(NAME, &settings)
}

fn problem(key: &str, value: impl Into<Value>) -> String {
    with(&[(key, value.into())]).expect_err("a wrong setting").to_string()
}

#[test]
fn a_key_is_set_and_marked() {
    let plain = Device::load(NAME).expect("an embedded profile");
    let device = with(&[
        ("flash.read-latency-us", Value::Float(55.5)),
        ("runtime.0.bandwidth-share", Value::Float(0.5)),
        ("cpu.gflops.f16", Value::Integer(7)),
    ])
    .expect("possible settings");
    let FlashLaw::Parameters { read_latency, .. } = device.flash.law else { panic!("a law of parameters") };
    assert_eq!(read_latency.get(), 55_500);
    assert_eq!(device.runtimes[0].bandwidth_share.get(), 500_000);
    let cpu = device.cpu.as_ref().expect("a CPU");
    assert_eq!(cpu.flops_per_s(ComputeFormat::F16).map(FlopsPerSecond::get), Some(7_000_000_000));
    for number in device.sourced() {
        let set =
            ["flash.read-latency-us", "runtime.0.bandwidth-share", "cpu.gflops.f16"].contains(&number.key.as_str());
        assert_eq!(number.from == "set by the user", set, "{}", number.key);
        if set {
            assert_eq!(number.kind, SourceKind::Assumed);
        } else {
            assert!(plain.sourced().contains(number), "{}", number.key);
        }
    }
}

#[test]
fn no_settings_change_nothing() {
    assert_eq!(with(&[]).expect("a profile"), Device::load(NAME).expect("a profile"));
}

#[test]
fn an_optional_key_may_be_added() {
    let settings = [("memory.app-limit-entitled-mb".to_owned(), Value::Integer(12_100))];
    let device = Device::load_with("oneplus-12", &settings).expect("a possible setting");
    assert_eq!(device.memory.app_limit_entitled.map(Bytes::get), Some(12_100_000_000));
    assert!(device.sourced().iter().any(|number| number.key == "memory.app-limit-entitled-mb"));
}

#[test]
fn wrong_settings_are_refused() {
    insta::assert_snapshot!(problem("flash.read-latency", 1), @r#"
    device profile iphone-15-pro-max with settings: unknown field `read-latency`, expected one of `read-latency-us`, `lane-mb-per-s`, `reads-per-s`, `ceiling-mb-per-s`, `grid`, `queue-depth`, `read-unit-kib`, `hot-share`, `source`
    in `flash`
    "#);
    insta::assert_snapshot!(problem("memory.bandwidth-mb-per-s", 0), @r#"
    device profile iphone-15-pro-max with settings: 0 MB/s is impossible: give a number above 0
    in `memory.bandwidth-mb-per-s`
    "#);
    let lacking = Device::load_with("pixel-9", &[("npu.active-mw".to_owned(), Value::Integer(1))]);
    insta::assert_snapshot!(lacking.expect_err("a wrong setting"), @"device profile pixel-9 with settings: `npu.active-mw`: the profile has no section `npu`: name a key that it has");
    insta::assert_snapshot!(problem("runtime.99.memory-mb", 1), @"device profile iphone-15-pro-max with settings: `runtime.99.memory-mb`: `99` is no entry of `runtime`: give a number below 13");
    insta::assert_snapshot!(problem("runtime.llama.cpp.memory-mb", 1), @"device profile iphone-15-pro-max with settings: `runtime.llama.cpp.memory-mb`: `llama` is no entry of `runtime`: give a number below 13");
    insta::assert_snapshot!(problem("memory.app-limit-mb", 9000), @"device profile iphone-15-pro-max with settings: `memory.app-limit-mb`: above `total-mb`: an app can't use more than there is");
    insta::assert_snapshot!(problem("", 1), @"device profile iphone-15-pro-max with settings: unknown field ``, expected one of `schema`, `name`, `title`, `aliases`, `soc`, `class`, `os`, `memory`, `flash`, `cpu`, `gpu`, `npu`, `runtime`, `power`, `battery`, `heat`");
}
