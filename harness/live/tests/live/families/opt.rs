//! OPT beside a slow twin: plain loops in 64-bit floats over the checkpoint, every token computed afresh.

use serde_json::json;

use super::checkpoint::{Checkpoint, HEADS, LAYERS, WIDTH};
use super::{NEXT, PROMPT, assert_near, ours};

/// A row of numbers.
type Row = Vec<f64>;

struct Twin(Checkpoint);

impl Twin {
    fn values(&self, name: &str) -> Row {
        let tensor = self.0.weights[name].flatten_all().expect("flat");
        tensor.to_vec1::<f32>().expect("numbers").into_iter().map(f64::from).collect()
    }

    fn times(&self, name: &str, input: &Row) -> Row {
        let (weight, bias) = (self.values(&format!("{name}.weight")), self.values(&format!("{name}.bias")));
        let rows = weight.chunks_exact(input.len()).zip(bias);
        rows.map(|(row, bias)| row.iter().zip(input).map(|(weight, value)| weight * value).sum::<f64>() + bias)
            .collect()
    }

    fn norm(&self, name: &str, input: &Row) -> Row {
        let count = input.len() as f64;
        let mean = input.iter().sum::<f64>() / count;
        let variance = input.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        let (scale, shift) = (self.values(&format!("{name}.weight")), self.values(&format!("{name}.bias")));
        let each = input.iter().zip(scale).zip(shift);
        each.map(|((value, scale), shift)| (value - mean) / (variance + 1e-5).sqrt() * scale + shift).collect()
    }

    fn attention(&self, layer: usize, inputs: &[Row]) -> Vec<Row> {
        let project = |part: &str| -> Vec<Row> {
            inputs.iter().map(|input| self.times(&format!("blk.{layer}.attn_{part}"), input)).collect()
        };
        let (queries, keys, values) = (project("q"), project("k"), project("v"));
        let width = WIDTH / HEADS;
        let mixed = |token: usize| -> Row {
            let head = |head: usize| -> Row {
                let part = |row: &Row| row[head * width..][..width].to_vec();
                let query = part(&queries[token]);
                let score =
                    |key: &Row| part(key).iter().zip(&query).map(|(k, q)| k * q).sum::<f64>() / (width as f64).sqrt();
                let shares: Row = keys[..=token].iter().map(|key| score(key).exp()).collect();
                let sum: f64 = shares.iter().sum();
                (0..width)
                    .map(|at| shares.iter().zip(&values).map(|(share, value)| share / sum * part(value)[at]).sum())
                    .collect()
            };
            (0..HEADS).flat_map(head).collect()
        };
        (0..inputs.len()).map(|token| self.times(&format!("blk.{layer}.attn_output"), &mixed(token))).collect()
    }

    fn logits(&self, tokens: &[u32]) -> Vec<f32> {
        let (embedding, positions) = (self.values("token_embd.weight"), self.values("position_embd.weight"));
        let row = |table: &Row, at: usize| table[at * WIDTH..][..WIDTH].to_vec();
        let add = |a: &Row, b: &Row| a.iter().zip(b).map(|(a, b)| a + b).collect::<Row>();
        let begin = |(at, token): (usize, &u32)| add(&row(&embedding, *token as usize), &row(&positions, at + 2));
        let mut stream: Vec<Row> = tokens.iter().enumerate().map(begin).collect();
        for layer in 0..LAYERS {
            let name = |part: &str| format!("blk.{layer}.{part}");
            let inputs: Vec<Row> = stream.iter().map(|row| self.norm(&name("attn_norm"), row)).collect();
            let given = self.attention(layer, &inputs);
            stream = stream.iter().zip(&given).map(|(row, given)| add(row, given)).collect();
            let fed = |row: &Row| {
                let up = self.times(&name("ffn_up"), &self.norm(&name("ffn_norm"), row));
                self.times(&name("ffn_down"), &up.into_iter().map(|value| value.max(0.0)).collect())
            };
            stream = stream.iter().map(|row| add(row, &fed(row))).collect();
        }
        let last = self.norm("output_norm", stream.last().expect("a token"));
        #[expect(clippy::cast_possible_truncation, reason = "compared with 32-bit floats")]
        let logit = |row: &[f64]| row.iter().zip(&last).map(|(weight, value)| weight * value).sum::<f64>() as f32;
        embedding.chunks_exact(WIDTH).map(logit).collect()
    }
}

#[test]
fn opt_is_its_twin() {
    let extra = json!({"ffn_dim": 40, "activation_function": "relu", "do_layer_norm_before": true});
    let twin = Twin(Checkpoint::new("opt", extra));
    let folder = tempfile::tempdir().expect("a folder");
    twin.0.write(folder.path());
    let after: Vec<u32> = PROMPT.into_iter().chain([NEXT]).collect();
    assert_near(&ours(folder.path()), &[twin.logits(&PROMPT), twin.logits(&after)], "opt");
}
