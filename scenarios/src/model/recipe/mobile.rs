//! What the runtimes of phones do to a model.
//!
//! Only `ExecuTorch`'s Llama recipes are documented to the tensor (Meta's model card of Llama 3.2); of the others the
//! format of the matrices is, and the 8 bits of tables and heads are assumed.

use tightfit_devices::SourceKind;

use crate::model::{Format, Role, Tensor};

/// A recipe of a phone's runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mobile {
    /// `ExecuTorch` 8da4w: 4-bit weights in groups of 32 under 8-bit activations, table and head at 8 bits.
    Dynamic4,
    /// The same after learned rotations (`SpinQuant`), which leave no trace in the file.
    Rotated,
    /// The same with low-rank adapters.
    LowRank,
    /// `ExecuTorch` at 16 bits.
    Sixteen,
    /// Core ML: matrices and tables as indices into small tables.
    Palettized(Format),
    /// 4-bit groups with a 16-bit scale, table and head at 8 bits.
    Grouped(Format),
    /// A scale a row, table and head at 8 bits (Qualcomm's Genie, 2-bit research runtimes).
    Rows(Format),
    /// 8-bit rows everywhere.
    Eight,
}

impl Mobile {
    /// The format of a tensor of this shape and role.
    pub(super) fn format(self, tensor: &Tensor) -> Format {
        let is_table = matches!(tensor.role, Role::Embedding | Role::PerLayerEmbedding | Role::Head);
        let is_vector = matches!(tensor.role, Role::Vector | Role::Kernel | Role::Positions) || tensor.rows == 1;
        match self {
            Self::Sixteen => Format::BF16,
            Self::Palettized(format) => {
                if is_vector {
                    Format::F16
                } else {
                    format
                }
            }
            Self::Dynamic4 | Self::Rotated | Self::LowRank => dynamic(tensor, is_table, is_vector),
            _ if is_vector => Format::F32,
            Self::Eight => Format::I8,
            Self::Grouped(_) | Self::Rows(_) if is_table => Format::I8,
            Self::Grouped(format) if !tensor.columns.is_multiple_of(format.block().0) => Format::I8,
            Self::Grouped(format) | Self::Rows(format) => format,
        }
    }

    /// How far it can be trusted, and where it is from.
    pub(super) fn source(self) -> (SourceKind, &'static str) {
        match self {
            Self::Rotated | Self::LowRank => (SourceKind::Published, "Meta's model card of Llama 3.2"),
            Self::Dynamic4 => (SourceKind::Assumed, "8da4w as Meta's model card of Llama 3.2 has it"),
            Self::Sixteen => (SourceKind::Derived, "one format everywhere, as its name says"),
            Self::Palettized(_) | Self::Grouped(_) | Self::Rows(_) | Self::Eight => {
                (SourceKind::Assumed, "bits as its name says; which tensors keep 8 bits is a guess")
            }
        }
    }

    /// Whether the head is stored apart from a tied embedding table: these export the classifier as a matrix of its own.
    pub(super) fn unties(self) -> bool {
        matches!(self, Self::Dynamic4 | Self::Rotated | Self::LowRank)
    }
}

fn dynamic(tensor: &Tensor, is_table: bool, is_vector: bool) -> Format {
    if is_vector {
        Format::F32
    } else if is_table || !tensor.columns.is_multiple_of(32) {
        Format::I8
    } else {
        Format::Q4G32
    }
}
