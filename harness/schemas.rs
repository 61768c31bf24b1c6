//! JSON Schemas of the files that people write and programs read, so that editors complete and check them.
//!
//! They lie in `docs/schemas`; tests hold them to every built-in file and to a run's results.

/// Name and text, sorted by name.
const SCHEMAS: [(&str, &str); 4] = [
    ("device", include_str!("../docs/schemas/device.schema.json")),
    ("result", include_str!("../docs/schemas/result.schema.json")),
    ("scenario", include_str!("../docs/schemas/scenario.schema.json")),
    ("strategy", include_str!("../docs/schemas/strategy.schema.json")),
];

/// What there are schemas of.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCHEMAS.iter().map(|&(name, _)| name)
}

/// The schema of such files.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    SCHEMAS.iter().find(|&&(known, _)| known == name).map(|&(_, text)| text)
}
