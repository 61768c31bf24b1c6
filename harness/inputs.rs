//! Everything that a scenario names, loaded and checked against each other before anything runs.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path, sync::Arc};

use sha2::{Digest, Sha256};
use tightfit_devices::{Device, Runtime};
use tightfit_scenarios::{
    Model, Scenario, Settings, Strategy,
    model::{FeedForward, Weights, reference},
    scenario::Prefill,
    strategy::{Mechanism, Names, Predictor, Prefetch, Rows, Stream},
    trace::{Recorded, Trace, Unit},
};
use toml::Value;

use crate::{
    OwnPolicy, RunError,
    compose::profile::{self, Profile},
    shelf::Shelf,
};

/// A scenario's inputs.
#[derive(Debug)]
pub struct Inputs {
    /// The scenario.
    pub scenario: Scenario,
    /// Its devices, in order.
    pub devices: Vec<Arc<Device>>,
    /// Its model.
    pub model: Arc<Model>,
    /// The model in the scenario's quantization.
    pub weights: Weights,
    /// The quantization's name.
    pub quantization: String,
    /// Its trace, where it has one.
    pub trace: Option<Arc<Recorded>>,
    /// SHA-256 of the texts and files, by what they are.
    pub digests: BTreeMap<String, String>,
    /// Keys of the devices that are not as in their profiles, without the leading `device.`.
    pub device_settings: Vec<(String, Value)>,
    /// Policies of one's own, by the name of the strategy that evicts with them.
    pub(crate) policies: Vec<OwnPolicy>,
    /// What is shared with other inputs.
    pub(crate) shelf: Arc<Shelf>,
}

impl Inputs {
    /// Loads what `scenario` names.
    pub fn load(scenario: Scenario, settings: &Settings) -> Result<Self, RunError> {
        Self::load_from(&Arc::default(), scenario, settings)
    }

    /// The same, with what other inputs have loaded before.
    pub(crate) fn load_from(shelf: &Arc<Shelf>, scenario: Scenario, settings: &Settings) -> Result<Self, RunError> {
        let mut digests = BTreeMap::new();
        digests.insert("scenario".to_owned(), hexadecimal(scenario.source.text.as_bytes()));
        let mut devices = Vec::new();
        for name in &scenario.devices {
            let (device, digest) = shelf.device(name, &settings.device)?;
            digests.insert(format!("device.{}", device.name), digest);
            devices.push(device);
        }
        let (model, digest) = shelf.model(&scenario.model)?;
        digests.insert("model".to_owned(), digest);
        // What the model's name says of its packaging counts where the scenario says nothing.
        let hint = || reference::known(&scenario.model).and_then(|found| found.quantization).map(str::to_owned);
        let asked = scenario.quantization.clone().or_else(hint);
        let quantization = asked.unwrap_or_else(|| model.default_quantization.clone());
        let weights = model.weights(&quantization)?;
        let trace = match &scenario.trace {
            None => None,
            Some(name) => {
                let (trace, digest) = shelf.trace(name)?;
                digests.insert("trace".to_owned(), digest);
                Some(trace)
            }
        };
        let (device_settings, shelf) = (settings.device.clone(), Arc::clone(shelf));
        let inputs = Self {
            scenario,
            devices,
            model,
            weights,
            quantization,
            trace,
            digests,
            device_settings,
            policies: Vec::new(),
            shelf,
        };
        inputs.check()?;
        Ok(inputs)
    }

    /// The same, where strategies of these policies' names evict with them.
    #[must_use]
    pub fn with_policies(mut self, policies: Vec<OwnPolicy>) -> Self {
        self.policies = policies;
        self
    }

    /// The runtime of `device` that the scenario asks for.
    ///
    /// # Panics
    /// If the device lacks it, which loading rules out.
    #[must_use]
    pub fn runtime<'d>(&self, device: &'d Device) -> &'d Runtime {
        device.runtime(&self.scenario.runtime, self.scenario.processor).expect("loading checked the runtime")
    }

    /// What people call the devices and the model, by their names.
    #[must_use]
    pub fn titles(&self) -> BTreeMap<String, String> {
        let devices = self.devices.iter().map(|device| (device.name.clone(), device.title.clone()));
        devices.chain([(self.model.name.clone(), self.model.title.clone())]).collect()
    }

    /// The trace with all its rows in memory, where there is a trace that is not.
    pub(crate) fn held_trace(&self) -> Result<Option<Arc<Trace>>, RunError> {
        match (&self.scenario.trace, self.trace.as_deref()) {
            (Some(name), Some(Recorded::Filed(file))) => self.shelf.held_trace(name, || Ok(file.read()?)).map(Some),
            _ => Ok(None),
        }
    }

    /// The profile that `strategy` learns from, where it does.
    pub fn profile(&self, strategy: &Strategy) -> Result<Option<Arc<Profile>>, RunError> {
        let (Some(tokens), Some(trace)) = (strategy.profile_tokens, self.trace.as_deref()) else { return Ok(None) };
        let number = self.scenario.request.trace_request;
        let request = trace.requests()[number as usize];
        let key = format!("{:?} {number} {tokens}", self.scenario.trace);
        let made = self.shelf.profile(&key, || match trace {
            Recorded::Held(trace) => Ok(Profile::new(trace.stretch(), request, tokens)),
            Recorded::Filed(file) => {
                let end_token = request.first_token + profile::head(request, tokens) as usize;
                Ok(Profile::new(&file.stretch(request.first_token..end_token)?, request, tokens))
            }
        });
        made.map(Some)
    }

    /// An error about inputs that don't go together.
    pub(crate) fn wrong(&self, problem: String) -> RunError {
        RunError::Together { scenario: self.scenario.name.clone(), problem }
    }

    fn check(&self) -> Result<(), RunError> {
        let scenario = &self.scenario;
        for (index, device) in self.devices.iter().enumerate() {
            self.check_memory(device)?;
            if self.devices[..index].iter().any(|earlier| earlier.name == device.name) {
                return Err(self.wrong(format!(
                    "two devices are called {}: leave one out, or give its profile another name",
                    device.name
                )));
            }
            if device.runtime(&scenario.runtime, scenario.processor).is_none() {
                let known: Vec<String> = device
                    .runtimes
                    .iter()
                    .map(|runtime| format!("{} on {}", runtime.name, runtime.processor))
                    .collect();
                return Err(self.wrong(format!(
                    "device {} has no runtime {} on {}: it has {}",
                    device.name,
                    scenario.runtime,
                    scenario.processor,
                    known.join(", ")
                )));
            }
        }
        let sparse = scenario.strategies.iter().find(|strategy| strategy.stream == Stream::FeedForward);
        if let (Some(strategy), None) = (sparse, &self.trace) {
            return Err(self.wrong(format!(
                "strategy {} streams the rows that a trace says are active: give trace = \"...\", or leave it out",
                strategy.name
            )));
        }
        if let (Some(strategy), false) = (sparse, self.weights.has_bundles_everywhere()) {
            return Err(self.wrong(format!(
                "strategy {} streams experts, which the first layers of {} have none of: run strategies that stream \
                 everything (--strategy layer-stream)",
                strategy.name, self.model.name
            )));
        }
        if let Some(trace) = &self.trace {
            self.check_trace(trace)?;
        }
        self.check_rows()?;
        self.check_batch()?;
        self.check_scores()?;
        self.check_predictions()?;
        self.check_prompt()
    }

    /// That rows that are not needed add nothing where they are computed all the same.
    fn check_rows(&self) -> Result<(), RunError> {
        let computes_all = |strategy: &&Strategy| match &strategy.mechanism {
            Mechanism::ResidentSet { set, .. } => set.rows == Rows::Resident,
            Mechanism::PageCache(_) => false,
        };
        let experts = self.trace.as_ref().is_some_and(|trace| trace.geometry().unit == Unit::Expert);
        match self.scenario.strategies.iter().find(computes_all) {
            Some(strategy) if experts || strategy.routing.is_some() => Err(self.wrong(format!(
                "strategy {} computes all rows that are in DRAM (resident-set.rows = \"resident\"), which holds for neurons, \
                 whose inactive rows add nothing: an expert that was not chosen would",
                strategy.name
            ))),
            _ => Ok(()),
        }
    }

    /// That what is asked of several sequences at once is something that can be simulated.
    fn check_batch(&self) -> Result<(), RunError> {
        let request = &self.scenario.request;
        if request.batch.0.get() == 1 {
            return Ok(());
        }
        if request.prefill == Prefill::Sequential {
            return Err(self.wrong(
                "request.batch: the prompts of several sequences are processed at once: leave request.prefill out"
                    .to_owned(),
            ));
        }
        let alone = |strategy: &&Strategy| strategy.speculative.is_some() || strategy.routing.is_some();
        if let Some(strategy) = self.scenario.strategies.iter().find(alone) {
            return Err(self.wrong(format!(
                "request.batch: strategy {} drafts tokens or bends routing, which is simulated for one sequence: leave the \
                 batch or the strategy out",
                strategy.name
            )));
        }
        Ok(())
    }

    /// That a strategy that ranks bundles by their scores finds some.
    fn check_scores(&self) -> Result<(), RunError> {
        let ranks = |strategy: &&Strategy| {
            let by_router = match &strategy.mechanism {
                Mechanism::ResidentSet { set, .. } => matches!(set.prefetch, Prefetch::Router { .. }),
                Mechanism::PageCache(_) => false,
            };
            by_router || strategy.routing.is_some()
        };
        let ranking = self.scenario.strategies.iter().find(ranks);
        match (ranking, &self.trace) {
            (Some(strategy), Some(trace)) if !trace.has_scores() => Err(self.wrong(format!(
                "strategy {} ranks bundles by their scores, and the trace has none: record it with scores",
                strategy.name
            ))),
            _ => Ok(()),
        }
    }

    /// That a strategy that takes predictions from the trace finds some, and charges for the predictor that made them.
    fn check_predictions(&self) -> Result<(), RunError> {
        let Some(trace) = &self.trace else { return Ok(()) };
        for strategy in &self.scenario.strategies {
            let Some(Predictor { names: Names::Recorded {}, rank, .. }) = strategy.predictor else { continue };
            if !trace.has_predictions() {
                return Err(self.wrong(format!(
                    "strategy {} takes a predictor's word from the trace, which has none: add it with `tightfit trace predict`",
                    strategy.name
                )));
            }
            let made = trace.header().notes.get("predictor-rank");
            if made.is_some_and(|made| *made != rank.to_string()) {
                return Err(self.wrong(format!(
                    "strategy {}: predictor.rank = {rank}, and the predictor in the trace is of rank {}: give that",
                    strategy.name,
                    made.map_or("", String::as_str)
                )));
            }
        }
        Ok(())
    }

    /// That the device has the memory that the scenario speaks of.
    fn check_memory(&self, device: &Device) -> Result<(), RunError> {
        let memory = &self.scenario.memory;
        if memory.entitled && memory.limit.is_none() && device.memory.app_limit_entitled.is_none() {
            return Err(self.wrong(format!(
                "device {} has no app-limit-entitled-mb: leave memory.entitled out, or give memory.limit-mb",
                device.name
            )));
        }
        let (name, total_mb) = (&device.name, device.memory.total.get() / 1_000_000);
        let limits = memory.curve_mb.iter().map(|&limit_mb| ("memory.curve-mb", u64::from(limit_mb)));
        let own = memory.limit.map(|limit| ("memory.limit-mb", limit.get().div_ceil(1_000_000)));
        if let Some((key, limit_mb)) = own.into_iter().chain(limits).find(|&(_, limit_mb)| limit_mb > total_mb) {
            return Err(
                self.wrong(format!("{key}: {limit_mb} MB on {name}, which has {total_mb} MB in all: give less"))
            );
        }
        Ok(())
    }

    /// That the model can take the prompt in.
    fn check_prompt(&self) -> Result<(), RunError> {
        let request = &self.scenario.request;
        let of_trace = self.trace.as_ref().map(|trace| trace.requests()[request.trace_request as usize].prefill_tokens);
        let (prompt_tokens, context) = (of_trace.or(request.prompt_tokens).unwrap_or(1), self.model.context);
        if prompt_tokens > context {
            return Err(self.wrong(format!(
                "a prompt of {prompt_tokens} tokens: {} has a context of {context}, give a shorter one",
                self.model.name
            )));
        }
        Ok(())
    }

    /// That the trace was recorded on a model of this shape, and has a prompt and an output.
    fn check_trace(&self, trace: &Recorded) -> Result<(), RunError> {
        let of_trace = trace.geometry();
        let unit = match self.model.feed_forward {
            FeedForward::Neurons { .. } => Unit::Neuron,
            FeedForward::Experts { .. } => Unit::Expert,
        };
        let of_model = (unit, self.weights.layer_count(), self.weights.bundles_per_layer);
        if (of_trace.unit, of_trace.layers, of_trace.bundles_per_layer) != of_model {
            return Err(self.wrong(format!(
                "the trace was recorded on {} ({} layers of {} {}s), the model {} has {} layers of {} {}s: take the trace's \
                 model or a trace of this one",
                trace.header().model,
                of_trace.layers,
                of_trace.bundles_per_layer,
                of_trace.unit.as_str(),
                self.model.name,
                of_model.1,
                of_model.2,
                unit.as_str(),
            )));
        }
        let number = self.scenario.request.trace_request;
        let requests = trace.requests().len();
        let Some(request) = trace.requests().get(number as usize) else {
            return Err(self.wrong(format!(
                "request.trace-request = {number}: the trace has {requests} request(s), counted from 0"
            )));
        };
        if request.prefill_tokens == 0 {
            return Err(self.wrong(format!(
                "request {number} of the trace has no prompt: record the prompt's tokens too (phase prefill)"
            )));
        }
        if request.decode_tokens == 0 && self.scenario.request.output_tokens.is_some_and(|tokens| tokens > 1) {
            return Err(self.wrong(format!(
                "request {number} of the trace has no generated token to repeat: leave request.output-tokens out, or \
                 record some (phase decode)"
            )));
        }
        Ok(())
    }
}

/// SHA-256, hexadecimal.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    digits(&Sha256::digest(bytes))
}

/// SHA-256 of a file, hexadecimal, in memory that does not grow with it.
pub(crate) fn file_digest(path: &Path) -> Result<String, RunError> {
    let problem = |problem| RunError::File { path: path.display().to_string(), problem };
    let mut file = File::open(path).map_err(problem)?;
    let (mut digest, mut bytes) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut bytes).map_err(problem)? {
            0 => return Ok(digits(&digest.finalize())),
            count => digest.update(&bytes[..count]),
        }
    }
}

fn digits(digest: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
