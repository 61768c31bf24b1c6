//! Live inference: a model that computes on this machine, its feed-forward weights through the engine's resident set.
//!
//! A *line* is one strategy and one definition of what is active. Every line answers the same prompt, or is told the same
//! text, with an engine, a store and a key-value cache of its own; what can be shared (the model file, a store of the same
//! bundles) is made once.

mod figures;
mod stores;

use std::path::PathBuf;

use tightfit_devices::Device;
use tightfit_engine::{resident, session::Stepper};
use tightfit_host::{HostPlatform, Reads as ReadBy, Spec};
use tightfit_live::{
    Definition, LiveError,
    active::Selector,
    infer::{self, Bundles, Decoder, Moment, Request},
    source::Source,
    tokenizer::Tokenizer,
};
use tightfit_scenarios::{
    Settings, Strategy,
    strategy::{Placement, Reads, ResidentSet},
};
use tightfit_sim::service::ServiceTable;

use crate::{
    RunError,
    compose::live::{self, Live},
};

pub use figures::{HeldMemory, InferFile, Inferred, Told};
use stores::Stores;

const MIB: u64 = 1 << 20;

/// What the model is given.
#[derive(Clone, Debug)]
pub enum Given {
    /// A prompt, to be answered.
    Prompt {
        /// The prompt's text.
        text: String,
        /// Whether it is wrapped as the model's conversations are.
        chat: bool,
    },
    /// A text, whose tokens it is told one after the other.
    Text(String),
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The model: a GGUF file, or the folder of a Hugging Face checkpoint.
    pub model: PathBuf,
    /// Strategies, by name or path.
    pub strategies: Vec<String>,
    /// Keys of strategies that are set.
    pub settings: Settings,
    /// What is active; `None` computes all neurons.
    pub active: Vec<Option<Definition>>,
    /// The text on which thresholds are found.
    pub calibration: Option<String>,
    /// What the resident set may use; without it, room for all bundles.
    pub budget_mib: Option<u32>,
    /// What the model is given.
    pub given: Given,
    /// Tokens to answer, or tokens of the text.
    pub tokens: usize,
    /// The store to read: it is written where it is not there. Without it, one is written to `folder` and removed at the end.
    pub store: Option<PathBuf>,
    /// Where stores lie that nobody named.
    pub folder: PathBuf,
    /// How reads are made.
    pub reads: ReadBy,
    /// Told of every store that is written.
    pub note: fn(&str),
}

/// Runs every strategy with every definition. `passed` is told the line's number and how many tokens have passed.
pub fn infer(options: &Options, mut passed: impl FnMut(usize, usize)) -> Result<Vec<Inferred>, RunError> {
    let strategies = strategies(options)?;
    let mut source = Source::open(&options.model)?;
    let tokenizer = source.tokenizer()?;
    let tokens = tokens(options, &source, &tokenizer)?;
    let selectors = options.active.iter().map(|definition| selector(options, *definition));
    let selectors = selectors.collect::<Result<Vec<_>, _>>()?;
    let mut stores = Stores::new(options);
    let mut lines = Vec::with_capacity(strategies.len() * selectors.len());
    for strategy in &strategies {
        for selector in &selectors {
            let (set, reads) = live::resident_set(strategy, selector.is_some())
                .map_err(|problem| RunError::Usage(format!("strategy {} {problem}", strategy.name)))?;
            let bundles = Bundles::of(&mut source, selector.is_none())?;
            let number = lines.len();
            let line = Line { options, strategy, set, reads, selector: selector.as_ref(), tokens: &tokens, number };
            lines.push(line.run(&mut source, &bundles, &mut stores, &tokenizer, &mut passed)?);
        }
    }
    Ok(lines)
}

fn strategies(options: &Options) -> Result<Vec<Strategy>, RunError> {
    let Settings { scenario, device, strategy, sweep, .. } = &options.settings;
    if let Some((key, _)) = scenario.iter().chain(device).chain(sweep).next() {
        return Err(RunError::Usage(format!("--set {key}: live there are strategies only: write strategy.KEY=VALUE")));
    }
    let load = |name: &String| Strategy::load(name, strategy);
    let strategies = options.strategies.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    match strategy.iter().find(|(key, _)| !strategies.iter().any(|strategy| strategy.has(key))) {
        Some((key, _)) => Err(RunError::Usage(format!(
            "--set strategy.{key}: no strategy that is run has this key (tightfit show strategy {})",
            strategies[0].name
        ))),
        None => Ok(strategies),
    }
}

/// The prompt's tokens, or the text's.
fn tokens(options: &Options, source: &Source, tokenizer: &Tokenizer) -> Result<Vec<u32>, RunError> {
    let context = source.config()?.context;
    match &options.given {
        Given::Prompt { text, chat } => {
            let text = if *chat { source.chat_template()?.wrap(text) } else { text.clone() };
            let tokens = tokenizer.encode(&text)?;
            if tokens.is_empty() {
                return Err(LiveError::EmptyPrompt.into());
            }
            if tokens.len() + options.tokens > context {
                return Err(LiveError::TooLong { prompt: tokens.len(), tokens: options.tokens, context }.into());
            }
            Ok(tokens)
        }
        Given::Text(text) => {
            let mut tokens = tokenizer.encode(text)?;
            // One more than is told: nobody tells the first.
            tokens.truncate((options.tokens + 1).min(context));
            if tokens.len() < 2 {
                let problem = "has fewer than two tokens: there is nothing to tell".to_owned();
                return Err(LiveError::Text { problem }.into());
            }
            Ok(tokens)
        }
    }
}

fn selector(options: &Options, definition: Option<Definition>) -> Result<Option<Selector>, RunError> {
    let select = |definition| infer::selector(&options.model, definition, options.calibration.as_deref());
    Ok(definition.map(select).transpose()?)
}

/// One line of the table, to be run.
struct Line<'a> {
    options: &'a Options,
    strategy: &'a Strategy,
    set: &'a ResidentSet,
    reads: Reads,
    selector: Option<&'a Selector>,
    tokens: &'a [u32],
    number: usize,
}

impl Line<'_> {
    fn run(
        &self,
        source: &mut Source,
        bundles: &Bundles,
        stores: &mut Stores<'_>,
        tokenizer: &Tokenizer,
        passed: &mut impl FnMut(usize, usize),
    ) -> Result<Inferred, RunError> {
        let Self { options, strategy, set, reads, selector, tokens, number } = *self;
        let store = bundles.store();
        let file = stores.file(source, bundles, &store)?;
        let answers = matches!(options.given, Given::Prompt { .. });
        let setup = infer::Setup {
            selector: selector.cloned(),
            capacity: tokens.len() + if answers { options.tokens } else { 0 },
            scored: strategy.routing.is_some(),
        };
        let decoder = Decoder::load(source, bundles, setup)?;
        let whole_bytes = store.geometry().total_bytes();
        let budget_bytes = options.budget_mib.map_or(whole_bytes, |mib| u64::from(mib) * MIB);
        let held_bytes = decoder.held_bytes();
        let predictor = decoder.holds_gates();
        let spec = Spec {
            store: store.clone().into(),
            file,
            storage: None,
            reads: options.reads,
            lanes: reads.lanes,
            prefetch_lanes: reads.prefetch_lanes.unwrap_or(reads.lanes),
            placement: Some(match set.placement {
                Placement::Compact => resident::Placement::Compact,
                Placement::InPlace => resident::Placement::InPlace,
            }),
            budget_bytes,
            row_bundles_max: bundles.per_layer(),
            verify: false,
        };
        let platform = HostPlatform::with_kernels(spec, decoder)?;
        let service = ServiceTable::new(&Device::load("generic-laptop")?.flash.law, reads.lanes);
        let live = Live { store: &store, platform, service, budget_bytes, predictor };
        let mut engine = live::engine(strategy, set, reads, live);
        let budget_bytes = engine.setup().budget_bytes;
        let mut request = Request::new(&mut engine)?;
        let mut generated = Vec::new();
        let mut told = None;
        if answers {
            request.prompt(tokens)?;
            let ends = tokenizer.ends();
            let said = |token| {
                generated.push(token);
                passed(number, generated.len());
            };
            request.generate(options.tokens, |token| ends.contains(&token), said)?;
        } else {
            let nats = request.tell(tokens, |count| passed(number, count))?;
            let tokens = tokens.len() - 1;
            told = Some(Told { tokens: tokens as u64, perplexity: (nats / tokens as f64).exp() });
        }
        let moments: Vec<Moment> = request.end();
        let resident_bytes = engine.resident_peak_bytes();
        let [dense_bytes, kv_bytes] = held_bytes;
        let memory = HeldMemory {
            peak_bytes: dense_bytes + kv_bytes + resident_bytes,
            dense_bytes,
            kv_bytes,
            resident_bytes,
            budget_bytes,
        };
        let prompt_tokens = if answers { tokens.len() } else { 1 };
        let mut inferred = figures::inferred(&moments, prompt_tokens, store.geometry().bundles());
        inferred.model = source.name()?;
        inferred.strategy.clone_from(&strategy.name);
        inferred.active = selector.map_or_else(|| "all".to_owned(), |selector| selector.definition().to_string());
        inferred.parameters = figures::parameters(strategy, options.reads, tokens.len(), generated.len());
        inferred.text = if answers { tokenizer.decode(&generated)? } else { String::new() };
        (inferred.told, inferred.memory) = (told, memory);
        Ok(inferred)
    }
}
