//! Fitted runtimes as TOML: a class's file, and what one device's rows add to its profile.
#![allow(
    clippy::format_push_string,
    reason = "a file is written once; `write!` into a String would add an unwrap to every line"
)]

use std::collections::BTreeMap;

use tightfit_devices::{
    ByFormat, ByFormatValue, Device, Factor, MilliOperations, Placement, Runtime, Share, WeightFormat,
};

use super::{
    family::Fitted,
    fits::{FamilyKey, Fits, class_of},
};

/// What stands above a profile's fitted runtimes; all below it is written anew by each fit.
pub const MARK: &str = "# Fitted by `tightfit device fit`; what stands below is written anew by each fit.";

/// Titles of the classes.
const CLASSES: [(&str, &str); 6] = [
    ("ane", "Apple's Neural Engine"),
    ("cpu", "any CPU"),
    ("cuda", "NVIDIA's GPUs"),
    ("hexagon", "Qualcomm's Hexagon NPU"),
    ("metal", "Apple's GPUs"),
    ("opencl", "Adreno GPUs through OpenCL"),
];

/// Name and text of every class's file.
#[must_use]
pub fn classes(fits: &Fits, memory: &BTreeMap<FamilyKey, (u64, usize)>) -> Vec<(String, String)> {
    let mut runtimes: BTreeMap<(String, String), Runtime> = BTreeMap::new();
    for device in Device::names().iter().filter_map(|name| Device::load(name).ok()) {
        for runtime in &device.runtimes {
            if let Some(class) = &runtime.class {
                let own = (class.clone(), runtime.name.clone());
                runtimes.entry(own).or_insert_with(|| class_of(runtime));
            }
        }
    }
    let file = |(name, title): &(&str, &str)| {
        let of_class = runtimes.iter().filter(|((class, _), _)| class == name);
        let own: Vec<_> = of_class
            .map(|((class, runtime), own)| {
                let key = (runtime.clone(), own.processor, class.clone());
                (own, fits.families().get(&key), memory.get(&key).copied())
            })
            .collect();
        (format!("runtimes-{name}.toml"), class(title, &own))
    };
    CLASSES.iter().map(file).collect()
}

/// A runtime of a class as it was, its fit, and the memory of its own with the number of peaks that it is from.
type Written<'a> = (&'a Runtime, Option<&'a Fitted>, Option<(u64, usize)>);

/// The file of a class of processors: its runtimes in the order of their names, with those that no row speaks of as
/// they were.
fn class(title: &str, runtimes: &[Written<'_>]) -> String {
    let mut out = format!(
        "# Runtimes on {title}: what holds for the whole class. Written by `tightfit device fit --classes`.\n\nschema = 1\n"
    );
    for (runtime, fitted, memory) in runtimes {
        out.push('\n');
        out.push_str(&section(runtime, *fitted, *memory));
    }
    out
}

fn section(own: &Runtime, fitted: Option<&Fitted>, memory: Option<(u64, usize)>) -> String {
    let runtime = fitted.map_or(own, |fitted| &fitted.class);
    let mut out = String::new();
    let mut line = |key: &str, value: String| out.push_str(&format!("{key} = {value}\n"));
    line("[[runtime]]\nname", format!("\"{}\"", runtime.name));
    line("processor", format!("\"{}\"", runtime.processor));
    line("class", format!("\"{}\"", runtime.class.as_deref().unwrap_or_default()));
    line("compute-format", format!("\"{}\"", runtime.compute_format));
    line("bandwidth-share", share(runtime.bandwidth_share));
    line("cache-bandwidth-share", share(runtime.cache_bandwidth_share.unwrap_or(runtime.bandwidth_share)));
    let operations = [("weight", &runtime.operations_per_weight), ("position", &runtime.operations_per_position)];
    for (of, values) in operations {
        if let Some(values) = values {
            line(&format!("operations-per-{of}"), by_format(values, milli));
        }
    }
    line("compute-share", by_format(&runtime.compute_share, share));
    line("attention-compute-share", share(runtime.attention_compute_share.unwrap_or(runtime.compute_share.default)));
    line("extra-positions", milli(runtime.extra_positions));
    line("layer-overhead-us", microseconds(runtime.layer_overhead.get()));
    line("linear-layer-overhead-us", microseconds(runtime.linear_layer_overhead.get()));
    line("expert-layer-overhead-us", microseconds(runtime.expert_layer_overhead.get()));
    line("expert-kernel-overhead-us", microseconds(runtime.expert_kernel_overhead.get()));
    line("embedding-layer-overhead-us", microseconds(runtime.embedding_layer_overhead.get()));
    line("token-overhead-us", microseconds(runtime.token_overhead.get()));
    line("vocabulary-overhead-us", microseconds(runtime.vocabulary_overhead.get()));
    line("prompt-overhead-us", microseconds(runtime.prompt_overhead.get()));
    line("whole-context", runtime.whole_context.to_string());
    if !runtime.lacks.is_empty() {
        let words: Vec<String> = runtime.lacks.iter().map(|format| format!("\"{format}\"")).collect();
        line("lacks", format!("[{}]", words.join(", ")));
    }
    if let Some(large) = runtime.large_head {
        let operations = rounded(large.operations.get() as f64 / 1e6);
        line("large-head", format!("{{ weights = {}, operations = {operations} }}", large.weights));
    }
    line("switch-overhead-us", microseconds(runtime.switch_overhead.get()));
    line("switch-position-us", microseconds(runtime.switch_position.get()));
    let placement = if runtime.weights == Placement::Mapped { "mapped" } else { "copied" };
    line("weights", format!("\"{placement}\""));
    let memory_bytes = memory.map_or(runtime.memory.get(), |(bytes, _)| bytes);
    line("memory-mb", format!("{}", memory_bytes as f64 / 1e6));
    line("bytes-per-prompt-logit", runtime.bytes_per_prompt_logit.to_string());
    if let Some(admit) = runtime.admit {
        line("admit-mb-per-s", format!("{}", admit.get() as f64 / 1e6));
    }
    if let Some(scatter) = runtime.scatter {
        line("scatter-mb-per-s", format!("{}", scatter.get() as f64 / 1e6));
    }
    out.push('\n');
    out.push_str(&sources(own, fitted, memory));
    out
}

/// The sources of a class's numbers: the fit's for what it moved, and what was said before for the others.
fn sources(own: &Runtime, fitted: Option<&Fitted>, memory: Option<(u64, usize)>) -> String {
    let mut out = "[runtime.source]\n".to_owned();
    let mut line = |key: &str, kind: &str, from: &str| {
        let key = if key.contains('.') { format!("\"{key}\"") } else { key.to_owned() };
        out.push_str(&format!("{key} = {{ kind = \"{kind}\", from = \"{}\" }}\n", from.replace('"', "'")));
    };
    let Some(fitted) = fitted else {
        line("default", own.source.default.kind.as_str(), &own.source.default.from);
        for (key, source) in &own.source.keys {
            line(key, source.kind.as_str(), &source.from);
        }
        return out;
    };
    let from = format!(
        "tightfit device fit: {} published rates of {} models on {}; median error {:.1} % in sample",
        fitted.rows,
        fitted.models,
        fitted.devices.keys().cloned().collect::<Vec<_>>().join(", "),
        fitted.median_error * 100.0
    );
    line("default", "derived", &from);
    for key in &fitted.believed {
        line(key, "assumed", "believed before the fit (harness/fit/belief.rs); few rows or none speak of it");
    }
    if let Some((_, rows)) = memory {
        let from = format!("median of {rows} published peaks less weights that count, caches and logits");
        line("memory-mb", "derived", &from);
    }
    let kept = ["operations-per-position", "large-head.weights", "memory-mb", "bytes-per-prompt-logit"];
    for key in kept.iter().filter(|key| own.source.keys.contains_key(**key)) {
        let is_fitted = *key == "memory-mb" && memory.is_some();
        if !is_fitted && !fitted.believed.iter().any(|known| known == key) {
            let source = own.source.of(key);
            line(key, source.kind.as_str(), &source.from);
        }
    }
    out
}

/// What the rows of one device say beside its classes: the part of its profile below [`MARK`].
#[must_use]
pub fn device(name: &str, families: &BTreeMap<FamilyKey, Fitted>) -> String {
    let mut out = String::new();
    for fitted in families.values() {
        let Some(runtime) = fitted.devices.get(name) else { continue };
        let scale = runtime.scale;
        let factors = [
            ("bandwidth", scale.bandwidth),
            ("arithmetic", scale.arithmetic),
            ("compute", scale.compute),
            ("overhead", scale.overhead),
            ("switch", scale.switch),
        ];
        let factors: Vec<String> = factors
            .into_iter()
            .filter(|(_, factor)| *factor != Factor::default())
            .map(|(word, factor)| format!("{word} = {}", rounded(factor.get() as f64 / 1e6)))
            .collect();
        if factors.is_empty() {
            continue;
        }
        if out.is_empty() {
            out = format!("\n{MARK}\n");
        }
        out.push_str(&format!(
            "\n[[runtime]]\nname = \"{}\"\nprocessor = \"{}\"\nscale = {{ {} }}\n\n[runtime.source]\n\
             default = {{ kind = \"derived\", from = \"tightfit device fit: this device's rates beside its class, from its \
             own published rows\" }}\n",
            runtime.name,
            runtime.processor,
            factors.join(", ")
        ));
    }
    out
}

/// A profile's text with its fitted part replaced.
#[must_use]
pub fn replaced(text: &str, fitted: &str) -> String {
    let own = text.split(MARK).next().unwrap_or_default().trim_end();
    format!("{own}\n{fitted}")
}

fn by_format<T: ByFormatValue>(values: &ByFormat<T>, text: impl Fn(T) -> String) -> String {
    let mut parts = vec![format!("default = {}", text(values.default))];
    for format in WeightFormat::ALL {
        // All of them, also where they are the default: what is missing would be taken from its kin.
        parts.extend(values.formats.get(&format).map(|value| format!("{format} = {}", text(*value))));
    }
    format!("{{ {} }}", parts.join(", "))
}

fn share(value: Share) -> String {
    rounded(f64::from(value.get()) / 1e6)
}

fn milli(value: MilliOperations) -> String {
    rounded(value.get() as f64 / 1e3)
}

fn microseconds(ns: u64) -> String {
    rounded(ns as f64 / 1e3)
}

/// Three digits: no fit knows more.
fn rounded(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (2.0 - value.abs().log10().floor()).clamp(0.0, 9.0);
    let scale = 10_f64.powf(digits);
    format!("{}", (value * scale).round() / scale)
}
