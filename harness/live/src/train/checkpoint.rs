//! A training under way, on disk: weights, moments and step in one file, which appears whole or not at all.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor, safetensors};

use super::decoder::Decoder;
use super::optimiser::{AdamW, Moments};
use super::recipe::Recipe;
use crate::LiveError;

/// Where a training is kept, and which recipe it follows.
#[derive(Debug)]
pub(super) struct Checkpoint {
    path: PathBuf,
    /// The recipe's digest, as bytes.
    recipe: Vec<u8>,
}

impl Checkpoint {
    pub(super) fn at(folder: &Path, recipe: &Recipe) -> Self {
        Self { path: folder.join("checkpoint.safetensors"), recipe: recipe.digest().into_bytes() }
    }

    /// Takes up what was saved and returns the steps that were done, 0 where nothing was saved.
    pub(super) fn resume(&self, decoder: &Decoder, optimiser: &mut AdamW) -> Result<u32, LiveError> {
        if !self.path.exists() {
            return Ok(0);
        }
        let fail = |problem: &str| LiveError::Checkpoint { path: self.path.clone(), problem: problem.to_owned() };
        let saved = safetensors::load(&self.path, &Device::Cpu).map_err(|error| fail(&error.to_string()))?;
        let find = |name: &str| saved.get(name).ok_or_else(|| fail(&format!("has no `{name}`")));
        if find("recipe")?.to_vec1::<u8>()? != self.recipe {
            return Err(fail("is of another recipe"));
        }
        for (name, variable) in decoder.parameters().iter() {
            variable.set(find(name)?)?;
            let moment = |kind: &str| Ok::<_, LiveError>(find(&format!("{kind}.{name}"))?.to_vec1::<f32>()?);
            let moments = Moments { first: moment("first")?, second: moment("second")? };
            if moments.first.len() != variable.elem_count() || moments.second.len() != variable.elem_count() {
                return Err(fail(&format!("has moments of another size than `{name}`")));
            }
            optimiser.moments.insert(name.to_owned(), moments);
        }
        let steps = find("steps")?.to_vec1::<u32>()?;
        let &[steps] = steps.as_slice() else { return Err(fail("does not say how many steps were done")) };
        optimiser.steps = steps;
        Ok(steps)
    }

    /// Keeps all that the next step depends on.
    pub(super) fn save(&self, steps: u32, decoder: &Decoder, optimiser: &AdamW) -> Result<(), LiveError> {
        let mut all = HashMap::new();
        for (name, variable) in decoder.parameters().iter() {
            all.insert(name.to_owned(), variable.as_tensor().clone());
        }
        for (name, Moments { first, second }) in &optimiser.moments {
            for (kind, values) in [("first", first), ("second", second)] {
                all.insert(format!("{kind}.{name}"), Tensor::from_slice(values, values.len(), &Device::Cpu)?);
            }
        }
        all.insert("steps".to_owned(), Tensor::new(&[steps], &Device::Cpu)?);
        all.insert("recipe".to_owned(), Tensor::new(self.recipe.as_slice(), &Device::Cpu)?);
        save(&all, &self.path)
    }
}

/// Writes tensors under a temporary name, then renames.
pub(super) fn save(tensors: &HashMap<String, Tensor>, path: &Path) -> Result<(), LiveError> {
    let temporary = path.with_extension("partial");
    safetensors::save(tensors, &temporary)?;
    fs::rename(&temporary, path).map_err(|source| LiveError::Write { path: path.to_path_buf(), source })
}
