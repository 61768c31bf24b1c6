//! Traces of the tiny model: what is in them, and that the same inputs give the same bytes.

use std::path::Path;

use tightfit_live::record::{Prompt, Recorded};
use tightfit_live::{Definition, RecordOptions, RecordSummary, Weights, record};
use tightfit_scenarios::trace::{Header, Phase, Reader, Unit};

use crate::tiny::{self, Tiny};

const PROMPT: &str = "he said: 12 is a dozen, and 13 a baker's dozen; seventy-seven tokens at least, so two batches";

/// Token, phase, layer, active, score.
type KeptRow = (u32, Phase, u32, Vec<u32>, Option<Vec<f32>>);

struct Kept {
    header: Header,
    rows: Vec<KeptRow>,
}

fn read(path: &Path) -> Kept {
    let mut reader = Reader::open(path).expect("a trace");
    let header = reader.header().clone();
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row().expect("a row") {
        rows.push((row.token, row.phase, row.layer, row.active.to_vec(), row.score.map(<[f32]>::to_vec)));
    }
    Kept { header, rows }
}

fn options(folder: &Path) -> RecordOptions {
    let mut options = RecordOptions::new(Tiny::new().write(folder), PROMPT, folder.join("out.parquet"));
    options.tokens = 6;
    "dozen".clone_into(&mut options.prompts[0].name);
    options
}

fn run(options: &RecordOptions) -> RecordSummary {
    record(options, &mut |_, _| {}).expect("recorded")
}

/// The one request of a run.
fn recorded(options: &RecordOptions) -> Recorded {
    let [request] = <[Recorded; 1]>::try_from(run(options).requests).expect("one request");
    request
}

#[test]
fn every_token_and_layer_has_its_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = options(folder.path());
    let mut steps = Vec::new();
    let summary = record(&options, &mut |done, total| steps.push((done, total))).expect("recorded");
    let request = &summary.requests[0];
    assert!(request.prompt_tokens > 64, "more than one batch: {}", request.prompt_tokens);
    assert_eq!(request.generated.len(), 6, "the tiny model never stops");
    let total = request.prompt_tokens + 6;
    assert_eq!(steps.first(), Some(&(64, total)));
    assert_eq!(steps.last(), Some(&(total, total)));

    let Kept { header, rows } = read(&options.out);
    let places = rows.iter().map(|(token, _, layer, ..)| (*token as usize, *layer as usize));
    assert!(places.eq((0..total).flat_map(|token| (0..tiny::LAYERS).map(move |layer| (token, layer)))));
    for (token, phase, _, active, score) in &rows {
        assert_eq!(*phase == Phase::Prefill, (*token as usize) < request.prompt_tokens);
        let score = score.as_ref().expect("scores were asked for");
        assert_eq!(active.len(), score.len());
        let sum: f32 = score.iter().sum();
        assert!((0.78..1.03).contains(&sum), "shares of at least 0.9, rounded by up to an eighth: {sum}");
    }
    let active: usize = rows.iter().map(|row| row.3.len()).sum();
    let share = active as f64 / (rows.len() * tiny::NEURONS) as f64;
    assert!((summary.active_share() - share).abs() < 1e-12);
    assert!((0.1..0.9).contains(&share), "some are active, some not: {share}");

    assert_eq!(header.model, "tiny-20k");
    assert_eq!(header.geometry.unit, Unit::Neuron);
    assert_eq!(header.geometry.bundles_per_layer as usize, tiny::NEURONS);
    assert_eq!(header.definition, "mass-share 0.90");
    assert_eq!([header.model_digest, header.prompt_digest], [summary.model_digest, summary.prompt_digest]);
    assert_eq!(header.notes["prompt"], "dozen");
    assert_eq!(header.notes["prompt-tokens"], request.prompt_tokens.to_string());
}

#[test]
fn the_same_inputs_give_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    for weights in Weights::ALL {
        let bytes = [1, 1, 2, 3].map(|threads| {
            let options = RecordOptions { threads, weights, ..options(folder.path()) };
            recorded(&options);
            std::fs::read(&options.out).expect("read")
        });
        assert!(bytes[0].len() > 5_000, "a trace of {} bytes", bytes[0].len());
        assert!(bytes.iter().all(|other| *other == bytes[0]), "{weights}");
    }
}

#[test]
fn what_scores_and_chat_change_and_what_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let with = options(folder.path());
    let without = RecordOptions { scores: false, out: folder.path().join("bare.parquet"), ..with.clone() };
    let unwrapped = RecordOptions { chat: false, out: folder.path().join("plain.parquet"), ..with.clone() };
    let [in_chat, bare, plain] = [&with, &without, &unwrapped].map(recorded);
    let [in_chat_digest, plain_digest] = [&with, &unwrapped].map(|options| run(options).prompt_digest);
    let [scored, unscored] = [&with.out, &without.out].map(|path| read(path).rows);
    assert!(unscored.iter().all(|row| row.4.is_none()));
    assert!(scored.iter().map(|row| &row.3).eq(unscored.iter().map(|row| &row.3)));
    assert_eq!(in_chat.generated, bare.generated);
    let framing = "<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n".len() - 3 * "<|im_start|>".len() + 2 + 3;
    assert_eq!(in_chat.prompt_tokens, plain.prompt_tokens + framing, "three control tokens and the bytes between");
    assert_eq!(in_chat_digest, plain_digest);
}

#[test]
fn an_end_token_stops_the_answer_and_leaves_no_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = recorded(&options(folder.path())).generated;
    let place = (1..first.len()).find(|&at| !first[..at].contains(&first[at])).expect("a token that is new there");
    let end = candle_core::quantized::gguf_file::Value::U32(first[place]);
    let model = Tiny::new().with("tokenizer.ggml.eos_token_id", Some(end));
    let options = options(folder.path());
    model.write(folder.path());
    let summary = recorded(&options);
    assert_eq!(summary.generated, first[..place]);
    let rows = (summary.prompt_tokens + place) * tiny::LAYERS;
    assert_eq!(read(&options.out).rows.len(), rows);
}

#[test]
fn many_requests_are_what_each_alone_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut both = options(folder.path());
    let second = Prompt { name: "second".to_owned(), text: "another prompt".to_owned() };
    both.prompts.push(second.clone());
    let summary = run(&both);
    let together = tightfit_scenarios::trace::read(&both.out).expect("a trace");
    assert_eq!(together.requests().len(), 2);
    assert_eq!(together.header().notes["prompt"], "dozen, second");
    for (number, prompt) in both.prompts.iter().enumerate() {
        let alone =
            RecordOptions { prompts: vec![prompt.clone()], out: folder.path().join("one.parquet"), ..both.clone() };
        assert_eq!(recorded(&alone), summary.requests[number]);
        let alone = tightfit_scenarios::trace::read(&alone.out).expect("a trace");
        let first = together.requests()[number].first_token;
        assert!(alone.tokens() > 10);
        for token in 0..alone.tokens() {
            for layer in 0..u32::try_from(tiny::LAYERS).expect("few") {
                assert_eq!(together.active(first + token, layer), alone.active(token, layer));
            }
        }
    }
}

#[test]
fn thresholds_found_on_a_text_silence_their_share_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for definition in [Definition::Cats(0.6), Definition::Teal(0.6)] {
        let mut options = options(folder.path());
        options.active = Some(definition);
        // On the prompt itself, so that the share is met; thresholds are usually found on another text.
        options.calibration = Some(options.prompts[0].text.clone());
        (options.chat, options.tokens) = (false, 0);
        let summary = run(&options);
        let active = summary.active_shares.iter().map(|share| (share - 0.4).abs()).fold(0.0, f64::max);
        assert!(active < 0.02, "{definition}: {:?}", summary.active_shares);
        let header = read(&options.out).header;
        assert_eq!(header.definition, definition.to_string());
        options.calibration = None;
        let error = record(&options, &mut |_, _| {}).expect_err("no text").to_string();
        assert!(error.contains("has thresholds; give a text"), "{error}");
    }
}
