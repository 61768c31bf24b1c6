"""Asks libcachesim how often two streams hit under each of its policies: the golden counts of the engine's tests.

    pip install libcachesim==0.3.5
    python3 harness/engine/tests/golden/make.py > harness/engine/tests/golden/counts.csv

The streams are those of tests/suite/golden.rs: a Zipf stream from integers alone, and the expert routes of a published
trace, which is read from ../shared/data and not copied.
"""

import bisect
import csv
import itertools
import os
import pathlib
import struct
import sys
import tempfile

import libcachesim

ROUTES = pathlib.Path(__file__).resolve().parents[5] / "shared/data/bigmoe/qwen.route.csv"
POLICIES = ["FIFO", "LRU", "Clock", "Sieve", "S3FIFO", "ARC", "TwoQ", "LFU", "WTinyLFU", "Belady"]
# Below these, libcachesim's queues are smaller than it accepts an object for: it admits nothing, or aborts.
SMALLEST = {"S3FIFO": 20, "WTinyLFU": 100}


def zipf_stream():
    """A million lookups of 100000 objects, the object of rank r with weight 1 / r."""
    objects, lookups, state = 100_000, 1_000_000, 0x9E3779B97F4A7C15
    cumulated = list(itertools.accumulate((1 << 40) // rank for rank in range(1, objects + 1)))
    stream = []
    for _ in range(lookups):
        state ^= state << 13 & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 7
        state ^= state << 17 & 0xFFFFFFFFFFFFFFFF
        rank = bisect.bisect_right(cumulated, state % cumulated[-1])
        stream.append(rank * 60_013 % objects)
    return stream


def route_stream():
    """Experts in the order of phase, step, layer, expert; 128 experts a layer."""
    with open(ROUTES) as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        uses = {tuple(int(row[key]) for key in ("phase", "step", "layer", "expert")) for row in rows}
    return [layer * 128 + expert for _, _, layer, expert in sorted(uses)]


def write_trace(stream, path):
    """The stream in libCacheSim's oracleGeneral format, all objects of one byte."""
    next_use, last = [-1] * len(stream), {}
    for number in range(len(stream) - 1, -1, -1):
        next_use[number] = last.get(stream[number], -1)
        last[stream[number]] = number + 1
    with open(path, "wb") as file:
        for number, (item, following) in enumerate(zip(stream, next_use)):
            file.write(struct.pack("<IQIq", number, item, 1, following))


def hits(policy, path, lookups, capacity):
    reader = libcachesim.TraceReader(trace=path, trace_type=libcachesim.TraceType.ORACLE_GENERAL_TRACE)
    cache = getattr(libcachesim, policy)(cache_size=capacity, hashpower=18)
    miss_ratio, _ = cache.process_trace(reader)
    return round((1 - miss_ratio) * lookups)


def main():
    capacities = {"zipf": [100, 300, 1000, 3000, 5000, 10000, 20000, 50000]}
    streams = {"zipf": zipf_stream()}
    capacities["routes"] = [6, 37, 112, 187, 373, 747, 1120, 1867]
    streams["routes"] = route_stream()
    print(f"# Hits that libcachesim {libcachesim.__version__} counts, objects of one byte. Made by:")
    print("# python3 harness/engine/tests/golden/make.py > harness/engine/tests/golden/counts.csv")
    for name, stream in streams.items():
        print(f"# {name}: {len(stream)} lookups of {len(set(stream))} objects")
    print("stream,policy,capacity,hits")
    for name, stream in streams.items():
        path = os.path.join(tempfile.gettempdir(), f"{name}.oracleGeneral")
        write_trace(stream, path)
        for policy in POLICIES:
            for capacity in capacities[name]:
                if capacity >= SMALLEST.get(policy, 1):
                    print(f"{name},{policy},{capacity},{hits(policy, path, len(stream), capacity)}", flush=True)
        os.remove(path)


if __name__ == "__main__":
    sys.exit(main())
