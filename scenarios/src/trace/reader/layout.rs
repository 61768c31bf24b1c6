//! Finds the columns of a trace among those of a file, in any of the shapes that frameworks write.
//!
//! Integers may be 32 or 64 bits, signed or not; columns may be nullable (without nulls); a list's element may carry
//! any name (`element`, `item`, `array`); columns that a trace does not have are ignored.

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor, SchemaDescriptor, Type};

use crate::trace::TraceError;

/// One leaf column and how it nests.
#[derive(Clone)]
pub(super) struct Leaf {
    /// Index among the file's leaf columns.
    pub(super) index: usize,
    pub(super) descriptor: ColumnDescPtr,
    /// Definition level from which a list has an entry; the maximum where the column is no list.
    pub(super) entry_level: i16,
}

impl Leaf {
    pub(super) fn is_list(&self) -> bool {
        self.descriptor.max_rep_level() > 0
    }
}

/// The leaf columns of a trace.
pub(super) struct Layout {
    pub(super) request: Leaf,
    pub(super) token: Leaf,
    pub(super) phase: Leaf,
    pub(super) layer: Leaf,
    pub(super) active: Leaf,
    pub(super) score: Option<Leaf>,
    pub(super) predicted: Option<Leaf>,
}

impl Layout {
    /// Looks the columns up; `name` is the file's, for errors.
    pub(super) fn find(name: &str, schema: &SchemaDescriptor) -> Result<Self, TraceError> {
        let integer = [Physical::INT32, Physical::INT64];
        let finder = Finder { name, schema };
        Ok(Self {
            request: finder.required("request", 0, &integer)?,
            token: finder.required("token", 0, &integer)?,
            phase: finder.required("phase", 0, &[Physical::BYTE_ARRAY])?,
            layer: finder.required("layer", 0, &integer)?,
            active: finder.required("active", 1, &integer)?,
            score: finder.find("score", 1, &[Physical::FLOAT, Physical::DOUBLE])?,
            predicted: finder.find("predicted", 1, &integer)?,
        })
    }
}

struct Finder<'a> {
    name: &'a str,
    schema: &'a SchemaDescriptor,
}

impl Finder<'_> {
    fn required(&self, column: &str, lists: i16, accepted: &[Physical]) -> Result<Leaf, TraceError> {
        self.find(column, lists, accepted)?.ok_or_else(|| self.fail(column, "is missing".to_owned()))
    }

    fn find(&self, column: &str, lists: i16, accepted: &[Physical]) -> Result<Option<Leaf>, TraceError> {
        let mut leaves = (0..self.schema.num_columns())
            .filter(|&index| self.schema.column(index).path().parts().first().is_some_and(|part| part == column));
        let Some(index) = leaves.next() else {
            return Ok(None);
        };
        let descriptor = self.schema.column(index);
        let found = describe(&descriptor);
        if leaves.next().is_some() || descriptor.max_rep_level() != lists {
            return Err(self.fail(column, format!("is a {found}")));
        }
        if !accepted.contains(&descriptor.physical_type()) {
            return Err(self.fail(column, format!("is a {found}")));
        }
        let entry_level = entry_level(self.schema.get_column_root(index), &descriptor);
        Ok(Some(Leaf { index, descriptor, entry_level }))
    }

    fn fail(&self, column: &str, problem: String) -> TraceError {
        TraceError::Column { name: self.name.to_owned(), column: column.to_owned(), problem }
    }
}

/// Whether an integer column's bits are to be read as unsigned.
pub(super) fn is_unsigned(descriptor: &ColumnDescriptor) -> bool {
    let converted = matches!(
        descriptor.converted_type(),
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
    );
    converted || matches!(descriptor.logical_type_ref(), Some(LogicalType::Integer(integer)) if !integer.is_signed)
}

fn describe(descriptor: &ColumnDescriptor) -> String {
    let lists = "list of ".repeat(usize::try_from(descriptor.max_rep_level()).unwrap_or_default());
    format!("{lists}{}", descriptor.physical_type().to_string().to_lowercase())
}

/// Definition level of the repeated node: each optional or repeated node on the way to it adds one.
fn entry_level(root: &Type, descriptor: &ColumnDescriptor) -> i16 {
    let mut node = root;
    let mut level = 0;
    for part in descriptor.path().parts().iter().skip(1).map(Some).chain([None]) {
        let info = node.get_basic_info();
        match info.has_repetition().then(|| info.repetition()) {
            Some(Repetition::REPEATED) => return level + 1,
            Some(Repetition::OPTIONAL) => level += 1,
            _ => {}
        }
        let child = part
            .filter(|_| node.is_group())
            .and_then(|part| node.get_fields().iter().find(|field| field.name() == part));
        match child {
            Some(child) => node = child,
            None => break,
        }
    }
    descriptor.max_def_level()
}
