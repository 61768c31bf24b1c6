use super::*;

fn found(name: &str) -> Option<(&'static str, Option<&'static str>)> {
    known(name).map(|reference| (reference.model, reference.quantization))
}

#[test]
fn names_as_people_write_them() {
    for (name, model, quantization) in [
        ("qwen3-4b", "qwen3-4b", None),
        ("Qwen 3 4B", "qwen3-4b", None),
        ("Qwen/Qwen3-4B-Instruct-2507", "qwen3-4b", None),
        ("mlx-community/Qwen3-4B-4bit", "qwen3-4b", Some("mlx-4bit")),
        ("mlx-community/Qwen3.5-2B-MLX-4bit", "qwen3.5-2b", Some("mlx-4bit")),
        ("mlx-community/gemma-4-e2b-it-4bit", "gemma-4-e2b", Some("mlx-4bit")),
        ("bartowski/Llama-3.2-1B-Instruct-GGUF/Q4_K_M", "llama-3.2-1b", Some("q4-k-m")),
        ("bartowski/Qwen_Qwen3.5-0.8B-GGUF/Q4_K_M", "qwen3.5-0.8b", Some("q4-k-m")),
        ("litert-community/gemma-4-E2B-it-litert-lm", "gemma-4-e2b", None),
        ("SMOLLM2_1_135M_QUANTIZED", "smollm2-135m", Some("8da4w")),
        ("LLAMA3_2_3B_SPINQUANT", "llama-3.2-3b", Some("spinquant")),
        ("HAMMER2_1_1_5B", "qwen2.5-1.5b", None),
        ("Llama-v3.2-3B-Instruct", "llama-3.2-3b", None),
        ("Llama 3.2:3b", "llama-3.2-3b", None),
        ("Mistral 7B Instruct v0.3", "mistral-7b", None),
        ("DeepSeek-R1-Distill-Qwen-32B-MLX-4Bit", "qwen2.5-32b", Some("mlx-4bit")),
        ("Qwen2.5-Coder-14B-Instruct-4bit", "qwen2.5-14b", Some("mlx-4bit")),
        ("gpt-oss 20b", "gpt-oss-20b", None),
        ("smollm2-135m-q4_1", "smollm2-135m", Some("q4-1")),
    ] {
        assert_eq!(found(name), Some((model, quantization)), "{name}");
    }
}

#[test]
fn what_is_not_in_the_catalog_is_not_guessed() {
    for name in
        ["", "/", "a/b/c/d", "4bit", "-4bit", "instruct", "qwen", "qwen3", "GLM-5.2", "my/model.toml", "qwen3-4b.toml"]
    {
        assert_eq!(found(name), None, "{name}");
    }
}

#[test]
fn no_alias_is_another_models_name() {
    let names: Vec<String> = embedded::MODELS.iter().map(|&(name, _)| joined(&plain(name))).collect();
    let mut all = std::collections::BTreeMap::new();
    for &(name, text) in embedded::MODELS {
        let table: toml::Table = toml::from_str(text).expect("TOML");
        let aliases = table.get("aliases").and_then(toml::Value::as_array).into_iter().flatten();
        for alias in aliases.filter_map(toml::Value::as_str).map(|alias| joined(&plain(alias))) {
            assert!(!names.contains(&alias), "{alias} of {name} is a model's name");
            assert_eq!(all.insert(alias.clone(), name), None, "{alias} stands twice");
            assert_eq!(found(&alias).map(|(model, _)| model), Some(name));
        }
    }
    assert!(all.len() > 50, "{}", all.len());
}

/// The names of the published measurements beside the project, which only some machines have.
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn names_of_the_measurements_are_known() {
    let folder = std::path::Path::new("/work/shared/data");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not on this machine", folder.display());
        return;
    }
    let mut unknown = std::collections::BTreeSet::new();
    let mut names = std::collections::BTreeSet::new();
    for file in ["resident_measurements.csv", "streaming_measurements.csv"] {
        let text = std::fs::read_to_string(folder.join(file)).expect("a table");
        let column = text.lines().next().expect("a header").split(',').position(|key| key == "model").expect("models");
        // Commas in quotes stand only behind the model's column in these tables.
        names.extend(text.lines().skip(1).filter_map(|line| line.split(',').nth(column).map(str::to_owned)));
    }
    for name in &names {
        if known(name).is_none() {
            unknown.insert(name.as_str());
        }
    }
    assert!(names.len() > 150 && unknown.len() * 20 < names.len(), "unknown of {}: {unknown:#?}", names.len());
}
