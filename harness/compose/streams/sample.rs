//! A trace for the tests of this folder: large enough for shares to be near what was asked.

use std::fmt::Write as _;

use tightfit_scenarios::trace::{Trace, text};

/// Bundles of each of the two layers.
pub(super) const BUNDLES: u32 = 64;

/// Requests of so many (prompt, generated) tokens; about a quarter of the experts is active, each with a score.
pub(super) fn trace(requests: &[(u32, u32)]) -> Trace {
    let mut text = format!("geometry expert layers=2 bundles={BUNDLES}\n");
    let mut number = 0_u64;
    for (request, &(prefill, decode)) in requests.iter().enumerate() {
        writeln!(text, "request {request}").expect("a String takes everything");
        for token in 0..prefill + decode {
            let phase = if token < prefill { "prefill" } else { "decode" };
            for layer in 0..2 {
                write!(text, "{token} {phase} {layer}:").expect("a String takes everything");
                for bundle in 0..BUNDLES {
                    number += 1;
                    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                    let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40;
                    if mixed.is_multiple_of(4) {
                        write!(text, " {bundle}:{}", (mixed / 4 % 97 + 1) as f64 / 100.0).expect("a String");
                    }
                }
                text.push('\n');
            }
        }
    }
    text::parse("a sample", &text).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether `found` is within five standard deviations of so many draws with this chance.
pub(super) fn near(found: usize, draws: usize, chance: f64) -> bool {
    let (mean, variance) = (draws as f64 * chance, draws as f64 * chance * (1.0 - chance));
    (found as f64 - mean).abs() <= 5.0 * variance.sqrt() + 1e-9
}
