//! Records a real run of a real model into a trace file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tightfit_scenarios::trace::{Geometry, Header, Unit, Writer};

use crate::active::{Definition, SCORE_BITS};
use crate::chat::ChatTemplate;
use crate::config::Config;
use crate::generate::{PREFILL_BATCH, greedy};
use crate::gguf::Gguf;
use crate::model::Llama;
use crate::rows::Rows;
use crate::tokenizer::Tokenizer;
use crate::{LiveError, Weights, digest, threads};

/// What to record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordOptions {
    /// The model, a GGUF file.
    pub model: PathBuf,
    /// The model's name in the trace; without one, the file's own metadata name it (`smollm2-135m`).
    pub model_name: Option<String>,
    /// The user's message, or with `chat` off the bare text. Its digest goes into the trace.
    pub prompt: String,
    /// A short name for the prompt, kept in the trace's notes.
    pub prompt_name: String,
    /// Tokens to generate; fewer come where the model ends its answer.
    pub tokens: u32,
    /// Share of a layer's activation mass that its active neurons must reach, in (0, 1].
    pub mass_share: f64,
    /// Whether to keep each active neuron's score (more than doubles the file).
    pub scores: bool,
    /// Threads to run on; 1 is immune to other programs on the machine.
    pub threads: usize,
    /// The trace file. It appears when it is complete, replacing what was there.
    pub out: PathBuf,
    /// Whether to wrap the prompt in the model's chat template, with the system prompt that it was trained with.
    pub chat: bool,
    /// How the weights are held, which decides the arithmetic.
    pub weights: Weights,
}

impl RecordOptions {
    /// The usual options: 128 tokens, a mass share of 0.9 with scores, one thread, chat, 32-bit floats.
    #[must_use]
    pub fn new(model: impl Into<PathBuf>, prompt: impl Into<String>, out: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            model_name: None,
            prompt: prompt.into(),
            prompt_name: String::new(),
            tokens: 128,
            mass_share: 0.9,
            scores: true,
            threads: 1,
            out: out.into(),
            chat: true,
            weights: Weights::default(),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordSummary {
    /// Name of the model, as in the trace.
    pub model: String,
    /// SHA-256 of the model file, hexadecimal.
    pub model_digest: String,
    /// SHA-256 of the prompt as given, hexadecimal.
    pub prompt_digest: String,
    /// Tokens of the prompt, chat template included: prefill rows are these times the layers.
    pub prompt_tokens: usize,
    /// Generated tokens, each one decode step.
    pub generated: Vec<u32>,
    /// Their text.
    pub text: String,
    /// Mean share of neurons active, by layer.
    pub active_shares: Vec<f64>,
    /// Time to read and convert the weights.
    pub load: Duration,
    /// Time to run prompt and generation, and to write.
    pub run: Duration,
}

impl RecordSummary {
    /// Mean share of neurons active over all layers.
    #[must_use]
    pub fn active_share(&self) -> f64 {
        self.active_shares.iter().sum::<f64>() / self.active_shares.len() as f64
    }
}

/// Reads a prompt from a text file; the line end that editors put behind the last line is not part of it.
pub fn read_prompt(path: &Path) -> Result<String, LiveError> {
    let failed = |source| LiveError::Read { path: path.to_path_buf(), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Runs a model over a prompt, generates greedily, and writes one trace row per (token, layer).
///
/// `progress` is called with tokens done and tokens expected, prompt included. The same options give the same bytes.
/// Nothing is written before model, prompt and options are known to be sound.
pub fn record(
    options: &RecordOptions,
    progress: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<RecordSummary, LiveError> {
    let definition = Definition::mass_share(options.mass_share)?;
    threads::run(options.threads, || run(options, definition, progress))
}

fn run(
    options: &RecordOptions,
    definition: Definition,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<RecordSummary, LiveError> {
    let begun = Instant::now();
    let mut gguf = Gguf::open(&options.model)?;
    let config = Config::read(&gguf)?;
    let tokenizer = Tokenizer::load(&gguf)?;
    let template = options.chat.then(|| ChatTemplate::load(&gguf)).transpose()?;
    let prompt = template.as_ref().map_or_else(|| options.prompt.clone(), |template| template.wrap(&options.prompt));
    let prompt = tokenizer.encode(&prompt)?;
    let expected = prompt.len() + options.tokens as usize;
    check_length(&config, prompt.len(), options.tokens)?;
    let model_digest = digest::of_file(&options.model)?;
    let model = Llama::load(&mut gguf, options.weights)?;
    let load = begun.elapsed();

    let begun = Instant::now();
    let header = Header {
        geometry: geometry(&gguf, &config)?,
        bundle_bytes: Vec::new(),
        model: options.model_name.clone().map_or_else(|| model_name(&gguf), Ok)?,
        model_digest,
        prompt_digest: digest::of_text(&options.prompt),
        recorder: "tightfit-live".to_owned(),
        recorder_version: env!("CARGO_PKG_VERSION").to_owned(),
        definition: definition.label(),
        notes: notes(options, template.as_ref(), prompt.len()),
    };
    let mut writer = Writer::create(&options.out, &header, options.scores)?;
    let shape = [config.layers, config.neurons];
    let mut rows = Rows::new(&mut writer, definition, options.scores, prompt.len(), shape);
    let mut session = model.session(expected)?;
    let mut done = |tokens| progress(tokens, expected);
    let ends = tokenizer.ends();
    let generated = greedy(&model, &mut session, &prompt, options.tokens as usize, ends, &mut rows, &mut done)?;
    let active_shares = rows.active_shares();
    writer.finish()?;
    Ok(RecordSummary {
        model: header.model,
        model_digest: header.model_digest,
        prompt_digest: header.prompt_digest,
        prompt_tokens: prompt.len(),
        text: tokenizer.decode(&generated)?,
        generated,
        active_shares,
        load,
        run: begun.elapsed(),
    })
}

fn check_length(config: &Config, prompt: usize, tokens: u32) -> Result<(), LiveError> {
    let (tokens, context) = (tokens as usize, config.context);
    match prompt {
        0 => Err(LiveError::EmptyPrompt),
        _ if prompt + tokens > context => Err(LiveError::TooLong { prompt, tokens, context }),
        _ => Ok(()),
    }
}

fn geometry(gguf: &Gguf, config: &Config) -> Result<Geometry, LiveError> {
    let narrow = |number: usize, name: &str| u32::try_from(number).map_err(|_| gguf.problem(name, "is above 2^32"));
    Ok(Geometry {
        unit: Unit::Neuron,
        layers: narrow(config.layers, "block_count")?,
        bundles_per_layer: narrow(config.neurons, "feed_forward_length")?,
    })
}

/// Base name and size as the file states them, else the file's own name.
fn model_name(gguf: &Gguf) -> Result<String, LiveError> {
    let stated = (gguf.optional_text("general.basename")?, gguf.optional_text("general.size_label")?);
    let name = match stated {
        (Some(base), Some(size)) => format!("{base}-{size}"),
        _ => gguf.path().file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    Ok(name.to_lowercase().replace(' ', "-"))
}

fn notes(options: &RecordOptions, template: Option<&ChatTemplate>, prompt_tokens: usize) -> BTreeMap<String, String> {
    let file = options.model.file_name().unwrap_or_default().to_string_lossy();
    let chat = match template {
        None => "off: the prompt as it is".to_owned(),
        Some(template) => format!("chatml, system: {}", template.system().unwrap_or("none")),
    };
    let mut notes = BTreeMap::from([
        ("activation".to_owned(), "abs(silu(gate) * up)".to_owned()),
        ("chat-template".to_owned(), chat),
        ("framework".to_owned(), "candle 0.11.1, CPU".to_owned()),
        ("model-file".to_owned(), file.into_owned()),
        ("prefill".to_owned(), format!("in batches of {PREFILL_BATCH} tokens")),
        ("prompt-tokens".to_owned(), prompt_tokens.to_string()),
        ("sampling".to_owned(), "greedy".to_owned()),
        ("tokens-asked".to_owned(), options.tokens.to_string()),
        ("weights".to_owned(), options.weights.note().to_owned()),
    ]);
    if options.scores {
        let score = format!("share of the layer's activation mass, rounded to {SCORE_BITS} significant bits");
        notes.insert("score".to_owned(), score);
    }
    if !options.prompt_name.is_empty() {
        notes.insert("prompt".to_owned(), options.prompt_name.clone());
    }
    notes
}
