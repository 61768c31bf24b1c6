//! The trainer from outside: a few steps on a made-up text, what comes out of them, and that a stop changes nothing.

use std::path::{Path, PathBuf};

use tightfit_live::train::decoder::Decoder;
use tightfit_live::train::recipe::Recipe;
use tightfit_live::{RecordOptions, TrainOptions, TrainSummary, Weights, record, train};
use tightfit_scenarios::trace::{Unit, read};

const STEPS: u32 = 48;

/// A text with a pattern that a few steps learn, in three files, one of them to be held out.
fn text(folder: &Path) -> String {
    let plays = folder.join("plays");
    std::fs::create_dir_all(plays.join("b")).expect("a folder");
    let verse = |start: usize| -> String {
        let lines = (start..start + 400).map(|line| format!("the {} sea and the {} shore", line % 7, line % 5));
        lines.collect::<Vec<_>>().join("\n") + "\n"
    };
    let mut all = String::new();
    for (start, name) in [(0, "a.md"), (3, "b/c.md"), (5, "d.md")] {
        std::fs::write(plays.join(name), verse(start)).expect("written");
        all += &verse(start);
    }
    std::fs::write(plays.join("notes.txt"), "no verse").expect("written");
    all
}

/// Two digits.
fn hexadecimal(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).expect("below 16"))
}

fn recipe(folder: &Path, model: &str, steps: u32) -> PathBuf {
    use sha2::Digest;
    let digest: String = sha2::Sha256::digest(text(folder)).into_iter().flat_map(hexadecimal).collect();
    let path = folder.join("recipe.toml");
    let recipe = format!(
        "name = \"tiny\"\n[model]\nlayers = 2\nwidth = 16\nheads = 2\nneurons = 24\nvocabulary = 270\ncontext = 32\n{model}\n\
         [training]\nseed = 7\nsteps = {steps}\nbatch = 2\nlearning-rate = 0.02\nwarm-up-steps = 4\nweight-decay = 0.1\n\
         evaluate-every = 16\n[text]\nfrom = \"made up\"\ndigest = \"{digest}\"\nheld-out = [\"b/c.md\"]\n"
    );
    std::fs::write(&path, recipe).expect("written");
    path
}

const EXPERTS: &str = "experts = { count = 4, chosen = 2, balance = 0.01 }";

fn options(folder: &Path, model: &str, out: &str) -> TrainOptions {
    TrainOptions { recipe: recipe(folder, model, STEPS), text: folder.join("plays"), out: folder.join(out), threads: 1 }
}

fn trained(options: &TrainOptions) -> TrainSummary {
    train(options, &mut |_, _, _| {}).expect("trained")
}

#[test]
fn a_pattern_is_learned_and_the_curve_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    for model in ["", EXPERTS] {
        let options = options(folder.path(), model, &format!("out{}", model.len()));
        let summary = trained(&options);
        let curve = std::fs::read_to_string(options.out.join("loss.csv")).expect("a curve");
        let held_out: Vec<f64> = curve
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(3).expect("a column").parse().expect("a number"))
            .collect();
        assert_eq!(held_out.len(), 3, "{curve}");
        assert!(held_out[2] < 0.9 * held_out[0], "{curve}");
        assert!(summary.held_out_bits_per_byte < held_out[0] && summary.held_out_bits_per_byte > 0.0);
        assert_eq!(summary.by_layer.len(), 2);
        assert!(summary.by_layer.iter().all(|share| (0.01..0.99).contains(share)), "{:?}", summary.by_layer);
    }
}

#[test]
fn a_stopped_training_goes_on_as_if_it_had_not_been() {
    let folder = tempfile::tempdir().expect("a folder");
    for model in ["", EXPERTS] {
        let whole = options(folder.path(), model, &format!("whole{}", model.len()));
        let parted = options(folder.path(), model, &format!("parted{}", model.len()));
        std::fs::create_dir(&parted.out).expect("a folder");
        // What a kill at step 40 would leave behind.
        let leave = |done: u32| {
            for file in ["checkpoint.safetensors", "loss.csv", "tokenizer.json"] {
                if done == 40 {
                    std::fs::copy(whole.out.join(file), parted.out.join(file)).expect("copied");
                }
            }
        };
        train(&whole, &mut |done, _, _| leave(done)).expect("trained");
        let mut steps = Vec::new();
        train(&parted, &mut |done, _, _| steps.push(done)).expect("trained");
        assert_eq!(steps, (33..=STEPS).collect::<Vec<_>>(), "from the checkpoint of step 32 on");
        for file in ["model.safetensors", "loss.csv", "tokenizer.json", "config.json"] {
            let [whole, parted] = [&whole, &parted].map(|options| std::fs::read(options.out.join(file)).expect(file));
            assert!(whole == parted, "{file}");
        }
    }
}

#[test]
fn the_recorder_runs_what_was_trained() {
    let folder = tempfile::tempdir().expect("a folder");
    for (model, unit, definition) in [("", Unit::Neuron, "non-zero"), (EXPERTS, Unit::Expert, "router top-2")] {
        let options = options(folder.path(), model, &format!("out{}", model.len()));
        trained(&options);
        let mut record_options = RecordOptions::new(&options.out, "the 3 sea", folder.path().join("t.parquet"));
        (record_options.chat, record_options.tokens) = (false, 8);
        let summary = record(&record_options, &mut |_, _| {}).expect("recorded");
        assert_eq!(summary.requests[0].generated.len(), 8);
        assert_eq!(summary.early_recall.is_some(), unit == Unit::Expert);
        assert!(summary.early_recall.is_none_or(|recall| (0.2..=1.0).contains(&recall)), "{:?}", summary.early_recall);
        let trace = read(&record_options.out).expect("a trace");
        assert_eq!((trace.geometry().unit, trace.geometry().layers), (unit, 2));
        assert_eq!(trace.header().definition, definition);
        assert!((0.05..0.95).contains(&summary.active_share()), "{}", summary.active_share());
    }
}

#[test]
fn both_forward_passes_agree() {
    use tightfit_live::{model::Model, observe::Unwatched, source::Source};
    let folder = tempfile::tempdir().expect("a folder");
    for model in ["", EXPERTS] {
        let options = options(folder.path(), model, &format!("out{}", model.len()));
        trained(&options);
        let mut source = Source::open(&options.out).expect("opened");
        let ours = Model::load(&mut source, Weights::F32).expect("loaded");
        // The trainer's own pass, over the float16 weights that were written.
        let decoder = Decoder::new(&Recipe::load(&options.recipe).expect("a recipe").model, 7).expect("a decoder");
        let written = candle_core::safetensors::load(options.out.join("model.safetensors"), &candle_core::Device::Cpu);
        let written = written.expect("weights");
        for (name, variable) in decoder.parameters().iter() {
            variable.set(&written[name].to_dtype(candle_core::DType::F32).expect("wide")).expect("set");
        }
        let tokens: Vec<u32> = (0..20).map(|token| token * 13 % 270).collect();
        let theirs = decoder.logits(&tokens).expect("runs").to_vec2::<f32>().expect("rows");
        let mut session = ours.session(20).expect("a session");
        let stream = ours.forward(&mut session, &tokens, &mut Unwatched).expect("runs");
        let ours = ours.all_logits(&stream).expect("a head").to_vec2::<f32>().expect("rows");
        let scale = theirs.iter().flatten().fold(0.0_f32, |most, value| most.max(value.abs()));
        for (ours, theirs) in ours.iter().flatten().zip(theirs.iter().flatten()) {
            assert!(scale > 0.5 && (ours - theirs).abs() < 1e-4 * scale, "{ours} and {theirs} of {scale}");
        }
    }
}

#[test]
fn wrong_recipes_and_texts_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = options(folder.path(), "", "out");
    let recipe = std::fs::read_to_string(&options.recipe).expect("read");
    let refused = |from: &str, to: &str| {
        assert!(recipe.contains(from), "{from}");
        std::fs::write(&options.recipe, recipe.replace(from, to)).expect("written");
        train(&options, &mut |_, _, _| {}).expect_err("refused").to_string()
    };
    assert!(refused("heads = 2", "heads = 3").contains("3 heads do not divide a width of 16"));
    assert!(refused("vocabulary = 270", "vocabulary = 200").contains("256 bytes are its least"));
    assert!(refused("\nsteps = 48", "\nsteps = 0").contains("`training.steps` is 0"));
    assert!(refused("seed = 7", "sead = 7").contains("unknown field `sead`"));
    assert!(refused("b/c.md", "b/x.md").contains("no file `b/x.md` to hold out"));
    assert!(refused("digest = \"", "digest = \"0").contains("get it as the recipe says: made up"));
    std::fs::write(&options.recipe, &recipe).expect("written");
    trained(&options);
    assert!(refused("seed = 7", "seed = 8").contains("is of another recipe; remove it to begin anew"));
}
