//! The size of an expert cache against speed, over a recorded route, beside what was measured.

use tightfit_reports::{
    charts::lines::{self, Axis, Line, LinePanel, Lines},
    schema::RunResult,
};
use tightfit_scenarios::{Published, published::Metric, published::PublishedCase};

use super::Drawn;
use crate::{
    RunError,
    validate::published::{self, SHARED, is_complete},
};

const FILE: &str = "bigmoe-oneplus-15r";
const SIZES_MIB: [u32; 9] = [400, 800, 1200, 2000, 3000, 4000, 5000, 6000, 7000];

/// A line: its name, its settings, and the published cases that it goes through, each with the size of its cache.
type Setup = (&'static str, &'static [&'static str], &'static [(&'static str, u32)]);

const SETUPS: [Setup; 3] = [
    ("2 lanes", &["strategy.reads.lanes=2"], &[("cache 2000 MiB, 2 lanes", 2000), ("cache 4000 MiB, 2 lanes", 4000)]),
    ("4 lanes", &[], &[("no cache, 4 lanes", 0), ("cache 2000 MiB, 4 lanes", 2000), ("cache 4000 MiB, 4 lanes", 4000)]),
    (
        "4 lanes, reads under computing",
        &["strategy.resident-set.overlap=as-landed"],
        &[("no cache, overlapped", 0), ("cache 4000 MiB, 4 lanes, overlapped", 4000)],
    ),
];

pub(super) fn draw() -> Result<Drawn, RunError> {
    let file = Published::load(FILE)?;
    if !is_complete(&file) {
        let route = file.shared_trace.as_ref().map(|shared| shared.file.as_str()).unwrap_or_default();
        return Ok(Drawn::PassedBy(format!("its recorded route is not there: {SHARED}/{route}")));
    }
    let asked: Vec<PublishedCase> = SETUPS.iter().flat_map(|setup| cases(&file, setup)).collect();
    let results = published::runs(&file, &asked)?;
    let lines = |of: fn(&RunResult) -> f64, metric: Metric| -> Vec<Line> {
        SETUPS
            .iter()
            .zip(results.chunks(SIZES_MIB.len() + 1))
            .map(|(setup, of_setup)| Line {
                name: setup.0.to_owned(),
                points: sizes()
                    .zip(of_setup)
                    .filter(|(_, result)| result.memory.killed_after_ns == 0)
                    .map(|(mib, result)| (f64::from(mib), of(result)))
                    .collect(),
                published: setup
                    .2
                    .iter()
                    .filter_map(|(name, mib)| Some((f64::from(*mib), figure(&file, name, metric)?)))
                    .collect(),
                is_bound: false,
            })
            .collect()
    };
    let panel = |y, of, metric| LinePanel {
        x: Axis::linear("expert cache, MiB"),
        y: Axis::linear(y),
        lines: lines(of, metric),
    };
    Ok(lines::chart(&Lines {
        name: "expert-cache-size",
        title: "What a larger expert cache buys".to_owned(),
        subtitle: "Qwen3-30B-A3B (Q4_K_M, 18.5 GB) on a OnePlus 15R, experts from flash through an LRU; lines \
            simulated, rings measured"
            .to_owned(),
        caption: "Below one token cycle an LRU over all layers hits nothing; above it, each further GiB buys less \
            than the one before."
            .to_owned(),
        panels: vec![
            panel("decode, tok/s", |result| result.throughput.decode_tokens_per_s, Metric::DecodeTokensPerS),
            panel("hits, % of lookups", |result| result.cache.hit_rate * 100.0, Metric::HitPercent),
        ],
        notes: vec![format!(
            "Measured: {}. The route was recorded at 6 experts a token and is widened to 8.",
            file.source.from
        )],
    })
    .into())
}

/// No cache first, then the sizes.
fn sizes() -> impl Iterator<Item = u32> {
    std::iter::once(0).chain(SIZES_MIB)
}

/// The runs of a line.
fn cases(file: &Published, (_, set, _): &Setup) -> Vec<PublishedCase> {
    let case = |mib: u32| {
        let mut set: Vec<String> = set.iter().map(|&setting| setting.to_owned()).collect();
        if mib > 0 {
            set.push(format!("memory.budget-mib={mib}"));
        }
        PublishedCase {
            name: format!("cache of {mib} MiB"),
            strategy: if mib > 0 { "cache" } else { "no-cache" }.to_owned(),
            set,
            figures: std::collections::BTreeMap::new(),
            ..file.case[0].clone()
        }
    };
    sizes().map(case).collect()
}

fn figure(file: &Published, name: &str, metric: Metric) -> Option<f64> {
    let case = file.case.iter().find(|case| case.name == name).expect("the figure's cases are in the file");
    case.figures.get(&metric).copied()
}
