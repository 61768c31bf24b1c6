//! Colours: Okabe and Ito's, which colour-blind readers tell apart, without their yellow (too pale on white).

use super::scene::{Colour, Marker};
use crate::compare::strategies;
use crate::schema::RunResult;

/// Titles and values.
pub(super) const INK: Colour = Colour(0x1a, 0x1a, 0x1a);
/// Tick labels and notes.
pub(super) const QUIET: Colour = Colour(0x55, 0x55, 0x55);
/// Grid lines.
pub(super) const GRID: Colour = Colour(0xe2, 0xe2, 0xe2);
/// Axis lines.
pub(super) const AXIS: Colour = Colour(0x88, 0x88, 0x88);
/// The page.
pub(super) const PAPER: Colour = Colour(0xff, 0xff, 0xff);
/// Killed runs.
pub(super) const KILLED: Colour = Colour(0xb8, 0xb8, 0xb8);

const BLUE: Colour = Colour(0x00, 0x72, 0xb2);
const VERMILION: Colour = Colour(0xd5, 0x5e, 0x00);
const GREEN: Colour = Colour(0x00, 0x9e, 0x73);
const PURPLE: Colour = Colour(0xcc, 0x79, 0xa7);
const SKY: Colour = Colour(0x56, 0xb4, 0xe9);
const ORANGE: Colour = Colour(0xe6, 0x9f, 0x00);
const BROWN: Colour = Colour(0x66, 0x45, 0x1f);
const GREY: Colour = Colour(0x8c, 0x8c, 0x8c);
const BLACK: Colour = Colour(0x10, 0x10, 0x10);

/// Colours of the owners of time, in the order of [`crate::compare::OWNERS`].
pub(super) const OWNERS: [Colour; 6] = [BLUE, SKY, VERMILION, PURPLE, GREY, ORANGE];

/// Colours of the components of energy: device awake, processor, DRAM, flash.
pub(super) const COMPONENTS: [Colour; 4] = [GREY, BLUE, SKY, VERMILION];

/// Physical limits: the bandwidths of DRAM and flash, and Belady's reads.
pub(super) const BOUNDS: [Style; 3] = [
    Style { colour: QUIET, dash: Some([11.0, 3.0]) },
    Style { colour: QUIET, dash: Some([4.0, 2.5]) },
    Style { colour: QUIET, dash: Some([1.6, 2.0]) },
];

/// Every colour with its name as a variable and what it is on a dark page: as light as the paper there is dark, and the
/// brown and the blue lifted until they stand out from it.
const ON_DARK: [(&str, Colour, Colour); 15] = [
    ("ink", INK, Colour(0xe9, 0xe9, 0xe7)),
    ("quiet", QUIET, Colour(0xad, 0xad, 0xab)),
    ("grid", GRID, Colour(0x35, 0x36, 0x39)),
    ("axis", AXIS, Colour(0x8b, 0x8b, 0x8b)),
    ("paper", PAPER, Colour(0x1d, 0x1e, 0x20)),
    ("killed", KILLED, Colour(0x5c, 0x5d, 0x60)),
    ("beyond", BEYOND, Colour(0x2a, 0x2b, 0x2e)),
    ("blue", BLUE, Colour(0x2b, 0x8f, 0xd6)),
    ("vermilion", VERMILION, Colour(0xe8, 0x6d, 0x12)),
    ("green", GREEN, Colour(0x10, 0xb0, 0x84)),
    ("purple", PURPLE, Colour(0xd9, 0x8a, 0xb8)),
    ("sky", SKY, Colour(0x84, 0xcb, 0xf3)),
    ("orange", ORANGE, Colour(0xf0, 0xb4, 0x2a)),
    ("brown", BROWN, Colour(0xa8, 0x78, 0x45)),
    ("black", BLACK, Colour(0xf2, 0xf2, 0xf2)),
];

/// Variables and rules by which a page recolours the charts inside it: an SVG's own colours are those of white paper.
pub(crate) fn style_sheet() -> String {
    let hex = |colour: Colour| format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2);
    let variables = |of: fn(&(&str, Colour, Colour)) -> Colour| -> String {
        let each = ON_DARK.iter().map(|one| format!("--chart-{}: {};", one.0, hex(of(one))));
        each.collect::<Vec<_>>().join(" ")
    };
    let rules = ON_DARK.iter().map(|(name, light, _)| {
        let light = hex(*light);
        format!(
            ".card [fill=\"{light}\"] {{ fill: var(--chart-{name}); }}\n\
             .card [stroke=\"{light}\"] {{ stroke: var(--chart-{name}); }}\n"
        )
    });
    format!(
        ":root {{ {} }}\n@media screen and (prefers-color-scheme: dark) {{\n  :root {{ {} }}\n}}\n{}",
        variables(|one| one.1),
        variables(|one| one.2),
        rules.collect::<String>()
    )
}

/// How a strategy is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    /// Its colour.
    pub(super) colour: Colour,
    /// Lengths of dash and gap in points; nothing for a solid line.
    pub(super) dash: Option<[f64; 2]>,
}

/// What lies above a bound.
pub(super) const BEYOND: Colour = Colour(0xf2, 0xf2, 0xf2);

/// The colours of what has none of its own, in their order.
const CYCLE: [Colour; 7] = [BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE, BROWN];

/// How a line is drawn where there are more of them than colours: dashes and markers tell equal colours apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LineStyle {
    pub(super) colour: Colour,
    /// Lengths of dash and gap in points; nothing for a solid line.
    pub(super) dash: Option<[f64; 2]>,
    pub(super) width: f64,
    /// At the data points; bounds have none.
    pub(super) marker: Option<Marker>,
}

/// Bounds: black, dashed.
pub(super) const BOUND: [LineStyle; 2] = [
    LineStyle { colour: BLACK, dash: Some([7.0, 3.0]), width: 2.4, marker: None },
    LineStyle { colour: BLACK, dash: Some([2.0, 2.5]), width: 2.4, marker: None },
];

/// The style of line `index`: 21 pairs of colour and dash, and a marker that differs between neighbours in either.
pub(super) fn line_style(index: usize) -> LineStyle {
    const DASHES: [Option<[f64; 2]>; 3] = [None, Some([6.0, 3.0]), Some([2.0, 2.5])];
    const MARKERS: [Marker; 5] = [Marker::Dot, Marker::Square, Marker::Triangle, Marker::Diamond, Marker::Cross];
    LineStyle {
        colour: CYCLE[index % CYCLE.len()],
        dash: DASHES[index / CYCLE.len() % DASHES.len()],
        width: 1.8,
        marker: Some(MARKERS[index % MARKERS.len()]),
    }
}

/// Strategies of a report and how each is drawn: naive grey, oracles black and dashed, the others by their order.
pub(super) struct Palette {
    styles: Vec<(String, Style)>,
}

impl Palette {
    pub(super) fn of(results: &[RunResult]) -> Self {
        let mut next = 0;
        let mut style = |name: &str| {
            if name == "naive" {
                return Style { colour: GREY, dash: None };
            }
            if results.iter().any(|r| r.strategy == name && crate::compare::is_oracle(r)) {
                return Style { colour: BLACK, dash: Some([6.0, 3.0]) };
            }
            let index = next;
            next += 1;
            let dash = (index >= CYCLE.len()).then_some([2.0, 2.0]);
            Style { colour: CYCLE[index % CYCLE.len()], dash }
        };
        let styles = strategies(results).into_iter().map(|name| (name.to_owned(), style(name))).collect();
        Self { styles }
    }

    /// The style of a strategy that is in the report.
    pub(super) fn style(&self, strategy: &str) -> Style {
        let found = self.styles.iter().find(|(name, _)| name == strategy);
        found.map_or(Style { colour: GREY, dash: None }, |(_, style)| *style)
    }
}

#[cfg(test)]
mod tests {
    use super::{BOUND, Colour, ON_DARK, line_style};

    /// Contrast of two colours as WCAG 2 counts it: relative luminances, 0.05 of flare.
    fn contrast(a: Colour, b: Colour) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = |c: Colour| 0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2) + 0.05;
        let (a, b) = (luminance(a), luminance(b));
        a.max(b) / a.min(b)
    }

    /// Words need 4.5, shapes 3 (WCAG 2, 1.4.3 and 1.4.11). Okabe and Ito's palest are below 3 on white by design: there
    /// a name or a number stands beside each.
    #[test]
    fn colours_stand_out_on_both_papers() {
        let paper = ON_DARK.iter().find(|one| one.0 == "paper").expect("paper");
        for (name, light, dark) in ON_DARK {
            let least = match name {
                "ink" | "quiet" => [4.5, 4.5],
                "paper" | "grid" | "beyond" | "killed" => continue,
                _ => [2.0, 4.0],
            };
            let reached = [contrast(light, paper.1), contrast(dark, paper.2)];
            assert!(reached[0] >= least[0] && reached[1] >= least[1], "{name}: {reached:?}");
        }
    }

    #[test]
    fn lines_differ_in_colour_or_dash() {
        let styles: Vec<_> = (0..21).map(line_style).chain(BOUND).collect();
        for (index, one) in styles.iter().enumerate() {
            for other in &styles[index + 1..] {
                assert!(one.colour != other.colour || one.dash != other.dash, "{one:?} {other:?}");
            }
        }
        let looks = |index: usize| (line_style(index).dash, line_style(index).marker);
        assert!((1..21).all(|index| looks(index) != looks(index - 1)), "neighbours differ without colour too");
    }
}
