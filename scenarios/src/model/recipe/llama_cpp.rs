//! What llama.cpp's quantizer does (`src/llama-quant.cpp`): a file type is a mixture, and few tensors are what its name says.
//!
//! With an importance matrix for the `IQ` types, as everyone makes them, and without one for the others; without the
//! exceptions for the Falcon architecture. Matrices that hold queries, keys and values together are as they were until
//! early 2026; since then they follow the rule for values.

use crate::model::{Format, Mixer, MixerKind, Model, Role, Tensor};

/// A mixture that llama.cpp has a name for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(non_camel_case_types, reason = "the mixtures' own names")]
pub(super) enum FileType {
    F16,
    BF16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2_K,
    Q2_K_S,
    Q3_K_S,
    Q3_K_M,
    Q3_K_L,
    Q4_K_S,
    Q4_K_M,
    Q5_K_S,
    Q5_K_M,
    Q6_K,
    IQ1_S,
    IQ1_M,
    IQ2_XXS,
    IQ2_XS,
    IQ2_S,
    IQ2_M,
    IQ3_XXS,
    IQ3_XS,
    IQ3_S,
    IQ3_M,
    IQ4_XS,
    IQ4_NL,
    TQ1_0,
    TQ2_0,
    MXFP4,
}

/// What the choice for a tensor depends on besides its role.
struct Place<'m> {
    model: &'m Model,
    layer: u32,
}

impl FileType {
    /// The format of a tensor of `model`, in `layer` where it is in one.
    pub(super) fn format(self, model: &Model, tensor: &Tensor, layer: Option<u32>) -> Format {
        match tensor.role {
            Role::Vector | Role::Kernel | Role::Router => return Format::F32,
            // Left as converted.
            Role::Small | Role::Positions => return if self == Self::BF16 { Format::BF16 } else { Format::F16 },
            _ => {}
        }
        if matches!(self, Self::F16 | Self::BF16) {
            return self.base();
        }
        let place = Place { model, layer: layer.unwrap_or(0) };
        fitting(self.chosen(&place, tensor), tensor.columns)
    }

    /// The format that the file type is named for.
    const fn base(self) -> Format {
        match self {
            Self::F16 => Format::F16,
            Self::BF16 => Format::BF16,
            Self::Q4_0 => Format::Q4_0,
            Self::Q4_1 => Format::Q4_1,
            Self::Q5_0 => Format::Q5_0,
            Self::Q5_1 => Format::Q5_1,
            Self::Q8_0 => Format::Q8_0,
            Self::Q2_K | Self::Q2_K_S => Format::Q2_K,
            Self::Q3_K_S | Self::Q3_K_M | Self::Q3_K_L => Format::Q3_K,
            Self::Q4_K_S | Self::Q4_K_M => Format::Q4_K,
            Self::Q5_K_S | Self::Q5_K_M => Format::Q5_K,
            Self::Q6_K => Format::Q6_K,
            Self::IQ1_S => Format::IQ1_S,
            Self::IQ1_M => Format::IQ1_M,
            Self::IQ2_XXS => Format::IQ2_XXS,
            Self::IQ2_XS | Self::IQ2_S => Format::IQ2_XS,
            Self::IQ2_M => Format::IQ2_S,
            Self::IQ3_XXS => Format::IQ3_XXS,
            Self::IQ3_XS | Self::IQ3_S | Self::IQ3_M => Format::IQ3_S,
            Self::IQ4_XS => Format::IQ4_XS,
            Self::IQ4_NL => Format::IQ4_NL,
            Self::TQ1_0 => Format::TQ1_0,
            Self::TQ2_0 => Format::TQ2_0,
            Self::MXFP4 => Format::MXFP4,
        }
    }

    /// The mixtures below three bits, and those of them that take a bit more.
    const fn is_tiny(self) -> bool {
        matches!(self, Self::IQ1_S | Self::IQ1_M | Self::IQ2_XXS | Self::IQ2_XS | Self::IQ2_S | Self::IQ2_M)
    }

    const fn is_larger_tiny(self) -> bool {
        matches!(self, Self::IQ2_S | Self::IQ2_M)
    }

    fn chosen(self, place: &Place<'_>, tensor: &Tensor) -> Format {
        let tables_are_output = place.model.tied_embeddings;
        match tensor.role {
            Role::Head => self.output(tensor),
            Role::Embedding | Role::PerLayerEmbedding if tables_are_output => self.output(tensor),
            Role::Embedding | Role::PerLayerEmbedding => self.table(),
            _ if self == Self::MXFP4 => {
                if tensor.count > 1 {
                    Format::MXFP4
                } else {
                    Format::Q8_0
                }
            }
            _ if self.is_tiny() => self.tiny(place, tensor.role),
            Role::Value | Role::KeyValueUp => self.values(place, tensor.role),
            Role::QueryKeyValue | Role::LinearQueryKeyValue => self.together(),
            Role::Key if place.experts() == 8 => Format::Q8_0,
            Role::Key | Role::Query if self == Self::IQ3_XS => Format::IQ3_XXS,
            Role::Key | Role::Query if self == Self::IQ3_XXS => Format::IQ2_S,
            Role::Down | Role::SharedDown => self.down(place),
            Role::AttentionOutput => self.attention_output(place),
            Role::Gate | Role::Up | Role::SharedGate | Role::SharedUp
                if self == Self::IQ3_XS && place.is_in_the_middle() =>
            {
                Format::IQ3_XXS
            }
            _ => self.base(),
        }
    }

    /// The head, and a table that is the head too.
    fn output(self, tensor: &Tensor) -> Format {
        if self == Self::MXFP4 || !tensor.columns.is_multiple_of(self.base().block().0) {
            Format::Q8_0
        } else if self.is_tiny() || self == Self::IQ3_XXS {
            Format::Q5_K
        } else if self == Self::Q8_0 {
            Format::Q8_0
        } else {
            Format::Q6_K
        }
    }

    /// A table that is not the head.
    const fn table(self) -> Format {
        match self {
            Self::MXFP4 => Format::Q8_0,
            Self::IQ2_XXS | Self::IQ2_XS | Self::IQ1_S | Self::IQ1_M => Format::Q2_K,
            Self::IQ2_S | Self::IQ2_M | Self::IQ3_XXS => Format::IQ3_S,
            Self::TQ1_0 | Self::TQ2_0 => Format::Q4_K,
            _ => self.base(),
        }
    }

    fn tiny(self, place: &Place<'_>, role: Role) -> Format {
        let larger = if self.is_larger_tiny() { Format::IQ3_S } else { Format::Q2_K };
        match role {
            Role::Value | Role::KeyValueUp => {
                if place.queries_per_key() >= 4 || place.experts() >= 4 {
                    Format::Q4_K
                } else {
                    larger
                }
            }
            Role::Key if place.experts() == 8 => Format::Q4_K,
            Role::Down | Role::SharedDown if place.layer < place.model.layers / 8 => larger,
            Role::AttentionOutput if place.experts() == 8 => Format::Q5_K,
            Role::AttentionOutput => match self {
                Self::IQ1_S | Self::IQ1_M => Format::IQ2_XXS,
                Self::IQ2_S | Self::IQ2_M => Format::IQ3_S,
                _ => self.base(),
            },
            _ => self.base(),
        }
    }

    fn values(self, place: &Place<'_>, role: Role) -> Format {
        if place.experts() == 8 {
            return Format::Q8_0;
        }
        let (number, count) = place.values_before();
        let many = place.queries_per_key() >= 4;
        let chosen = match self {
            Self::Q2_K => {
                if many {
                    Format::Q4_K
                } else {
                    Format::Q3_K
                }
            }
            Self::Q2_K_S | Self::IQ3_XXS | Self::IQ3_XS | Self::IQ3_S if many => Format::Q4_K,
            Self::IQ3_M => Format::Q4_K,
            Self::Q3_K_M => {
                if number < 2 {
                    Format::Q5_K
                } else {
                    Format::Q4_K
                }
            }
            Self::Q3_K_L => Format::Q5_K,
            Self::IQ4_NL | Self::IQ4_XS if many => Format::Q5_K,
            Self::Q4_K_M | Self::Q5_K_M if more_bits(number, count) => Format::Q6_K,
            Self::Q4_K_S if number < 4 => Format::Q5_K,
            _ => self.base(),
        };
        // With 80 layers and eight queries a key the matrix is small.
        if place.model.layers == 80 && matches!(chosen, Format::Q3_K | Format::Q4_K) && role == Role::Value {
            return Format::Q5_K;
        }
        chosen
    }

    /// Queries, keys and values in one matrix.
    const fn together(self) -> Format {
        match self {
            Self::Q3_K_M | Self::Q3_K_L | Self::IQ3_M => Format::Q4_K,
            Self::Q4_K_M => Format::Q5_K,
            Self::Q5_K_M => Format::Q6_K,
            _ => self.base(),
        }
    }

    fn down(self, place: &Place<'_>) -> Format {
        let (layer, layers) = (place.layer, place.model.layers);
        let first_eighth = layer < layers / 8;
        match self {
            Self::Q2_K => Format::Q3_K,
            Self::Q2_K_S if first_eighth => Format::Q4_K,
            Self::Q3_K_M => {
                if layer < layers / 16 {
                    Format::Q5_K
                } else {
                    Format::Q4_K
                }
            }
            Self::IQ3_M if first_eighth || (place.experts() == 8 && more_bits(layer, layers)) => Format::Q4_K,
            Self::Q3_K_L => Format::Q5_K,
            Self::Q4_K_M | Self::Q5_K_M if more_bits(layer, layers) => Format::Q6_K,
            Self::Q4_K_S if first_eighth => Format::Q5_K,
            _ => self.base(),
        }
    }

    fn attention_output(self, place: &Place<'_>) -> Format {
        if place.experts() == 8 {
            let raised = matches!(
                self,
                Self::Q2_K
                    | Self::IQ3_XS
                    | Self::IQ3_XXS
                    | Self::Q3_K_S
                    | Self::Q3_K_M
                    | Self::IQ4_NL
                    | Self::Q4_K_S
                    | Self::Q4_K_M
                    | Self::IQ3_S
                    | Self::IQ3_M
                    | Self::IQ4_XS
            );
            return if raised { Format::Q5_K } else { self.base() };
        }
        match self {
            Self::Q2_K => Format::Q3_K,
            Self::IQ3_XXS => Format::IQ3_S,
            Self::Q3_K_M | Self::IQ3_M => Format::Q4_K,
            Self::Q3_K_L => Format::Q5_K,
            _ => self.base(),
        }
    }
}

impl Place<'_> {
    fn experts(&self) -> u32 {
        match self.model.feed_forward {
            crate::model::FeedForward::Experts { count, .. } => count,
            crate::model::FeedForward::Neurons { .. } => 1,
        }
    }

    /// Query heads for each key head, of the model's attention.
    fn queries_per_key(&self) -> u32 {
        let attention = self.model.mixers.values().find_map(|mixer| match mixer {
            Mixer::Attention(attention) => Some(attention.heads / attention.kv_heads),
            _ => None,
        });
        attention.unwrap_or(1)
    }

    fn is_in_the_middle(&self) -> bool {
        let layers = self.model.layers;
        self.layer >= layers / 8 && self.layer < 7 * layers / 8
    }

    /// How many value matrices come before this layer's, and how many there are.
    fn values_before(&self) -> (u32, u32) {
        let has_values = |layer: &u32| match self.model.kind(*layer) {
            MixerKind::Convolution | MixerKind::Linear => false,
            MixerKind::Latent => true,
            MixerKind::Attention | MixerKind::Window => {
                let without = matches!(self.model.mixer(*layer), Mixer::Attention(own) if own.values_are_keys);
                self.model.has_own_keys(*layer) && !without
            }
        };
        let count = |layers: std::ops::Range<u32>| u32::try_from(layers.filter(has_values).count()).unwrap_or(u32::MAX);
        (count(0..self.layer), count(0..self.model.layers))
    }
}

/// The layers that `_M` mixtures give more bits: the first and the last eighth, and every third between.
const fn more_bits(layer: u32, layers: u32) -> bool {
    layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2
}

/// The format that takes its place where rows are not whole blocks.
fn fitting(format: Format, columns: u64) -> Format {
    let fits = |format: Format| columns.is_multiple_of(format.block().0);
    if fits(format) {
        return format;
    }
    let smaller_blocks = match format {
        Format::Q2_K | Format::Q3_K | Format::TQ1_0 | Format::TQ2_0 => Format::Q4_0,
        Format::Q4_K => Format::Q5_0,
        Format::Q5_K => Format::Q5_1,
        Format::Q6_K => Format::Q8_0,
        _ => Format::IQ4_NL,
    };
    if fits(smaller_blocks) { smaller_blocks } else { Format::F16 }
}
