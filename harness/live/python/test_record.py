#!/usr/bin/env python3
"""Holds record.py to computations of its own, on tiny models with random weights: geometry, ids, phases and scores.

    pip install pyarrow torch transformers && python test_record.py

The definitions of "active" and the writer are tested with numpy and pyarrow alone; the models are skipped, loudly, where torch
or transformers is missing. TIGHTFIT names the program; where it is given, `tightfit trace info` must accept every trace.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import pyarrow.parquet as parquet

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import record  # noqa: E402

try:
    import torch
    import transformers
except ImportError as problem:
    torch = None
    print(f"SKIPPED: the tests with models, because {problem}", file=sys.stderr)


class Active(unittest.TestCase):
    def test_definitions_by_hand(self):
        values = np.array([0.0, -3.0, 1.0, 0.0, 1.0, 5.0], dtype=np.float32)
        self.assertEqual(record.non_zero()(values).tolist(), [1, 2, 4, 5])
        self.assertEqual(record.mass_share(0.5)(values).tolist(), [5])
        self.assertEqual(record.mass_share(0.8)(values).tolist(), [1, 5])
        self.assertEqual(record.mass_share(0.9)(values).tolist(), [1, 2, 5])
        self.assertEqual(record.mass_share(1.0)(values).tolist(), [1, 2, 4, 5])
        self.assertEqual(record.mass_share(0.9)(np.zeros(4, np.float32)).tolist(), [])
        self.assertEqual(record.largest(3)(values).tolist(), [1, 2, 5])


class Writing(unittest.TestCase):
    def test_rows_come_back_and_tightfit_reads_them(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "t.parquet")
            writer = record.TraceWriter(path, {"unit": "neuron", "layers": 2, "bundles-per-layer": 8, "model": "toy"})
            for token in range(3):
                for layer in range(2):
                    ids = [layer, token + 3]
                    writer.row(0, token, "prefill" if token < 2 else "decode", layer, ids, [0.5, 0.25])
            writer.close()
            table = parquet.read_table(path)
            self.assertEqual(table.column("active").to_pylist()[3], [1, 4])
            self.assertEqual(table.schema.metadata[b"tightfit.layers"], b"2")
            info = read_by_tightfit(path)
            if info:
                self.assertEqual((info["layers"], info["prefill_tokens"], info["decode_tokens"], info["lookups"]), (2, 2, 1, 12))


def read_by_tightfit(path):
    program = os.environ.get("TIGHTFIT")
    if not program:
        print("SKIPPED: tightfit trace info, because TIGHTFIT names no program", file=sys.stderr)
        return None
    answer = subprocess.run([program, "trace", "info", path, "--format", "json"], capture_output=True, check=True)
    return json.loads(answer.stdout)


PROMPT, TOKENS = 7, 5
SMALL = dict(vocab_size=64, hidden_size=16, intermediate_size=40, num_hidden_layers=3, num_attention_heads=2,
             num_key_value_heads=2, max_position_embeddings=64)


@unittest.skipIf(torch is None, "torch and transformers are not installed")
class Models(unittest.TestCase):
    def recorded(self, model, active=None):
        """The trace's rows by (request, token, layer), for two requests, and the tokens that were fed."""
        torch.manual_seed(1)
        prompts = [torch.randint(3, 64, (1, PROMPT)) for _ in range(2)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "t.parquet")
            fed = []
            with record.Recorder(model, record.TraceWriter(path, record.describe(model)), active) as recorder:
                for prompt in prompts:
                    recorder.begin_request()
                    output = model.generate(prompt, max_new_tokens=TOKENS, min_new_tokens=TOKENS, do_sample=False, pad_token_id=0)
                    fed.append(output[:, :-1])
            rows = parquet.read_table(path).to_pylist()
            info = read_by_tightfit(path)
        layers = len(record.feed_forwards(model))
        self.assertEqual(len(rows), 2 * (PROMPT + TOKENS - 1) * layers)
        if info:
            counts = (info["layers"], info["requests"], info["prefill_tokens"], info["decode_tokens"])
            self.assertEqual(counts, (layers, 2, 2 * PROMPT, 2 * (TOKENS - 1)))
        for row in rows:
            self.assertEqual(row["phase"], "prefill" if row["token"] < PROMPT else "decode")
        return {(row["request"], row["token"], row["layer"]): row for row in rows}, fed

    def check_neurons(self, model, activations, active):
        rows, fed = self.recorded(model, active)
        for request, tokens in enumerate(fed):
            with torch.no_grad():
                states = activations(model, tokens)
            for (other, token, layer), row in rows.items():
                if other == request:
                    self.assertEqual(row["active"], active(states[layer][token]).tolist(), (request, token, layer))

    def test_llama_by_share_of_mass(self):
        def activations(model, tokens):
            seen = {}
            for layer, block in enumerate(model.model.layers):
                def hook(module, inputs, layer=layer):
                    x = inputs[0][0]
                    gate, up = x @ module.gate_proj.weight.T, x @ module.up_proj.weight.T
                    seen[layer] = (gate / (1 + torch.exp(-gate)) * up).numpy()
                block.mlp.register_forward_pre_hook(hook)
            model(tokens)
            return seen

        torch.manual_seed(0)
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**SMALL)).eval()
        self.assertEqual(record.describe(model)["bundles-per-layer"], 40)
        # Ten of forty: a count has no near-ties with a sum.
        self.check_neurons(model, activations, record.largest(10))

    def test_opt_by_zeros(self):
        def activations(model, tokens):
            seen = {}
            for layer, block in enumerate(model.model.decoder.layers):
                def hook(module, inputs, layer=layer):
                    x = inputs[0].reshape(-1, 16)
                    seen[layer] = np.maximum((x @ module.weight.T + module.bias).numpy(), 0)
                block.fc1.register_forward_pre_hook(hook)
            model(tokens)
            return seen

        torch.manual_seed(0)
        config = transformers.OPTConfig(vocab_size=64, hidden_size=16, ffn_dim=40, num_hidden_layers=3, num_attention_heads=2,
                                        max_position_embeddings=64, word_embed_proj_dim=16)
        self.check_neurons(transformers.OPTForCausalLM(config).eval(), activations, record.non_zero())

    def check_experts(self, model, count):
        rows, fed = self.recorded(model)
        for request, tokens in enumerate(fed):
            with torch.no_grad():
                logits = model(tokens, output_router_logits=True).router_logits
            for (other, token, layer), row in rows.items():
                if other == request:
                    expected = torch.topk(logits[layer].reshape(-1, logits[layer].shape[-1])[token], count).indices
                    self.assertEqual(row["active"], sorted(expected.tolist()), (request, token, layer))
                    self.assertEqual(len(row["score"]), count)

    def test_mixtral(self):
        torch.manual_seed(0)
        model = transformers.MixtralForCausalLM(transformers.MixtralConfig(**SMALL, num_local_experts=4, num_experts_per_tok=2)).eval()
        header = record.describe(model)
        self.assertEqual((header["unit"], header["layers"], header["bundles-per-layer"]), ("expert", 3, 4))
        self.check_experts(model, 2)

    def test_qwen2_moe_beside_its_shared_expert(self):
        """Two modules end in `gate` here: the router and the shared expert's; and neurons of experts end in `down_proj`."""
        torch.manual_seed(0)
        config = transformers.Qwen2MoeConfig(**SMALL, moe_intermediate_size=8, shared_expert_intermediate_size=8, num_experts=8,
                                             num_experts_per_tok=3)
        self.check_experts(transformers.Qwen2MoeForCausalLM(config).eval(), 3)

    @unittest.skipUnless(hasattr(transformers, "Qwen3MoeConfig") if torch else True, "this transformers is older than Qwen3-MoE")
    def test_qwen3_moe(self):
        torch.manual_seed(0)
        config = transformers.Qwen3MoeConfig(**SMALL, moe_intermediate_size=8, num_experts=8, num_experts_per_tok=3, head_dim=8)
        self.check_experts(transformers.Qwen3MoeForCausalLM(config).eval(), 3)

    def test_the_command_records_what_its_options_say(self):
        import tokenizers

        torch.manual_seed(0)
        words = {word: number for number, word in enumerate(["[UNK]", "[PAD]", "when", "shall", "we", "three", "meet", "again"])}
        tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
        with tempfile.TemporaryDirectory() as folder:
            model, out, prompt = (os.path.join(folder, name) for name in ("toy", "t.parquet", "p.txt"))
            config = transformers.LlamaConfig(**SMALL, eos_token_id=63, bos_token_id=2, pad_token_id=1)
            transformers.LlamaForCausalLM(config).save_pretrained(model)
            transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]").save_pretrained(model)
            with open(prompt, "w", encoding="utf-8") as file:
                file.write("when shall we three meet again\n")
            options = ["--model", model, "--prompt-file", prompt, "--tokens", "4", "--active", "largest:10", "--out", out]
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "record.py")
            subprocess.run([sys.executable, script, *options], check=True, stdout=subprocess.DEVNULL)
            table = parquet.read_table(out)
            self.assertEqual(table.schema.metadata[b"tightfit.definition"], b"largest 10")
            self.assertEqual({len(active) for active in table.column("active").to_pylist()}, {10})
            self.assertEqual(table.column("phase").to_pylist().count("prefill"), 6 * 3)
            info = read_by_tightfit(out)
            if info:
                self.assertEqual((info["prefill_tokens"], info["layers"], info["bundles_per_layer"]), (6, 3, 40))

    def test_batches_are_refused(self):
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**SMALL)).eval()
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(ValueError, "a batch of 2"):
            with record.Recorder(model, record.TraceWriter(os.path.join(folder, "t.parquet"), record.describe(model))):
                model(torch.randint(3, 64, (2, 4)))


if __name__ == "__main__":
    unittest.main()
