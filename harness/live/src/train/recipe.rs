//! A recipe: what is trained, how, and on which text.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::LiveError;

/// A recipe file. Its digest is kept in checkpoints: another recipe is another training.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Recipe {
    /// The model's name.
    pub name: String,
    /// Its widths and counts.
    pub model: Model,
    /// How it is trained.
    pub training: Training,
    /// What it is trained on.
    pub text: Text,
    /// The file's bytes, and where they were.
    #[serde(skip)]
    source: (PathBuf, String),
}

/// Widths and counts of the decoder.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Model {
    /// Transformer blocks.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Attention heads; they divide the width into even parts.
    pub heads: usize,
    /// Feed-forward neurons of a block, or of each of its experts.
    pub neurons: usize,
    /// A mixture of experts; without one, each block is a `ReLU` network of `neurons`.
    pub experts: Option<Experts>,
    /// Tokens of the vocabulary: 256 bytes, and pairs beyond.
    pub vocabulary: usize,
    /// Tokens of one sequence.
    pub context: usize,
}

/// The experts of every block.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Experts {
    /// How many there are.
    pub count: usize,
    /// How many a token uses.
    pub chosen: usize,
    /// Weight of the load-balancing loss (Switch Transformer, equation 4).
    pub balance: f64,
}

/// How it is trained.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Training {
    /// Seed of the first weights and of the order of the text.
    pub seed: u64,
    /// Optimiser steps.
    pub steps: u32,
    /// Sequences of one step.
    pub batch: usize,
    /// Highest learning rate; a cosine takes it down to a tenth.
    pub learning_rate: f64,
    /// Steps in which the rate rises from zero.
    pub warm_up_steps: u32,
    /// Share of a weight matrix that a step takes away, times the learning rate.
    pub weight_decay: f64,
    /// Weight of the mean size of what a layer's neurons give, summed over layers (`ProSparse`, section 3.2): it makes
    /// more of them zero. For `ReLU` networks only.
    #[serde(default)]
    pub activation_penalty: f64,
    /// Steps between two points of the loss curve; a checkpoint is written at each.
    pub evaluate_every: u32,
}

/// What it is trained on.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Text {
    /// Where the text is from, and how to get it.
    pub from: String,
    /// SHA-256 of all its files, in the order of their paths.
    pub digest: String,
    /// Files that nothing is learned from, relative to the text's folder.
    pub held_out: Vec<String>,
}

impl Recipe {
    /// Reads and checks a recipe.
    pub fn load(path: &Path) -> Result<Self, LiveError> {
        let text = super::read(path)?;
        let fail = |problem: String| LiveError::Recipe { path: path.to_path_buf(), problem };
        let mut recipe: Self = toml::from_str(&text).map_err(|error| fail(error.to_string()))?;
        recipe.source = (path.to_path_buf(), text);
        recipe.check().map_err(fail)?;
        Ok(recipe)
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn digest(&self) -> String {
        crate::digest::of_text(&self.source.1)
    }

    /// Where it was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.source.0
    }

    fn check(&self) -> Result<(), String> {
        let Model { layers, width, heads, neurons, experts, vocabulary, context } = &self.model;
        let Training { steps, batch, learning_rate, activation_penalty, evaluate_every, .. } = &self.training;
        let positive = [
            ("model.layers", *layers),
            ("model.width", *width),
            ("model.heads", *heads),
            ("model.neurons", *neurons),
            ("model.context", *context),
            ("training.batch", *batch),
            ("training.steps", *steps as usize),
            ("training.evaluate-every", *evaluate_every as usize),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, number)| *number == 0) {
            return Err(format!("`{key}` is 0; give at least 1"));
        }
        if !width.is_multiple_of(2 * heads) {
            return Err(format!("`model.heads`: {heads} heads do not divide a width of {width} into even parts"));
        }
        if *vocabulary < 256 {
            return Err(format!("`model.vocabulary` is {vocabulary}; 256 bytes are its least"));
        }
        if !(*learning_rate > 0.0 && *learning_rate < 1.0) {
            return Err(format!("`training.learning-rate` is {learning_rate}; give one between 0 and 1"));
        }
        match experts {
            Some(Experts { count, chosen, .. }) if *chosen == 0 || chosen > count => {
                Err(format!("`model.experts.chosen`: {chosen} of {count} experts can't be chosen"))
            }
            Some(_) if *activation_penalty != 0.0 => {
                Err("`training.activation-penalty` is for ReLU networks; leave it out of a mixture of experts"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }
}
