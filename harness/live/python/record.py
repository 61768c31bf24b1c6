#!/usr/bin/env python3
"""Records a trace of a transformers model: which neurons or experts each (token, layer) needed.

    pip install pyarrow torch transformers
    python record.py --model HuggingFaceTB/SmolLM2-135M-Instruct --prompt-file prompt.txt --tokens 128 --out trace.parquet

or, in a program of one's own, around a model that is already there:

    with Recorder(model, TraceWriter("trace.parquet", describe(model)), active=mass_share(0.9)) as recorder:
        for prompt in prompts:
            recorder.begin_request()
            model.generate(**tokenizer(prompt, return_tensors="pt"), max_new_tokens=128)

`tightfit trace info trace.parquet` reads what comes out. Batches are refused: one sequence at a time. Tokens of the first
forward pass of a request are its prompt, tokens of the later ones were generated; the last generated token is never fed
back and has no row.
"""

import argparse
import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

VERSION = "1"
ROWS_MAX = 1 << 14


# What is active --------------------------------------------------------------------------------------------------------


def non_zero():
    """Neurons whose activation is not zero: for ReLU."""

    def ids(values):
        return np.flatnonzero(values)

    ids.definition = "non-zero"
    return ids


def mass_share(share):
    """The smallest set that holds `share` of the layer's sum of absolute activations; of equals the lower number."""

    def ids(values):
        mass = np.abs(values.astype(np.float64))
        order = np.argsort(-mass, kind="stable")
        sums = np.cumsum(mass[order])
        count = int(np.searchsorted(sums, share * sums[-1])) + 1
        return np.sort(order[: min(count, len(order))]) if sums[-1] > 0 else order[:0]

    ids.definition = f"mass-share {share:.2f}"
    return ids


def largest(count):
    """The `count` neurons of the largest absolute activation; of equals the lower number."""

    def ids(values):
        return np.sort(np.argsort(-np.abs(values), kind="stable")[:count])

    ids.definition = f"largest {count}"
    return ids


# Writing ---------------------------------------------------------------------------------------------------------------


class TraceWriter:
    """Rows to Parquet, in bounded memory. `header` has unit, layers, bundles-per-layer and what else is known."""

    def __init__(self, path, header, scores=True):
        fields = [("request", pa.uint32()), ("token", pa.uint32()), ("phase", pa.string()), ("layer", pa.uint32()),
                  ("active", pa.list_(pa.uint32()))]
        fields += [("score", pa.list_(pa.float32()))] if scores else []
        header = {"version": VERSION, "recorder": "record.py", "recorder-version": VERSION, **header}
        metadata = {f"tightfit.{key}": str(value) for key, value in header.items()}
        self.schema = pa.schema(fields, metadata=metadata)
        self.file = parquet.ParquetWriter(path, self.schema, compression="snappy")
        self.rows = []

    def row(self, request, token, phase, layer, active, score=None):
        self.rows.append((request, token, phase, layer, active, score))
        if len(self.rows) >= ROWS_MAX:
            self.flush()

    def flush(self):
        if self.rows:
            columns = list(zip(*self.rows))[: len(self.schema)]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, self.schema)]
            self.file.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
            self.rows = []

    def close(self):
        self.flush()
        self.file.close()


# Watching a model ------------------------------------------------------------------------------------------------------


def feed_forwards(model):
    """By layer: ("neuron", the projection whose input is the activations) or ("expert", the router)."""
    layers = next(modules for name, modules in model.named_modules()
                  if name.rsplit(".", 1)[-1] in ("layers", "h", "blocks") and hasattr(modules, "__len__"))
    found = []
    for number, layer in enumerate(layers):
        modules = dict(layer.named_modules())
        routers = [name for name in modules if name.endswith((".gate", ".router"))]
        downs = [name for name in modules if name.rsplit(".", 1)[-1] in ("down_proj", "fc2", "w2", "dense_4h_to_h")]
        if routers:
            found.append(("expert", modules[routers[0]]))
        elif len(downs) == 1:
            found.append(("neuron", modules[downs[0]]))
        else:
            raise ValueError(f"layer {number}: no router (gate, router) and no single down_proj or fc2: tell feed_forwards where to look")
    if len({unit for unit, _ in found}) > 1:
        raise ValueError("some layers have experts and others neurons: a trace has one of them")
    return found


def experts_of(config):
    """Experts of a layer, and how many a token goes to, under the names that configurations use."""
    first = lambda *names: next((getattr(config, name) for name in names if getattr(config, name, None)), None)
    return (first("num_local_experts", "num_experts", "n_routed_experts"),
            first("num_experts_per_tok", "experts_per_token", "moe_k"))


def describe(model, **more):
    """What a trace of this model says of itself."""
    watched = feed_forwards(model)
    unit, module = watched[0]
    width = experts_of(model.config)[0] if unit == "expert" else module.weight.shape[1]
    name = getattr(model.config, "_name_or_path", "") or type(model).__name__
    return {"unit": unit, "layers": len(watched), "bundles-per-layer": width, "model": name.rsplit("/", 1)[-1].lower(), **more}


class Recorder:
    """Hooks on a model's feed-forward layers; each whole forward pass becomes rows."""

    def __init__(self, model, writer, active=None):
        self.model, self.writer, self.active = model, writer, active or mass_share(0.9)
        self.watched = feed_forwards(model)
        self.experts_per_token = experts_of(model.config)[1]
        self.request, self.token, self.passes = -1, 0, 0
        self.seen = {}
        self.hooks = []

    def __enter__(self):
        for layer, (unit, module) in enumerate(self.watched):
            if unit == "expert":
                hook = lambda module, inputs, output, layer=layer: self.routed(layer, output)
                self.hooks.append(module.register_forward_hook(hook))
            else:
                hook = lambda module, inputs, layer=layer: self.activated(layer, inputs[0])
                self.hooks.append(module.register_forward_pre_hook(hook))
        self.hooks.append(self.model.register_forward_hook(lambda *_: self.end_pass()))
        return self

    def __exit__(self, *error):
        for hook in self.hooks:
            hook.remove()
        self.writer.close()

    def begin_request(self):
        """The next forward pass is a prompt."""
        self.request, self.token, self.passes = self.request + 1, 0, 0

    def activated(self, layer, values):
        values = values.detach().float().cpu().numpy()
        if values.ndim == 3 and values.shape[0] != 1:
            raise ValueError(f"a batch of {values.shape[0]}: record one sequence at a time")
        values = values.reshape(-1, values.shape[-1])
        self.seen[layer] = [self.neurons(row) for row in values]

    def neurons(self, values):
        ids = self.active(values)
        mass = np.abs(values.astype(np.float64))
        return ids, (mass[ids] / max(mass.sum(), np.finfo(np.float64).tiny)).astype(np.float32)

    def routed(self, layer, output):
        """A router gives its logits, or (logits or weights, …, ids) in newer versions of transformers."""
        import torch

        outputs = output if isinstance(output, (tuple, list)) else (output,)
        ids = next((one for one in outputs if not one.is_floating_point()), None)
        count = ids.shape[-1] if ids is not None else self.experts_per_token
        weights = next((one for one in outputs if one.is_floating_point() and one.shape[-1] == count), None)
        if ids is None or weights is None:
            logits = next(one for one in outputs if one.is_floating_point() and one.shape[-1] != count)
            chances = torch.softmax(logits.float(), dim=-1)
            ids = torch.topk(chances, count, dim=-1).indices if ids is None else ids
            weights = chances.gather(-1, ids)
        ids, weights = ids.detach().cpu().numpy(), weights.detach().float().cpu().numpy()
        ids, weights = ids.reshape(-1, ids.shape[-1]), weights.reshape(-1, weights.shape[-1])
        order = np.argsort(ids, axis=-1)
        self.seen[layer] = list(zip(np.take_along_axis(ids, order, -1), np.take_along_axis(weights, order, -1)))

    def end_pass(self):
        if self.request < 0:
            self.begin_request()
        if len(self.seen) != len(self.watched):
            raise ValueError(f"a pass through {len(self.seen)} of {len(self.watched)} layers")
        phase = "prefill" if self.passes == 0 else "decode"
        for position in range(len(self.seen[0])):
            for layer in range(len(self.watched)):
                ids, scores = self.seen[layer][position]
                self.writer.row(self.request, self.token, phase, layer, ids, scores)
            self.token += 1
        self.passes += 1
        self.seen = {}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="a name on the hub, or a folder")
    parser.add_argument("--prompt-file", required=True, action="append", help="may be repeated: one request each")
    parser.add_argument("--tokens", type=int, default=128, help="tokens to generate for each")
    parser.add_argument("--active", default="mass-share:0.9", help="non-zero, mass-share:SHARE or largest:COUNT (neurons only)")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()

    from transformers import AutoModelForCausalLM, AutoTokenizer

    kind, _, number = options.active.partition(":")
    active = {"non-zero": lambda: non_zero(), "mass-share": lambda: mass_share(float(number)),
              "largest": lambda: largest(int(number))}[kind]()
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = AutoModelForCausalLM.from_pretrained(options.model).eval()
    prompts = [open(path, encoding="utf-8").read().rstrip("\n") for path in options.prompt_file]
    unit = feed_forwards(model)[0][0]
    header = describe(model, definition=active.definition if unit == "neuron" else "experts that the router chose")
    header["prompt-digest"] = hashlib.sha256("\0".join(prompts).encode()).hexdigest()
    with Recorder(model, TraceWriter(options.out, header), active) as recorder:
        for prompt in prompts:
            recorder.begin_request()
            # Some tokenizers name token types too, which decoders do not take.
            told = tokenizer(prompt, return_tensors="pt")
            model.generate(told["input_ids"], attention_mask=told["attention_mask"], max_new_tokens=options.tokens, do_sample=False)


if __name__ == "__main__":
    main()
