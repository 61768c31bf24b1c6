#!/usr/bin/env python3
"""Reads of this machine's disk: our readers beside fio (psync and io_uring), direct, in turn in one run.

Needs fio (Debian package `fio`) and `cargo build --release -p tightfit-host --example reads`. A file of noise is written to
--folder and removed at the end. Each cell is measured --rounds times, the four readers in turn in every round, so that other
load on the machine falls on all of them; the medians are compared. --realtime runs all four with `chrt -f 10`, which keeps
such load off the processors (not off the disk). Our reads land in huge pages, which the kernel needs fewer parts a request for;
--huge-pages gives fio some too (as root, set aside meanwhile).
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile

SIZES_KIB = [4, 16, 32, 64, 256]
LANES = [1, 8, 32]


REALTIME = ["chrt", "-f", "10"]


HUGE_PAGES = "/proc/sys/vm/nr_hugepages"


@contextlib.contextmanager
def memory(huge_pages):
    """Where fio reads to: memory as it comes, or so many huge pages that are set aside."""
    if not huge_pages:
        yield "malloc"
        return
    with open(HUGE_PAGES) as file:
        before = file.read()
    with open(HUGE_PAGES, "w") as file:
        file.write(str(huge_pages))
    try:
        yield "mmaphuge"
    finally:
        with open(HUGE_PAGES, "w") as file:
            file.write(before)


def fio(before, file, lands_in, engine, size_kib, lanes, seconds):
    """Throughput of fio in MB/s."""
    jobs = {"psync": ["--ioengine=psync", f"--numjobs={lanes}", "--thread"],
            "io_uring": ["--ioengine=io_uring", f"--iodepth={lanes}", "--numjobs=1"]}[engine]
    out = subprocess.run(
        [*before, "fio", "--name=reads", f"--filename={file}", "--rw=randread", "--direct=1", f"--bs={size_kib}k", "--time_based",
         f"--size={os.path.getsize(file)}", f"--runtime={seconds}", "--group_reporting", "--randrepeat=0", "--norandommap",
         f"--mem={lands_in}", "--output-format=json", *jobs],
        check=True, capture_output=True, text=True).stdout
    return json.loads(out[out.index("{"):])["jobs"][0]["read"]["bw_bytes"] / 1e6


def ours(before, program, file, reads, size_kib, lanes, seconds):
    """Throughput of our reader in MB/s."""
    out = subprocess.run([*before, program, file, reads, str(size_kib * 1024), str(lanes), str(seconds)],
                         capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(f"{program}: {out.stdout.strip()}")
    return float(out.stdout)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default="target/release/examples/reads")
    options.add_argument("--folder", default=tempfile.gettempdir())
    options.add_argument("--file-mib", type=int, default=1024)
    options.add_argument("--seconds", type=int, default=1)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--realtime", action="store_true")
    options.add_argument("--huge-pages", action="store_true", help="for fio too")
    asked = options.parse_args()
    before = REALTIME if asked.realtime else []
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors{', readers at real-time priority' * asked.realtime}\n")
    print("| KiB | lanes | fio psync | ours, threads | ratio | fio io_uring | ours, ring | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    # Each of fio's threads takes whole huge pages.
    with tempfile.NamedTemporaryFile(dir=asked.folder) as file, memory(4 * max(LANES) * asked.huge_pages) as lands_in:
        for _ in range(asked.file_mib):
            file.write(os.urandom(1 << 20))
        file.flush()
        os.fsync(file.fileno())
        ratios = {"threads": [], "ring": []}
        for size_kib in SIZES_KIB:
            for lanes in LANES:
                rates = {"psync": [], "direct": [], "io_uring": [], "ring": []}
                for number in range(asked.rounds):
                    # Every other round the other way round: a disk that is lent by the share gives more after a rest.
                    for reader in list(rates)[::1 if number % 2 == 0 else -1]:
                        if reader in ["psync", "io_uring"]:
                            rate = fio(before, file.name, lands_in, reader, size_kib, lanes, asked.seconds)
                        else:
                            rate = ours(before, asked.program, file.name, reader, size_kib, lanes, asked.seconds)
                        rates[reader].append(rate)
                psync, direct, uring, ring = (statistics.median(rates[key]) for key in rates)
                ratios["threads"].append(direct / psync)
                ratios["ring"].append(ring / uring)
                print(f"| {size_kib} | {lanes} | {psync:.0f} | {direct:.0f} | {direct / psync:.2f} | {uring:.0f} | {ring:.0f} "
                      f"| {ring / uring:.2f} |", flush=True)
    for name, values in ratios.items():
        print(f"{name}: median {statistics.median(values):.2f}, least {min(values):.2f}, "
              f"{sum(value >= 0.95 for value in values)} of {len(values)} at 0.95 or more of fio")


if __name__ == "__main__":
    main()
