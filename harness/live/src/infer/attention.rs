//! Attention of one layer over its key-value cache, in 32-bit floats.

use tightfit_host::kernels::{Format, Level, Vector};

use super::matrix::{Linear, vector};
use crate::LiveError;
use crate::config::Config;
use crate::rope::Frequencies;
use crate::source::Source;

/// Bytes of a cached number.
const NUMBER_BYTES: usize = 4;

/// One layer's attention.
#[derive(Debug)]
pub(super) struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    /// Scales of the norms on each query head and each key head, where there are any.
    head_norms: Option<[Vec<f32>; 2]>,
    output: Linear,
    shape: Shape,
    /// Keys, then values; each head after head, position after position.
    cache: [Vec<u8>; 2],
}

/// Heads, and how long they remember.
#[derive(Clone, Copy, Debug)]
struct Shape {
    heads: usize,
    key_value_heads: usize,
    width: usize,
    capacity: usize,
    epsilon: f32,
}

/// Room for the queries, keys and values of a pass, and for what comes of them.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    scores: Vec<f32>,
    mixed: Vec<f32>,
    mixed_vectors: Vec<Vector>,
}

impl Attention {
    pub(super) fn load(source: &mut Source, layer: usize, config: &Config, capacity: usize) -> Result<Self, LiveError> {
        let Config { width, heads, key_value_heads, head_width, norm_epsilon, norm_offset, .. } = *config;
        let name = |name: &str| format!("blk.{layer}.attn_{name}");
        let [query, key_value] = [heads * head_width, key_value_heads * head_width];
        let head_norms = if source.has(&name("q_norm.weight")) {
            let mut norm = |part: &str| {
                let mut scale = vector(source, &name(part), head_width)?;
                #[expect(clippy::cast_possible_truncation, reason = "0 or 1")]
                let offset = norm_offset as f32;
                for scale in &mut scale {
                    *scale += offset;
                }
                Ok::<_, LiveError>(scale)
            };
            Some([norm("q_norm.weight")?, norm("k_norm.weight")?])
        } else {
            None
        };
        let cache_bytes = capacity * key_value * NUMBER_BYTES;
        Ok(Self {
            query: Linear::load(source, &name("q"), [query, width])?,
            key: Linear::load(source, &name("k"), [key_value, width])?,
            value: Linear::load(source, &name("v"), [key_value, width])?,
            head_norms,
            output: Linear::load(source, &name("output"), [width, query])?,
            shape: Shape { heads, key_value_heads, width: head_width, capacity, epsilon: norm_epsilon },
            cache: [vec![0; cache_bytes], vec![0; cache_bytes]],
        })
    }

    /// Bytes of its weights, and of its cache.
    pub(super) fn bytes(&self) -> [usize; 2] {
        let matrices = [&self.query, &self.key, &self.value, &self.output];
        let norms = self.head_norms.iter().flatten().map(|scale| 4 * scale.len()).sum::<usize>();
        [matrices.map(Linear::bytes).iter().sum::<usize>() + norms, self.cache.iter().map(Vec::len).sum()]
    }

    /// What attention adds to the stream: of each input, the first being at `position`.
    pub(super) fn run(
        &mut self,
        level: Level,
        inputs: &[Vector],
        position: usize,
        turns: &Frequencies,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let Shape { heads, key_value_heads, width, .. } = self.shape;
        let tokens = inputs.len();
        scratch.size(tokens, [heads * width, key_value_heads * width], self.shape.capacity);
        let Scratch { queries, keys, values, scores, mixed, mixed_vectors } = scratch;
        self.query.multiply(level, inputs, queries);
        self.key.multiply(level, inputs, keys);
        self.value.multiply(level, inputs, values);
        for (rows, norm) in [(&mut *queries, 0), (&mut *keys, 1)] {
            let of_token = rows.len() / tokens;
            for (token, row) in rows.chunks_exact_mut(of_token).enumerate() {
                for head in row.chunks_exact_mut(width) {
                    if let Some(norms) = &self.head_norms {
                        normalise(head, &norms[norm], self.shape.epsilon);
                    }
                }
                turns.turn(row, width, position + token);
            }
        }
        for token in 0..tokens {
            for (cache, rows) in self.cache.iter_mut().zip([&*keys, &*values]) {
                let row = &rows[token * key_value_heads * width..][..key_value_heads * width];
                for (head, numbers) in row.chunks_exact(width).enumerate() {
                    let at = self.shape.at(head, position + token);
                    for (place, number) in cache[at..].chunks_exact_mut(NUMBER_BYTES).zip(numbers) {
                        place.copy_from_slice(&number.to_le_bytes());
                    }
                }
            }
        }
        for (token, vector) in (0..tokens).zip(mixed_vectors.iter_mut()) {
            let seen = position + token + 1;
            for head in 0..heads {
                let query = &queries[(token * heads + head) * width..][..width];
                self.look(level, head, query, &mut scores[..seen], &mut mixed[head * width..][..width]);
            }
            vector.set(mixed);
        }
        self.output.multiply(level, &mixed_vectors[..tokens], out);
    }

    /// One query head against as many positions as there are scores.
    fn look(&self, level: Level, head: usize, query: &[f32], scores: &mut [f32], out: &mut [f32]) {
        let own = head * self.shape.key_value_heads / self.shape.heads;
        let row_bytes = self.shape.width * NUMBER_BYTES;
        let [keys, values] = self.cache.each_ref().map(|cache| cache[self.shape.at(own, 0)..].chunks_exact(row_bytes));
        let scale = 1.0 / (self.shape.width as f32).sqrt();
        let mut highest = f32::NEG_INFINITY;
        for (score, key) in scores.iter_mut().zip(keys) {
            *score = level.dot_floats(key, query) * scale;
            highest = highest.max(*score);
        }
        let mut total = 0.0;
        for score in scores.iter_mut() {
            *score = (*score - highest).exp();
            total += *score;
        }
        out.fill(0.0);
        for (score, value) in scores.iter().zip(values) {
            level.add_scaled(Format::F32, value, score / total, out);
        }
    }
}

impl Shape {
    /// First byte of a head's position.
    fn at(&self, head: usize, position: usize) -> usize {
        (head * self.capacity + position) * self.width * NUMBER_BYTES
    }
}

impl Scratch {
    /// Room for so many tokens; what is there stays.
    fn size(&mut self, tokens: usize, [query, key_value]: [usize; 2], capacity: usize) {
        self.queries.resize(tokens * query, 0.0);
        self.keys.resize(tokens * key_value, 0.0);
        self.values.resize(tokens * key_value, 0.0);
        self.scores.resize(capacity, 0.0);
        self.mixed.resize(query, 0.0);
        while self.mixed_vectors.len() < tokens {
            self.mixed_vectors.push(Vector::new(vec![0.0; query]));
        }
    }
}

/// Divides by the root mean square, and scales.
pub(super) fn normalise(values: &mut [f32], scale: &[f32], epsilon: f32) {
    let square: f32 = values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32;
    let by = 1.0 / (square + epsilon).sqrt();
    values.iter_mut().zip(scale).for_each(|(value, scale)| *value *= by * scale);
}
