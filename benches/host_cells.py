#!/usr/bin/env python3
"""The simulator beside this machine: one recorded trace, cells of strategy x budget x lanes, on both platforms.

A round probes the machine into a profile (or takes --device), then runs every cell with --on sim and --on host, asserts that
hits, reads and bytes are equal to the digit, and compares times per token: a disk that is lent by the share changes within
minutes, and a profile is of the machine as it was. The median of --rounds counts. Prints a Markdown table; --out writes it with
the numbers and the picture:

    python3 benches/host_cells.py --out reports/figures/host

--realtime runs probe and cells with `chrt -f 10`, which keeps other load off the processors (not off disk and DRAM).
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

# Layouts are the strategies' own: bundled, apart, by popularity, by co-activation; blocks of everything.
STRATEGIES = ["lru", "window", "ripple", "llm-flash-window", "hybrid-rows", "naive"]
# The feed-forward rows are 52 MB: a quarter, half and all of them.
BUDGETS_MIB = [12, 24, 56]
LANES = [1, 8]
# Its faults come one after the other: no lanes.
PAGED = "page-cache"
REALTIME = ["chrt", "-f", "10"]
OWNERS = ["flash_stall_ns", "compute_ns", "memory_management_ns"]


def run(asked, device, platform, cell, store=None):
    """One cell's result."""
    command = [asked.program, "run", "quickstart", "--device", device, "--strategy", cell["strategy"], "--format", "json",
               "--set", f"runtime={asked.runtime}", "--set", f"memory.budget-mib={cell['budget_mib']}",
               "--set", "memory.limit-mb=4000", "--set", f"request.output-tokens={asked.tokens}", "--on", platform]
    if cell["lanes"]:
        command += ["--set", f"strategy.reads.lanes={cell['lanes']}"]
    if platform == "host":
        command = asked.before + command + ["--reads", asked.reads, "--store", store]
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


def measured(asked, folder):
    """All cells, simulated once and run here in every round."""
    cells = [{"strategy": strategy, "budget_mib": budget_mib, "lanes": lanes}
             for strategy in STRATEGIES for budget_mib in BUDGETS_MIB for lanes in LANES]
    cells += [{"strategy": PAGED, "budget_mib": budget_mib, "lanes": None} for budget_mib in BUDGETS_MIB]
    stores = {}
    for strategy in [*STRATEGIES, PAGED]:
        stores[strategy] = os.path.join(folder, f"{strategy}.store")
        subprocess.run([asked.program, "store", "build", "quickstart", "--strategy", strategy, "--out", stores[strategy],
                        "--set", "memory.limit-mb=4000"], check=True, capture_output=True)
    for cell in cells:
        cell["rounds"] = []
    for number in range(asked.rounds):
        device = asked.device or probed(asked, folder, number)
        for cell in cells:
            sim = run(asked, device, "sim", cell)
            host = run(asked, device, "host", cell, stores[cell["strategy"]])
            same(sim, host)
            cell["rounds"].append((sim, host))
        print(f"round {number + 1} of {asked.rounds}", file=sys.stderr)
    return cells


def probed(asked, folder, number):
    """A profile of this machine as it is now."""
    profile = os.path.join(folder, f"this-machine-{number}.toml")
    subprocess.run([*asked.before, asked.program, "device", "probe", "--out", profile, "--reads", asked.reads, "--folder", folder,
                    "--quiet"], check=True)
    return profile


def middle(rounds, key):
    """The round of the median."""
    return sorted(rounds, key=key)[len(rounds) // 2]


def tpot_ms(result):
    """Milliseconds a token."""
    return result["latency"]["tpot_ns"] / 1e6


def summed_up(cell):
    """A cell's numbers: of the round whose error is the median one."""
    rounds = cell["rounds"]
    sim, host = middle(rounds, lambda pair: tpot_ms(pair[0]) / tpot_ms(pair[1]))
    sims, hosts = ([tpot_ms(pair[side]) for pair in rounds] for side in (0, 1))
    ms = {"sim_ms": tpot_ms(sim), "sim_ms_low": min(sims), "sim_ms_high": max(sims),
          "host_ms": tpot_ms(host), "host_ms_low": min(hosts), "host_ms_high": max(hosts)}
    counts = {"hits": host["cache"]["hits"], "reads": host["flash"]["reads"], "bytes": host["flash"]["bytes"]}
    shares = {f"{side}_{owner[:-3]}": result["time"][owner] / result["time"]["wall_ns"]
              for side, result in (("sim", sim), ("host", host)) for owner in OWNERS}
    own = {key: cell[key] for key in ("strategy", "budget_mib", "lanes")}
    return {**own, **counts, **ms, "error": ms["sim_ms"] / ms["host_ms"] - 1, **shares}


def errors(cells):
    """Median and 90th percentile (nearest rank) of the relative errors."""
    sizes = sorted(abs(cell["error"]) for cell in cells)
    return statistics.median(sizes), sizes[-(-len(sizes) * 9 // 10) - 1]


def order(cells):
    """Of the pairs of cells that this machine tells apart (in every round the one is slower than the other), how many the
    simulator orders alike in most rounds; and of strategies at one budget and number of lanes."""
    def slower(a, b, side):
        return [tpot_ms(x[side]) < tpot_ms(y[side]) for x, y in zip(a["rounds"], b["rounds"])]

    apart = [(a, b) for a in cells for b in cells if all(slower(a, b, 1))]
    of_strategies = [(a, b) for a, b in apart if (a["budget_mib"], a["lanes"]) == (b["budget_mib"], b["lanes"])]
    alike = [sum(2 * sum(slower(a, b, 0)) > len(a["rounds"]) for a, b in pairs) for pairs in (apart, of_strategies)]
    return alike[0], len(apart), alike[1], len(of_strategies)


def table(cells, ordered):
    """Markdown."""
    lines = ["| strategy | budget MiB | lanes | hits | reads | MB read | simulated ms/token (rounds) | here ms/token (rounds) | error "
             "| stall sim/here | compute sim/here | management sim/here |", "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for cell in cells:
        owners = " | ".join(f"{cell[f'sim_{owner[:-3]}']:.0%}/{cell[f'host_{owner[:-3]}']:.0%}" for owner in OWNERS)
        lines.append(f"| {cell['strategy']} | {cell['budget_mib']} | {cell['lanes'] or '-'} | {cell['hits']} | {cell['reads']} "
                     f"| {cell['bytes'] / 1e6:.0f} | {cell['sim_ms']:.1f} ({cell['sim_ms_low']:.1f} to {cell['sim_ms_high']:.1f}) "
                     f"| {cell['host_ms']:.1f} ({cell['host_ms_low']:.1f} to {cell['host_ms_high']:.1f}) | {cell['error']:+.0%} | {owners} |")
    (median, p90), (alike, apart, alike_at_one, apart_at_one) = errors(cells), ordered
    lines.append(f"\n{len(cells)} cells, hits, reads and bytes equal to the digit; error of the time per token: median "
                 f"{median:.1%}, 90th percentile {p90:.1%}. Pairs of cells that the rounds tell apart: {alike} of {apart} in the "
                 f"simulator's order; of strategies at one budget and number of lanes: {alike_at_one} of {apart_at_one}.")
    return "\n".join(lines) + "\n"


COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#1A1A1A"]


def picture(cells):
    """Simulated against measured time per token, both axes logarithmic, with the band of 20 %."""
    low = min(min(cell["sim_ms"], cell["host_ms_low"]) for cell in cells) / 1.15
    high = max(max(cell["sim_ms"], cell["host_ms_high"]) for cell in cells) * 1.15
    left, top, side = 70, 70, 420

    def place(ms):
        return math.log(ms / low) / math.log(high / low) * side

    def x(ms):
        return left + place(min(max(ms, low), high))

    def y(ms):
        return top + side - place(min(max(ms, low), high))

    font = 'font-family="DejaVu Sans, system-ui, sans-serif"'
    median, p90 = errors(cells)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="560" viewBox="0 0 720 560" role="img" {font}>',
           "<title>Simulated beside measured on this machine</title>",
           "<desc>Each point is a cell of strategy, budget and lanes: the time per token here (across) and simulated (up).</desc>",
           '<rect width="720" height="560" fill="#FFFFFF"/>',
           f'<text x="16" y="26" font-size="16" font-weight="bold" fill="#1A1A1A">Simulated beside measured: {len(cells)} cells on '
           'one machine</text>',
           f'<text x="16" y="46" font-size="11" fill="#555555">milliseconds a token; median error {median:.1%}, 90th percentile '
           f'{p90:.1%}; the band is 20 % to either side</text>']
    ends = [(low, 1.2 * low), (high / 1.2, high), (high, high), (high, high / 1.2), (1.2 * low, low), (low, low)]
    out.append('<polygon fill="#EEEEEE" points="' + " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in ends) + '"/>')
    out.append(f'<line x1="{x(low):.1f}" y1="{y(low):.1f}" x2="{x(high):.1f}" y2="{y(high):.1f}" stroke="#999999"/>')
    for tick in [1, 2, 5, 10, 20, 30, 50, 70, 100, 150, 200, 300, 500, 1000, 2000]:
        if low < tick < high:
            out.append(f'<line x1="{x(tick):.1f}" y1="{top}" x2="{x(tick):.1f}" y2="{top + side}" stroke="#E2E2E2"/>')
            out.append(f'<line x1="{left}" y1="{y(tick):.1f}" x2="{left + side}" y2="{y(tick):.1f}" stroke="#E2E2E2"/>')
            out.append(f'<text x="{x(tick):.1f}" y="{top + side + 16}" font-size="11" text-anchor="middle" fill="#555555">{tick}'
                       '</text>')
            out.append(f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" font-size="11" text-anchor="end" fill="#555555">{tick}</text>')
    out.append(f'<text x="{left + side / 2}" y="{top + side + 36}" font-size="12" text-anchor="middle" fill="#1A1A1A">measured '
               'here</text>')
    out.append(f'<text x="20" y="{top + side / 2}" font-size="12" text-anchor="middle" fill="#1A1A1A" transform="rotate(-90 20 '
               f'{top + side / 2})">simulated</text>')
    for number, strategy in enumerate([*STRATEGIES, PAGED]):
        color = COLORS[number % len(COLORS)]
        for cell in (cell for cell in cells if cell["strategy"] == strategy):
            here = f"{x(cell['host_ms']):.1f}"
            out.append(f'<line x1="{x(cell["host_ms_low"]):.1f}" y1="{y(cell["sim_ms"]):.1f}" x2="{x(cell["host_ms_high"]):.1f}" '
                       f'y2="{y(cell["sim_ms"]):.1f}" stroke="{color}"/>')
            out.append(f'<circle cx="{here}" cy="{y(cell["sim_ms"]):.1f}" r="4" fill="{color}"/>')
        out.append(f'<circle cx="{left + side + 20}" cy="{top + 10 + 20 * number}" r="4" fill="{color}"/>')
        out.append(f'<text x="{left + side + 32}" y="{top + 14 + 20 * number}" font-size="12" fill="#1A1A1A">{strategy}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default="target/release/tightfit")
    options.add_argument("--device", help="a profile of this machine; without it, it is probed in every round")
    options.add_argument("--runtime", default="host-q4")
    options.add_argument("--reads", default="direct")
    options.add_argument("--tokens", type=int, default=32)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--folder", default=tempfile.gettempdir(), help="for stores, removed at the end")
    options.add_argument("--realtime", action="store_true")
    options.add_argument("--out", help="a folder for cells.md, cells.json and simulated-beside-measured.svg")
    asked = options.parse_args()
    asked.before = REALTIME if asked.realtime else []
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        load = os.getloadavg()[0]
        cells = measured(asked, folder)
    ordered = order(cells)
    cells = [summed_up(cell) for cell in cells]
    text = table(cells, ordered)
    print(f"load {load:.1f} on {os.cpu_count()} processors\n\n{text}", end="")
    if asked.out:
        os.makedirs(asked.out, exist_ok=True)
        for name, content in [("cells.md", text), ("cells.json", json.dumps(cells, indent=1) + "\n"),
                              ("simulated-beside-measured.svg", picture(cells))]:
            with open(os.path.join(asked.out, name), "w", encoding="utf-8") as out:
                out.write(content)


if __name__ == "__main__":
    main()
