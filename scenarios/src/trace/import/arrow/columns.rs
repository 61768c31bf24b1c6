//! The columns of a trace in a record batch, in any of the types that frameworks write: integers of 8 to 64 bits, texts and
//! lists with 32- or 64-bit offsets, lists of a fixed length.

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{
        ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
        UInt32Type, UInt64Type,
    },
};
use arrow_schema::{DataType, Schema};

use crate::trace::{
    Phase, RowProblem, TraceError,
    batch::{Batch, Lists},
};

/// Where the columns stand in the file.
pub(super) struct Layout {
    request: usize,
    token: usize,
    phase: usize,
    layer: usize,
    active: usize,
    pub(super) score: Option<usize>,
    pub(super) predicted: Option<usize>,
}

impl Layout {
    /// Finds the columns; `name` is the file's, for errors.
    pub(super) fn find(name: &str, schema: &Schema) -> Result<Self, TraceError> {
        let fail = |column: &str, problem: String| TraceError::Column {
            name: name.to_owned(),
            column: column.to_owned(),
            problem,
        };
        let find = |column: &str, accepts: fn(&DataType) -> bool| {
            let mut found = schema.fields().iter().enumerate().filter(|(_, field)| field.name() == column);
            let Some((place, field)) = found.next() else { return Ok(None) };
            if found.next().is_some() {
                return Err(fail(column, "is there twice".to_owned()));
            }
            if accepts(field.data_type()) {
                return Ok(Some(place));
            }
            Err(fail(column, format!("is a {}", field.data_type())))
        };
        let required =
            |column: &str, accepts| find(column, accepts)?.ok_or_else(|| fail(column, "is missing".to_owned()));
        Ok(Self {
            request: required("request", DataType::is_integer)?,
            token: required("token", DataType::is_integer)?,
            phase: required("phase", |kind| matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View))?,
            layer: required("layer", DataType::is_integer)?,
            active: required("active", |kind| is_list_of(kind, DataType::is_integer))?,
            score: find("score", |kind| is_list_of(kind, is_float))?,
            predicted: find("predicted", |kind| is_list_of(kind, DataType::is_integer))?,
        })
    }

    /// What is read of the file; a batch has it in this order.
    pub(super) fn projection(&self) -> Vec<usize> {
        let scalars = [self.request, self.token, self.phase, self.layer, self.active];
        scalars.into_iter().chain(self.score).chain(self.predicted).collect()
    }
}

fn is_float(kind: &DataType) -> bool {
    matches!(kind, DataType::Float32 | DataType::Float64)
}

fn is_list_of(kind: &DataType, accepts: fn(&DataType) -> bool) -> bool {
    match kind {
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            accepts(field.data_type())
        }
        _ => false,
    }
}

/// Takes a batch apart; an error comes with its row within the batch.
pub(super) fn taken_apart(batch: &RecordBatch, layout: &Layout) -> Result<Batch, (usize, RowProblem)> {
    let mut columns = batch.columns().iter();
    let mut next = || columns.next().expect("the projection's columns").as_ref();
    Ok(Batch {
        request: integers(next(), "request")?,
        token: integers(next(), "token")?,
        phase: phases(next())?,
        layer: integers(next(), "layer")?,
        active: lists(next(), "active", integers)?,
        score: layout.score.map(|_| lists(next(), "score", floats)).transpose()?,
        predicted: layout.predicted.map(|_| lists(next(), "predicted", integers)).transpose()?,
    })
}

type Values<T> = fn(&dyn Array, &'static str) -> Result<Vec<T>, (usize, RowProblem)>;

/// The lists of a column, whose entries `values` reads.
fn lists<T>(column: &dyn Array, name: &'static str, values: Values<T>) -> Result<Lists<T>, (usize, RowProblem)> {
    whole(column, name)?;
    let (entries, ends): (_, Vec<usize>) = if let Some(lists) = column.as_list_opt::<i32>() {
        let offsets = lists.value_offsets();
        let end = |offset: i32| usize::try_from(offset - offsets[0]).expect("offsets ascend");
        let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
        let entries = lists.values().slice(usize::try_from(first).expect("offsets ascend from 0"), end(last));
        (entries, offsets[1..].iter().map(|&offset| end(offset)).collect())
    } else if let Some(lists) = column.as_list_opt::<i64>() {
        let offsets = lists.value_offsets();
        let end = |offset: i64| usize::try_from(offset - offsets[0]).expect("offsets ascend");
        let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
        let entries = lists.values().slice(usize::try_from(first).expect("offsets ascend from 0"), end(last));
        (entries, offsets[1..].iter().map(|&offset| end(offset)).collect())
    } else {
        let lists = column.as_fixed_size_list();
        let length = usize::try_from(lists.value_length()).expect("a length");
        (lists.values().slice(0, lists.len() * length), (1..=lists.len()).map(|row| row * length).collect())
    };
    let row = |entry: usize| ends.partition_point(|&end| end <= entry);
    let values = values(entries.as_ref(), name).map_err(|(entry, problem)| (row(entry), problem))?;
    Ok(Lists { values, ends })
}

/// Refuses nulls.
fn whole(column: &dyn Array, name: &'static str) -> Result<(), (usize, RowProblem)> {
    match (0..column.len()).find(|&row| column.is_null(row)) {
        Some(row) => Err((row, RowProblem::Null { column: name })),
        None => Ok(()),
    }
}

fn integers(column: &dyn Array, name: &'static str) -> Result<Vec<u32>, (usize, RowProblem)> {
    whole(column, name)?;
    Ok(match column.data_type() {
        DataType::Int8 => numbers::<Int8Type>(column),
        DataType::Int16 => numbers::<Int16Type>(column),
        DataType::Int32 => numbers::<Int32Type>(column),
        DataType::Int64 => numbers::<Int64Type>(column),
        DataType::UInt8 => numbers::<UInt8Type>(column),
        DataType::UInt16 => numbers::<UInt16Type>(column),
        DataType::UInt32 => numbers::<UInt32Type>(column),
        _ => numbers::<UInt64Type>(column),
    })
}

/// What is no u32 becomes the largest, which no law of rows lets pass.
fn numbers<T: ArrowPrimitiveType>(column: &dyn Array) -> Vec<u32>
where
    u32: TryFrom<T::Native>,
{
    column.as_primitive::<T>().values().iter().map(|&value| u32::try_from(value).unwrap_or(u32::MAX)).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "scores are told apart by few bits")]
fn floats(column: &dyn Array, name: &'static str) -> Result<Vec<f32>, (usize, RowProblem)> {
    whole(column, name)?;
    Ok(match column.as_primitive_opt::<Float32Type>() {
        Some(values) => values.values().to_vec(),
        None => column.as_primitive::<Float64Type>().values().iter().map(|&value| value as f32).collect(),
    })
}

fn phases(column: &dyn Array) -> Result<Vec<Phase>, (usize, RowProblem)> {
    whole(column, "phase")?;
    let phase = |(row, text): (usize, Option<&str>)| {
        let text = text.unwrap_or_default();
        text.parse().map_err(|()| (row, RowProblem::UnknownPhase { found: text.chars().take(32).collect() }))
    };
    if let Some(texts) = column.as_string_opt::<i32>() {
        texts.iter().enumerate().map(phase).collect()
    } else if let Some(texts) = column.as_string_opt::<i64>() {
        texts.iter().enumerate().map(phase).collect()
    } else {
        column.as_string_view().iter().enumerate().map(phase).collect()
    }
}
