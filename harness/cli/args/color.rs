//! Whether to colour, from the command line and the environment.

use std::io::IsTerminal;

use clap::ValueEnum;
use tightfit::reports::ink::Ink;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// What to write with.
    pub(crate) fn ink(self) -> Ink {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let colour = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => std::io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb(),
        };
        if colour { Ink::Colour } else { Ink::Plain }
    }
}
