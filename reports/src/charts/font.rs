//! The fonts: a subset of `DejaVu Sans` (Latin and a few symbols), embedded, so that a chart looks alike everywhere.

use std::sync::Once;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

/// What SVG documents name, and what the bitmap backend looks up: a browser without `DejaVu Sans` takes its own.
pub(super) const FAMILY: &str = "DejaVu Sans, system-ui, sans-serif";

/// Regular face, a TrueType file.
pub(crate) const REGULAR: &[u8] = include_bytes!("../../fonts/DejaVuSans-subset.ttf");

/// Bold face, a TrueType file.
pub(crate) const BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSans-Bold-subset.ttf");

/// A rasterised size is ascent plus descent: 1.164 em in `DejaVu Sans`.
pub(super) const HEIGHT_OVER_EM: f64 = 1.164;

/// The face at a size of plotters' own unit.
pub(super) fn face(bold: bool, size: f64) -> FontDesc<'static> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        assert!(register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok(), "the embedded font reads");
        assert!(register_font(FAMILY, FontStyle::Bold, BOLD).is_ok(), "the embedded font reads");
    });
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size, style)
}

/// Width of a text whose em is `em` points. Measured large, since plotters rounds to whole pixels.
pub(super) fn width(text: &str, em: f64, bold: bool) -> f64 {
    const LARGE: f64 = 200.0;
    let (across, _) = face(bold, LARGE * HEIGHT_OVER_EM).box_size(text).expect("the font is registered");
    f64::from(across) * em / LARGE
}

/// Breaks a text at spaces into lines no wider than `limit`, where its words allow.
pub(super) fn wrap(text: &str, em: f64, bold: bool, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), em, bold) <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
