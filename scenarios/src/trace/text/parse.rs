//! Reads the text form.

use super::escape::unescape;
use crate::trace::{Builder, Geometry, Header, Phase, Row, Trace, TraceError, metadata};

/// Parses a whole trace; `name` stands for the file in errors, which name the line.
pub fn parse(name: &str, text: &str) -> Result<Trace, TraceError> {
    let mut parser = Parser::default();
    let mut builder: Option<Builder> = None;
    let mut scores = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_matches(EDGES);
        let number = index + 1;
        let fail = |problem| TraceError::Text { name: name.to_owned(), line: number, problem };
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((place, entries)) = row_parts(line) else {
            if builder.is_some() && !line.starts_with("request") {
                return Err(fail("a header line after the first row; move it above the rows".to_owned()));
            }
            parser.header_line(line).map_err(fail)?;
            continue;
        };
        parser.row_line(place, entries).map_err(fail)?;
        let builder = if let Some(builder) = &mut builder {
            builder
        } else {
            scores = parser.scores || has_scores(text);
            let header = parser.header().map_err(fail)?;
            builder.insert(Builder::new(name, header, scores)?)
        };
        builder.row(&parser.row(scores)).map_err(|error| match error {
            TraceError::Row { problem, .. } => fail(problem.to_string()),
            other => other,
        })?;
    }
    match builder {
        Some(builder) => builder.finish(),
        None => Err(TraceError::Unfinished { name: name.to_owned(), problem: NO_ROWS.to_owned() }),
    }
}

const EDGES: [char; 3] = [' ', '\t', '\r'];
const NO_ROWS: &str = "holds no rows; write at least one, as in `0 decode 0: 1 3 5`";
const GEOMETRY: &str = "write `geometry neuron layers=2 bundles=8`, or `expert`";
const ROW: &str = "write a row as `token phase layer: bundles`, as in `0 prefill 0: 1 3 5`";

/// Header so far, and the row being read, in buffers that are used again.
#[derive(Default)]
struct Parser {
    geometry: Option<Geometry>,
    bundle_bytes: Vec<u64>,
    fields: [String; 6],
    notes: std::collections::BTreeMap<String, String>,
    scores: bool,
    request: u32,
    place: Option<(u32, Phase, u32)>,
    active: Vec<u32>,
    score: Vec<f32>,
    row_has_scores: bool,
}

const FIELDS: [&str; 6] = ["model", "model-digest", "prompt-digest", "recorder", "recorder-version", "definition"];

impl Parser {
    fn header_line(&mut self, line: &str) -> Result<(), String> {
        let (key, value) = line.split_once(EDGES).unwrap_or((line, ""));
        let value = value.trim_matches(EDGES);
        let plain = |text: &str| {
            unescape(text.trim_matches(EDGES)).ok_or_else(|| r"an unknown escape; write a backslash as `\\`".to_owned())
        };
        if let Some(field) = FIELDS.iter().position(|field| *field == key) {
            self.fields[field] = plain(value)?;
            return Ok(());
        }
        match key {
            "geometry" => self.geometry = Some(geometry(value).ok_or_else(|| GEOMETRY.to_owned())?),
            "bundle-bytes" => {
                self.bundle_bytes = metadata::split(value).map_err(|problem| format!("bundle-bytes {problem}"))?;
            }
            "scores" if value.is_empty() => self.scores = true,
            "request" => {
                self.request = value.parse().map_err(|_| "write the request's number, as in `request 1`".to_owned())?;
            }
            "note" => {
                let (key, value) = value.split_once('=').ok_or("write a note as `note key = value`")?;
                self.notes.insert(plain(key)?, plain(value)?);
            }
            _ => return Err(format!("`{key}` begins no line of a trace; {ROW}")),
        }
        Ok(())
    }

    fn row_line(&mut self, place: &str, entries: &str) -> Result<(), String> {
        let mut words = place.split_ascii_whitespace();
        let mut word = || words.next().ok_or_else(|| ROW.to_owned());
        let number = |text: &str| text.parse::<u32>().map_err(|_| format!("`{text}` is no whole number; {ROW}"));
        let token = number(word()?)?;
        let phase = word()?;
        let phase = phase.parse().map_err(|()| format!("phase is `{phase}`; write `prefill` or `decode`"))?;
        let layer = number(word()?)?;
        if words.next().is_some() {
            return Err(ROW.to_owned());
        }
        self.place = Some((token, phase, layer));
        self.active.clear();
        self.score.clear();
        for entry in entries.split_ascii_whitespace() {
            let (id, score) = entry.split_once(':').map_or((entry, None), |(id, score)| (id, Some(score)));
            self.active.push(number(id)?);
            if let Some(score) = score {
                self.score
                    .push(score.parse().map_err(|_| format!("`{score}` is no number; write a score as `1:0.5`"))?);
            }
        }
        self.row_has_scores = !self.score.is_empty();
        Ok(())
    }

    fn header(&self) -> Result<Header, String> {
        let geometry = self.geometry.ok_or_else(|| format!("a row before the geometry; {GEOMETRY}"))?;
        let [model, model_digest, prompt_digest, recorder, recorder_version, definition] = self.fields.clone();
        let notes = self.notes.clone();
        let bundle_bytes = self.bundle_bytes.clone();
        Ok(Header {
            geometry,
            bundle_bytes,
            model,
            model_digest,
            prompt_digest,
            recorder,
            recorder_version,
            definition,
            notes,
        })
    }

    /// The row just read; one without entries fits a trace with scores as well as one without.
    fn row(&self, scores: bool) -> Row<'_> {
        let (token, phase, layer) = self.place.unwrap_or((0, Phase::Prefill, 0));
        Row {
            request: self.request,
            token,
            phase,
            layer,
            active: &self.active,
            score: (self.row_has_scores || scores && self.active.is_empty()).then_some(&self.score),
        }
    }
}

/// Splits a row line into its place and its entries; header lines begin with a letter, rows with a digit.
fn row_parts(line: &str) -> Option<(&str, &str)> {
    line.starts_with(|first: char| first.is_ascii_digit()).then(|| line.split_once(':').unwrap_or((line, "")))
}

fn has_scores(text: &str) -> bool {
    text.lines().filter_map(|line| row_parts(line.trim_matches(EDGES))).any(|(_, entries)| entries.contains(':'))
}

fn geometry(value: &str) -> Option<Geometry> {
    let mut words = value.split_ascii_whitespace();
    let unit = words.next()?.parse().ok()?;
    let layers = words.next()?.strip_prefix("layers=")?.parse().ok()?;
    let bundles_per_layer = words.next()?.strip_prefix("bundles=")?.parse().ok()?;
    words.next().is_none().then_some(Geometry { unit, layers, bundles_per_layer })
}
