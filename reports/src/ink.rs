//! Colour on a terminal: red is worse, green is better, yellow is neither; nothing where there is no terminal.

use anstyle::{AnsiColor, Style};

use crate::direction::Direction;

/// Whether to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// Text alone.
    #[default]
    Plain,
    /// ANSI colours.
    Colour,
}

/// What a piece of text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A heading.
    Title,
    /// Good news.
    Better,
    /// Bad news.
    Worse,
    /// Neither, and yet to be looked at.
    Changed,
    /// Beside the point.
    Faint,
}

impl Tone {
    /// The tone of a step from `before` to `after`.
    #[must_use]
    pub fn of(direction: Direction, before: f64, after: f64) -> Self {
        match (direction, before.partial_cmp(&after)) {
            (Direction::Lower, Some(std::cmp::Ordering::Greater))
            | (Direction::Higher, Some(std::cmp::Ordering::Less)) => Self::Better,
            (Direction::Lower, Some(std::cmp::Ordering::Less))
            | (Direction::Higher, Some(std::cmp::Ordering::Greater)) => Self::Worse,
            _ => Self::Changed,
        }
    }
}

impl Ink {
    /// The text in a tone.
    #[must_use]
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if self == Self::Plain || text.is_empty() {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Title => Style::new().bold(),
            Tone::Better => AnsiColor::Green.on_default(),
            Tone::Worse => AnsiColor::Red.on_default().bold(),
            Tone::Changed => AnsiColor::Yellow.on_default(),
            Tone::Faint => Style::new().dimmed(),
        };
        format!("{style}{text}{style:#}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ink_leaves_no_escape() {
        assert_eq!(Ink::Plain.paint(Tone::Worse, "slow"), "slow");
        assert_eq!(Ink::Colour.paint(Tone::Better, "fast"), "\u{1b}[32mfast\u{1b}[0m");
    }

    #[test]
    fn tones_follow_the_direction() {
        assert_eq!(Tone::of(Direction::Lower, 2.0, 1.0), Tone::Better);
        assert_eq!(Tone::of(Direction::Higher, 2.0, 1.0), Tone::Worse);
        assert_eq!(Tone::of(Direction::Neither, 2.0, 1.0), Tone::Changed);
    }
}
