//! The recorder from outside: on a tiny model made up here, and on `SmolLM2` where `TIGHTFIT_SMOLLM2` names the file. And the
//! host's kernels, held to candle's dense results.

mod families;
mod infer;
mod kernels;
mod predicted;
mod recorded;
mod refused;
mod smollm2;
mod tiny;
mod trained;
mod twin;
