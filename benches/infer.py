#!/usr/bin/env python3
"""Live decode beside candle and llama.cpp: one model, one thread each, in turn in one run.

Arms: ours with everything resident (all neurons through the engine's resident set), candle's own quantized Llama, and llama.cpp
(Python package xllamacpp). Each round runs every arm once, so that other load falls on all of them; medians are compared, from
the second token on. Then ours at smaller budgets, for what streaming costs. Needs

    cargo build --release --features live && cargo build --release -p tightfit-live --example candle_speed
    python3 -m venv venv && venv/bin/pip install xllamacpp
    venv/bin/python benches/infer.py --model SmolLM2-135M-Instruct.Q4_1.gguf
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

PROMPT = "Write a short story about a lighthouse keeper who finds a letter in a bottle."
ONE_THREAD = {**os.environ, "CANDLE_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
REALTIME = ["chrt", "-f", "10"]
# The whole of the feed-forward weights is 50 MB in the file's format.
BUDGETS_MIB = [12, 24]


def ours(asked, folder, budget_mib=None):
    """One run of ours: its result."""
    store = os.path.join(folder, "live.store")
    command = [*asked.before, asked.program, "infer", "--model", asked.model, "--strategy", "lru", "--prompt", PROMPT, "--tokens",
               str(asked.tokens), "--store", store, "--reads", asked.reads, "--format", "json", "--quiet"]
    if budget_mib:
        command += ["--budget-mib", str(budget_mib)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)["results"][0]


def candle(asked, prompt_tokens):
    """Candle's tokens a second."""
    command = [*asked.before, asked.candle, asked.model, str(prompt_tokens), str(asked.tokens)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=ONE_THREAD).stdout)


LLAMA = """
import json, sys
import xllamacpp
options = xllamacpp.CommonParams()
options.model.path, options.n_ctx, options.n_parallel, options.warmup = sys.argv[1], 1024, 1, False
options.cpuparams.n_threads = options.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(options)
for tokens in (8, int(sys.argv[2])):
    answer = server.handle_completions({"prompt": sys.argv[3], "n_predict": tokens, "temperature": 0, "cache_prompt": False,
                                        "ignore_eos": True})
    answer = json.loads(answer) if isinstance(answer, str) else answer
print(answer["timings"]["predicted_per_second"])
"""


def llama(asked):
    """llama.cpp's tokens a second."""
    command = [*asked.before, sys.executable, "-c", LLAMA, asked.model, str(asked.tokens), PROMPT]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"llama.cpp: {done.stderr.strip().splitlines()[-1]}: pip install xllamacpp")
    return float(done.stdout.strip().splitlines()[-1])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", required=True)
    options.add_argument("--program", default="target/release/tightfit")
    options.add_argument("--candle", default="target/release/examples/candle_speed")
    options.add_argument("--tokens", type=int, default=96)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--reads", default="direct")
    options.add_argument("--folder", default=tempfile.gettempdir(), help="for the store, removed at the end")
    options.add_argument("--realtime", action="store_true", help="run all arms with chrt -f 10")
    options.add_argument("--json")
    asked = options.parse_args()
    asked.before = REALTIME if asked.realtime else []
    rates = {"ours, all resident": [], "candle": [], "llama.cpp": []}
    streamed = {budget_mib: [] for budget_mib in BUDGETS_MIB}
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, one thread each, {asked.tokens} tokens\n")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        for _ in range(asked.rounds):
            result = ours(asked, folder)
            rates["ours, all resident"].append(result["throughput"]["decode_tokens_per_s"])
            rates["candle"].append(candle(asked, int(result["parameters"]["request.given-tokens"])))
            rates["llama.cpp"].append(llama(asked))
            for budget_mib, results in streamed.items():
                results.append(ours(asked, folder, budget_mib))
    own = statistics.median(rates["ours, all resident"])
    print("| arm | tokens/s (rounds) | ours is so many times as fast |\n|---|---|---|")
    for arm, values in rates.items():
        median = statistics.median(values)
        print(f"| {arm} | {median:.1f} ({min(values):.1f} to {max(values):.1f}) | {own / median:.2f} |")
    print("\n| budget MiB | tokens/s | hits | MB read a token | waits for flash |\n|---|---|---|---|---|")
    for budget_mib, results in streamed.items():
        result = sorted(results, key=lambda result: result["latency"]["tpot_ns"])[len(results) // 2]
        stall = result["time"]["flash_stall_ns"] / result["time"]["wall_ns"]
        print(f"| {budget_mib} | {result['throughput']['decode_tokens_per_s']:.1f} | {result['cache']['decode_hit_rate']:.0%} "
              f"| {result['flash']['bytes_per_token'] / 1e6:.1f} | {stall:.0%} |")
    if asked.json:
        with open(asked.json, "w", encoding="utf-8") as out:
            json.dump({"rates": rates, "streamed": streamed}, out, indent=1)


if __name__ == "__main__":
    main()
