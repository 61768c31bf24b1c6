//! Results as CSV: one flat row per result, columns named as the JSON is nested (`latency.ttft_ns`).

use crate::flat::{Cell, Columns};
use crate::schema::RunResult;

/// One row per result under a header. `parameters.*` and `digests.*` hold every key that any result has; the list of
/// assumed inputs is joined by `; `. Sources are in the JSON only.
#[must_use]
pub fn results(results: &[RunResult]) -> String {
    let columns = Columns::of(results.iter());
    let rows = results.iter().map(|result| columns.row(result).iter().map(Cell::text).collect());
    text(std::iter::once(columns.names()).chain(rows))
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
