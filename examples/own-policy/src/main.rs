//! Runs [`Mru`] beside LRU where half of a model is streamed in a circle: `cargo run --release -p own-policy`.
#![expect(clippy::print_stdout, reason = "a program prints")]

use own_policy::Mru;
use tightfit::{OwnPolicy, RunError, Study};

fn main() -> Result<(), RunError> {
    let report = Study::of("quickstart")
        .devices(["iphone-15-pro"])
        .strategies(["lru"])
        .set("memory.limit-mb=80")
        .policy(OwnPolicy::new("mru", Mru::new), "lru")
        .run()?;
    println!("{}", report.text(None));
    Ok(())
}
