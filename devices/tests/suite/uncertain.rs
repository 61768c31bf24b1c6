//! Profiles whose numbers may be off: which move, how far, and that what comes out is always a device.

use proptest::prelude::*;
use tightfit_devices::{Bytes, Device, Factor, Parameter, ProcessorKind, SourceKind, Spread, Uncertain};

const NAME: &str = "iphone-15-pro";

/// A profile whose text has each of these pieces replaced.
fn written(replaced: &[(&str, &str)]) -> Uncertain {
    let mut text = Device::whole_text(NAME).expect("an embedded profile");
    for (from, to) in replaced {
        assert!(text.contains(from), "{from} in\n{text}");
        text = text.replacen(from, to, 1);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("device.toml");
    std::fs::write(&path, text).expect("a file");
    Uncertain::load_with(path.to_str().expect("a path of letters"), &[]).unwrap_or_else(|error| panic!("{error}"))
}

fn parameters(uncertain: &Uncertain) -> Vec<Parameter> {
    let runtime = uncertain.device().runtime("llama.cpp", ProcessorKind::Cpu).expect("every profile has it");
    uncertain.parameters(runtime, |_| true)
}

fn named<'p>(parameters: &'p [Parameter], key: &str) -> Option<&'p Parameter> {
    parameters.iter().find(|parameter| parameter.key == key)
}

#[test]
fn the_weaker_the_source_the_wider() {
    use SourceKind::{Assumed, Datasheet, Derived, Measured, Published};
    let kinds = [Measured, Datasheet, Published, Derived, Assumed];
    assert!(kinds.map(SourceKind::spread).is_sorted_by(|one, other| one < other));
    let uncertain = Uncertain::load_with(NAME, &[]).expect("an embedded profile");
    let parameters = parameters(&uncertain);
    for number in uncertain.device().sourced() {
        assert_eq!(number.spread, number.kind.spread(), "{}: no embedded number has its own yet", number.key);
        if let Some(parameter) = named(&parameters, &number.key) {
            assert_eq!(parameter.spread, number.spread, "{}", number.key);
        }
    }
    assert!(parameters.len() > 20, "{}", parameters.len());
    assert!(named(&parameters, "memory.page-kib").is_none(), "pages are what they are");
}

#[test]
fn a_spread_of_its_own_wins_and_zero_stays() {
    let battery = r#"default = { from = "facts give"#;
    let own = |spread: &str| written(&[(battery, &format!("default = {{ spread = {spread}, from = \"facts give"))]);
    let wide = own("0.5");
    let spread = named(&parameters(&wide), "battery.energy-mwh").expect("it may be off").spread;
    assert_eq!(Some(spread), Spread::from_parts_per_million(500_000));
    assert!(named(&parameters(&own("0")), "battery.energy-mwh").is_none(), "what is exact is no parameter");
}

#[test]
fn a_spread_is_between_nothing_and_one() {
    let text = Device::whole_text(NAME).expect("an embedded profile");
    for (spread, found) in [("-0.1", "-0.1"), ("1.5", "1.5"), ("nan", "NaN")] {
        let text = text.replacen("default = { ", &format!("default = {{ spread = {spread}, "), 1);
        let error = Device::parse("here", &text).expect_err("no spread").to_string();
        assert!(error.contains(&format!("{found} is no spread: give 0 to 1")), "{error}");
    }
}

#[test]
fn a_fitted_runtime_moves_as_a_whole() {
    let plain = Uncertain::load_with(NAME, &[]).expect("an embedded profile");
    let place = plain
        .device()
        .runtimes
        .iter()
        .position(|runtime| (runtime.name.as_str(), runtime.processor) == ("llama.cpp", ProcessorKind::Cpu));
    let place = place.expect("every profile has it");
    let header = "[[runtime]]\n";
    let text = Device::whole_text(NAME).expect("an embedded profile");
    let start = text.match_indices(header).nth(place).expect("as many sections").0 + header.len();
    let fit = "fit = { rows = 9, models = 3, median-error = 0.06, spread = 0.11 }\n";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("fitted.toml");
    std::fs::write(&path, format!("{}{fit}{}", &text[..start], &text[start..])).expect("a file");
    let fitted = Uncertain::load_with(path.to_str().expect("letters"), &[]).unwrap_or_else(|error| panic!("{error}"));

    let parameters = parameters(&fitted);
    let whole = named(&parameters, &format!("runtime.{place}.fit.spread")).expect("the rate as a whole");
    assert_eq!(Some(whole.spread), Spread::from_parts_per_million(110_000));
    for held in [&format!("runtime.{place}.bandwidth-share"), "memory.bandwidth-mb-per-s", "cpu.bandwidth-share"] {
        assert!(named(&parameters, held).is_none(), "{held} is in the fit");
    }
    assert!(named(&parameters, "cpu.active-mw").is_some(), "power is not");
    let scale = fitted.moved(&[(whole, 1.25)]).runtimes[place].scale;
    assert_eq!(
        [scale.bandwidth, scale.arithmetic, scale.compute, scale.overhead, scale.switch].map(Factor::get),
        [1_250_000, 1_250_000, 1_250_000, 800_000, 800_000]
    );
}

#[test]
fn what_is_moved_is_moved_and_nothing_else() {
    let uncertain = Uncertain::load_with(NAME, &[]).expect("an embedded profile");
    let parameters = parameters(&uncertain);
    assert_eq!(uncertain.moved(&[]).memory, uncertain.device().memory);
    let limit = named(&parameters, "memory.app-limit-mb").expect("it may be off");
    let moved = uncertain.moved(&[(limit, 1.5)]);
    let limit_of = |device: &Device| device.memory.app_limit.get();
    assert!(limit_of(&moved).abs_diff(limit_of(uncertain.device()) * 3 / 2) <= 1);
    assert_eq!(moved.flash, uncertain.device().flash);
    // Beyond the entitlement's limit that one goes along, and neither beyond what there is.
    let moved = uncertain.moved(&[(limit, 100.0)]);
    assert_eq!(moved.memory.app_limit, moved.memory.total);
    assert_eq!(moved.memory.app_limit_entitled, Some(moved.memory.total));
}

#[test]
fn beyond_what_exists_moves_are_halved() {
    let near = written(&[("time-constant-s = 63", "time-constant-s = 80000")]);
    let parameters = parameters(&near);
    let constant = named(&parameters, "heat.time-constant-s").expect("it may be off");
    // A day is the most that a profile may say: twice is too much, and so is the root of it, and that one's.
    let moved = near.moved(&[(constant, 2.0)]).heat.time_constant.get() as f64 / 1e9 / 80_000.0;
    assert!((moved - 2_f64.powf(0.0625)).abs() < 1e-6, "{moved}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_moves_leave_a_possible_device(
        profile in 0..Device::names().len(),
        logarithms in prop::collection::vec(-1.8_f64..1.8, 60),
    ) {
        let uncertain = Uncertain::load_with(Device::names()[profile], &[]).expect("an embedded profile");
        let parameters = parameters(&uncertain);
        let moves: Vec<(&Parameter, f64)> =
            parameters.iter().zip(logarithms.iter().cycle()).map(|(parameter, by)| (parameter, by.exp())).collect();
        let device = uncertain.moved(&moves);
        prop_assert!(device.memory.app_limit <= device.memory.total);
        prop_assert!(device.memory.app_limit_entitled.unwrap_or(device.memory.app_limit) >= device.memory.app_limit);
        prop_assert!(device.memory.copy.get() * 2 <= device.memory.bandwidth.get());
        prop_assert!(device.flash.law.ceiling() <= device.memory.bandwidth);
        prop_assert!(device.heat.sustained > device.power.idle);
        prop_assert!(device.memory.total == uncertain.device().memory.total && device.memory.total > Bytes::new(0));
        // Nothing was taken back to where it was.
        prop_assert!(device.power.dram != uncertain.device().power.dram);
    }
}
