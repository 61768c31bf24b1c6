//! Reads a file for a while and prints the throughput in MB/s: what `benches/host_reads.py` holds to fio.
//!
//! `reads FILE direct|ring|buffered SIZE_BYTES LANES SECONDS`

#![expect(clippy::print_stdout, reason = "a program")]

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use tightfit_host::{
    Reads,
    probe::{Bench, Landing},
};

/// The fewest that keep a flow going: fio, which this is held to, reads into one place a lane over and over.
const PLACES_A_LANE: u32 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(rate) => {
            println!("{rate:.2}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            println!("error: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<f64, String> {
    let [file, reads, size, lanes, seconds] = arguments else {
        return Err("asked for FILE direct|ring|buffered SIZE_BYTES LANES SECONDS".to_owned());
    };
    let reads = match reads.as_str() {
        "direct" => Reads::Direct,
        "ring" => Reads::Ring,
        "buffered" => Reads::Buffered,
        other => return Err(format!("no reader {other}")),
    };
    let number = |text: &String| text.parse::<u64>().map_err(|problem| format!("{text}: {problem}"));
    let path = PathBuf::from(file);
    let file_bytes = std::fs::metadata(&path).map_err(|problem| format!("{file}: {problem}"))?.len();
    let lanes = u32::try_from(number(lanes)?).map_err(|problem| problem.to_string())?;
    // Other offsets each time, so that no run reads what a cache below this machine has kept of the one before.
    let seed = SystemTime::UNIX_EPOCH.elapsed().map_err(|problem| problem.to_string())?.subsec_nanos();
    let (sizes, at_once) = ([number(size)?, file_bytes], [lanes, PLACES_A_LANE]);
    let mut bench = Bench::new(&path, reads, sizes, at_once, Landing::InPlace, u64::from(seed))
        .map_err(|problem| problem.to_string())?;
    let rate = bench.run(Duration::from_secs(number(seconds)?)).map_err(|problem| problem.to_string())?;
    Ok(rate / 1e6)
}
