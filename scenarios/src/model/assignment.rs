//! Which format each tensor has: by a table of the model's file, or by a recipe.

use super::{Adapters, Format, Model, Quantization, Recipe, Tensor};

/// A way to give each tensor its format.
pub(super) enum Assignment<'a> {
    /// The model's own file says it.
    Table(&'a Quantization),
    /// A tool does it so.
    Recipe(Recipe),
}

impl Assignment<'_> {
    /// The format of `tensor`, which lies in `layer` where it is given.
    pub(super) fn format(&self, model: &Model, tensor: &Tensor, layer: Option<u32>) -> Format {
        match self {
            Self::Table(table) => table.format(tensor.role, layer),
            Self::Recipe(recipe) => recipe.format(model, tensor, layer),
        }
    }

    /// Whether the head is stored apart although the model has it tied to the embedding table.
    pub(super) fn unties(&self) -> bool {
        match self {
            Self::Table(table) => table.head.is_some(),
            Self::Recipe(recipe) => recipe.unties(),
        }
    }

    /// Adapters that stay apart from the weights.
    pub(super) fn adapters(&self) -> Option<Adapters> {
        match self {
            Self::Table(table) => table.adapters,
            Self::Recipe(recipe) => recipe.adapters(),
        }
    }

    /// The format of the KV cache.
    pub(super) fn kv(&self) -> Format {
        match self {
            Self::Table(table) => table.kv,
            Self::Recipe(recipe) => recipe.kv(),
        }
    }
}
