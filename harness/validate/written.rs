//! Cases as TOML files, as `validate --write-cases` writes them.
#![allow(clippy::format_push_string, reason = "a file is written once")]

use std::collections::BTreeMap;

use tightfit_scenarios::{Case, Cases, Condition};

/// Name and text of a file for each group of cases.
#[must_use]
pub fn files(groups: &[Cases]) -> Vec<(String, String)> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    groups
        .iter()
        .map(|cases| {
            let condition = match cases.condition {
                Condition::Cool => "",
                Condition::Hot => "-hot",
                Condition::InApp => "-in-app",
            };
            let stem = format!("{}-{}-{}{condition}", cases.device, cases.runtime, cases.processor).replace('.', "-");
            let count = taken.entry(stem.clone()).or_insert(0);
            *count += 1;
            let name = if *count == 1 { format!("{stem}.toml") } else { format!("{stem}-{count}.toml") };
            (name, text(cases))
        })
        .collect()
}

fn text(cases: &Cases) -> String {
    let condition = match cases.condition {
        Condition::Cool => "",
        Condition::Hot => "condition = \"hot\"\n",
        Condition::InApp => "condition = \"in-app\"\n",
    };
    let mut out = format!(
        "schema = 1\ndevice = \"{}\"\nruntime = \"{}\"\nprocessor = \"{}\"\n{condition}source = {{ kind = \"{}\", from = {} }}\n\
         case = [\n",
        cases.device,
        cases.runtime,
        cases.processor,
        cases.source.kind,
        quoted(&cases.source.from)
    );
    for case in &cases.case {
        out.push_str(&format!("    {{ {} }},\n", entries(case).join(", ")));
    }
    out.push_str("]\n");
    out
}

fn entries(case: &Case) -> Vec<String> {
    let mut entries =
        vec![format!("model = {}", quoted(&case.model)), format!("quantization = {}", quoted(&case.quantization))];
    let mut push = |key: &str, value: Option<String>| entries.extend(value.map(|value| format!("{key} = {value}")));
    push("prompt-tokens", case.prompt_tokens.map(|tokens| tokens.to_string()));
    push("output-tokens", case.output_tokens.map(|tokens| tokens.to_string()));
    let figure = |value: Option<f64>| {
        value.map(|value| if value.fract() == 0.0 { format!("{value:.1}") } else { value.to_string() })
    };
    push("decode-tokens-per-s", figure(case.decode_tokens_per_s));
    push("prefill-tokens-per-s", figure(case.prefill_tokens_per_s));
    push("peak-mb", figure(case.peak_mb));
    push("note", case.note.as_deref().map(quoted));
    entries
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
