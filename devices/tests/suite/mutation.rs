//! Mutated profile texts: an answer or an error, never a panic.

use proptest::prelude::*;
use tightfit_devices::Device;

/// Pieces that a mutation puts into a text: numbers at the edges, brackets, and wrong types.
const PIECES: &[&str] = &[
    "",
    "0",
    "-1",
    "1e308",
    "-0.0",
    "nan",
    "inf",
    "9223372036854775807",
    "\"",
    "[",
    "]",
    "{",
    "}",
    "=",
    "\n",
    "#",
    ".",
    "[[runtime]]",
    "[flash.grid]",
    "true",
    "é",
    "\u{0}",
    "1979-05-27",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_never_panics(
        profile in 0..Device::names().len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, prop::sample::select(PIECES)), 1..4),
    ) {
        let text = Device::whole_text(Device::names()[profile]).expect("an embedded profile");
        let mut letters: Vec<char> = text.chars().collect();
        for (place, removed, piece) in edits {
            let start = place.index(letters.len());
            let end = (start + removed).min(letters.len());
            letters.splice(start..end, piece.chars());
        }
        let text: String = letters.into_iter().collect();
        match Device::parse("mutated", &text) {
            Ok(device) => prop_assert!(device.memory.bandwidth.get() > 0 && device.flash.law.ceiling().get() > 0),
            Err(error) => prop_assert!(error.to_string().starts_with("device profile mutated")),
        }
    }

    #[test]
    fn settings_never_panic(key in "[a-z.0-9-]{0,24}", number in any::<f64>()) {
        let settings = [(key, toml::Value::Float(number))];
        let _answer = Device::load_with("macbook-pro-m1-max", &settings);
    }

    #[test]
    fn any_number_in_any_place_never_panics(place in any::<prop::sample::Index>(), number in any::<f64>()) {
        let device = Device::load("oneplus-15r").expect("an embedded profile");
        let key = &place.get(device.sourced()).key;
        let settings = [(key.clone(), toml::Value::Float(number))];
        let _answer = Device::load_with("oneplus-15r", &settings);
    }
}
