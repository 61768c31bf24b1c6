//! Kernels of a replayed trace: the arithmetic over the weights is real, the activations are made up once and stay.
//!
//! Results go into a digest, so that two runs over the same weights can be held to each other whatever their readers, lanes
//! and layouts.

use std::io::IoSliceMut;

use tightfit_engine::{
    Store,
    platform::{Kernel, KernelKind},
    store::Extent,
};
use xxhash_rust::xxh3::Xxh3Default;

use super::{Bundles, Kernels, Pause};
use crate::{
    Buffer, Fault, HostError, Shape,
    jobs::World,
    kernels::{Level, Vector},
    shape::Matrix,
    slots::to_usize,
    storage::read_whole,
    view::{Rows, View},
};

/// Activations, KV cache and sums.
pub struct Replayed {
    shape: Shape,
    level: Level,
    /// A vector for each position that may be computed at once.
    inputs: Vec<Vector>,
    query: Vector,
    sums: Vec<Vec<f32>>,
    /// A row as floats.
    row: Vec<f32>,
    cache: Vec<Vec<u8>>,
    scores: Vec<f32>,
    heads: Vec<f32>,
    /// Where layers and head are streamed in blocks the seam does not say where those of the head lie: the kernel of the
    /// head computes over a copy of its own.
    head: Option<Buffer>,
    digest: Xxh3Default,
}

impl Replayed {
    pub(super) fn new(shape: Shape, store: &Store, world: &World) -> Result<Self, HostError> {
        let input = |position: usize| {
            // Any numbers of both signs do.
            let value = |place: usize| ((place * 37 + position * 11) % 64) as f32 / 64.0 - 0.5;
            Vector::new((0..shape.hidden).map(value).collect())
        };
        let attention = shape.attention;
        let positions = shape.context_max.max(shape.tokens_max);
        let cache_bytes = attention.position_bytes() * positions * shape.sequences;
        let head = if shape.dense.is_none() { Some(copy_of_head(&shape, store, world)?) } else { None };
        Ok(Self {
            level: Level::detect(),
            inputs: (0..shape.tokens_max.max(1)).map(input).collect(),
            query: Vector::new((0..attention.head_dim).map(|place| (place % 7) as f32 / 7.0 - 0.4).collect()),
            sums: vec![vec![0.0; shape.hidden]; shape.tokens_max.max(1)],
            row: vec![0.0; shape.hidden],
            cache: vec![vec![0; cache_bytes]; shape.layers],
            scores: vec![0.0; positions],
            heads: vec![0.0; attention.heads * attention.head_dim],
            head,
            digest: Xxh3Default::new(),
            shape,
        })
    }

    pub(super) fn digest(&self) -> u64 {
        self.digest.digest()
    }

    /// Multiplies matrices that follow each other with the first `tokens` vectors.
    fn multiply<'a>(
        &mut self,
        matrices: &[Matrix],
        rows: impl Iterator<Item = &'a [u8]>,
        tokens: usize,
        pause: &mut Pause<'_>,
    ) {
        let mut rows = Rows::new(rows);
        let mut sum = 0.0;
        for &Matrix { bytes, format } in matrices {
            let row_bytes = format.bytes(self.shape.hidden);
            let mut left = bytes;
            while left > 0 {
                let row = rows.next(row_bytes.min(left));
                if row.is_empty() {
                    break;
                }
                left -= row.len();
                for vector in &self.inputs[..tokens] {
                    sum += self.level.dot(format, row, vector);
                }
                pause.after_row();
            }
        }
        self.digest.update(&sum.to_le_bytes());
    }

    /// Attention of a layer: new positions go into the cache, then each looks at those before it.
    fn attend(&mut self, kernel: &Kernel) {
        let attention = self.shape.attention;
        let position_bytes = attention.position_bytes();
        let each = (kernel.tokens / kernel.sequences.max(1)) as usize;
        let context = kernel.context as usize;
        let cache = &mut self.cache[kernel.layer as usize];
        let of_sequence = cache.len() / self.shape.sequences;
        for cache in cache.chunks_exact_mut(of_sequence).take(kernel.sequences as usize) {
            for position in context - each..context {
                attention.write(self.query.values(), &mut cache[position * position_bytes..]);
            }
            for position in context - each..context {
                let seen = &cache[..(position + 1) * position_bytes];
                attention.run(self.level, &self.query, seen, &mut self.scores, &mut self.heads);
            }
        }
        for value in &self.heads {
            self.digest.update(&value.to_le_bytes());
        }
    }

    /// One neuron for the first `uses` positions: up and gate make a number of each, which scales the down column.
    fn neuron(&mut self, [up, down, gate]: [&[u8]; 3], uses: usize) {
        let bundle = &self.shape.bundle;
        if uses > 1 {
            bundle[1].format.load(down, &mut self.row);
        }
        for (vector, sums) in self.inputs.iter().zip(&mut self.sums).take(uses) {
            let up = self.level.dot(bundle[0].format, up, vector);
            let active = match bundle.get(2) {
                Some(matrix) => {
                    let gate = self.level.dot(matrix.format, gate, vector);
                    up * gate / (1.0 + (-gate).exp())
                }
                None => up.max(0.0),
            };
            if uses > 1 {
                for (sum, weight) in sums.iter_mut().zip(&self.row) {
                    *sum += active * weight;
                }
            } else {
                self.level.add_scaled(bundle[1].format, down, active, sums);
            }
        }
    }

    /// All neurons of a bundle.
    fn bundle(&mut self, matrices: [&[u8]; 3], uses: usize, pause: &mut Pause<'_>) {
        let neurons = self.shape.neurons;
        for neuron in 0..neurons {
            let row = |matrix: &'_ [u8]| {
                let bytes = matrix.len() / neurons;
                neuron * bytes..(neuron + 1) * bytes
            };
            self.neuron(matrices.map(|matrix| &matrix[row(matrix)]), uses);
            pause.after_row();
        }
    }

    /// Forgets the sums of the layer before.
    fn begin_sums(&mut self, tokens: usize) {
        self.sums[..tokens].iter_mut().for_each(|sums| sums.fill(0.0));
    }

    /// Puts the sums of a layer into the digest.
    fn end_sums(&mut self, tokens: usize) {
        for sums in &self.sums[..tokens] {
            for sum in sums {
                self.digest.update(&sum.to_le_bytes());
            }
        }
    }
}

impl Kernels for Replayed {
    fn run(&mut self, kernel: &Kernel, bundles: Bundles<'_>, pause: &mut Pause<'_>) -> Result<(), Fault> {
        let view = bundles.view;
        let tokens = kernel.tokens as usize;
        let Some(parts) = self.shape.dense else {
            self.streamed(kernel, view, pause);
            return Ok(());
        };
        let dense = |from: usize, bytes: usize| std::iter::once(view.dense(from, bytes));
        let layer = kernel.layer as usize;
        match kernel.kind {
            KernelKind::Dense => {
                let (matrices, bytes) = (self.shape.layer.clone(), self.shape.layer_bytes());
                self.multiply(&matrices, dense(parts.layers + layer * bytes, bytes), tokens, pause);
                self.attend(kernel);
            }
            KernelKind::Predictor => {
                let matrix = self.shape.predictor;
                let from = parts.predictors + layer * matrix.bytes;
                self.multiply(&[matrix], dense(from, matrix.bytes), tokens, pause);
            }
            KernelKind::Draft => {
                let matrix = self.shape.draft;
                self.multiply(&[matrix], dense(parts.draft, matrix.bytes), tokens, pause);
            }
            KernelKind::Head => {
                let matrix = self.shape.head;
                self.multiply(&[matrix], dense(parts.head, matrix.bytes), tokens, pause);
            }
            KernelKind::FeedForward => {
                self.begin_sums(tokens);
                for (number, &bundle) in (0_u64..).zip(bundles.touched()) {
                    let matrices = view.matrices(bundle, &self.shape.bundle);
                    self.bundle(matrices, uses_of(kernel, number), pause);
                }
                self.end_sums(tokens);
            }
        }
        Ok(())
    }
}

impl Replayed {
    /// A kernel of a layer that came in blocks, all of which are touched: its dense part comes first, then its bundles.
    fn streamed(&mut self, kernel: &Kernel, view: View<'_>, pause: &mut Pause<'_>) {
        let tokens = kernel.tokens as usize;
        match kernel.kind {
            KernelKind::Dense => {
                let matrices = self.shape.layer.clone();
                self.multiply(&matrices, view.runs(), tokens, pause);
                self.attend(kernel);
            }
            KernelKind::FeedForward => {
                let mut rows = Rows::new(view.runs());
                rows.skip(self.shape.layer_bytes());
                let shape = self.shape.bundle.clone();
                let bundle_bytes = self.shape.bundle_bytes();
                self.begin_sums(tokens);
                for _ in 0..kernel.rows {
                    let bytes = rows.next(bundle_bytes);
                    let mut matrices: [&[u8]; 3] = [&[]; 3];
                    let mut rest = bytes;
                    for (part, matrix) in matrices.iter_mut().zip(&shape) {
                        (*part, rest) = rest.split_at(matrix.bytes);
                    }
                    self.bundle(matrices, tokens, pause);
                }
                self.end_sums(tokens);
            }
            KernelKind::Head => {
                let head = self.head.take().expect("made where layers are streamed");
                // SAFETY: the copy is this platform's alone and nobody writes to it.
                #[expect(unsafe_code, reason = "reads a buffer")]
                let bytes = unsafe { head.range(0, self.shape.head.bytes) };
                let matrix = self.shape.head;
                self.multiply(&[matrix], std::iter::once(bytes), tokens, pause);
                self.head = Some(head);
            }
            KernelKind::Predictor | KernelKind::Draft => {}
        }
    }
}

/// How many positions use the `number`-th row: the uses in equal parts.
fn uses_of(kernel: &Kernel, number: u64) -> usize {
    let rows = u64::from(kernel.rows.max(1));
    let uses = kernel.row_uses * (number + 1) / rows - kernel.row_uses * number / rows;
    to_usize(uses).clamp(1, kernel.tokens as usize)
}

/// The head's bytes: the blocks of the store behind the layers.
fn copy_of_head(shape: &Shape, store: &Store, world: &World) -> Result<Buffer, HostError> {
    let failed = |problem: String| HostError::Unsupported(format!("the head could not be read: {problem}"));
    let first = store.geometry().regions().iter().find(|region| region.layer as usize >= shape.layers);
    let offset = first.map_or(0, |region| store.extent(region.first, 0).offset);
    let bytes = store.bytes() - offset;
    let buffer = Buffer::new(to_usize(bytes)).map_err(|error| failed(error.to_string()))?;
    let extent = Extent { offset, bytes };
    read_whole(&*world.storage, extent, world.before, || {
        // SAFETY: the buffer is new, and the part lives only for the attempt.
        #[expect(unsafe_code, reason = "reads into a buffer of its own")]
        let part = unsafe { buffer.range_mut(0, to_usize(bytes)) };
        vec![IoSliceMut::new(part)]
    })
    .map_err(|fault| failed(fault.to_string()))?;
    // SAFETY: the read is over, and nobody else knows the buffer.
    #[expect(unsafe_code, reason = "moves bytes within a buffer of its own")]
    let span = unsafe { buffer.range_mut(0, to_usize(bytes)) };
    // Regions begin at whole read units: the padding between them goes.
    let mut end = 0;
    for region in store.geometry().regions().iter().filter(|region| region.layer as usize >= shape.layers) {
        let from = to_usize(store.extent(region.first, 0).offset - offset);
        let region_bytes = to_usize(region.bundle_bytes) * region.count as usize;
        span.copy_within(from..from + region_bytes, end);
        end += region_bytes;
    }
    Ok(buffer)
}
