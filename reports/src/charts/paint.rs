//! Puts a scene on paper: one generic painter, two of plotters' backends.
//!
//! Backends draw in whole pixels, so a scene is painted enlarged: eight units to the point for SVG (whose view box is
//! scaled back), two pixels to the point for PNG.

use plotters::backend::DrawingBackend;
use plotters::backend::{BitMapBackend, SVGBackend};
use plotters::drawing::DrawingAreaErrorKind;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, RGBAColor, RGBColor, ShapeStyle, TextStyle};

use super::font;
use super::palette::PAPER;
use super::scene::{Anchor, Colour, Label, Point, Scene, Shape};

/// How a backend measures.
#[derive(Clone, Copy)]
struct Measure {
    /// Its units to the point.
    scale: f64,
    /// Its font size to the em.
    size_over_em: f64,
    /// From where it places a text's top down to the baseline, in em.
    top_to_baseline: f64,
}

/// plotters divides by 1.24 and moves the text down by 0.76 em.
const SVG: Measure = Measure { scale: 8.0, size_over_em: 1.24, top_to_baseline: 0.76 };

/// plotters puts the baseline half a size below the top.
const PNG: Measure =
    Measure { scale: 4.0, size_over_em: font::HEIGHT_OVER_EM, top_to_baseline: font::HEIGHT_OVER_EM / 2.0 };

/// From the middle of the capitals down to the baseline, in em.
const MIDDLE_TO_BASELINE: f64 = 0.365;

/// The scene as an SVG document with a title and a description for readers that cannot see it.
pub(super) fn svg(scene: &Scene, title: &str, description: &str) -> String {
    let mut drawn = String::new();
    let mut backend = SVGBackend::with_string(&mut drawn, size(scene, SVG));
    paint(scene, &mut backend, SVG).expect("text takes every drawing");
    drop(backend);
    let body = drawn.split_once('\n').map_or("", |(_, body)| body);
    let body = body.trim_end().trim_end_matches("</svg>");
    let (width, height) = size(scene, SVG);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n{body}{}</svg>\n",
        scene.width,
        scene.height,
        crate::html::escaped(title),
        crate::html::escaped(description),
        tips(scene),
    )
}

/// What can be pointed at, over everything else.
fn tips(scene: &Scene) -> String {
    if scene.tips.is_empty() {
        return String::new();
    }
    let mut out = String::from("<g class=\"tips\" fill=\"none\" pointer-events=\"all\">\n");
    for tip in &scene.tips {
        let ((left, top), (right, bottom)) = (placed(tip.from, SVG.scale), placed(tip.to, SVG.scale));
        out.push_str(&format!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>\n",
            (right - left).max(0),
            (bottom - top).max(0),
            crate::html::escaped(&tip.text)
        ));
    }
    out.push_str("</g>\n");
    out
}

/// The scene as a PNG file.
pub(super) fn png(scene: &Scene) -> Vec<u8> {
    let (width, height) = size(scene, PNG);
    let mut pixels = vec![0xff; width as usize * height as usize * 3];
    let mut backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
    paint(scene, &mut backend, PNG).expect("the buffer is as large as the scene");
    drop(backend);
    let (pixels, width, height) = halved(&pixels, width as usize, height as usize);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("encoding into memory");
    writer.write_image_data(&pixels).expect("encoding into memory");
    writer.finish().expect("encoding into memory");
    file
}

/// Means of two by two pixels.
fn halved(pixels: &[u8], width: usize, height: usize) -> (Vec<u8>, u32, u32) {
    let (across, down) = (width / 2, height / 2);
    let mut half = Vec::with_capacity(across * down * 3);
    for y in 0..down {
        for x in 0..across {
            for channel in 0..3 {
                let at = |x: usize, y: usize| u16::from(pixels[(y * width + x) * 3 + channel]);
                let (left, top) = (x * 2, y * 2);
                let sum = at(left, top) + at(left + 1, top) + at(left, top + 1) + at(left + 1, top + 1);
                half.push(u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX));
            }
        }
    }
    let side = |length: usize| u32::try_from(length).expect("half of a u32");
    (half, side(across), side(down))
}

fn size(scene: &Scene, measure: Measure) -> (u32, u32) {
    let (width, height) = placed((scene.width, scene.height), measure.scale);
    (width.unsigned_abs(), height.unsigned_abs())
}

#[expect(clippy::cast_possible_truncation, reason = "charts are a few thousand points wide and high")]
fn placed(point: Point, scale: f64) -> (i32, i32) {
    ((point.0 * scale).round() as i32, (point.1 * scale).round() as i32)
}

fn paint<B: DrawingBackend>(
    scene: &Scene,
    backend: &mut B,
    measure: Measure,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let to = placed((scene.width, scene.height), measure.scale);
    backend
        .draw_rect((0, 0), to, &stroke(PAPER, 1.0, measure).filled(), true)
        .map_err(DrawingAreaErrorKind::BackendError)?;
    for shape in &scene.shapes {
        match shape {
            Shape::Bar { from, to, fill } => {
                let (from, to) = (placed(*from, measure.scale), placed(*to, measure.scale));
                if to.0 > from.0 && to.1 > from.1 {
                    backend
                        .draw_rect(from, to, &stroke(*fill, 1.0, measure).filled(), true)
                        .map_err(DrawingAreaErrorKind::BackendError)?;
                }
            }
            Shape::Path { points, colour, width } => {
                let points = points.iter().map(|point| placed(*point, measure.scale));
                backend
                    .draw_path(points, &stroke(*colour, *width, measure))
                    .map_err(DrawingAreaErrorKind::BackendError)?;
            }
            Shape::Dot { at, radius, fill } => {
                let (radius, _) = placed((*radius, 0.0), measure.scale);
                let style = stroke(*fill, 1.0, measure).filled();
                backend
                    .draw_circle(placed(*at, measure.scale), radius.unsigned_abs(), &style, true)
                    .map_err(DrawingAreaErrorKind::BackendError)?;
            }
            Shape::Area { corners, fill } => {
                let corners = corners.iter().map(|corner| placed(*corner, measure.scale));
                let style = stroke(*fill, 1.0, measure).filled();
                backend.fill_polygon(corners, &style).map_err(DrawingAreaErrorKind::BackendError)?;
            }
            Shape::Text(label) => text(label, backend, measure)?,
        }
    }
    backend.present().map_err(DrawingAreaErrorKind::BackendError)
}

fn text<B: DrawingBackend>(
    label: &Label,
    backend: &mut B,
    measure: Measure,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let em = label.em * measure.scale;
    let down = (MIDDLE_TO_BASELINE - measure.top_to_baseline) * label.em;
    let (x, y) = label.at;
    let (at, transform) =
        if label.turned { ((x + down, y), FontTransform::Rotate270) } else { ((x, y + down), FontTransform::None) };
    let across = match label.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let face = font::face(label.bold, em * measure.size_over_em).transform(transform);
    let style: TextStyle = face.color(&rgb(label.colour)).pos(Pos::new(across, VPos::Top));
    backend.draw_text(&label.text, &style, placed(at, measure.scale)).map_err(DrawingAreaErrorKind::BackendError)
}

fn stroke(colour: Colour, width: f64, measure: Measure) -> ShapeStyle {
    let (width, _) = placed((width, 0.0), measure.scale);
    ShapeStyle { color: rgb(colour), filled: false, stroke_width: width.unsigned_abs().max(1) }
}

fn rgb(colour: Colour) -> RGBAColor {
    RGBColor(colour.0, colour.1, colour.2).to_rgba()
}
