# What a developer runs. `just` alone lists it.

default:
    @just --list

# The quickstart scenario.
quickstart:
    cargo run --release

# What the README's `cargo test` runs, in parallel (needs cargo-nextest).
test:
    cargo nextest run --workspace --exclude tightfit-live

# What CI runs, without the recorder and the book.
check: test gate
    cargo test --doc --workspace --exclude tightfit-live
    cargo fmt --all --check
    cargo clippy --workspace --exclude tightfit-live --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --exclude tightfit-live --no-deps

# The recorder and its tests; TIGHTFIT_SMOLLM2 names the model file.
live:
    cargo test --release -p tightfit-live

# Criterion: replay, trace, run.
bench:
    cargo bench

# The gallery, and the pictures of the quickstart.
figures:
    cargo run --release -- figures
    cargo run --release -- run quickstart --out target/figures
    cp target/figures/charts/speed-against-memory.svg target/figures/charts/decode-speed.svg reports/figures/quickstart/

# Our own figures, held to the accepted ones.
gate:
    cargo run --release -- gate --baseline reports/baselines/scenarios.json

# Accept our figures as they are now: `just bless "why they moved"`.
bless REASON:
    cargo run --release -- gate quickstart llm-in-a-flash window-against-memory published-systems \
        --baseline reports/baselines/scenarios.json --changelog CHANGELOG.md --bless --reason '{{REASON}}'

# Licences and advisories (needs cargo-deny).
deny:
    cargo deny check
