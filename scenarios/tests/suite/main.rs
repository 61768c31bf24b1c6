//! Scenarios and strategies as texts: what is built in, what is refused, and what a setting does.

mod catalog;
mod scenarios;
mod settings;
mod strategies;
mod sweeps;
