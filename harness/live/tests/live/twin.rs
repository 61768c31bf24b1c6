//! The forward pass against a slow twin: plain loops in 64-bit floats, every token computed afresh, no cache, no batch.

use candle_core::Tensor;
use tightfit_live::model::Model;
use tightfit_live::observe::{Observer, Seen};
use tightfit_live::source::Source;
use tightfit_live::{LiveError, Weights};

use crate::tiny::{self, Tiny};

const TOKENS: [u32; 9] = [104, 101, 108, 108, 111, 32, 258, 7, 104];

/// A row of numbers.
type Row = Vec<f64>;

struct Twin<'a>(&'a Tiny);

impl Twin<'_> {
    fn times(&self, name: &str, input: &[f64]) -> Row {
        let weight = self.0.weight(name);
        let rows = weight.values.chunks_exact(weight.values.len() / weight.rows);
        rows.map(|row| row.iter().zip(input).map(|(weight, value)| f64::from(*weight) * value).sum()).collect()
    }

    fn norm(&self, name: &str, input: &[f64]) -> Row {
        let square = input.iter().map(|value| value * value).sum::<f64>() / input.len() as f64;
        let root = (square + f64::from(tiny::EPSILON)).sqrt();
        input.iter().zip(&self.0.weight(name).values).map(|(value, scale)| value / root * f64::from(*scale)).collect()
    }

    /// Pairs of neighbours turn, each slower than the one before.
    fn turned(input: &[f64], position: usize) -> Row {
        let mut output = input.to_vec();
        for head in output.chunks_exact_mut(tiny::HEAD_WIDTH) {
            for (pair, values) in head.chunks_exact_mut(2).enumerate() {
                let exponent = -2.0 * pair as f64 / tiny::HEAD_WIDTH as f64;
                let (sine, cosine) = (position as f64 * f64::from(tiny::ROPE_BASE).powf(exponent)).sin_cos();
                let (even, odd) = (values[0], values[1]);
                values[0] = even * cosine - odd * sine;
                values[1] = even * sine + odd * cosine;
            }
        }
        output
    }

    fn attention(&self, layer: usize, inputs: &[Row]) -> Vec<Row> {
        let name = |part: &str| format!("blk.{layer}.attn_{part}.weight");
        let project = |part: &str| inputs.iter().map(|input| self.times(&name(part), input)).collect::<Vec<_>>();
        let turn = |rows: Vec<Row>| rows.iter().enumerate().map(|(at, row)| Self::turned(row, at)).collect::<Vec<_>>();
        let (queries, keys, values) = (turn(project("q")), turn(project("k")), project("v"));
        let width = tiny::HEAD_WIDTH;
        let mixed = |token: usize| -> Row {
            let head = |head: usize| -> Row {
                let group = head * tiny::KEY_VALUE_HEADS / tiny::HEADS;
                let query = &queries[token][head * width..][..width];
                let score = |key: &Row| query.iter().zip(&key[group * width..]).map(|(q, k)| q * k).sum::<f64>();
                let shares: Row = keys[..=token].iter().map(|key| (score(key) / (width as f64).sqrt()).exp()).collect();
                let sum: f64 = shares.iter().sum();
                let column = |at: usize| shares.iter().zip(&values).map(|(s, v)| s / sum * v[group * width + at]).sum();
                (0..width).map(column).collect()
            };
            (0..tiny::HEADS).flat_map(head).collect()
        };
        (0..inputs.len()).map(|token| self.times(&name("output"), &mixed(token))).collect()
    }

    /// Activations by layer and token, and the logits after the last token.
    fn run(&self, tokens: &[u32]) -> (Vec<Vec<Row>>, Row) {
        let embedding = &self.0.weight("token_embd.weight").values;
        let embed = |token: &u32| &embedding[*token as usize * tiny::WIDTH..][..tiny::WIDTH];
        let mut stream: Vec<Row> =
            tokens.iter().map(|token| embed(token).iter().map(|&v| v.into()).collect()).collect();
        let mut seen = Vec::new();
        for layer in 0..tiny::LAYERS {
            let name = |part: &str| format!("blk.{layer}.{part}.weight");
            let inputs: Vec<Row> = stream.iter().map(|row| self.norm(&name("attn_norm"), row)).collect();
            add(&mut stream, &self.attention(layer, &inputs));
            let inputs: Vec<Row> = stream.iter().map(|row| self.norm(&name("ffn_norm"), row)).collect();
            let gives = |input: &Row| -> Row {
                let (gate, up) = (self.times(&name("ffn_gate"), input), self.times(&name("ffn_up"), input));
                gate.iter().zip(up).map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up).collect()
            };
            let activation: Vec<Row> = inputs.iter().map(gives).collect();
            let down: Vec<Row> = activation.iter().map(|row| self.times(&name("ffn_down"), row)).collect();
            add(&mut stream, &down);
            seen.push(activation);
        }
        let last = self.norm("output_norm.weight", stream.last().expect("a token"));
        (seen, self.times("token_embd.weight", &last))
    }
}

fn add(stream: &mut [Row], rows: &[Row]) {
    for (value, row) in stream.iter_mut().flatten().zip(rows.iter().flatten()) {
        *value += row;
    }
}

/// Keeps every activation, by layer and token; drops a neuron where told to.
#[derive(Default)]
struct Keeper {
    seen: Vec<Vec<Vec<f32>>>,
    silenced: bool,
}

impl Observer for Keeper {
    fn feed_forward(&mut self, seen: Seen<'_>) -> Result<Option<Tensor>, LiveError> {
        self.seen.resize(tiny::LAYERS, Vec::new());
        let rows = &mut self.seen[seen.layer];
        assert_eq!(seen.position, rows.len(), "batches follow each other");
        assert_eq!(seen.input.dims2()?, (seen.activation.dim(0)?, tiny::WIDTH));
        rows.extend(seen.activation.to_vec2::<f32>()?);
        Ok(self.silenced.then(|| seen.activation.zeros_like()).transpose()?)
    }
}

fn model() -> (Tiny, Model) {
    let folder = tempfile::tempdir().expect("a folder");
    let tiny = Tiny::new();
    let mut source = Source::open(&tiny.write(folder.path())).expect("opened");
    let model = Model::load(&mut source, Weights::F32).expect("loaded");
    (tiny, model)
}

fn assert_near(ours: &[f32], twin: &[f64], what: &str) {
    assert_eq!(ours.len(), twin.len(), "{what}");
    let scale = twin.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    assert!(scale > 0.01, "{what}: something is computed");
    for (ours, twin) in ours.iter().zip(twin) {
        assert!((f64::from(*ours) - twin).abs() < 1e-5 * scale, "{what}: {ours} against {twin}");
    }
}

#[test]
fn activations_and_logits_are_the_twins_whatever_the_batches() {
    let (tiny, model) = model();
    let (expected, logits) = Twin(&tiny).run(&TOKENS);
    for batches in [vec![9], vec![1; 9], vec![4, 5], vec![6, 1, 2]] {
        let mut session = model.session(TOKENS.len()).expect("a session");
        let mut keeper = Keeper::default();
        let mut rest = TOKENS.as_slice();
        let mut last = None;
        for &count in &batches {
            let (batch, later) = rest.split_at(count);
            last = Some(model.forward(&mut session, batch, &mut keeper).expect("runs"));
            rest = later;
        }
        assert_near(&model.logits(&last.expect("a batch")).expect("a head"), &logits, &format!("logits, {batches:?}"));
        for (layer, (ours, twin)) in keeper.seen.iter().zip(&expected).enumerate() {
            for (token, (ours, twin)) in ours.iter().zip(twin).enumerate() {
                assert_near(ours, twin, &format!("layer {layer}, token {token}, {batches:?}"));
            }
        }
    }
}

#[test]
fn an_observer_may_silence_neurons() {
    let (_, model) = model();
    let run = |silenced| {
        let mut keeper = Keeper { silenced, ..Keeper::default() };
        let mut session = model.session(TOKENS.len()).expect("a session");
        let stream = model.forward(&mut session, &TOKENS, &mut keeper).expect("runs");
        (keeper.seen, model.logits(&stream).expect("a head"))
    };
    let ((dense, dense_logits), (masked, masked_logits)) = (run(false), run(true));
    assert_eq!(dense[0], masked[0], "the first layer's input does not depend on its output");
    assert_ne!(dense[1], masked[1]);
    assert_ne!(dense_logits, masked_logits);
}
