//! A recipe as TOML, as [`Recipe::parse`](super::Recipe::parse) reads it.

use std::fmt::Write;

use super::{Knots, Recipe};

impl Recipe {
    /// The recipe as a file; figures of others are not written.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut line = |line: std::fmt::Arguments<'_>| {
            let _ = writeln!(text, "{line}");
        };
        line(format_args!("schema = 1\nname = {}\ntitle = {}", quoted(&self.name), quoted(&self.title)));
        line(format_args!("model = {}\ndefinition = {}", quoted(&self.model), quoted(&self.definition)));
        let geometry = self.geometry;
        line(format_args!("unit = \"{}\"\nlayers = {}", geometry.unit.as_str(), geometry.layers));
        line(format_args!("bundles-per-layer = {}", geometry.bundles_per_layer));
        if !self.bundle_bytes.is_empty() {
            line(format_args!("bundle-bytes = {:?}", self.bundle_bytes));
        }
        line(format_args!("seed = {}", self.seed));
        let lengths = self.lengths;
        line(format_args!("\n[length]\nrequests = {}", lengths.requests));
        line(format_args!("prompt-tokens = {}\ndecode-tokens = {}", lengths.prompt_tokens, lengths.decode_tokens));
        let tokens = self.tokens;
        line(format_args!("\n[tokens]\nnear-share = {:?}\nnear-tokens = {:?}", tokens.near_share, tokens.near_tokens));
        line(format_args!("memory-tokens = {}\nspread = {:?}", tokens.memory_tokens, tokens.spread));
        line(format_args!("prompt-factor = {:?}\n\n[layer]", tokens.prompt_factor));
        let section = &self.layer;
        for (key, knots) in [
            ("active-bundles", &section.active_bundles),
            ("active-spread", &section.active_spread),
            ("skew", &section.skew),
            ("shape", &section.shape),
            ("likeness", &section.likeness),
            ("recency", &section.recency),
        ] {
            line(format_args!("{key} = {}", written(knots)));
        }
        let source = &self.source.default;
        line(format_args!("\n[source]\ndefault = {{ kind = \"{}\", from = {} }}", source.kind, quoted(&source.from)));
        text
    }
}

/// One number where all are the same.
fn written(knots: &Knots) -> String {
    match knots.numbers() {
        numbers if numbers.iter().all(|number| number.to_bits() == numbers[0].to_bits()) => format!("{:?}", numbers[0]),
        numbers => format!("{numbers:?}"),
    }
}
