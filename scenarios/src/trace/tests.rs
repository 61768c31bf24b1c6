//! Tests of the trace as a whole; those of one idea sit beside it.

mod arrow;
mod filed;
mod foreign;
mod fuzz;
mod import;
mod info;
mod predicted;
mod refused;
mod round_trip;
mod sample;
mod staged;
