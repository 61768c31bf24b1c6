//! The product as its users meet it: the library that composes a run, and the binary.

mod ask;
mod bad_input;
mod bad_trace;
mod closed_forms;
mod collapse;
mod command_line;
mod curves;
mod determinism;
mod device_keys;
mod formats;
mod laws;
mod profile;
mod program;
mod random;
mod runs;
mod scenario_keys;
mod sensitivity;
mod strategy_keys;
mod sweep;
mod taken_back;
mod tiny;
mod uncertainty;
