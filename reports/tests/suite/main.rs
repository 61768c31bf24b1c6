//! The reports, held to inline snapshots and to laws: same results, same bytes; nothing unescaped; nothing half-written.

mod answer;
mod charts;
mod diff;
mod fixture;
mod formats;
mod gate;
mod gate_formats;
mod gate_runs;
mod hit_rate;
mod open_loop;
mod page;
mod sweep;
mod table;
mod writing;
