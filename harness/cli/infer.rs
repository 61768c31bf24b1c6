//! `tightfit infer`.

use tightfit::{
    RunError,
    infer::{self, Given, InferFile, Inferred},
    scenarios::Settings,
};
use tightfit_live::{Definition, record::read_prompt};

use super::{
    args::{Infer, InferFormat},
    output, progress,
};

/// Runs a model live.
pub(crate) fn infer(options: &Infer) -> Result<(), RunError> {
    let active = options.active.iter().map(|text| super::live::definition(text).map(Some));
    let mut active: Vec<Option<Definition>> = active.collect::<Result<_, _>>()?;
    if active.is_empty() {
        active.push(None);
    }
    let lines = options.strategies.len() * active.len();
    let asked = infer::Options {
        model: options.model.clone(),
        strategies: options.strategies.clone(),
        settings: Settings::parse(&options.settings)?,
        active,
        calibration: super::live::text(options.calibration_file.as_ref())?,
        budget_mib: options.budget_mib,
        given: given(options)?,
        tokens: options.tokens as usize,
        store: options.store.clone(),
        folder: options.store_folder.clone(),
        reads: options.reads.into(),
        note: output::note,
    };
    let bar = progress::bar((lines * asked.tokens) as u64, "tokens");
    let inferred = infer::infer(&asked, |line, tokens| bar.set_position((line * asked.tokens + tokens) as u64));
    bar.finish_and_clear();
    let inferred = inferred?;
    if options.format == InferFormat::Json {
        let text = serde_json::to_string_pretty(&InferFile::new(inferred)).expect("only strings and numbers");
        return output::print(&format!("{text}\n"));
    }
    if options.perplexity.is_some() {
        return output::print(&table(&inferred));
    }
    for line in &inferred {
        if inferred.len() > 1 {
            output::note(&format!("{}, {} active:", line.strategy, line.active));
        }
        output::print(&format!("{}\n", line.text))?;
    }
    output::note(&table(&inferred));
    Ok(())
}

fn given(options: &Infer) -> Result<Given, RunError> {
    if let Some(path) = &options.perplexity {
        return Ok(Given::Text(read_prompt(path)?.text));
    }
    let text = match (&options.prompt, &options.prompt_file) {
        (Some(text), _) => text.clone(),
        (None, Some(path)) => read_prompt(path)?.text,
        (None, None) => unreachable!("one of them is required"),
    };
    Ok(Given::Prompt { text, chat: !options.raw })
}

fn table(lines: &[Inferred]) -> String {
    let head = "| strategy | active | computed | perplexity | tokens/s | hits | MB read a token | waits for flash \
                   | budget MB | held at most MB |\n|---|---|---|---|---|---|---|---|---|---|\n";
    let rows = lines.iter().map(|line| {
        let perplexity = line.told.map_or_else(|| "-".to_owned(), |told| format!("{:.2}", told.perplexity));
        let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
        let stall = line.time.flash_stall_ns as f64 / line.time.wall_ns.max(1) as f64;
        let cells = [
            line.strategy.clone(),
            line.active.clone(),
            format!("{:.1} %", 100.0 * line.computed_share),
            perplexity,
            format!("{:.1}", line.throughput.decode_tokens_per_s),
            format!("{:.1} %", 100.0 * line.cache.decode_hit_rate),
            megabytes(line.flash.bytes_per_token),
            format!("{:.0} %", 100.0 * stall),
            megabytes(line.memory.budget_bytes),
            megabytes(line.memory.peak_bytes),
        ];
        format!("| {} |\n", cells.join(" | "))
    });
    format!("{head}{}", rows.collect::<String>())
}
