//! Records a real run of a real model into a trace file.

mod options;

use std::collections::BTreeMap;
use std::time::Instant;

use tightfit_scenarios::trace::{Geometry, Header, Unit, Writer};

pub use self::options::{Prompt, RecordOptions, RecordSummary, Recorded, read_prompt};
use crate::active::{Definition, SCORE_BITS, Selector};
use crate::calibrate::calibrate;
use crate::chat::ChatTemplate;
use crate::config::{Activation, Config};
use crate::generate::{PREFILL_BATCH, greedy};
use crate::model::Model;
use crate::rows::Rows;
use crate::source::Source;
use crate::tokenizer::Tokenizer;
use crate::{LiveError, digest, inputs, threads};

/// Runs a model over prompts, generates greedily, and writes one trace row per (token, layer).
///
/// `progress` is called with tokens done and tokens expected, prompts included. The same options give the same bytes.
/// Nothing is written before model, prompts and options are known to be sound; what is written goes to the disk as it
/// comes, so that memory does not grow with the trace.
pub fn record(
    options: &RecordOptions,
    progress: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<RecordSummary, LiveError> {
    options.active.map(Definition::check).transpose()?;
    threads::run(options.threads, || run(options, progress))
}

fn run(options: &RecordOptions, progress: &mut dyn FnMut(usize, usize)) -> Result<RecordSummary, LiveError> {
    let begun = Instant::now();
    let mut source = Source::open(&options.model)?;
    let config = source.config()?;
    let tokenizer = source.tokenizer()?;
    let template = options.chat.then(|| source.chat_template()).transpose()?;
    let requests = tokens(options, &config, &tokenizer, template.as_ref())?;
    let definition = definition(options, &config, &source)?;
    let calibration = calibration(options, definition, &tokenizer)?;
    let model_digest = source.digest()?;
    let model = Model::load(&mut source, options.weights)?;
    let selector = definition.map(|definition| calibrate(&model, definition, &calibration)).transpose()?;
    let load = begun.elapsed();

    let begun = Instant::now();
    let texts: Vec<&str> = options.prompts.iter().map(|prompt| prompt.text.as_str()).collect();
    let header = Header {
        geometry: geometry(&config),
        bundle_bytes: Vec::new(),
        model: options.model_name.clone().map_or_else(|| source.name(), Ok)?,
        model_digest,
        prompt_digest: digest::of_text(&texts.join("\0")),
        recorder: "tightfit-live".to_owned(),
        recorder_version: env!("CARGO_PKG_VERSION").to_owned(),
        definition: label(selector.as_ref(), &config),
        notes: notes(options, &config, template.as_ref(), &requests),
    };
    let mut writer = Writer::create(&options.out, &header, options.scores)?;
    let shape = [config.layers, bundles(&config)];
    let mut rows = Rows::new(&mut writer, selector.as_ref(), options.scores, shape);
    if options.inputs {
        rows.inputs = Some(inputs::Writer::create(&options.out, config.layers, config.width)?);
    }
    let expected: usize = requests.iter().map(|prompt| prompt.len() + options.tokens as usize).sum();
    let (mut passed, mut recorded) = (0, Vec::with_capacity(requests.len()));
    for (number, prompt) in (0..).zip(&requests) {
        (rows.request, rows.prompt) = (number, prompt.len());
        let mut session = model.session(prompt.len() + options.tokens as usize)?;
        let mut done = |tokens| progress(passed + tokens, expected);
        let ends = tokenizer.ends();
        let generated = greedy(&model, &mut session, prompt, options.tokens as usize, ends, &mut rows, &mut done)?;
        // An answer that ended early is done all the same.
        passed += prompt.len() + options.tokens as usize;
        recorded.push(Recorded { prompt_tokens: prompt.len(), text: tokenizer.decode(&generated)?, generated });
    }
    let (active_shares, early_recall) = (rows.active_shares(), rows.early_recall());
    let inputs = rows.inputs.take();
    writer.finish()?;
    inputs.map(|inputs| inputs.finish(&options.out)).transpose()?;
    Ok(RecordSummary {
        model: header.model,
        model_digest: header.model_digest,
        prompt_digest: header.prompt_digest,
        requests: recorded,
        active_shares,
        early_recall,
        load,
        run: begun.elapsed(),
    })
}

/// The tokens of every prompt, none of them empty or too long.
fn tokens(
    options: &RecordOptions,
    config: &Config,
    tokenizer: &Tokenizer,
    template: Option<&ChatTemplate>,
) -> Result<Vec<Vec<u32>>, LiveError> {
    let (count, context) = (options.tokens as usize, config.context);
    let one = |prompt: &Prompt| {
        let text = template.map_or_else(|| prompt.text.clone(), |template| template.wrap(&prompt.text));
        let tokens = tokenizer.encode(&text)?;
        match tokens.len() {
            0 => Err(LiveError::EmptyPrompt),
            prompt if prompt + count > context => Err(LiveError::TooLong { prompt, tokens: count, context }),
            _ => Ok(tokens),
        }
    };
    if options.prompts.is_empty() {
        return Err(LiveError::EmptyPrompt);
    }
    options.prompts.iter().map(one).collect()
}

/// What "active" means for this model; `None` where its routers say so.
fn definition(options: &RecordOptions, config: &Config, source: &Source) -> Result<Option<Definition>, LiveError> {
    match (&config.experts, options.active) {
        (Some(_), None) => Ok(None),
        (Some(_), Some(definition)) => {
            let feature = format!("`{definition}` in a mixture of experts");
            Err(source.unsupported(feature, "leave the definition out: the routers say which experts are active"))
        }
        (None, Some(definition)) => Ok(Some(definition)),
        (None, None) => Ok(Some(match config.activation {
            Activation::Relu | Activation::ReluSquared => Definition::NonZero,
            _ => Definition::MassShare(0.9),
        })),
    }
}

fn calibration(
    options: &RecordOptions,
    definition: Option<Definition>,
    tokenizer: &Tokenizer,
) -> Result<Vec<u32>, LiveError> {
    let calibrated = definition.filter(|definition| definition.is_calibrated());
    match (calibrated, &options.calibration) {
        (Some(_), Some(text)) => tokenizer.encode(text),
        (Some(definition), None) => Err(LiveError::Calibration { definition }),
        (None, _) => Ok(Vec::new()),
    }
}

fn bundles(config: &Config) -> usize {
    config.experts.as_ref().map_or(config.neurons, |experts| experts.count)
}

fn geometry(config: &Config) -> Geometry {
    let narrow = |number: usize| u32::try_from(number).expect("plausible numbers are below 2^28");
    Geometry {
        unit: if config.experts.is_some() { Unit::Expert } else { Unit::Neuron },
        layers: narrow(config.layers),
        bundles_per_layer: narrow(bundles(config)),
    }
}

fn label(selector: Option<&Selector>, config: &Config) -> String {
    match (selector, &config.experts) {
        (Some(selector), _) => selector.definition().to_string(),
        (None, Some(experts)) => format!("router top-{}", experts.chosen),
        (None, None) => unreachable!("a model without experts is recorded by a definition"),
    }
}

fn notes(
    options: &RecordOptions,
    config: &Config,
    template: Option<&ChatTemplate>,
    requests: &[Vec<u32>],
) -> BTreeMap<String, String> {
    let file = options.model.file_name().unwrap_or_default().to_string_lossy();
    let chat = match template {
        None => "off: the prompt as it is".to_owned(),
        Some(template) => format!("chatml, system: {}", template.system().unwrap_or("none")),
    };
    let list = |each: Vec<String>| each.join(", ");
    let mut notes = BTreeMap::from([
        ("chat-template".to_owned(), chat),
        ("framework".to_owned(), "candle 0.11.1, CPU".to_owned()),
        ("model-file".to_owned(), file.into_owned()),
        ("prefill".to_owned(), format!("in batches of {PREFILL_BATCH} tokens")),
        ("prompt-tokens".to_owned(), list(requests.iter().map(|prompt| prompt.len().to_string()).collect())),
        ("sampling".to_owned(), "greedy".to_owned()),
        ("tokens-asked".to_owned(), options.tokens.to_string()),
        ("weights".to_owned(), options.weights.note().to_owned()),
    ]);
    if config.experts.is_none() {
        notes.insert("activation".to_owned(), format!("abs({})", config.neuron()));
    }
    if options.scores {
        let what =
            if config.experts.is_some() { "the router's weight" } else { "share of the layer's activation mass" };
        notes.insert("score".to_owned(), format!("{what}, rounded to {SCORE_BITS} significant bits"));
    }
    if options.prompts.iter().any(|prompt| !prompt.name.is_empty()) {
        notes.insert("prompt".to_owned(), list(options.prompts.iter().map(|prompt| prompt.name.clone()).collect()));
    }
    notes
}
