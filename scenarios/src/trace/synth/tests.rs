//! Recipes, and what they make.

use std::{collections::BTreeSet, fs, path::Path};

use super::{
    CATALOG, RECORDER, Recipe, fit,
    statistic::{self, Statistic},
    trace, write,
};
use crate::{
    catalog::Text,
    trace::{Phase, Trace, read},
    traces,
};

const SMALL: &str = r#"
schema = 1
name = "small"
title = "a small model"
model = "toy"
definition = "experts that the router chose"
unit = "expert"
layers = 4
bundles-per-layer = 32
seed = 7

[length]
requests = 2
prompt-tokens = 8
decode-tokens = 120

[tokens]
near-share = 0.3
near-tokens = 2.0
memory-tokens = 64
spread = 0.5
prompt-factor = 0.5

[layer]
active-bundles = 4
active-spread = 0
skew = [2.0, 6.0]
shape = 0.8
likeness = 0.5
recency = 0.2

[source]
default = { kind = "assumed", from = "a test" }
"#;

fn recipe(text: &str) -> Recipe {
    Recipe::parse(&Text { origin: "small".to_owned(), text: text.to_owned() }).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    let text = Text { origin: "small".to_owned(), text: SMALL.replace(from, to) };
    Recipe::parse(&text).expect_err("a wrong recipe").to_string()
}

fn sets(trace: &Trace) -> Vec<Vec<u32>> {
    trace.iter().map(|row| row.active.to_vec()).collect()
}

#[test]
fn the_list_is_the_folder_and_all_of_it_generates() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("synthetic");
    let names = |entry: std::io::Result<fs::DirEntry>| {
        entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()
    };
    let files: BTreeSet<String> = fs::read_dir(folder).unwrap().map(names).collect();
    assert!(CATALOG.names().is_sorted());
    assert_eq!(CATALOG.names().map(str::to_owned).collect::<BTreeSet<_>>(), files);
    for name in CATALOG.names() {
        let recipe = Recipe::load(name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(recipe.name, name);
        let trace = traces::load(&format!("synthetic/{name}")).unwrap_or_else(|error| panic!("{error}"));
        assert!(trace.header().is_synthetic() && trace.header().recorder == RECORDER);
        let tokens = recipe.lengths.prompt_tokens + recipe.lengths.decode_tokens;
        assert_eq!(u32::try_from(trace.tokens()), Ok(tokens));
    }
}

/// OPT-6.7B among them: 24 % of the feed-forward in a window of 5 tokens, and 2.4 % loaded a token.
#[test]
fn traces_meet_the_figures_that_others_publish() {
    let mut met = 0;
    for name in CATALOG.names() {
        let recipe = Recipe::load(name).unwrap();
        let trace = trace(&recipe).unwrap();
        for figure in &recipe.published {
            let found = match figure.layer {
                Some(layer) => statistic::of_layer(&trace, layer, figure.statistic),
                None => statistic::over_layers(&trace, figure.statistic),
            };
            let error = found.unwrap() / figure.value - 1.0;
            assert!(error.abs() < 0.1, "{name}, {figure}: {found:?} where {} is published", figure.value);
            met += 1;
        }
    }
    assert!(met >= 12, "{met} figures");
}

#[test]
fn a_recipe_makes_the_same_trace_each_time_and_another_by_another_seed() {
    let recipe = recipe(SMALL);
    let [first, again] = [trace(&recipe).unwrap(), trace(&recipe).unwrap()];
    assert_eq!(first, again);
    let other = trace(&Recipe { seed: 8, ..recipe.clone() }).unwrap();
    assert_ne!(sets(&first), sets(&other));
    // A layer draws from streams of its own: others leave its sets as they are.
    let deeper =
        trace(&Recipe { lengths: super::Lengths { requests: 1, ..recipe.lengths }, ..recipe.clone() }).unwrap();
    assert_eq!(sets(&deeper), sets(&first)[..deeper.rows()]);
}

#[test]
fn what_is_written_row_by_row_is_what_is_made_in_memory() {
    let recipe = recipe(SMALL);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write(&recipe, &path).unwrap();
    let (written, made) = (read(&path).unwrap(), trace(&recipe).unwrap());
    assert_eq!(written, made);
    assert_eq!((made.requests().len(), made.phase(7), made.phase(8)), (2, Phase::Prefill, Phase::Decode));
    assert!(made.iter().all(|row| row.active.len() == 4));
}

#[test]
fn each_parameter_moves_what_it_is_named_after() {
    let share = |from: &str, to: &str, statistic: Statistic| {
        assert!(SMALL.contains(from));
        statistic::over_layers(&trace(&recipe(&SMALL.replace(from, to))).unwrap(), statistic).unwrap()
    };
    let repeat = Statistic::Repeat { lag: 1 };
    for (from, to, statistic, rises) in [
        ("recency = 0.2", "recency = 0.6", repeat, true),
        ("likeness = 0.5", "likeness = 0.8", Statistic::Closest { tokens: 16 }, true),
        ("skew = [2.0, 6.0]", "skew = [6.0, 12.0]", Statistic::Popular, true),
        ("shape = 0.8", "shape = 0.3", Statistic::Reach, true),
        ("near-share = 0.3", "near-share = 0.9", repeat, true),
        ("near-tokens = 2.0", "near-tokens = 20.0", repeat, false),
        ("memory-tokens = 64", "memory-tokens = 4", Statistic::Repeat { lag: 2 }, true),
        ("active-bundles = 4", "active-bundles = 8", Statistic::ActiveShare, true),
    ] {
        let (before, after) = (share(from, from, statistic), share(from, to, statistic));
        assert!(
            if rises { after > before + 0.005 } else { after < before - 0.005 },
            "{to}: {statistic} {before} to {after}"
        );
    }
}

#[test]
fn a_fit_finds_a_recipe_that_makes_such_a_trace() {
    let recipe =
        Recipe { lengths: super::Lengths { requests: 1, prompt_tokens: 8, decode_tokens: 200 }, ..recipe(SMALL) };
    let original = trace(&recipe).unwrap();
    let fitted = fit::to_trace("fitted", &original, 99).unwrap();
    let text = Text { origin: "fitted".to_owned(), text: fitted.to_toml() };
    let read = Recipe::parse(&text).unwrap();
    assert_eq!(read.to_toml(), text.text, "what is written is read back");
    assert!((0..4).all(|layer| read.process(layer) == fitted.process(layer)), "{}", text.text);
    let synthetic = trace(&fitted).unwrap();
    assert_ne!(sets(&synthetic), sets(&original));
    for statistic in [
        Statistic::ActiveShare,
        Statistic::Repeat { lag: 1 },
        Statistic::Repeat { lag: 8 },
        Statistic::Union { tokens: 4 },
        Statistic::Union { tokens: 16 },
        Statistic::LruHits { bundles: 8 },
    ] {
        let [found, wanted] = [&synthetic, &original].map(|trace| statistic::over_layers(trace, statistic).unwrap());
        assert!((found - wanted).abs() < 0.04, "{statistic}: {found} where {wanted} was");
    }
}

#[test]
fn hits_of_a_shared_cache_are_those_of_a_list() {
    let trace = trace(&recipe(SMALL)).unwrap();
    let sizes = [4, 16, 40];
    let found = statistic::shared_lru_hits(&trace, &sizes);
    for (size, found) in sizes.into_iter().zip(found) {
        let mut list: Vec<(u32, u32)> = Vec::new();
        let (mut hits, mut lookups) = (0_u32, 0_u32);
        for token in statistic::counted(&trace) {
            for layer in 0..trace.geometry().layers {
                for &bundle in trace.active(token, layer) {
                    let place = list.iter().position(|&held| held == (layer, bundle));
                    hits += u32::from(place.is_some());
                    lookups += 1;
                    match place {
                        Some(place) => drop(list.remove(place)),
                        None => list.truncate(size - 1),
                    }
                    list.insert(0, (layer, bundle));
                }
            }
        }
        assert!(hits > 0 || size == 4, "{size}");
        assert!((found - f64::from(hits) / f64::from(lookups)).abs() < 1e-12, "{size}: {found}, {hits} of {lookups}");
    }
}

#[test]
fn a_wrong_recipe_is_named_by_its_key() {
    for (from, to, expected) in [
        ("schema = 1", "schema = 2", "recipe small: `schema`: this program reads schema 1, not 2"),
        ("unit = \"expert\"", "unit = \"row\"", "recipe small: `unit`: write neuron or expert"),
        ("layers = 4", "layers = 0", "recipe small: `layers`"),
        ("requests = 2", "requests = 0", "recipe small: `length`: 0 requests of 128 tokens"),
        (
            "active-bundles = 4",
            "active-bundles = 33",
            "recipe small: `layer.active-bundles`: 33 is impossible: from 0 to 32",
        ),
        ("skew = [2.0, 6.0]", "skew = [1, 2, 3, 4, 5]", "recipe small: `layer.skew`: 5 numbers for 4 layers"),
        ("near-tokens = 2.0", "near-tokens = 0.5", "recipe small: `tokens.near-tokens`: 0.5 is impossible"),
        (
            "decode-tokens = 120",
            "decode-tokens = 4294967295",
            "recipe small: `length`: 2 requests of 4294967303 tokens",
        ),
    ] {
        let error = refused(from, to);
        assert!(error.starts_with(expected), "{error}");
    }
    let wide = SMALL
        .replace("bundles-per-layer = 32", "bundles-per-layer = 65536")
        .replace("active-bundles = 4", "active-bundles = 9000");
    let far = wide.replace("memory-tokens = 64", "memory-tokens = 65536");
    let error = Recipe::parse(&Text { origin: "far".to_owned(), text: far }).unwrap_err().to_string();
    assert!(error.contains("`tokens.memory-tokens`: 2359296000 bundles of earlier tokens to be kept"), "{error}");
    assert!(Recipe::parse(&Text { origin: "wide".to_owned(), text: wide }).is_ok());
    assert!(refused("recency = 0.2", "recency = []").contains("an empty list"));
    assert!(refused("recency = 0.2", "recent = 0.2").contains("unknown field `recent`"));
    let missing = traces::load("synthetic/opt").unwrap_err().to_string();
    assert!(missing.starts_with("no recipe named `opt`"), "{missing}");
}
