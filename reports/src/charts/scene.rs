//! A drawing before it is painted: plain shapes in points, y downwards. Knows nothing of backends.

use super::palette::{INK, QUIET};

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

/// A place, in points from the upper left.
pub(super) type Point = (f64, f64);

/// Which end of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A text: its capitals are centred on the height of `at`.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) at: Point,
    pub(super) text: String,
    pub(super) em: f64,
    pub(super) bold: bool,
    pub(super) anchor: Anchor,
    pub(super) colour: Colour,
    /// Reads upwards.
    pub(super) turned: bool,
}

/// What stands at a data point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Marker {
    Dot,
    Square,
    Triangle,
    Diamond,
    Cross,
}

/// One shape.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Bar { from: Point, to: Point, fill: Colour },
    Path { points: Vec<Point>, colour: Colour, width: f64 },
    Dot { at: Point, radius: f64, fill: Colour },
    Area { corners: Vec<Point>, fill: Colour },
    Text(Label),
}

/// An area that tells a value when it is pointed at.
#[derive(Clone, Debug)]
pub(super) struct Tip {
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) text: String,
}

/// Shapes in painting order on a white page, and what lies over them unseen.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
    pub(super) tips: Vec<Tip>,
}

impl Scene {
    pub(super) fn new(width: f64) -> Self {
        Self { width, height: 0.0, shapes: Vec::new(), tips: Vec::new() }
    }

    pub(super) fn bar(&mut self, from: Point, to: Point, fill: Colour) {
        self.shapes.push(Shape::Bar { from, to, fill });
    }

    /// Tells `text` where it is pointed at: lines are parted by `\n`.
    pub(super) fn tip(&mut self, from: Point, to: Point, text: String) {
        self.tips.push(Tip { from, to, text });
    }

    pub(super) fn line(&mut self, from: Point, to: Point, colour: Colour, width: f64) {
        self.shapes.push(Shape::Path { points: vec![from, to], colour, width });
    }

    pub(super) fn dot(&mut self, at: Point, radius: f64, fill: Colour) {
        self.shapes.push(Shape::Dot { at, radius, fill });
    }

    /// A filled polygon.
    pub(super) fn area(&mut self, corners: &[Point], fill: Colour) {
        self.shapes.push(Shape::Area { corners: corners.to_vec(), fill });
    }

    /// A marker of about the same area whatever its shape.
    pub(super) fn marker(&mut self, at: Point, marker: Marker, radius: f64, colour: Colour) {
        let (x, y) = at;
        let near = |corners: &[Point]| -> Vec<Point> {
            corners.iter().map(|(across, down)| (x + across * radius, y + down * radius)).collect()
        };
        match marker {
            Marker::Dot => self.dot(at, radius, colour),
            Marker::Square => self.area(&near(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]), colour),
            Marker::Triangle => self.area(&near(&[(0.0, -1.3), (1.2, 0.9), (-1.2, 0.9)]), colour),
            Marker::Diamond => self.area(&near(&[(0.0, -1.35), (1.35, 0.0), (0.0, 1.35), (-1.35, 0.0)]), colour),
            Marker::Cross => self.cross(at, radius * 1.1, colour),
        }
    }

    /// A line through points, dashed if asked.
    pub(super) fn path(&mut self, points: &[Point], colour: Colour, width: f64, dash: Option<[f64; 2]>) {
        let pieces = dash.map_or_else(|| vec![points.to_vec()], |dash| dashed(points, dash));
        for points in pieces.into_iter().filter(|points| points.len() > 1) {
            self.shapes.push(Shape::Path { points, colour, width });
        }
    }

    /// A rectangle of falling strokes, for what is not there.
    pub(super) fn hatch(&mut self, from: Point, to: Point, colour: Colour) {
        let (width, height) = (to.0 - from.0, to.1 - from.1);
        let mut offset = 7.0;
        while offset < width + height {
            let start = (from.0 + (offset - height).max(0.0), from.1 + offset.min(height));
            let end = (from.0 + offset.min(width), from.1 + (offset - width).max(0.0));
            self.line(start, end, colour, 1.0);
            offset += 7.0;
        }
    }

    /// A cross, for a killed point.
    pub(super) fn cross(&mut self, at: Point, radius: f64, colour: Colour) {
        let (x, y) = at;
        self.line((x - radius, y - radius), (x + radius, y + radius), colour, 1.6);
        self.line((x - radius, y + radius), (x + radius, y - radius), colour, 1.6);
    }

    /// A label that begins at `at`; change what differs.
    pub(super) fn text(&mut self, at: Point, text: &str) -> &mut Label {
        self.shapes.push(Shape::Text(Label {
            at,
            text: text.to_owned(),
            em: 11.0,
            bold: false,
            anchor: Anchor::Start,
            colour: INK,
            turned: false,
        }));
        let Some(Shape::Text(label)) = self.shapes.last_mut() else { unreachable!("pushed just above") };
        label
    }

    /// A label over a white patch, so that grid lines do not run through it.
    pub(super) fn text_on_paper(&mut self, at: Point, text: &str, em: f64, bold: bool, anchor: Anchor) -> &mut Label {
        let wide = super::font::width(text, em, bold);
        let left = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - wide / 2.0,
            Anchor::End => at.0 - wide,
        };
        let half = em * 0.55;
        self.bar((left - 2.0, at.1 - half), (left + wide + 2.0, at.1 + half), super::palette::PAPER);
        let label = self.text(at, text).em(em).anchor(anchor);
        label.bold = bold;
        label
    }

    /// Title and subtitle at the top; gives the height below them.
    pub(super) fn heading(&mut self, title: &str, subtitle: &str) -> f64 {
        let mut y = 22.0;
        for line in super::font::wrap(title, 16.0, true, self.width - 32.0) {
            self.text((16.0, y), &line).em(16.0).bold();
            y += 21.0;
        }
        for line in super::font::wrap(subtitle, 11.0, false, self.width - 32.0) {
            self.text((16.0, y), &line).colour(QUIET);
            y += 15.0;
        }
        y + 5.0
    }
}

impl Label {
    pub(super) fn em(&mut self, em: f64) -> &mut Self {
        self.em = em;
        self
    }

    pub(super) fn bold(&mut self) -> &mut Self {
        self.bold = true;
        self
    }

    pub(super) fn colour(&mut self, colour: Colour) -> &mut Self {
        self.colour = colour;
        self
    }

    pub(super) fn anchor(&mut self, anchor: Anchor) -> &mut Self {
        self.anchor = anchor;
        self
    }

    pub(super) fn turned(&mut self) -> &mut Self {
        self.turned = true;
        self
    }
}

/// Cuts a line into dashes, carrying on round its corners.
fn dashed(points: &[Point], dash: [f64; 2]) -> Vec<Vec<Point>> {
    let mut pieces = Vec::new();
    let mut current: Vec<Point> = points.first().map(|point| vec![*point]).unwrap_or_default();
    let (mut is_drawing, mut left) = (true, dash[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let rest = (to.0 - from.0).hypot(to.1 - from.1);
            if rest < left {
                left -= rest;
                break;
            }
            let share = if rest > 0.0 { left / rest } else { 1.0 };
            from = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            if is_drawing {
                current.push(from);
                pieces.push(std::mem::take(&mut current));
            } else {
                current = vec![from];
            }
            is_drawing = !is_drawing;
            left = dash[usize::from(!is_drawing)];
        }
        if is_drawing {
            current.push(to);
        }
    }
    if is_drawing {
        pieces.push(current);
    }
    pieces
}
