//! `tightfit trace fit` and `tightfit trace synth`.

use std::fmt::Write;

use serde::Serialize;
use tightfit::{
    RunError,
    likeness::{self, Figure, Likeness},
    scenarios::{
        trace::{
            Staged,
            synth::{self, Recipe, fit},
        },
        traces,
    },
};

use super::{
    args::{FitTrace, InfoFormat, Synth},
    output,
};

/// The random numbers that a fit is made with: not those of the trace that is then compared.
const FIT_SEED: u64 = 0x7469_6768;

/// What a fit came to.
#[derive(Serialize)]
struct Report {
    recipe: String,
    #[serde(flatten)]
    likeness: Option<Likeness>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    published: Vec<Figure>,
}

/// Fits a recipe to a trace, or to the published figures of a recipe, and says what matches.
pub(crate) fn fit(options: &FitTrace) -> Result<(), RunError> {
    let stem = options.out.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let report = if let Some(text) = traces::recipe(&options.trace) {
        let mut recipe = Recipe::parse(&text?)?;
        recipe.seed = options.seed.unwrap_or(recipe.seed);
        if recipe.published.is_empty() {
            return Err(RunError::Usage(format!(
                "{} has no [[published]] figures to be fitted to: give it some",
                options.trace
            )));
        }
        let recipe = fit::to_published(&recipe);
        save(options, &recipe)?;
        let published = likeness::published(&recipe, &synth::trace(&recipe)?);
        Report { recipe: stem, likeness: None, published }
    } else {
        let original = traces::load(&options.trace)?;
        let mut recipe = fit::to_trace(&stem, &original, FIT_SEED)?;
        recipe.seed = options.seed.unwrap_or(recipe.seed);
        save(options, &recipe)?;
        let likeness = likeness::likeness(&original, &synth::trace(&recipe)?, &[]);
        Report { recipe: stem, likeness: Some(likeness), published: Vec::new() }
    };
    print(&report, options.format)
}

/// Generates a recipe's trace into a file.
pub(crate) fn synth(options: &Synth) -> Result<(), RunError> {
    let text = traces::recipe(&options.recipe).ok_or_else(|| {
        RunError::Usage(format!("{} is no recipe: give synthetic/NAME, or a path that ends in .toml", options.recipe))
    })?;
    let mut recipe = Recipe::parse(&text?)?;
    let lengths = &mut recipe.lengths;
    lengths.requests = options.requests.unwrap_or(lengths.requests);
    lengths.prompt_tokens = options.prompt_tokens.unwrap_or(lengths.prompt_tokens);
    lengths.decode_tokens = options.tokens.unwrap_or(lengths.decode_tokens);
    recipe.seed = options.seed.unwrap_or(recipe.seed);
    recipe.check_lengths()?;
    let lengths = recipe.lengths;
    synth::write(&recipe, &options.out)?;
    let tokens = u64::from(lengths.requests) * (u64::from(lengths.prompt_tokens) + u64::from(lengths.decode_tokens));
    let bytes = std::fs::metadata(&options.out).map_or(0, |file| file.len());
    output::note(&format!(
        "wrote {}: {tokens} synthetic tokens, {bytes} bytes, {:.1} a token",
        options.out.display(),
        bytes as f64 / tokens as f64
    ));
    let Some(against) = &options.against else { return Ok(()) };
    let likeness = likeness::likeness(&traces::load(against)?, &traces::load(&options.out.display().to_string())?, &[]);
    print(&Report { recipe: recipe.name, likeness: Some(likeness), published: Vec::new() }, options.format)
}

fn save(options: &FitTrace, recipe: &Recipe) -> Result<(), RunError> {
    let failed = |problem| RunError::File { path: options.out.display().to_string(), problem };
    let mut file = Staged::create(&options.out).map_err(failed)?;
    std::io::Write::write_all(&mut file, recipe.to_toml().as_bytes()).map_err(failed)?;
    file.publish().map_err(failed)
}

fn print(report: &Report, format: InfoFormat) -> Result<(), RunError> {
    if let InfoFormat::Json = format {
        let json = serde_json::to_string_pretty(report).expect("a report of finite numbers is JSON");
        return output::print(&(json + "\n"));
    }
    let mut text = format!("{}: synthetic beside its original\n", report.recipe);
    if let Some(likeness) = &report.likeness {
        table(&mut text, "hits of generated tokens, %", &likeness.hit_rates_percent, 1);
        table(&mut text, "shares, mean over layers", &likeness.shares, 3);
        table(&mut text, "mean length of runs", &likeness.runs, 2);
    }
    if !report.published.is_empty() {
        table(&mut text, "published", &report.published, 3);
    }
    output::print(&text)
}

fn table(text: &mut String, title: &str, figures: &[Figure], digits: usize) {
    let width = figures.iter().map(|figure| figure.name.len()).max().unwrap_or(0).max(title.len());
    let _ = writeln!(text, "\n{title:width$}  {:>9}  {:>9}  {:>10}", "original", "synthetic", "difference");
    let number = |number: Option<f64>| number.map_or_else(|| "none".to_owned(), |number| format!("{number:.digits$}"));
    for figure in figures {
        let difference = figure.difference.map_or_else(String::new, |difference| format!("{difference:+.digits$}"));
        let (original, synthetic) = (number(figure.original), number(figure.synthetic));
        let _ = writeln!(text, "{:width$}  {original:>9}  {synthetic:>9}  {difference:>10}", figure.name);
    }
}
