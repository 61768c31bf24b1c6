//! Results as CSV: one flat row per result, columns named as the JSON is nested (`latency.ttft_ns`).

use std::collections::BTreeSet;

use crate::metrics::numbers;
use crate::schema::{Memory, Provenance, RunResult};

/// One row per result under a header. `parameters.*` and `digests.*` hold every key that any result has; the list of
/// assumed inputs is joined by `; `. Sources are in the JSON only.
#[must_use]
pub fn results(results: &[RunResult]) -> String {
    let parameters: BTreeSet<&String> = results.iter().flat_map(|r| r.parameters.keys()).collect();
    let digests: BTreeSet<&String> = results.iter().flat_map(|r| r.digests.keys()).collect();
    let mut header: Vec<String> =
        ["scenario", "device", "model", "strategy", "platform", "seed"].map(str::to_owned).to_vec();
    header.extend(parameters.iter().map(|key| format!("parameters.{key}")));
    header.extend(digests.iter().map(|key| format!("digests.{key}")));
    header.extend(numbers(&empty()).iter().map(|(name, _)| (*name).to_owned()));
    header
        .extend(["quality.mass_from", "memory.outcome", "provenance.weakest", "provenance.assumed"].map(str::to_owned));
    let rows = results.iter().map(|r| {
        let mut row: Vec<String> =
            [&r.scenario, &r.device, &r.model, &r.strategy, &r.platform].map(Clone::clone).to_vec();
        row.push(r.seed.to_string());
        row.extend(parameters.iter().map(|key| r.parameters.get(*key).cloned().unwrap_or_default()));
        row.extend(digests.iter().map(|key| r.digests.get(*key).cloned().unwrap_or_default()));
        row.extend(numbers(r).iter().map(|(_, value)| value.to_string()));
        let Provenance { weakest, assumed, .. } = &r.provenance;
        let texts = [&r.quality.mass_from, &r.memory.outcome, weakest];
        row.extend(texts.map(Clone::clone).into_iter().chain([assumed.join("; ")]));
        row
    });
    text(std::iter::once(header).chain(rows))
}

/// Records as CSV text with `\n` line ends: the one place that quotes.
pub(crate) fn text(records: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for record in records {
        writer.write_record(&record).expect("records of one length, into memory");
    }
    let bytes = writer.into_inner().expect("flushing into memory");
    String::from_utf8(bytes).expect("strings in, strings out")
}

/// A result of zeros, for the names alone.
fn empty() -> RunResult {
    RunResult {
        scenario: String::new(),
        device: String::new(),
        model: String::new(),
        strategy: String::new(),
        platform: String::new(),
        parameters: std::collections::BTreeMap::new(),
        seed: 0,
        digests: std::collections::BTreeMap::new(),
        latency: crate::schema::Latency::default(),
        throughput: crate::schema::Throughput::default(),
        time: crate::schema::Time::default(),
        flash: crate::schema::Flash::default(),
        cache: crate::schema::Cache::default(),
        prefetch: crate::schema::Prefetch::default(),
        quality: crate::schema::Quality::default(),
        memory: Memory::default(),
        energy: crate::schema::Energy::default(),
        thermal: crate::schema::Thermal::default(),
        provenance: crate::schema::Provenance::default(),
        tokens: Vec::new(),
    }
}
