#!/usr/bin/env python3
"""Half the memory that the weights need, as a hard limit of the system: windowed rows, mapped files and naive streaming.

Each run is a process in a memory cgroup (v1 or v2) of half the model's weights, page cache included: who takes more is killed,
and the script says so. The model is OPT-1.3B at 16 bits with generated weights; since no trace of it was published, one is
drawn: --active of a layer's neurons in each token, --kept of them again in the next (LLM in a flash, arXiv 2312.11514, finds
3 % of OPT's active). Arms that read everything have fewer tokens, which are all alike. A mapped file is as good as its
read-around: rows have it at the size of a row and at 128 KiB, everything at 8 MiB (at 128 KiB it has a third of the speed), and
beside them stands what the system does on its own with a mapped file that is read from front to back. Where the machine allows
no cgroup the script says why and ends. Needs pyarrow, and root for the cgroup. It takes four minutes, two of them for the stores.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import typing

import pyarrow
import pyarrow.parquet

MODEL, LAYERS, NEURONS, HIDDEN, VOCABULARY = "opt-1.3b", 24, 8192, 2048, 50272
WEIGHTS_BYTES = 2_631_000_000


class Arm(typing.NamedTuple):
    """How an arm is called, its strategy and what is set of it, the layout of its store, and its share of --tokens."""

    name: str
    strategy: str
    layout: str
    settings: tuple = ()
    share: float = 1.0


AROUND = "strategy.page-cache.read-around-kib="
ARMS = [
    Arm("windowed rows", "window", "rows"),
    Arm("mapped file, active rows, 8 KiB a fault", "trust-the-page-cache", "rows", (AROUND + "8",)),
    Arm("mapped file, active rows, 128 KiB a fault", "trust-the-page-cache", "rows", (AROUND + "128",)),
    Arm("mapped file, everything, 8 MiB a fault", "page-cache", "blocks", (AROUND + "8192",), 0.25),
    Arm("naive", "naive", "blocks", share=0.5),
]
# Passes over a mapped file, one byte a page: seconds each.
TOUCH = """
import mmap, sys, time
with open(sys.argv[1], "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as pages:
    for _ in range(3):
        since = time.monotonic()
        with memoryview(pages) as view:
            sum(view[::mmap.PAGESIZE])
        print(time.monotonic() - since)
"""
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
"""


def within(folder, command):
    """A command's end, run in the cgroup."""
    enter = ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', folder]
    return subprocess.run(enter + command, capture_output=True, text=True)


def run(asked, scenario, folder, arm, store):
    """One run in the cgroup: its result, or none where it was killed."""
    limit = asked.limit_bytes - PROGRAM_BYTES - (HEAD_BYTES if arm.layout == "blocks" else 0)
    settings = [f"memory.limit-mb={limit // 1_000_000}", f"request.output-tokens={tokens_of(asked, arm) + 1}", *arm.settings]
    command = [asked.program, "run", scenario, "--strategy", arm.strategy, "--on", "host", "--store", store, "--reads", asked.reads,
               "--format", "json", *(word for setting in settings for word in ("--set", setting))]
    done = within(folder, command)
    if done.returncode in (137, -9):
        return None
    if done.returncode != 0:
        sys.exit(f"{arm.name}: {' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)["results"][0]


def tokens_of(asked, arm):
    """Tokens that an arm's speed is measured over: those after the first."""
    return max(2, round(asked.tokens * arm.share))


def touch(group, store):
    """Seconds that the system takes to bring a mapped file's pages in order: the middle of three passes."""
    with open(store, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    done = within(group, [sys.executable, "-c", TOUCH, store])
    if done.returncode != 0:
        sys.exit(f"touching {store}: {done.stderr.strip()}")
    return statistics.median(float(line) for line in done.stdout.split())


def machine(result):
    """What the machine says of itself."""
    facts = {source["key"].removeprefix("host."): source["value"] for source in result["provenance"]["sources"]
             if source["key"].startswith("host.")}
    return f"{facts['processor']}, {facts['processors']} processors, {facts['disk']}, Linux {facts['system-kernel']}"


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
    options.add_argument("--out", help="a folder for limit.md and limit.json")
    asked = options.parse_args()
    asked.limit_bytes = WEIGHTS_BYTES // 2
    # Who ends the script early leaves neither stores nor a cgroup behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before its end"))
    try:
        with cgroup(asked.limit_bytes) as (group, peak), tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            measured = compare(asked, group, peak, folder)
    except NoCgroup as why:
        print(f"SKIPPED: no hard memory limit on this machine: {why}")
        return
    text = table(measured)
    print(text)
    if asked.out:
        for name, content in [("limit.md", text), ("limit.json", json.dumps(measured, indent=1) + "\n")]:
            with open(os.path.join(asked.out, name), "w", encoding="utf-8") as out:
                out.write(content)


def compare(asked, group, peak, folder):
    """All arms in turn, so often: what was measured of each."""
    trace, scenario = os.path.join(folder, "drawn.parquet"), os.path.join(folder, "half.toml")
    draw(trace, asked.tokens + 1, asked.active, asked.kept)
    with open(scenario, "w", encoding="utf-8") as out:
        out.write(SCENARIO.format(device=asked.device, model=MODEL, trace=trace, runtime=asked.runtime))
    stores = {}
    for arm in ARMS:
        if arm.layout not in stores:
            stores[arm.layout] = os.path.join(folder, f"{arm.layout}.store")
            subprocess.run([asked.program, "store", "build", "--model", MODEL, "--quantization", "f16", "--strategy",
                            arm.strategy, "--out", stores[arm.layout]], check=True, capture_output=True)
    arms = [{"arm": arm.name, "strategy": arm.strategy, "tokens": tokens_of(asked, arm), "tokens_per_s": [], "peak_bytes": 0}
            for arm in ARMS]
    touched = []
    for _ in range(asked.repeats):
        for arm, measured in zip(ARMS, arms):
            if peak.endswith("max_usage_in_bytes"):
                with open(peak, "w", encoding="ascii") as file:
                    file.write("0")
            result = run(asked, scenario, group, arm, stores[arm.layout])
            with open(peak, encoding="ascii") as file:
                measured["peak_bytes"] = max(measured["peak_bytes"], int(file.read()))
            if result is None:
                sys.exit(f"{arm.name} was killed: it held {measured['peak_bytes'] / 1e6:.0f} MB")
            measured["tokens_per_s"].append(result["throughput"]["decode_tokens_per_s"])
            measured["bytes_per_token"] = result["flash"]["bytes_per_token"]
            measured["hit_rate"] = result["cache"]["decode_hit_rate"]
            measured["stall_share"] = result["time"]["flash_stall_ns"] / result["time"]["wall_ns"]
            measured["process_bytes"] = result["memory"]["peak_bytes"]
        touched.append(touch(group, stores["blocks"]))
    return {"command": " ".join(["python3", *sys.argv]), "machine": machine(result), "load": os.getloadavg()[0],
            "limit_bytes": asked.limit_bytes, "weights_bytes": WEIGHTS_BYTES, "active": asked.active, "kept": asked.kept,
            "reads": asked.reads, "touch_s": touched, "arms": arms}


def table(measured):
    """What was measured, as Markdown."""
    naive = statistics.median(measured["arms"][-1]["tokens_per_s"])
    repeats = len(measured["touch_s"])
    lines = [f"{MODEL} at 16 bits, {measured['weights_bytes'] / 1e6:.0f} MB of weights, under a hard limit of "
             f"{measured['limit_bytes'] / 1e6:.0f} MB (a memory cgroup, page cache included). {measured['active']:.0%} of the "
             f"neurons are active in a token, {measured['kept']:.0%} of them again in the next; reads are {measured['reads']}.",
             "", f"`{measured['command']}`: {measured['machine']}; load {measured['load']:.1f}.", "",
             "| arm | tokens/s (rounds) | times naive | tokens | MB read a token | hits | waits for flash | process MB "
             "| process and page cache MB |", "|---|---|---|---|---|---|---|---|---|"]
    for arm in measured["arms"]:
        rates = arm["tokens_per_s"]
        lines.append(f"| {arm['arm']} | {statistics.median(rates):.2f} ({min(rates):.2f} to {max(rates):.2f}) "
                     f"| {statistics.median(rates) / naive:.1f} | {arm['tokens']} | {arm['bytes_per_token'] / 1e6:.0f} "
                     f"| {arm['hit_rate']:.0%} | {arm['stall_share']:.0%} | {arm['process_bytes'] / 1e6:.0f} "
                     f"| {arm['peak_bytes'] / 1e6:.0f} |")
    lines += ["", f"None was killed in {repeats * len(measured['arms'])} runs. To bring every page of a mapped file of everything "
              f"in, in order and with nothing computed, the system itself takes {statistics.median(measured['touch_s']):.1f} s; "
              f"naive takes {1 / naive:.1f} s a token.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
