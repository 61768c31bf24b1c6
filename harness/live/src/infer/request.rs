//! A request: the prompt in batches, then token by token, as the model goes on; or a text that it is told.

use tightfit_engine::counters::{Counters, Owners};
use tightfit_engine::evict::Evict;
use tightfit_engine::script::Positions;
use tightfit_engine::session::Stepper;
use tightfit_engine::{Engine, live};
use tightfit_host::{HostError, HostPlatform};

use super::Decoder;
use crate::LiveError;
use crate::generate::{PREFILL_BATCH, likeliest};

/// State of a request at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// When the last owner's time ended.
    pub at_ns: u64,
    /// Owners of the time.
    pub owners: Owners,
    /// Counts.
    pub counters: Counters,
    /// Time with a read in flight.
    pub flash_busy_ns: u64,
}

/// An engine with a model, in the middle of a request.
pub struct Request<'e, 's, E> {
    engine: &'e mut Engine<'s, HostPlatform<Decoder>, E>,
    inner: live::Request,
    /// At the start, after the prompt (or the first token), then after each token.
    moments: Vec<Moment>,
}

impl<'e, 's, E: Evict> Request<'e, 's, E> {
    /// Begins: what has to be in memory is read.
    pub fn new(engine: &'e mut Engine<'s, HostPlatform<Decoder>, E>) -> Result<Self, HostError> {
        let layers = u32::try_from(engine.platform().kernels().config().layers).expect("few layers");
        let inner = live::Request::new(engine, layers);
        engine.platform().outcome()?;
        let mut request = Self { engine, inner, moments: Vec::new() };
        request.note();
        Ok(request)
    }

    /// What was noted: at the start, after the prompt (or the first token), after each token.
    #[must_use]
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// What the head made of the last token.
    #[must_use]
    pub fn logits(&self) -> &[f32] {
        self.engine.platform().kernels().logits()
    }

    /// Runs a prompt in batches, and the head over its last token.
    pub fn prompt(&mut self, tokens: &[u32]) -> Result<(), LiveError> {
        if tokens.is_empty() {
            return Err(LiveError::EmptyPrompt);
        }
        for batch in tokens.chunks(PREFILL_BATCH) {
            self.pass(batch)?;
        }
        self.head()
    }

    /// Runs one token, and the head over it.
    pub fn token(&mut self, token: u32) -> Result<(), LiveError> {
        self.pass(&[token])?;
        self.head()
    }

    /// Takes the likeliest token and runs it, up to `tokens` times, and gives them to `said`; a token of which `ends` says so
    /// ends it and is not said.
    pub fn generate(
        &mut self,
        tokens: usize,
        ends: impl Fn(u32) -> bool,
        mut said: impl FnMut(u32),
    ) -> Result<(), LiveError> {
        for number in 0..tokens {
            let next = likeliest(self.logits())?;
            if ends(next) {
                return Ok(());
            }
            said(next);
            // The last token's successor is nobody's business.
            if number + 1 < tokens {
                self.token(next)?;
            }
        }
        Ok(())
    }

    /// Runs a text token by token. Returns the nats that its tokens took, all but the first.
    pub fn tell(&mut self, tokens: &[u32], mut told: impl FnMut(usize)) -> Result<f64, LiveError> {
        let mut nats = 0.0;
        for (number, pair) in tokens.windows(2).enumerate() {
            self.token(pair[0])?;
            nats += surprise(self.logits(), pair[1])?;
            told(number + 1);
        }
        Ok(nats)
    }

    /// Ends: the laws that hold between the counts, and between time and its owners.
    ///
    /// # Panics
    /// If one of them is broken.
    #[must_use]
    pub fn end(self) -> Vec<Moment> {
        self.inner.assert_laws(self.engine);
        self.moments
    }

    fn pass(&mut self, tokens: &[u32]) -> Result<(), LiveError> {
        let decoder = self.engine.platform_mut().kernels_mut();
        decoder.take(tokens);
        let context = narrow(decoder.position() + tokens.len());
        let positions = Positions::of(narrow(tokens.len()));
        self.inner.pass(self.engine, positions, context, |platform, layer, named| {
            platform.kernels_mut().name(layer, named);
        });
        self.engine.platform_mut().kernels_mut().pass_over();
        Ok(self.engine.platform().outcome()?)
    }

    fn head(&mut self) -> Result<(), LiveError> {
        let context = narrow(self.engine.platform().kernels().position());
        self.inner.head(self.engine, 1, context);
        self.note();
        Ok(self.engine.platform().outcome()?)
    }

    fn note(&mut self) {
        self.moments.push(Moment {
            at_ns: self.engine.owned_until_ns(),
            owners: self.engine.owners(),
            counters: self.engine.counters(),
            flash_busy_ns: self.engine.platform().flash_busy_ns(),
        });
    }
}

/// Nats that a token takes after such numbers of the head.
fn surprise(logits: &[f32], token: u32) -> Result<f64, LiveError> {
    let highest = f64::from(logits[likeliest(logits)? as usize]);
    let total: f64 = logits.iter().map(|&logit| (f64::from(logit) - highest).exp()).sum();
    Ok(total.ln() + highest - f64::from(logits[token as usize]))
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("contexts are below 2^32")
}
