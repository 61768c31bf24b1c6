//! A GGUF header by its architecture's keys and its tensors' names.

use super::super::{
    Problem,
    gguf::{Entry, Header, Listed},
};

/// A header with its architecture's name, which its keys begin with.
pub(super) struct Described<'h> {
    pub(super) header: &'h Header,
    /// What it calls itself.
    pub(super) architecture: &'h str,
}

impl<'h> Described<'h> {
    pub(super) fn new(header: &'h Header) -> Result<Self, Problem> {
        match header.metadata.get("general.architecture") {
            Some(Entry::Text(architecture)) => Ok(Self { header, architecture }),
            _ => Err("no general.architecture: not a language model, or a damaged header".to_owned()),
        }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&'h Entry> {
        self.header.metadata.get(&format!("{}.{key}", self.architecture))
    }

    /// A number that may be missing; where layers have their own, the one that all but zeros have.
    pub(super) fn some(&self, key: &str) -> Result<Option<u64>, Problem> {
        let wrong = || format!("{}.{key} is no number that a model has: the header is damaged", self.architecture);
        let number = match self.entry(key) {
            None => return Ok(None),
            Some(Entry::Number(number)) => *number,
            Some(Entry::Numbers(numbers)) => {
                let mut others = numbers.iter().filter(|&&number| number != 0);
                let first = *others.next().ok_or_else(wrong)?;
                if others.any(|&other| other != first) {
                    return Err(format!(
                        "{}.{key} differs from layer to layer, which is not imported: write the model by hand, starting \
                         from `tightfit show model gemma-4-e2b`",
                        self.architecture
                    ));
                }
                first
            }
            Some(_) => return Err(wrong()),
        };
        u64::try_from(number).map(Some).map_err(|_| wrong())
    }

    pub(super) fn number(&self, key: &str) -> Result<u64, Problem> {
        self.some(key)?.ok_or_else(|| format!("no {}.{key}: the header does not say enough", self.architecture))
    }

    pub(super) fn tensor(&self, name: &str) -> Option<&'h Listed> {
        self.header.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The tensors of one layer.
    pub(super) fn tensors_of(&self, layer: u64) -> impl Iterator<Item = &'h Listed> {
        let prefix = format!("blk.{layer}.");
        self.header.tensors.iter().filter(move |tensor| tensor.name.starts_with(&prefix))
    }

    /// The first tensor of any layer whose name ends so.
    pub(super) fn any(&self, suffix: &str) -> Option<&'h Listed> {
        self.header.tensors.iter().find(|tensor| tensor.name.starts_with("blk.") && tensor.name.ends_with(suffix))
    }

    pub(super) fn has(&self, layer: u64, tensor: &str) -> bool {
        self.tensor(&format!("blk.{layer}.{tensor}")).is_some()
    }
}

/// A size of a tensor, innermost first; 1 where it has fewer dimensions.
pub(super) fn size(tensor: &Listed, place: usize) -> u64 {
    tensor.sizes.get(place).copied().unwrap_or(1)
}
