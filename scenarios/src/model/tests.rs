mod sizes;

use std::collections::BTreeSet;

use proptest::prelude::*;

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
fn sixteen_bit_sizes_are_twice_the_published_parameter_counts() {
    assert_eq!(weights("opt-6.7b", "f16").total_bytes, 2 * 6_658_473_984);
    assert_eq!(weights("llama-2-7b", "f16").total_bytes, 2 * 6_738_415_616);
    assert_eq!(weights("llama-3.2-1b", "bf16").total_bytes, 2 * 1_235_814_400);
}
