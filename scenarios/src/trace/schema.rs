//! The Parquet columns of a trace, as this build writes them.

use std::sync::Arc;

use parquet::basic::{Compression, Encoding};
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, TypePtr};

use super::{Header, metadata};

/// `phase` is a string and no ENUM: pandas, polars and `DuckDB` show text, where an ENUM comes back from pyarrow as bytes.
const COLUMNS: &str = "
  required int32 request (INTEGER(32,false));
  required int32 token (INTEGER(32,false));
  required binary phase (STRING);
  required int32 layer (INTEGER(32,false));
  required group active (LIST) { repeated group list { required int32 element (INTEGER(32,false)); } }";

const SCORE: &str = "
  required group score (LIST) { repeated group list { required float element; } }";

const PREDICTED: &str = "
  required group predicted (LIST) { repeated group list { required int32 element (INTEGER(32,false)); } }";

/// The schema, with or without scores and predictions.
pub(super) fn message(scores: bool, predicted: bool) -> Result<TypePtr> {
    let score = if scores { SCORE } else { "" };
    let predicted = if predicted { PREDICTED } else { "" };
    parse_message_type(&format!("message trace {{{COLUMNS}{score}{predicted}\n}}")).map(Arc::new)
}

/// Encodings: deltas for the integers (ascending ids are small steps), dictionaries for phase and scores (a recorder
/// rounds scores to a few significant bits, so few values occur), and Snappy over all.
pub(super) fn properties(header: &Header) -> WriterPropertiesPtr {
    let mut builder = WriterProperties::builder()
        .set_created_by(format!("tightfit {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(metadata::to_key_values(header)))
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_statistics_enabled(list_path("score"), EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_column_dictionary_enabled(ColumnPath::from("phase"), true)
        .set_column_dictionary_enabled(list_path("score"), true);
    for integer in ["request", "token", "layer"] {
        builder = builder.set_column_encoding(ColumnPath::from(integer), Encoding::DELTA_BINARY_PACKED);
    }
    for integers in ["active", "predicted"].map(list_path) {
        builder = builder
            .set_column_statistics_enabled(integers.clone(), EnabledStatistics::None)
            .set_column_encoding(integers, Encoding::DELTA_BINARY_PACKED);
    }
    Arc::new(builder.build())
}

fn list_path(column: &str) -> ColumnPath {
    ColumnPath::new(vec![column.to_owned(), "list".to_owned(), "element".to_owned()])
}
