mod formats;
mod kinds;
mod laws;
mod parameters;
mod recipes;
mod refused;
mod sizes;

use std::collections::BTreeSet;

use super::*;

fn model(name: &str) -> Model {
    Model::load(name).unwrap_or_else(|error| panic!("{error}"))
}

fn weights(name: &str, quantization: &str) -> Weights {
    model(name).weights(quantization).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_list_is_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder of models")
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert!(Model::names().is_sorted());
    assert_eq!(files, Model::names().iter().map(|name| (*name).to_owned()).collect());
    for name in Model::names() {
        assert_eq!(model(name).name, *name);
    }
}

#[test]
fn every_number_is_sourced() {
    for model in Model::names().iter().map(|name| model(name)) {
        let keys: BTreeSet<&str> = model.sourced().iter().map(|number| number.key.as_str()).collect();
        for key in ["layers", "hidden", "vocabulary", "context"] {
            assert!(keys.contains(key), "{}: {key}", model.name);
        }
        assert!(keys.iter().any(|key| key.rsplit('.').next() == Some("heads")), "{}", model.name);
    }
}

#[test]
fn files_that_tables_name_are_of_that_size() {
    let mut compared = 0;
    for model in Model::names().iter().map(|name| model(name)) {
        for (name, quantization) in &model.quantizations {
            let weights = model.weights(name).expect("a known quantization");
            let Some(file) = quantization.file else { continue };
            let apart = weights.total_bytes().abs_diff(file.get());
            assert!(apart * 50 <= file.get(), "{} {name}: {} for {file}", model.name, weights.total_bytes());
            compared += 1;
        }
    }
    assert!(compared >= 1, "{compared}");
}
