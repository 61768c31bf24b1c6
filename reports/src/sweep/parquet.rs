//! A sweep as one Parquet file, through the crate's column writers (no Arrow): point, swept keys, then what CSV has.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use super::{Row, Value};
use crate::error::ReportError;
use crate::flat::{Cell, Columns};
use crate::metrics::Number;
use crate::write::Staged;

/// Rows of one row group.
const GROUP_ROWS: usize = 65_536;

/// Writes the rows, in their order, as one file at `path`: `point`, a column a swept key under its dotted name with
/// numbers as numbers, then the columns of the CSV. The file appears whole or not at all.
pub fn write(path: &Path, keys: &[String], rows: &[Row]) -> std::result::Result<(), ReportError> {
    let mut staged = Staged::default();
    let file = staged.create(path)?;
    encode(file, keys, rows).map_err(|source| ReportError::Parquet { path: path.to_owned(), source })?;
    staged.publish()
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Truth,
    /// Swept integers may be negative.
    Signed,
    /// Counts, bytes, nanoseconds.
    Unsigned,
    Real,
}

fn encode(file: File, keys: &[String], rows: &[Row]) -> Result<()> {
    let columns = Columns::of(rows.iter().map(|row| &row.result));
    let mut shape = vec![("point".to_owned(), Kind::Unsigned)];
    for (index, key) in keys.iter().enumerate() {
        shape.push((key.clone(), kind_of_key(rows, index)));
    }
    let empty = crate::schema::RunResult::default();
    let names = columns.names().into_iter();
    shape.extend(names.zip(columns.row(&empty).iter().map(kind_of_cell)));
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("tightfit ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema(&shape)?), Arc::new(properties))?;
    for rows in rows.chunks(GROUP_ROWS) {
        let mut group = writer.next_row_group()?;
        let fields: Vec<Vec<Field<'_>>> = rows.iter().map(|row| fields(row, &columns, &shape)).collect();
        for (index, (_, kind)) in shape.iter().enumerate() {
            column(&mut group, *kind, fields.iter().map(|row| &row[index]))?;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

fn schema(shape: &[(String, Kind)]) -> Result<Type> {
    let field = |(name, kind): &(String, Kind)| {
        let (physical, logical) = match kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Truth => (Physical::BOOLEAN, None),
            Kind::Signed => (Physical::INT64, None),
            Kind::Unsigned => (Physical::INT64, Some(LogicalType::integer(64, false))),
            Kind::Real => (Physical::DOUBLE, None),
        };
        let builder = Type::primitive_type_builder(name, physical).with_logical_type(logical);
        builder.with_repetition(Repetition::OPTIONAL).build().map(Arc::new)
    };
    let fields = shape.iter().map(field).collect::<Result<Vec<_>>>()?;
    Type::group_type_builder("sweep").with_fields(fields).build()
}

/// Numbers as numbers where all values of the key are, else texts.
fn kind_of_key(rows: &[Row], index: usize) -> Kind {
    let mut kinds = rows.iter().filter_map(|row| row.values[index].as_ref()).map(|value| match value {
        Value::Truth(_) => Kind::Truth,
        Value::Integer(_) => Kind::Signed,
        Value::Real(_) => Kind::Real,
        Value::Text(_) => Kind::Text,
    });
    let both = |one, other| match (one, other) {
        (one, other) if one == other => one,
        (Kind::Signed | Kind::Real, Kind::Signed | Kind::Real) => Kind::Real,
        _ => Kind::Text,
    };
    kinds.next().map_or(Kind::Text, |first| kinds.fold(first, both))
}

fn kind_of_cell(cell: &Cell<'_>) -> Kind {
    match cell {
        Cell::Number(Number::Integer(_)) => Kind::Unsigned,
        Cell::Number(Number::Real(_)) => Kind::Real,
        Cell::Number(Number::Truth(_)) => Kind::Truth,
        Cell::Text(_) | Cell::Nothing => Kind::Text,
    }
}

/// One field of a row, as Parquet holds it; nothing where the row has none.
enum Field<'r> {
    Nothing,
    Text(Cow<'r, str>),
    Truth(bool),
    /// Parquet stores unsigned 64-bit numbers in the same 64 bits.
    Bits(i64),
    Real(f64),
}

impl<'r> Field<'r> {
    /// A swept value in a column of this kind.
    fn of_value(value: Option<&'r Value>, kind: Kind) -> Self {
        match (value, kind) {
            (None, _) => Self::Nothing,
            (Some(Value::Truth(value)), Kind::Truth) => Self::Truth(*value),
            (Some(Value::Integer(value)), Kind::Signed) => Self::Bits(*value),
            (Some(Value::Integer(value)), Kind::Real) => Self::Real(*value as f64),
            (Some(Value::Real(value)), Kind::Real) => Self::Real(*value),
            (Some(value), _) => Self::Text(value.to_string().into()),
        }
    }

    fn of_cell(cell: Cell<'r>) -> Self {
        match cell {
            Cell::Nothing => Self::Nothing,
            Cell::Text(text) => Self::Text(text),
            Cell::Number(Number::Truth(value)) => Self::Truth(value),
            Cell::Number(Number::Integer(value)) => Self::Bits(value.cast_signed()),
            Cell::Number(Number::Real(value)) => Self::Real(value),
        }
    }
}

fn fields<'r>(row: &'r Row, columns: &Columns<'_>, shape: &[(String, Kind)]) -> Vec<Field<'r>> {
    let point = Field::Bits(row.point.cast_signed());
    let swept = row.values.iter().zip(&shape[1..]).map(|(value, (_, kind))| Field::of_value(value.as_ref(), *kind));
    let rest = columns.row(&row.result).into_iter().map(Field::of_cell);
    std::iter::once(point).chain(swept).chain(rest).collect()
}

fn column<'f>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    kind: Kind,
    fields: impl Iterator<Item = &'f Field<'f>>,
) -> Result<()> {
    match kind {
        Kind::Text => put::<ByteArrayType>(group, fields, |field| match field {
            Field::Text(text) => Some(ByteArray::from(&**text)),
            _ => None,
        }),
        Kind::Truth => put::<BoolType>(group, fields, |field| match field {
            Field::Truth(value) => Some(*value),
            _ => None,
        }),
        Kind::Signed | Kind::Unsigned => put::<Int64Type>(group, fields, |field| match field {
            Field::Bits(value) => Some(*value),
            _ => None,
        }),
        Kind::Real => put::<DoubleType>(group, fields, |field| match field {
            Field::Real(value) => Some(*value),
            _ => None,
        }),
    }
}

/// Writes one column: its values, and for each row whether it has one.
fn put<'f, T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    fields: impl Iterator<Item = &'f Field<'f>>,
    value: impl Fn(&'f Field<'f>) -> Option<T::T>,
) -> Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for field in fields {
        let value = value(field);
        levels.push(i16::from(value.is_some()));
        values.extend(value);
    }
    let mut column = group.next_column()?.expect("the schema has a column for every field");
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}
