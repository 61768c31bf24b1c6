#!/usr/bin/env python3
"""The simulator beside this machine: one recorded trace, cells of strategy x budget x lanes, on both platforms.

Probes the machine into a profile (or takes --device), runs every cell with --on sim and --on host, asserts that hits, reads and
bytes are equal to the digit, and compares times per token. Prints a Markdown table; --json writes the numbers.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

# Layouts are the strategies' own: bundled, apart, by popularity, by co-activation.
STRATEGIES = ["lru", "window", "ripple", "llm-flash-window", "hybrid-rows", "naive"]
BUDGETS_MIB = [12, 24]
LANES = [2, 8]


def run(program, asked, platform, strategy, budget_mib, lanes, store=None):
    """One cell's result."""
    command = [program, "run", "quickstart", "--device", asked.device, "--strategy", strategy, "--format", "json",
               "--set", f"runtime={asked.runtime}", "--set", f"memory.budget-mib={budget_mib}", "--set", "memory.limit-mb=4000",
               "--set", f"strategy.reads.lanes={lanes}", "--set", f"request.output-tokens={asked.tokens}", "--on", platform]
    if platform == "host":
        command += ["--reads", asked.reads, "--store", store]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)["results"][0]


def same(sim, host):
    """What the engine decides must not depend on the world."""
    for group, key in [("cache", "lookups"), ("cache", "hits"), ("cache", "misses"), ("cache", "evictions"),
                       ("flash", "reads"), ("flash", "bytes"), ("flash", "load_bytes")]:
        if sim[group][key] != host[group][key]:
            sys.exit(f"{sim['strategy']}: {group}.{key} is {sim[group][key]} simulated and {host[group][key]} here")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default="target/release/tightfit")
    options.add_argument("--device", help="a profile of this machine; without it, it is probed")
    options.add_argument("--runtime", default="host-q4")
    options.add_argument("--reads", default="direct")
    options.add_argument("--tokens", type=int, default=32)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--folder", default=tempfile.gettempdir())
    options.add_argument("--json")
    asked = options.parse_args()
    if asked.device is None:
        asked.device = os.path.join(asked.folder, "this-machine.toml")
        subprocess.run([asked.program, "device", "probe", "--out", asked.device, "--reads", asked.reads,
                        "--folder", asked.folder], check=True)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    print("| strategy | budget MiB | lanes | hits | reads | MB read | simulated ms/token | here ms/token | error | stall sim/here "
          "| compute sim/here | management here |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    cells = []
    for strategy in STRATEGIES:
        store = os.path.join(asked.folder, f"{strategy}.store")
        subprocess.run([asked.program, "store", "build", "quickstart", "--strategy", strategy, "--out", store,
                        "--set", "memory.limit-mb=4000"],
                       check=True, capture_output=True)
        for budget_mib in BUDGETS_MIB:
            for lanes in LANES:
                sim = run(asked.program, asked, "sim", strategy, budget_mib, lanes)
                hosts = [run(asked.program, asked, "host", strategy, budget_mib, lanes, store)
                         for _ in range(asked.repeats)]
                for host in hosts:
                    same(sim, host)
                hosts.sort(key=lambda host: host["latency"]["tpot_ns"])
                host = hosts[len(hosts) // 2]
                ms = [result["latency"]["tpot_ns"] / 1e6 for result in (sim, host)]
                share = [[result["time"][owner] / result["time"]["wall_ns"] for result in (sim, host)]
                         for owner in ("flash_stall_ns", "compute_ns", "memory_management_ns")]
                error = ms[0] / ms[1] - 1
                cells.append({"strategy": strategy, "budget_mib": budget_mib, "lanes": lanes, "hits": host["cache"]["hits"],
                              "reads": host["flash"]["reads"], "bytes": host["flash"]["bytes"], "sim_ms": ms[0],
                              "host_ms": ms[1], "error": error})
                print(f"| {strategy} | {budget_mib} | {lanes} | {host['cache']['hits']} | {host['flash']['reads']} "
                      f"| {host['flash']['bytes'] / 1e6:.1f} | {ms[0]:.2f} | {ms[1]:.2f} | {error:+.0%} "
                      f"| {share[0][0]:.0%}/{share[0][1]:.0%} | {share[1][0]:.0%}/{share[1][1]:.0%} | {share[2][1]:.0%} |",
                      flush=True)
        os.remove(store)
    errors = sorted(abs(cell["error"]) for cell in cells)
    p90 = errors[-(-len(errors) * 9 // 10) - 1]
    print(f"\n{len(cells)} cells, hits, reads and bytes equal to the digit; error of the time per token: median "
          f"{statistics.median(errors):.1%}, 90th percentile {p90:.1%}")
    orders = [[cell[key] for cell in cells] for key in ("sim_ms", "host_ms")]
    pairs = [(a, b) for a in range(len(cells)) for b in range(a)]
    agree = sum((orders[0][a] < orders[0][b]) == (orders[1][a] < orders[1][b]) for a, b in pairs)
    print(f"order: {agree} of {len(pairs)} pairs of cells the same way round")
    if asked.json:
        with open(asked.json, "w", encoding="utf-8") as out:
            json.dump(cells, out, indent=1)


if __name__ == "__main__":
    main()
