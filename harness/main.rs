//! The command line of tightfit. Only this binary prints; only its argument parsing reads the environment.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
