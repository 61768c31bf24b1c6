//! What a run gives back: the result schema, tables, charts and pages. Sees plain numbers, never engine types.
pub mod schema;
