#!/usr/bin/env python3
"""Large traces: written, read and replayed in memory that does not grow with their length.

    cargo build --release && python3 benches/traces.py [--program target/release/tightfit] [--folder /tmp] [--part 10]

100,000 tokens of 48 layers x 128 experts, 8 of them active, and 1,000 tokens of 32 layers x 16,384 neurons, generated from
recipes, each beside an eighth of it (enough that `run` reads it as it goes, as it does files above 4 MiB). What `trace synth`,
`trace info`, `trace info --curve lru` and `run` (an LRU on a simulated device) take: time by the clock and of the processor, peak
memory, and bytes of the file a token. A peak that grows with the length ends the script with code 1; `run` may grow by what it
tells of each token. Parts of the lengths are too short to be judged so.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

# Name, layers, recipe, model, prompt tokens, tokens in all, cache of a tenth of all bundles.
TRACES = [
    ("48 x 128 experts", 48, "synthetic/qwen3-30b-a3b", "qwen3-30b-a3b", 64, 100_000, 614),
    ("32 x 16384 neurons", 32, "synthetic/opt-6.7b", "opt-6.7b", 16, 1_000, 52_429),
]
GROWTH_MIB_MAX = 8
# What a result says of a token: 15 numbers of 8 bytes, held twice while they are told.
TOLD_BYTES_MAX = 256
SCENARIO = """
schema = 1
name = "long"
title = "A long trace"
devices = ["generic-laptop"]
model = "{model}"
trace = "{trace}"
runtime = "llama.cpp"
processor = "cpu"
strategies = ["lru"]
memory = {{ budget-mib = 1024 }}
"""


def run(program, arguments):
    """Seconds by the clock, seconds of the processor, and peak MiB of a command."""
    begun = time.monotonic()
    child = subprocess.Popen([program, "--quiet", *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(arguments)}: exit code {child.returncode}")
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="target/release/tightfit")
    parser.add_argument("--folder", help="where the files go, and are removed again")
    parser.add_argument("--part", type=int, default=1, help="look at so small a part of the lengths only, and judge nothing")
    options = parser.parse_args()
    grown = False
    print("| trace | tokens | bytes a token | command | s | processor s | rows/processor s | peak MiB |\n" + "|---" * 8 + "|")
    for name, layers, recipe, model, prompt, tokens, cache in TRACES:
        peaks = {}
        for length in (max(tokens // options.part // 8, 2 * prompt), tokens // options.part):
            with tempfile.TemporaryDirectory(dir=options.folder) as folder:
                path = os.path.join(folder, "t.parquet")
                scenario = os.path.join(folder, "long.toml")
                with open(scenario, "w", encoding="utf-8") as file:
                    file.write(SCENARIO.format(model=model, trace=path))
                commands = {
                    "synth": ["trace", "synth", recipe, "--prompt-tokens", str(prompt), "--tokens", str(length - prompt), "--out", path],
                    "info": ["trace", "info", path],
                    "info --curve lru": ["trace", "info", path, "--curve", "lru", "--budget-units", str(cache)],
                    "run": ["run", scenario],
                }
                for command, arguments in commands.items():
                    seconds, busy, peak = run(options.program, arguments)
                    told = TOLD_BYTES_MAX * length / 2**20 if command == "run" else 0
                    peaks.setdefault(command, []).append(peak - told)
                    each = os.path.getsize(path) / length
                    rates = f"{seconds:.1f} | {busy:.1f} | {length * layers / busy:,.0f}"
                    print(f"| {name} | {length:,} | {each:,.0f} | {command} | {rates} | {peak:.0f} |", flush=True)
        for command, (short, long) in peaks.items():
            if options.part == 1 and long > short + GROWTH_MIB_MAX:
                print(f"{name}, {command}: {short:.0f} MiB grow to {long:.0f} MiB", file=sys.stderr)
                grown = True
    sys.exit(grown)


if __name__ == "__main__":
    main()
