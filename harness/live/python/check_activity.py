#!/usr/bin/env python3
"""Checks a recorded trace against a computation of its own: numpy over the model's dequantised weights.

    pip install numpy gguf tokenizers pyarrow
    python check_activity.py MODEL.gguf TRACE.parquet PROMPT.txt

Nothing is shared with the recorder but the files: the tokenizer is built anew, the forward pass is written out below in
32-bit floats, generation is greedy, and the active sets are chosen again by the trace's own definition. Every
(token, layer) must have the same ids, but for near-ties, where float rounding decides. There are two kinds: two neurons
at the border whose |activation|s are within --tolerance (relative) of each other, and a sum that reaches the share, or
just misses it, by less than --sum-tolerance of the layer's mass. Exit code 0 if that holds, 1 if not.
"""

import argparse
import hashlib
import sys

import numpy as np
import pyarrow.parquet as parquet
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers


def read_model(path):
    reader = GGUFReader(path)
    fields = {key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")}
    weights = {t.name: dequantize(t.data, t.tensor_type).astype(np.float32) for t in reader.tensors}
    return fields, weights


def build_tokenizer(fields):
    tokens = fields["tokenizer.ggml.tokens"]
    merges = [tuple(line.split(" ")) for line in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    assert fields["tokenizer.ggml.pre"] == "smollm", "this check knows the splitting of SmolLM only"
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    kinds = fields["tokenizer.ggml.token_type"]
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t, kind in zip(tokens, kinds) if kind == 3])
    return tokenizer


def wrap(prompt, note):
    if not note.startswith("chatml"):
        return prompt
    system = note.split("system: ", 1)[1]
    opening = "" if system == "none" else f"<|im_start|>system\n{system}<|im_end|>\n"
    return f"{opening}<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"


class Model:
    def __init__(self, fields, weights):
        self.weights = weights
        self.layers = fields["llama.block_count"]
        self.heads = fields["llama.attention.head_count"]
        self.groups = fields["llama.attention.head_count_kv"]
        self.width = fields["llama.embedding_length"] // self.heads
        self.epsilon = np.float32(fields["llama.attention.layer_norm_rms_epsilon"])
        self.turns = fields["llama.rope.freq_base"] ** (-np.arange(0, self.width, 2) / self.width)
        self.cache = [None] * self.layers
        self.position = 0

    def norm(self, x, name):
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.epsilon) * self.weights[name]

    def rotate(self, x, positions):
        angle = positions[:, None] * self.turns
        cosine, sine = (f(angle).astype(np.float32)[:, None, :] for f in (np.cos, np.sin))
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = np.empty_like(x)
        turned[..., 0::2] = even * cosine - odd * sine
        turned[..., 1::2] = even * sine + odd * cosine
        return turned

    def attention(self, x, layer, positions):
        project = lambda name: x @ self.weights[f"blk.{layer}.attn_{name}.weight"].T
        split = lambda rows: rows.reshape(len(rows), -1, self.width)
        query, key = (self.rotate(split(project(name)), positions) for name in ("q", "k"))
        value = split(project("v"))
        if self.cache[layer] is not None:
            key, value = (np.concatenate(pair) for pair in zip(self.cache[layer], (key, value)))
        self.cache[layer] = (key, value)
        future = np.arange(len(key))[None, :] > positions[:, None]
        mixed = np.empty_like(query)
        for head in range(self.heads):
            group = head * self.groups // self.heads
            scores = query[:, head] @ key[:, group].T / np.float32(np.sqrt(self.width))
            scores[future] = -np.inf
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            mixed[:, head] = scores / scores.sum(axis=-1, keepdims=True) @ value[:, group]
        return mixed.reshape(len(x), -1) @ self.weights[f"blk.{layer}.attn_output.weight"].T

    def forward(self, tokens):
        """Logits after the last token, and |silu(gate) * up| as (layers, tokens, neurons)."""
        positions = np.arange(self.position, self.position + len(tokens))
        x = self.weights["token_embd.weight"][tokens]
        activity = []
        for layer in range(self.layers):
            block = lambda name: self.weights[f"blk.{layer}.{name}.weight"]
            x = x + self.attention(self.norm(x, f"blk.{layer}.attn_norm.weight"), layer, positions)
            normed = self.norm(x, f"blk.{layer}.ffn_norm.weight")
            gate = normed @ block("ffn_gate").T
            gives = gate / (1 + np.exp(-gate)) * (normed @ block("ffn_up").T)
            activity.append(np.abs(gives))
            x = x + gives @ block("ffn_down").T
        self.position += len(tokens)
        head = self.weights.get("output.weight", self.weights["token_embd.weight"])
        return head @ self.norm(x[-1], "output_norm.weight"), np.array(activity)


class Comparison:
    def __init__(self, trace, share, tolerance, sum_tolerance):
        self.rows = {(r["token"], r["layer"]): r for r in trace.to_pylist()}
        self.share, self.tolerance, self.sum_tolerance = share, tolerance, sum_tolerance
        self.checked = self.equal = self.ids = self.differing = self.beyond = 0
        self.widest = self.widest_sum = self.score_error = 0.0

    def tokens(self, first, activity):
        for layer, rows in enumerate(activity):
            for token, row in enumerate(rows, first):
                self.row(self.rows.pop((token, layer)), row.astype(np.float64))

    def row(self, recorded, magnitude):
        order = np.lexsort((np.arange(len(magnitude)), -magnitude))
        sums = np.cumsum(magnitude[order])
        count = int(np.searchsorted(sums, self.share * sums[-1])) + 1
        ours, theirs = set(order[:count].tolist()), set(recorded["active"])
        self.checked += 1
        self.equal += ours == theirs
        self.ids += len(theirs)
        self.differing += len(ours ^ theirs)
        if ours != theirs:
            self.near_tie(magnitude, order, sums / sums[-1], count, theirs)
        if recorded.get("score") is not None:
            exact = magnitude[recorded["active"]] / sums[-1]
            self.score_error = max(self.score_error, np.max(np.abs(np.array(recorded["score"]) / exact - 1)))

    def near_tie(self, magnitude, order, shares, count, theirs):
        """Where the sizes differ, every sum between them must all but equal the share; then the ids of that size are
        compared, and those that differ must all but equal the smallest active one."""
        low, high = sorted((count, len(theirs)))
        for reached in shares[low - 1 : high - 1]:
            margin = abs(reached - self.share)
            self.widest_sum = max(self.widest_sum, margin)
            self.beyond += margin > self.sum_tolerance
        border = magnitude[order[len(theirs) - 1]]
        for neuron in set(order[: len(theirs)].tolist()) ^ theirs:
            distance = abs(magnitude[neuron] - border) / border
            self.widest = max(self.widest, distance)
            self.beyond += distance > self.tolerance


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("model")
    arguments.add_argument("trace")
    arguments.add_argument("prompt")
    arguments.add_argument("--tolerance", type=float, default=1e-4)
    arguments.add_argument("--sum-tolerance", type=float, default=1e-6)
    arguments = arguments.parse_args()

    file = parquet.ParquetFile(arguments.trace)
    header = {k.decode(): v.decode() for k, v in file.schema_arrow.metadata.items()}
    prompt = open(arguments.prompt, encoding="utf-8").read().removesuffix("\n")
    assert header["tightfit.prompt-digest"] == hashlib.sha256(prompt.encode()).hexdigest(), "another prompt"
    digest = hashlib.sha256(open(arguments.model, "rb").read()).hexdigest()
    assert header["tightfit.model-digest"] == digest, "another model"
    kind, share = header["tightfit.definition"].split()
    assert kind == "mass-share", f"definition {kind} is not known to this check"

    fields, weights = read_model(arguments.model)
    tokenizer = build_tokenizer(fields)
    tokens = tokenizer.encode(wrap(prompt, header["tightfit.note.chat-template"])).ids
    trace = file.read()
    phases = trace.column("phase").to_pylist()
    prompt_rows = phases.count('prefill') // fields["llama.block_count"]
    print(f"prompt: {len(tokens)} tokens here, {prompt_rows} in the trace")
    assert len(tokens) == prompt_rows

    model, comparison = Model(fields, weights), Comparison(trace, float(share), arguments.tolerance, arguments.sum_tolerance)
    logits, activity = model.forward(tokens)
    comparison.tokens(0, activity)
    generated = []
    while comparison.rows:
        generated.append(int(logits.argmax()))
        logits, activity = model.forward(generated[-1:])
        comparison.tokens(model.position - 1, activity)
    print(f"generated: {generated}\n{tokenizer.decode(generated)!r}")
    c = comparison
    print(f"rows checked {c.checked}, with equal ids {c.equal} ({c.equal / c.checked:.2%})")
    print(f"ids {c.ids}, differing {c.differing} ({c.differing / c.ids:.2e}), beyond a near-tie {c.beyond}")
    print(f"widest near-tie between neurons {c.widest:.1e} (allowed {c.tolerance:g}), ", end="")
    print(f"between sum and share {c.widest_sum:.1e} (allowed {c.sum_tolerance:g})")
    print(f"largest relative error of a score {c.score_error:.4f}")
    return 1 if c.beyond else 0


if __name__ == "__main__":
    sys.exit(main())
