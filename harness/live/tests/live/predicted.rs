//! The trained predictor from outside: inputs that are what the model saw, a trace with a word on each row, and what is
//! refused.

use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use tightfit_live::model::Model;
use tightfit_live::observe::{Observer, Seen};
use tightfit_live::source::Source;
use tightfit_live::{LiveError, PredictOptions, PredictSummary, RecordOptions, Weights, inputs, predict, record};
use tightfit_scenarios::trace::read;

use crate::tiny::{self, Tiny};

const LEARNED: &str = "the sea is calm tonight, the tide is full, the moon lies fair upon the straits; on the french coast \
                       the light gleams and is gone; the cliffs of england stand, glimmering and vast";
const ASKED: &str =
    "listen! you hear the grating roar of pebbles which the waves draw back, and fling, at their return";

/// Records a prompt with its inputs.
fn recorded(folder: &Path, name: &str, prompt: &str) -> RecordOptions {
    let mut options = RecordOptions::new(Tiny::new().write(folder), prompt, folder.join(name));
    (options.chat, options.tokens, options.inputs) = (false, 4, true);
    record(&options, &mut |_, _| {}).expect("recorded");
    options
}

fn options(fit: &Path, trace: &Path) -> PredictOptions {
    let out = trace.with_file_name("predicted.parquet");
    PredictOptions { fit: fit.to_path_buf(), trace: trace.to_path_buf(), rank: 8, threads: 1, out }
}

fn predicted(options: &PredictOptions) -> PredictSummary {
    let mut layers = Vec::new();
    let summary = predict(options, &mut |done, total| layers.push((done, total))).expect("predicted");
    assert_eq!(layers, [(1, tiny::LAYERS), (2, tiny::LAYERS)]);
    summary
}

/// Gathers what goes into the blocks: one tensor a (batch, layer).
#[derive(Default)]
struct Inputs(Vec<Tensor>);

impl Observer for Inputs {
    fn feed_forward(&mut self, seen: Seen<'_>) -> Result<Option<Tensor>, LiveError> {
        self.0.push(seen.input.copy()?);
        Ok(None)
    }
}

#[test]
fn inputs_beside_a_trace_are_what_the_model_saw() {
    let folder = tempfile::tempdir().expect("a folder");
    // No answer, and a prompt of one batch: one pass is the whole run.
    let mut options =
        RecordOptions::new(Tiny::new().write(folder.path()), "a short one", folder.path().join("t.parquet"));
    (options.chat, options.tokens, options.inputs) = (false, 0, true);
    record(&options, &mut |_, _| {}).expect("recorded");
    let kept = candle_core::safetensors::load(inputs::beside(&options.out), &Device::Cpu).expect("safetensors");
    let kept = &kept["inputs"];

    let mut source = Source::open(&options.model).expect("opened");
    let model = Model::load(&mut source, Weights::F32).expect("loaded");
    let tokens = source.tokenizer().expect("a tokenizer").encode("a short one").expect("tokens");
    let mut seen = Inputs::default();
    model.forward(&mut model.session(tokens.len()).expect("a session"), &tokens, &mut seen).expect("runs");
    assert_eq!(kept.dims(), [tokens.len(), tiny::LAYERS, tiny::WIDTH]);
    for (layer, seen) in seen.0.iter().enumerate() {
        let kept = kept.narrow(1, layer, 1).expect("a layer").squeeze(1).expect("rows");
        assert_eq!(kept.to_vec2::<f32>().expect("rows"), seen.to_vec2::<f32>().expect("rows"), "layer {layer}");
    }
}

#[test]
fn a_trace_gets_its_predictions_and_keeps_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let [learned, asked] =
        [("a.parquet", LEARNED), ("b.parquet", ASKED)].map(|(name, prompt)| recorded(folder.path(), name, prompt).out);
    let options = options(&learned, &asked);
    let summary = predicted(&options);
    let (before, after) = (read(&asked).expect("a trace"), read(&options.out).expect("a trace"));
    assert!(before.iter().eq(after.iter()), "what was active is as it was");
    // Counted again, one by one.
    let (mut active, mut named, mut right) = (0, 0, 0);
    for token in 0..after.tokens() {
        for layer in 0..2 {
            let predicted = after.predicted(token, layer).expect("predictions");
            active += after.active(token, layer).len();
            named += predicted.len();
            right += after.active(token, layer).iter().filter(|bundle| predicted.contains(bundle)).count();
        }
    }
    let all = summary.all();
    assert_eq!([all.active, all.named, all.right], [active, named, right].map(|count| count as u64));
    // Guessing as many at random would be right as often as bundles are active.
    let chance = active as f64 / (after.rows() * tiny::NEURONS) as f64;
    assert!(all.precision() > chance + 0.1 && all.recall() > chance + 0.1, "{all:?} against {chance}");
    let notes = &after.header().notes;
    assert_eq!(notes["predictor-rank"], "8");
    assert!(notes["predictor-fitted-on"].contains(&read(&learned).expect("a trace").header().prompt_digest));
    assert_eq!(notes["predictor-recall"].split(' ').count(), tiny::LAYERS);

    let bytes = std::fs::read(&options.out).expect("read");
    predicted(&options);
    assert!(bytes == std::fs::read(&options.out).expect("read"), "the same bytes again");
}

#[test]
fn what_can_not_be_learned_from_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let [learned, asked] =
        [("a.parquet", LEARNED), ("b.parquet", ASKED)].map(|(name, prompt)| recorded(folder.path(), name, prompt).out);
    let good = options(&learned, &asked);
    let refused = |options: &PredictOptions| {
        let error = predict(options, &mut |_, _| {}).expect_err("refused").to_string();
        assert!(!options.out.exists(), "nothing written: {error}");
        error
    };
    assert!(refused(&options(&asked, &asked)).contains("is of the prompt that is learned from"));
    assert!(refused(&PredictOptions { rank: 33, ..good.clone() }).contains("rank 33 is outside 1 to 32"));
    let beside: PathBuf = inputs::beside(&asked);
    let kept = std::fs::read(&beside).expect("inputs");
    std::fs::copy(inputs::beside(&learned), &beside).expect("copied");
    assert!(refused(&good).contains("belongs to another trace than"));
    std::fs::write(&beside, &kept[..kept.len() - 1]).expect("written");
    assert!(refused(&good).contains("record with --keep-inputs"));
    std::fs::remove_file(&beside).expect("removed");
    assert!(refused(&good).contains("record with --keep-inputs"));
    // The same prompt under another definition.
    let mut other = RecordOptions::new(Tiny::new().write(folder.path()), ASKED, &asked);
    (other.chat, other.tokens, other.inputs) = (false, 4, true);
    other.active = Some(tightfit_live::Definition::TopShare(0.5));
    record(&other, &mut |_, _| {}).expect("recorded");
    assert!(refused(&good).contains("another definition of active"));
}
