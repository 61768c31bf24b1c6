//! The host's kernels beside candle's dense results: the same weights, stored by candle, row by row through our loops.
//!
//! Bytes are candle's own, so that a block read in another order would show. Integer formats meet the input in 8 bits on
//! both sides; dequantised weights in 32 bits say how far either may be off.

use std::sync::Arc;

use candle_core::{
    Device, Module, Result, Tensor,
    quantized::{GgmlDType, QMatMul, QTensor},
};
use tightfit_host::kernels::{Format, Level, Vector};

const HIDDEN: usize = 256;
const NEURONS: usize = 96;
const FORMATS: [(Format, GgmlDType); 5] = [
    (Format::F32, GgmlDType::F32),
    (Format::F16, GgmlDType::F16),
    (Format::Q8_0, GgmlDType::Q8_0),
    (Format::Q4_0, GgmlDType::Q4_0),
    (Format::Q4_1, GgmlDType::Q4_1),
];

/// A matrix as candle stores it.
struct Matrix {
    quantized: QTensor,
    columns: usize,
}

impl Matrix {
    /// Numbers of both signs that differ from row to row; `seed` makes another matrix.
    fn new(rows: usize, columns: usize, kind: GgmlDType, seed: usize) -> Result<Self> {
        let value = |place: usize| ((place * 7919 + seed * 104_729) % 2003) as f32 / 2003.0 - 0.5;
        let values: Vec<f32> = (0..rows * columns).map(value).collect();
        let plain = Tensor::from_vec(values, (rows, columns), &Device::Cpu)?;
        Ok(Self { quantized: QTensor::quantize(&plain, kind)?, columns })
    }

    /// Its bytes, row after row.
    fn rows(&self, format: Format) -> Result<Vec<Vec<u8>>> {
        Ok(self.quantized.data()?.chunks_exact(format.bytes(self.columns)).map(<[u8]>::to_vec).collect())
    }

    /// Its numbers in 32 bits.
    fn plain(&self) -> Result<Tensor> {
        self.quantized.dequantize(&Device::Cpu)
    }
}

fn input(count: usize) -> Vec<f32> {
    (0..count).map(|place| ((place * 31) % 101) as f32 / 101.0 - 0.45).collect()
}

fn column(values: &[f32]) -> Result<Tensor> {
    Tensor::from_slice(values, (1, values.len()), &Device::Cpu)
}

/// The largest difference, as a share of the largest number of `right`.
fn apart(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    let largest = right.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    assert!(largest > 0.1, "nothing was computed");
    left.iter().zip(right).fold(0.0_f32, |most, (left, right)| most.max((left - right).abs())) / largest
}

/// How far a product may be from that of plain 32-bit numbers.
fn rounding(format: Format) -> f32 {
    // Sums in another order; or inputs in 8 bits, off by 1/254 of a block's largest, with errors of both signs.
    if format.block_weights() == 1 { 2e-6 } else { 2e-2 }
}

#[test]
fn products_are_those_of_candle() -> Result<()> {
    let values = input(HIDDEN);
    let vector = Vector::new(values.clone());
    for (format, kind) in FORMATS {
        let matrix = Matrix::new(NEURONS, HIDDEN, kind, 1)?;
        let plain: Vec<f32> = column(&values)?.matmul(&matrix.plain()?.t()?)?.flatten_all()?.to_vec1()?;
        let rows = matrix.rows(format)?;
        assert_eq!(rows.len(), NEURONS);
        let dense = QMatMul::from_arc(Arc::new(matrix.quantized))?.forward(&column(&values)?)?;
        let dense: Vec<f32> = dense.flatten_all()?.to_vec1()?;
        for level in [Level::Portable, Level::detect()] {
            let ours: Vec<f32> = rows.iter().map(|row| level.dot(format, row, &vector)).collect();
            let [from_plain, from_dense] = [apart(&ours, &plain), apart(&ours, &dense)];
            assert!(from_plain <= rounding(format), "{format:?}, {level:?}: {from_plain} from 32-bit numbers");
            assert!(from_dense <= 2.0 * rounding(format), "{format:?}, {level:?}: {from_dense} from candle's own");
        }
    }
    Ok(())
}

#[test]
fn a_feed_forward_network_by_neurons_is_that_of_candle() -> Result<()> {
    let values = input(HIDDEN);
    let vector = Vector::new(values.clone());
    for (format, kind) in FORMATS {
        // The down matrix by columns, as bundles hold it: its transpose by rows.
        let [up, gate, down] = [1, 2, 3].map(|seed| Matrix::new(NEURONS, HIDDEN, kind, seed));
        let (up, gate, down) = (up?, gate?, down?);
        let by = |matrix: &Matrix| column(&values)?.matmul(&matrix.plain()?.t()?);
        let active = (by(&gate)?.silu()? * by(&up)?)?;
        let dense: Vec<f32> = active.matmul(&down.plain()?)?.flatten_all()?.to_vec1()?;
        let (ups, gates, downs) = (up.rows(format)?, gate.rows(format)?, down.rows(format)?);
        for level in [Level::Portable, Level::detect()] {
            let mut sums = vec![0.0; HIDDEN];
            // Backwards: which neuron comes first must not matter, since a resident set hands them out in any order.
            for neuron in (0..NEURONS).rev() {
                let gate = level.dot(format, &gates[neuron], &vector);
                let active = gate / (1.0 + (-gate).exp()) * level.dot(format, &ups[neuron], &vector);
                level.add_scaled(format, &downs[neuron], active, &mut sums);
            }
            let difference = apart(&sums, &dense);
            assert!(difference <= 4.0 * rounding(format), "{format:?}, {level:?}: {difference}");
        }
    }
    Ok(())
}
