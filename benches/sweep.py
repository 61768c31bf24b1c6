"""Times a sweep of 10,000 points of a 128-token mixture-of-experts trace, whole, and killed half-way and resumed.

    cargo build --release && python3 benches/sweep.py target/release/tightfit [thousands of points]

The trace is made up (47 layers, 6 of 128 experts, popular ones more often, half of a layer's from the token before): the
time of a sweep depends on its lookups, 36 k a point, and on nothing that a real trace would change. Needs pyarrow.
"""
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

LAYERS, EXPERTS, ACTIVE, PROMPT, TOKENS = 47, 128, 6, 16, 128

MODEL = f"""schema = 1
name = "made-up"
title = "Made up"
layers = {LAYERS}
hidden = 2048
vocabulary = 32000
tied-embeddings = true
context = 4096
default-quantization = "q4"
attention = {{ heads = 16, kv-heads = 4, head-dim = 128 }}
experts = {{ count = {EXPERTS}, active = {ACTIVE}, width = 768 }}
quantization.q4 = {{ embedding = "Q4_K", attention = "Q4_K", feed-forward = "Q4_K", norm = "F32", kv = "F16" }}
source.default = {{ kind = "assumed", from = "a benchmark" }}
"""

SCENARIO = """schema = 1
name = "ten-thousand"
title = "10,000 points"
question = "How long does a sweep take?"
devices = ["iphone-15-pro"]
model = "model.toml"
trace = "trace.parquet"
runtime = "llama.cpp"
processor = "cpu"
strategies = ["lru"]

[sweep]
"strategy.resident-set.evict" = [{{ policy = "lru" }}, {{ policy = "window", tokens = 2 }}, {{ policy = "window", tokens = 4 }}, {{ policy = "belady" }}]
"device.flash.read-latency-us" = [50, 80, 120, 180, 270]
"strategy.reads.lanes" = [1, 2, 4, 8, 16]
"strategy.reads.read-max-kib" = [1024, 4096]
"memory.budget-mib" = {{ from = 800, to = 2760, step = {step} }}
"""


def trace(path):
    random.seed(7)
    weights = [1 / (rank + 1) ** 0.5 for rank in range(EXPERTS)]
    before = [[] for _ in range(LAYERS)]
    columns = {"request": [], "token": [], "phase": [], "layer": [], "active": []}
    for token in range(PROMPT + TOKENS):
        for layer in range(LAYERS):
            active = set(random.sample(before[layer], ACTIVE // 2) if before[layer] else [])
            while len(active) < ACTIVE:
                active.add((random.choices(range(EXPERTS), weights)[0] * 37 + layer * 11) % EXPERTS)
            before[layer] = sorted(active)
            row = (0, token, "prefill" if token < PROMPT else "decode", layer, before[layer])
            for column, value in zip(columns.values(), row):
                column.append(value)
    header = {"version": "1", "unit": "expert", "layers": str(LAYERS), "bundles-per-layer": str(EXPERTS),
              "model": "made-up", "definition": "a benchmark"}
    whole = pa.uint32()
    schema = pa.schema([("request", whole), ("token", whole), ("phase", pa.string()), ("layer", whole),
                        ("active", pa.list_(whole))], {f"tightfit.{key}": value for key, value in header.items()})
    pq.write_table(pa.table(columns, schema), path)


def digest(folder):
    return hashlib.sha256((folder / "sweep.parquet").read_bytes()).hexdigest()[:16]


def main():
    program, thousands = os.path.abspath(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 10
    folder = Path(tempfile.mkdtemp(prefix="sweep-"))
    trace(folder / "trace.parquet")
    (folder / "model.toml").write_text(MODEL)
    budgets = round(thousands * 5)
    (folder / "scenario.toml").write_text(SCENARIO.format(step=1960 // (budgets - 1)))

    def start(out):
        return subprocess.Popen([program, "run", "scenario.toml", "--out", out], cwd=folder, stdout=subprocess.DEVNULL)

    begin = time.time()
    assert start("whole").wait() == 0
    whole_s = time.time() - begin
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = used.ru_utime + used.ru_stime
    print(f"{budgets * 200} points: {whole_s:.1f} s, of processors {cpu_s:.1f} s ({cpu_s / budgets / 200 * 1e6:.0f} us a point)")
    halves = start("halves")
    time.sleep(whole_s / 2)
    halves.send_signal(signal.SIGKILL)
    halves.wait()
    begin = time.time()
    assert start("halves").wait() == 0
    print(f"killed at {whole_s / 2:.1f} s and resumed: {time.time() - begin:.1f} s more")
    assert digest(folder / "whole") == digest(folder / "halves"), "the resumed table is another one"
    print(f"the same bytes: {digest(folder / 'whole')} in {folder}")


main()
