"""Every policy beside libcachesim, on one stream, in one go.

    python3 benches/policies.py [--lookups N] [--objects N] [--runs N]

Writes a Zipf(0.9) stream as an oracleGeneral file (24 bytes a record), which both sides read from the page cache: their
`process_trace`, and `cargo bench --bench policies -- --stream FILE`. The sides take turns, policy by policy. What is
compared is processor time, so that a busy machine disturbs less: of the call on their side, of a whole process on ours.
Neighbours still share caches and memory with both, so the load is printed. Both take the next uses for Belady from the
file. Objects are numbered densely in the file, and only ours makes use of it. Needs numpy and libcachesim (measured with
0.3.5). Prints a table of medians and ratios; fails if hits differ where they must not.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import libcachesim
import numpy

# Ours: theirs, whether both count the same, and the ratio that is aimed at.
POLICIES = {
    "fifo": ("FIFO", True, 20),
    "lru": ("LRU", True, 20),
    "clock": ("Clock", True, 20),
    "sieve": ("Sieve", True, 20),
    "window": ("LRU", False, 20),
    "lfu": ("LFU", True, 8),
    "lfu-aged": ("LFUDA", False, 8),
    "cost-aware": ("GDSF", False, 8),
    "least-stale": ("LRU", True, 8),
    "s3-fifo": ("S3FIFO", True, 8),
    "arc": ("ARC", True, 8),
    "two-q": ("TwoQ", True, 8),
    "w-tinylfu": ("WTinyLFU", True, 8),
    "lhd": ("LHD", False, 8),
    "belady": ("Belady", True, 6),
}


def write_stream(path, objects, lookups):
    """Ranks drawn with odds rank^-0.9, scattered over the ids; next uses by a sweep backwards."""
    random = numpy.random.default_rng(42)
    sums = numpy.cumsum(numpy.arange(1, objects + 1, dtype=numpy.float64) ** -0.9)
    ranks = numpy.searchsorted(sums, random.random(lookups) * sums[-1], side="right")
    ids = random.permutation(objects)[numpy.minimum(ranks, objects - 1)]
    # A stable sort puts the uses of each object side by side, in order.
    order = numpy.argsort(ids, kind="stable")
    same = ids[order[1:]] == ids[order[:-1]]
    next_use = numpy.full(lookups, numpy.iinfo(numpy.int64).max)
    next_use[order[:-1][same]] = order[1:][same]
    record = [("time", "<u4"), ("id", "<u8"), ("size", "<u4"), ("next", "<i8")]
    stream = numpy.zeros(lookups, dtype=record)
    stream["time"], stream["id"], stream["size"], stream["next"] = numpy.arange(lookups), ids, 1, next_use
    stream.tofile(path)


def theirs(name, path, objects, lookups):
    """Nanoseconds a lookup, and hits, of one run of libcachesim."""
    options = libcachesim.ReaderInitParam(ignore_obj_size=True)
    reader = libcachesim.TraceReader(path, libcachesim.TraceType.ORACLE_GENERAL_TRACE, options)
    cache = getattr(libcachesim, name)(cache_size=objects // 10)
    start = time.process_time_ns()
    miss_ratio, _ = cache.process_trace(reader)
    return (time.process_time_ns() - start) / lookups, lookups - round(miss_ratio * lookups)


def children_ns():
    """Processor time of all finished processes that this one started."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((usage.ru_utime + usage.ru_stime) * 1e9)


def ours(binary, name, path, objects, lookups):
    """Nanoseconds a lookup, and hits, of one run of ours; none if there is no such policy."""
    command = [binary, "--stream", path, "--policy", name, "--objects", str(objects), "--runs", "1"]
    start = children_ns()
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if not output:
        return None
    return (children_ns() - start) / lookups, json.loads(output)["hits"]


def build():
    """The path of the built bench."""
    command = ["cargo", "bench", "--bench", "policies", "--no-run", "--message-format", "json"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in output.splitlines()]
    return next(m["executable"] for m in messages if m.get("target", {}).get("name") == "policies" and m["executable"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lookups", type=int, default=10_000_000)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    binary = build()
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "zipf.oracleGeneral")
        write_stream(path, options.objects, options.lookups)
        print(f"{options.lookups} lookups of {options.objects} objects, cache of a tenth, medians of {options.runs} runs")
        print(f"{'policy':<12} {'ns':>7} {'beside':<9} {'ns':>7} {'ratio':>6} {'aim':>4}  hits, and theirs")
        for name, (reference, equal, aim) in POLICIES.items():
            pairs = []
            for _ in range(options.runs):
                mine = ours(binary, name, path, options.objects, options.lookups)
                if mine is None:
                    break
                pairs.append((mine, theirs(reference, path, options.objects, options.lookups)))
            if not pairs:
                continue
            ns = [statistics.median(side[at][0] for side in pairs) for at in (0, 1)]
            hits = [pairs[0][at][1] for at in (0, 1)]
            ratio = ns[1] / ns[0]
            print(f"{name:<12} {ns[0]:>7.1f} {reference:<9} {ns[1]:>7.1f} {ratio:>6.1f} {aim:>4}  {hits[0]} {hits[1]}", flush=True)
            if equal and hits[0] != hits[1]:
                wrong.append(name)
    print(f"load of the last 1, 5 and 15 minutes: {' '.join(f'{load:.1f}' for load in os.getloadavg())}")
    if wrong:
        sys.exit(f"hits differ: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
