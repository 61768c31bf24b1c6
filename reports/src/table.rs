//! The comparison table: device x strategy, for a terminal and for Markdown.

mod cells;
mod markdown;
mod text;

pub use cells::{Cell, Column, Grid, Line, grid};
pub(crate) use markdown::escaped;
pub use markdown::markdown;
pub use text::text;
