//! The part of a synthetic trace that all layers share: which earlier token each token resembles, and how much.
//!
//! In a recorded trace (Qwen3-30B-A3B) the overlap of two tokens' sets varies four times as much between pairs of tokens as
//! independent layers would allow, and a token's closest kin lies 1 to 5 tokens back for one in five, anywhere for the rest.

use serde::Deserialize;

use super::random::Random;

/// The `[tokens]` section of a recipe.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TokenProcess {
    /// Share of the tokens whose kin is near; the others' lies anywhere in the memory.
    pub near_share: f64,
    /// Mean distance of near kin, in tokens.
    pub near_tokens: f64,
    /// How far back kin may lie, in tokens: what the generator keeps in memory.
    pub memory_tokens: u32,
    /// How much likeness differs between tokens: one half of them has a layer's times 1 + spread, the other times 1 - spread.
    /// Words that come back take what they took before, and new ones don't; an even spread in between makes caches of two to
    /// four tokens hit too often.
    pub spread: f64,
    /// Likeness and recency of a prompt's tokens, as a share of a generated token's.
    pub prompt_factor: f64,
}

/// What one token is to those before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Token {
    /// Number among all tokens of the trace: its place in the random streams.
    pub(super) number: u64,
    /// How many tokens back its kin lies; 0 for the first of a request, which has none.
    pub(super) kin_lag: u32,
    /// Times a layer's likeness.
    pub(super) likeness: f64,
    /// Times a layer's recency.
    pub(super) recency: f64,
}

impl TokenProcess {
    /// The token of that number, the `position`th of its request.
    pub(super) fn token(&self, seed: u64, number: u64, position: u32, is_prompt: bool) -> Token {
        let mut random = Random::at(seed, *b"kin     ", number, 0);
        let factor = if is_prompt { self.prompt_factor } else { 1.0 };
        let reach = position.min(self.memory_tokens);
        let mut kin_lag = 0;
        if reach > 0 {
            kin_lag = if random.happens(self.near_share) {
                let mut lag = 1;
                while lag < reach && !random.happens(1.0 / self.near_tokens) {
                    lag += 1;
                }
                lag
            } else {
                1 + random.below(reach)
            };
        }
        let likeness = factor * if random.happens(0.5) { 1.0 + self.spread } else { 1.0 - self.spread };
        Token { number, kin_lag, likeness, recency: factor }
    }
}

#[cfg(test)]
mod tests {
    use super::TokenProcess;

    const PROCESS: TokenProcess =
        TokenProcess { near_share: 0.5, near_tokens: 2.0, memory_tokens: 64, spread: 0.4, prompt_factor: 0.5 };

    #[test]
    fn kin_lie_near_or_anywhere_and_never_before_the_request() {
        let lags: Vec<u32> = (0..4000).map(|number| PROCESS.token(7, number, 200, false).kin_lag).collect();
        assert!(lags.iter().all(|lag| (1..=64).contains(lag)));
        // Near: mean 2. Far: mean 32.5. So a mean of 17, and one in four right before.
        let mean = f64::from(lags.iter().sum::<u32>()) / 4000.0;
        assert!((15.5..19.0).contains(&mean), "{mean}");
        let next = lags.iter().filter(|&&lag| lag == 1).count();
        assert!((900..1150).contains(&next), "{next}");
        assert_eq!(PROCESS.token(7, 9, 0, true).kin_lag, 0);
        assert!((0..500).all(|number| PROCESS.token(7, number, 3, false).kin_lag <= 3));
    }

    #[test]
    fn a_prompt_resembles_less() {
        let (prompt, generated) = (PROCESS.token(7, 5, 9, true), PROCESS.token(7, 5, 9, false));
        assert_eq!(prompt.kin_lag, generated.kin_lag);
        assert!((prompt.likeness * 2.0 - generated.likeness).abs() < 1e-12);
        assert!((0.6..=1.4).contains(&generated.likeness));
    }
}
