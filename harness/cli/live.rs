//! Commands that run real models through candle: `tightfit trace record`, `tightfit train`, `tightfit perplexity`.

use std::path::PathBuf;

use tightfit::{RunError, scenarios::trace};
use tightfit_live::record::read_prompt;
use tightfit_live::{
    Definition, LiveError, PerplexityOptions, PerplexityTable, PredictOptions, PredictSummary, RecordOptions,
    TrainOptions, Weights,
};

pub(crate) use super::infer::infer;

use super::args::{HeldWeights, Perplexity, Predict, Record, Train};
use super::{output, progress, trace::described};

/// Records a trace.
pub(crate) fn record(options: &Record) -> Result<(), RunError> {
    let prompts = options.prompt_files.iter().map(|path| read_prompt(path)).collect::<Result<_, _>>()?;
    let options = RecordOptions {
        model: options.model.clone(),
        model_name: None,
        prompts,
        tokens: options.tokens,
        active: options.active.as_deref().map(definition).transpose()?,
        calibration: text(options.calibration_file.as_ref())?,
        scores: !options.no_scores,
        inputs: options.keep_inputs,
        threads: options.threads,
        out: options.out.clone(),
        chat: !options.raw,
        weights: held(options.weights),
    };
    let summary = with_bar("tokens", |told| tightfit_live::record(&options, told))?;
    for request in &summary.requests {
        output::print(&format!("{}\n", request.text))?;
    }
    output::note(&described(&trace::info(&trace::read(&options.out)?)));
    if let Some(recall) = summary.early_recall {
        output::note(&format!("{:31}{:.1} % of the chosen experts", "router run a layer early names", 100.0 * recall));
    }
    Ok(())
}

/// Adds a trained predictor's word to a trace.
pub(crate) fn predict(options: &Predict) -> Result<(), RunError> {
    let options = PredictOptions {
        fit: options.fit.clone(),
        trace: options.trace.clone(),
        rank: options.rank,
        threads: options.threads,
        out: options.out.clone(),
    };
    let summary = with_bar("layers", |told| tightfit_live::predict(&options, told))?;
    output::print(&told(&summary))
}

/// A line a layer, and one for all.
fn told(summary: &PredictSummary) -> String {
    let head = "| layer | active | named | recall | precision |\n|---|---|---|---|---|\n";
    let all = (summary.all(), "all".to_owned(), summary.layers.len());
    let layers = summary.layers.iter().enumerate().map(|(layer, &told)| (told, layer.to_string(), 1));
    let lines = layers.chain([all]).map(|(told, name, layers)| {
        let of_bundles = |count: u64| 100.0 * count as f64 / (summary.tokens * summary.bundles * layers) as f64;
        let [active, named] = [told.active, told.named].map(of_bundles);
        let [recall, precision] = [told.recall(), told.precision()].map(|share| 100.0 * share);
        format!("| {name} | {active:.1} % | {named:.1} % | {recall:.1} % | {precision:.1} % |\n")
    });
    format!("{head}{}", lines.collect::<Vec<_>>().concat())
}

/// Trains a model.
pub(crate) fn train(options: &Train) -> Result<(), RunError> {
    let options = TrainOptions {
        recipe: options.recipe.clone(),
        text: options.text.clone(),
        out: options.out.clone(),
        threads: options.threads,
    };
    let bar = progress::bar(0, "steps");
    let summary = tightfit_live::train(&options, &mut |done, total, news| {
        bar.set_length(u64::from(total));
        bar.set_position(u64::from(done));
        if let Some(news) = news {
            bar.suspend(|| output::note(news));
        }
    });
    bar.finish_and_clear();
    let summary = summary?;
    output::print(&format!(
        "{} parameters, {} steps, {:.3} bits a byte of the held-out text\n",
        summary.parameters, summary.steps, summary.held_out_bits_per_byte
    ))
}

/// Measures what sparsity costs.
pub(crate) fn perplexity(options: &Perplexity) -> Result<(), RunError> {
    let options = PerplexityOptions {
        model: options.model.clone(),
        text: read_prompt(&options.text)?.text,
        calibration: text(options.calibration_file.as_ref())?,
        window: options.window,
        tokens: options.tokens,
        definitions: options.active.iter().map(|text| definition(text)).collect::<Result<_, _>>()?,
        threads: options.threads,
        weights: held(options.weights),
    };
    let table = with_bar("tokens", |told| tightfit_live::perplexity(&options, told))?;
    output::print(&table_text(&table))
}

fn table_text(table: &PerplexityTable) -> String {
    let head = "| active | neurons not computed | active for the token before, too | perplexity |\n|---|---|---|---|\n";
    let lines = table.lines.iter().map(|line| {
        let name = line.definition.map_or_else(|| "all (dense)".to_owned(), |definition| definition.to_string());
        let [sparsity, repeated] = [line.sparsity, line.repeated].map(|share| 100.0 * share);
        format!("| {name} | {sparsity:.1} % | {repeated:.1} % | {:.2} |\n", line.perplexity)
    });
    format!("{head}{}\n{} tokens told in each line\n", lines.collect::<Vec<_>>().concat(), table.tokens)
}

/// Runs a job that tells how many of how many `units` are done, under a bar.
fn with_bar<T>(units: &'static str, job: impl FnOnce(&mut (dyn FnMut(usize, usize) + Send)) -> T) -> T {
    let bar = progress::bar(0, units);
    let result = job(&mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    result
}

pub(crate) fn definition(text: &str) -> Result<Definition, RunError> {
    text.parse().map_err(|problem| RunError::Usage(format!("--active: {problem}")))
}

pub(crate) fn text(path: Option<&PathBuf>) -> Result<Option<String>, LiveError> {
    path.map(|path| read_prompt(path).map(|prompt| prompt.text)).transpose()
}

fn held(weights: HeldWeights) -> Weights {
    match weights {
        HeldWeights::F32 => Weights::F32,
        HeldWeights::Q8 => Weights::Q8_0,
        HeldWeights::Stored => Weights::Stored,
    }
}
