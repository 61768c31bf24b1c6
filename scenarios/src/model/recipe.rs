//! Recipes: how tools assign number formats to the tensors of any model.
//!
//! A name such as `q4-k-m` or `mlx-4bit` stands for what the tool of that name does today. Files that a publisher has mixed
//! by hand differ: those are tables in a model's file, or imported.

mod llama_cpp;
mod mobile;

use llama_cpp::FileType;
use mobile::Mobile;

use std::collections::BTreeMap;

use tightfit_devices::{SourceKind, near};

use super::{Adapters, Format, Model, Quantization, Role, Tensor};

/// A way in which a tool gives each tensor its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// llama.cpp's quantizer.
    LlamaCpp(FileType),
    /// MLX: every matrix and table in one format, vectors at 16 bits; the router of experts at 8.
    Mlx { format: Format, router: Format },
    /// Everything in one format, as released.
    Plain(Format),
    /// Runtimes of phones.
    Mobile(Mobile),
}

/// Every recipe by name, sorted.
const RECIPES: &[(&str, Kind)] = &[
    ("8da4w", Kind::Mobile(Mobile::Dynamic4)),
    ("bf16", Kind::LlamaCpp(FileType::BF16)),
    ("coreml-fp16", Kind::Plain(Format::F16)),
    ("coreml-int4", Kind::Mobile(Mobile::Palettized(Format::LUT4))),
    ("coreml-int6", Kind::Mobile(Mobile::Palettized(Format::LUT6))),
    ("coreml-int8", Kind::Mobile(Mobile::Palettized(Format::LUT8))),
    ("executorch-bf16", Kind::Mobile(Mobile::Sixteen)),
    ("f16", Kind::LlamaCpp(FileType::F16)),
    ("f32", Kind::Plain(Format::F32)),
    ("int4-g128", Kind::Mobile(Mobile::Grouped(Format::I4G128))),
    ("int4-g256", Kind::Mobile(Mobile::Grouped(Format::I4G256))),
    ("iq1-m", Kind::LlamaCpp(FileType::IQ1_M)),
    ("iq1-s", Kind::LlamaCpp(FileType::IQ1_S)),
    ("iq2-m", Kind::LlamaCpp(FileType::IQ2_M)),
    ("iq2-s", Kind::LlamaCpp(FileType::IQ2_S)),
    ("iq2-xs", Kind::LlamaCpp(FileType::IQ2_XS)),
    ("iq2-xxs", Kind::LlamaCpp(FileType::IQ2_XXS)),
    ("iq3-m", Kind::LlamaCpp(FileType::IQ3_M)),
    ("iq3-s", Kind::LlamaCpp(FileType::IQ3_S)),
    ("iq3-xs", Kind::LlamaCpp(FileType::IQ3_XS)),
    ("iq3-xxs", Kind::LlamaCpp(FileType::IQ3_XXS)),
    ("iq4-nl", Kind::LlamaCpp(FileType::IQ4_NL)),
    ("iq4-xs", Kind::LlamaCpp(FileType::IQ4_XS)),
    ("litert-int4", Kind::Mobile(Mobile::Grouped(Format::I4G32))),
    ("litert-int8", Kind::Mobile(Mobile::Eight)),
    ("mlx-2bit", Kind::Mlx { format: Format::MLX2, router: Format::MLX2 }),
    ("mlx-3bit", Kind::Mlx { format: Format::MLX3, router: Format::MLX8 }),
    ("mlx-3bit-g128", Kind::Mlx { format: Format::MLX3G128, router: Format::MLX8 }),
    ("mlx-3bit-g32", Kind::Mlx { format: Format::MLX3G32, router: Format::MLX8 }),
    ("mlx-4bit", Kind::Mlx { format: Format::MLX4, router: Format::MLX8 }),
    ("mlx-4bit-g128", Kind::Mlx { format: Format::MLX4G128, router: Format::MLX8 }),
    ("mlx-4bit-g32", Kind::Mlx { format: Format::MLX4G32, router: Format::MLX8 }),
    ("mlx-5bit", Kind::Mlx { format: Format::MLX5, router: Format::MLX8 }),
    ("mlx-5bit-g32", Kind::Mlx { format: Format::MLX5G32, router: Format::MLX8 }),
    ("mlx-6bit", Kind::Mlx { format: Format::MLX6, router: Format::MLX8 }),
    ("mlx-6bit-g128", Kind::Mlx { format: Format::MLX6G128, router: Format::MLX8 }),
    ("mlx-6bit-g32", Kind::Mlx { format: Format::MLX6G32, router: Format::MLX8 }),
    ("mlx-8bit", Kind::Mlx { format: Format::MLX8, router: Format::MLX8 }),
    ("mlx-8bit-g128", Kind::Mlx { format: Format::MLX8G128, router: Format::MLX8 }),
    ("mlx-8bit-g32", Kind::Mlx { format: Format::MLX8G32, router: Format::MLX8 }),
    ("mlx-bf16", Kind::Plain(Format::BF16)),
    ("mxfp4", Kind::LlamaCpp(FileType::MXFP4)),
    ("q2-k", Kind::LlamaCpp(FileType::Q2_K)),
    ("q2-k-s", Kind::LlamaCpp(FileType::Q2_K_S)),
    ("q3-k-l", Kind::LlamaCpp(FileType::Q3_K_L)),
    ("q3-k-m", Kind::LlamaCpp(FileType::Q3_K_M)),
    ("q3-k-s", Kind::LlamaCpp(FileType::Q3_K_S)),
    ("q4-0", Kind::LlamaCpp(FileType::Q4_0)),
    ("q4-1", Kind::LlamaCpp(FileType::Q4_1)),
    ("q4-k-m", Kind::LlamaCpp(FileType::Q4_K_M)),
    ("q4-k-s", Kind::LlamaCpp(FileType::Q4_K_S)),
    ("q5-0", Kind::LlamaCpp(FileType::Q5_0)),
    ("q5-1", Kind::LlamaCpp(FileType::Q5_1)),
    ("q5-k-m", Kind::LlamaCpp(FileType::Q5_K_M)),
    ("q5-k-s", Kind::LlamaCpp(FileType::Q5_K_S)),
    ("q6-k", Kind::LlamaCpp(FileType::Q6_K)),
    ("q8-0", Kind::LlamaCpp(FileType::Q8_0)),
    ("qlora", Kind::Mobile(Mobile::LowRank)),
    ("spinquant", Kind::Mobile(Mobile::Rotated)),
    ("tq1-0", Kind::LlamaCpp(FileType::TQ1_0)),
    ("tq2-0", Kind::LlamaCpp(FileType::TQ2_0)),
    ("w2", Kind::Mobile(Mobile::Rows(Format::I2))),
    ("w4", Kind::Mobile(Mobile::Rows(Format::I4))),
    ("w4a16", Kind::Mobile(Mobile::Rows(Format::I4))),
];

impl Recipe {
    /// The names of all recipes, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        RECIPES.iter().map(|&(name, _)| name)
    }

    /// The recipe of a name, in either case and with either dash: `Q4_K_M` is `q4-k-m`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        RECIPES.iter().find(|&&(known, _)| known == name).map(|&(_, kind)| Self(kind))
    }

    /// The format of a tensor of `model`, in `layer` where it is in one.
    #[must_use]
    pub fn format(self, model: &Model, tensor: &Tensor, layer: Option<u32>) -> Format {
        match self.0 {
            Kind::LlamaCpp(file_type) => file_type.format(model, tensor, layer),
            Kind::Mlx { format, router } => mlx(format, router, tensor),
            Kind::Plain(format) => format,
            Kind::Mobile(mobile) => mobile.format(tensor),
        }
    }

    /// How far it can be trusted, and where it is from.
    #[must_use]
    pub fn source(self) -> (SourceKind, &'static str) {
        match self.0 {
            Kind::LlamaCpp(_) => (SourceKind::Published, "llama.cpp src/llama-quant.cpp"),
            Kind::Mlx { .. } => (SourceKind::Published, "mlx-lm: every matrix of whole groups, routers at 8 bits"),
            Kind::Plain(_) => (SourceKind::Derived, "one format everywhere, as its name says"),
            Kind::Mobile(mobile) => mobile.source(),
        }
    }

    /// Whether it stores a head of its own although the model has it tied.
    #[must_use]
    pub fn unties(self) -> bool {
        matches!(self.0, Kind::Mobile(mobile) if mobile.unties())
    }

    /// Adapters that stay apart from the weights.
    #[must_use]
    pub fn adapters(self) -> Option<Adapters> {
        // Meta's model card of Llama 3.2: rank 16 on all layers; its file is 4 bytes for each of their weights larger.
        (self.0 == Kind::Mobile(Mobile::LowRank)).then_some(Adapters { rank: 16, format: Format::F32 })
    }

    /// The format of the KV cache.
    #[must_use]
    pub fn kv(self) -> Format {
        match self.0 {
            Kind::Plain(Format::F32) | Kind::Mobile(Mobile::Dynamic4 | Mobile::Rotated | Mobile::LowRank) => {
                Format::F32
            }
            _ => Format::F16,
        }
    }
}

/// What may have been meant by an unknown quantization, in words: a table of the model's own file, or a recipe.
pub(super) fn suggestion(name: &str, own: &BTreeMap<String, Quantization>) -> String {
    let recipes = RECIPES.iter().map(|(name, _)| *name);
    let known: Vec<&str> = own.keys().map(String::as_str).chain(recipes).collect();
    let near = near::nearest(name, &known);
    if near.is_empty() {
        return format!("give one of {}", known.join(", "));
    }
    format!("did you mean {}?", near.join(", "))
}

/// mlx-lm's `quantize`: every matrix whose rows are whole groups, tables too; vectors, kernels of convolutions and the
/// rest stay at 16 bits, and routers take 8 bits where the weights take fewer.
fn mlx(format: Format, router: Format, tensor: &Tensor) -> Format {
    let (group, _) = format.block();
    match tensor.role {
        Role::Vector | Role::Kernel | Role::Positions => Format::BF16,
        _ if !tensor.columns.is_multiple_of(group) || tensor.rows == 1 => Format::BF16,
        Role::Router => router,
        _ => format,
    }
}
