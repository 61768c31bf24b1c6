#!/usr/bin/env python3
"""Half the memory that the weights need, as a hard limit of the system: windowed rows, mapped files and naive streaming.

Each run is a process in a memory cgroup (v1 or v2) of half the model's weights, page cache included: who takes more is killed,
and the script says so. The model is OPT-1.3B at 16 bits with generated weights; since no trace of it was published, one is
drawn: --active of a layer's neurons in each token, --kept of them again in the next (LLM in a flash, arXiv 2312.11514, finds
3 % of OPT's active). Where the machine allows no cgroup the script says why and ends. Needs pyarrow, and root for the cgroup.
"""

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

import pyarrow
import pyarrow.parquet

MODEL, LAYERS, NEURONS, HIDDEN, VOCABULARY = "opt-1.3b", 24, 8192, 2048, 50272
WEIGHTS_BYTES = 2_631_000_000
# How each arm is called, its strategy, and the layout of its store.
ARMS = [
    ("windowed rows", "window", "rows"),
    ("mapped file, active rows", "trust-the-page-cache", "rows"),
    ("mapped file, everything", "page-cache", "blocks"),
    ("naive", "naive", "blocks"),
]
# The program, its tables a bundle, its readers' buffers, slots that a compact resident set has left, and pages of the page
# cache that are on their way out: what a run may hold besides weights, cache and budget.
PROGRAM_BYTES = 96_000_000
# Where all is streamed, the host computes the head over a copy of its own.
HEAD_BYTES = 2 * HIDDEN * VOCABULARY


class NoCgroup(Exception):
    """Why there is none."""


@contextlib.contextmanager
def cgroup(limit_bytes):
    """A memory cgroup below our own: its folder, and the file that tells the most it ever held."""
    with open("/proc/self/cgroup", encoding="ascii") as lines:
        own = dict(line.strip().split(":", 2)[1:] for line in lines)
    if "memory" in own:
        base, limit, peak = "/sys/fs/cgroup/memory" + own["memory"], "memory.limit_in_bytes", "memory.max_usage_in_bytes"
    elif os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        base, limit, peak = "/sys/fs/cgroup" + own.get("", "/"), "memory.max", "memory.peak"
    else:
        raise NoCgroup("/sys/fs/cgroup has no memory controller")
    folder = os.path.join(base, f"tightfit-{os.getpid()}")
    try:
        os.mkdir(folder)
    except OSError as problem:
        raise NoCgroup(f"{folder}: {problem.strerror}") from problem
    try:
        with open(os.path.join(folder, limit), "w", encoding="ascii") as file:
            file.write(str(limit_bytes))
        yield folder, os.path.join(folder, peak)
    except FileNotFoundError as problem:
        raise NoCgroup(f"{problem.filename}: the memory controller is not handed down to here") from problem
    finally:
        os.rmdir(folder)


def draw(path, tokens, active, kept):
    """A trace of `tokens` tokens, the first of which is the prompt."""
    draw_from = random.Random(1)
    columns = {"request": [], "token": [], "phase": [], "layer": [], "active": []}
    now = [set() for _ in range(LAYERS)]
    count = round(NEURONS * active)
    for token in range(tokens):
        for layer in range(LAYERS):
            rows = set(draw_from.sample(sorted(now[layer]), round(len(now[layer]) * kept)))
            while len(rows) < count:
                rows.add(draw_from.randrange(NEURONS))
            now[layer] = rows
            for name, value in [("request", 0), ("token", token), ("phase", "prefill" if token == 0 else "decode"),
                                ("layer", layer), ("active", sorted(rows))]:
                columns[name].append(value)
    types = [("request", pyarrow.uint32()), ("token", pyarrow.uint32()), ("phase", pyarrow.string()),
             ("layer", pyarrow.uint32()), ("active", pyarrow.list_(pyarrow.uint32()))]
    header = {"tightfit.version": "1", "tightfit.unit": "neuron", "tightfit.layers": str(LAYERS),
              "tightfit.bundles-per-layer": str(NEURONS), "tightfit.model": MODEL, "tightfit.recorder": "drawn",
              "tightfit.definition": f"{active:.1%} active, {kept:.0%} of them again: synthetic"}
    schema = pyarrow.schema([pyarrow.field(name, kind, nullable=False) for name, kind in types], metadata=header)
    pyarrow.parquet.write_table(pyarrow.table(columns, schema=schema), path)


SCENARIO = """schema = 1
name = "half-the-memory"
title = "OPT-1.3B at 16 bits in half the memory of its weights"
devices = ["{device}"]
model = "{model}"
quantization = "f16"
trace = "{trace}"
runtime = "{runtime}"
processor = "cpu"
strategies = ["window", "trust-the-page-cache", "page-cache", "naive"]

[request]
output-tokens = {tokens}
"""


def run(asked, scenario, folder, name, strategy, store):
    """One run in the cgroup: its result, or none where it was killed."""
    limit = asked.limit_bytes - PROGRAM_BYTES - (HEAD_BYTES if strategy in ("naive", "page-cache") else 0)
    command = [asked.program, "run", scenario, "--strategy", strategy, "--on", "host", "--store", store, "--reads", asked.reads,
               "--format", "json", "--set", f"memory.limit-mb={limit // 1_000_000}"]
    enter = ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', folder]
    done = subprocess.run(enter + command, capture_output=True, text=True)
    if done.returncode in (137, -9):
        return None
    if done.returncode != 0:
        sys.exit(f"{name}: {' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)["results"][0]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default="target/release/tightfit")
    options.add_argument("--device", default="generic-laptop", help="gives the memory and the read unit, no speed")
    options.add_argument("--runtime", default="llama.cpp")
    options.add_argument("--reads", default="direct")
    options.add_argument("--folder", default=tempfile.gettempdir(), help="for 6 GB of stores, removed at the end")
    options.add_argument("--tokens", type=int, default=8)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--active", type=float, default=0.03)
    options.add_argument("--kept", type=float, default=0.5)
    options.add_argument("--json")
    asked = options.parse_args()
    asked.limit_bytes = WEIGHTS_BYTES // 2
    try:
        with cgroup(asked.limit_bytes) as (group, peak), tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            compare(asked, group, peak, folder)
    except NoCgroup as why:
        print(f"SKIPPED: no hard memory limit on this machine: {why}")


def compare(asked, group, peak, folder):
    """All arms in turn, and the table."""
    trace, scenario = os.path.join(folder, "drawn.parquet"), os.path.join(folder, "half.toml")
    draw(trace, asked.tokens + 1, asked.active, asked.kept)
    with open(scenario, "w", encoding="utf-8") as out:
        out.write(SCENARIO.format(device=asked.device, model=MODEL, trace=trace, runtime=asked.runtime, tokens=asked.tokens))
    stores = {}
    for _, strategy, layout in ARMS:
        if layout not in stores:
            stores[layout] = os.path.join(folder, f"{layout}.store")
            subprocess.run([asked.program, "store", "build", "--model", MODEL, "--quantization", "f16", "--strategy", strategy,
                            "--out", stores[layout]], check=True, capture_output=True)
    print(f"{MODEL} at 16 bits, {WEIGHTS_BYTES / 1e6:.0f} MB of weights, a hard limit of {asked.limit_bytes / 1e6:.0f} MB; load "
          f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    rates = {name: [] for name, _, _ in ARMS}
    last, peaks = {}, {}
    for _ in range(asked.repeats):
        for name, strategy, layout in ARMS:
            with open(peak, "w", encoding="ascii") if peak.endswith("max_usage_in_bytes") else contextlib.nullcontext() as file:
                if file:
                    file.write("0")
            result = run(asked, scenario, group, name, strategy, stores[layout])
            with open(peak, encoding="ascii") as file:
                peaks[name] = max(peaks.get(name, 0), int(file.read()))
            if result is None:
                sys.exit(f"{name} was killed: it held {peaks[name] / 1e6:.0f} MB")
            rates[name].append(result["throughput"]["decode_tokens_per_s"])
            last[name] = result
    naive = statistics.median(rates["naive"])
    rows = []
    print("| arm | tokens/s | times naive | MB read a token | hits | waits for flash | process MB | process and page cache MB |")
    print("|---|---|---|---|---|---|---|---|")
    for name, strategy, _ in ARMS:
        result, rate = last[name], statistics.median(rates[name])
        stall = result["time"]["flash_stall_ns"] / result["time"]["wall_ns"]
        rows.append({"arm": name, "strategy": strategy, "tokens_per_s": rates[name], "times_naive": rate / naive,
                     "bytes_per_token": result["flash"]["bytes_per_token"], "hit_rate": result["cache"]["hit_rate"],
                     "process_bytes": result["memory"]["peak_bytes"], "peak_bytes": peaks[name]})
        print(f"| {name} | {rate:.2f} | {rate / naive:.1f} | {result['flash']['bytes_per_token'] / 1e6:.0f} "
              f"| {result['cache']['hit_rate']:.0%} | {stall:.0%} | {result['memory']['peak_bytes'] / 1e6:.0f} "
              f"| {peaks[name] / 1e6:.0f} |")
    print(f"\nNone was killed in {asked.repeats * len(ARMS)} runs.")
    if asked.json:
        with open(asked.json, "w", encoding="utf-8") as out:
            json.dump({"limit_bytes": asked.limit_bytes, "weights_bytes": WEIGHTS_BYTES, "arms": rows}, out, indent=1)


if __name__ == "__main__":
    main()
