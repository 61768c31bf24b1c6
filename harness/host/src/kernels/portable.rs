//! The loops as any processor runs them: what the vectorised ones are held to.

use super::{
    format::{Format, half_at},
    vector::{BLOCK, Vector},
};

/// See [`super::Level::dot`].
pub(super) fn dot(format: Format, row: &[u8], vector: &Vector) -> f32 {
    let blocks = vector.blocks(format, row);
    let row = &row[..blocks * format.block_bytes()];
    match format {
        Format::F32 | Format::F16 => dot_floats(format, row, &vector.values),
        Format::Q8_0 => {
            let of_block = |(number, block): (usize, &[u8])| {
                let others = &vector.numbers[number * BLOCK..][..BLOCK];
                let product = |(&weight, &other): (&u8, &i8)| i32::from(weight.cast_signed()) * i32::from(other);
                let sum: i32 = block[2..].iter().zip(others).map(product).sum();
                half_at(block, 0) * vector.scales[number] * sum as f32
            };
            row.chunks_exact(format.block_bytes()).enumerate().map(of_block).sum()
        }
        Format::Q4_0 | Format::Q4_1 => {
            let of_block = |(number, block): (usize, &[u8])| {
                let (scale, minimum, pairs) = format.nibbles(block);
                let (low, high) = vector.numbers[number * BLOCK..][..BLOCK].split_at(BLOCK / 2);
                let sum: i32 = pairs
                    .iter()
                    .zip(low.iter().zip(high))
                    .map(|(&pair, (&low, &high))| {
                        i32::from(pair & 15) * i32::from(low) + i32::from(pair >> 4) * i32::from(high)
                    })
                    .sum();
                scale * vector.scales[number] * sum as f32 + minimum * vector.sums[number]
            };
            row.chunks_exact(format.block_bytes()).enumerate().map(of_block).sum()
        }
    }
}

/// The product of a row of floats.
pub(super) fn dot_floats(format: Format, row: &[u8], values: &[f32]) -> f32 {
    let mut value = [0.0];
    let product = |(bytes, other): (&[u8], &f32)| {
        format.load(bytes, &mut value);
        value[0] * other
    };
    row.chunks_exact(format.block_bytes()).zip(values).map(product).sum()
}

/// See [`super::Level::add_scaled`].
pub(super) fn add_scaled(format: Format, row: &[u8], scale: f32, sums: &mut [f32]) {
    let mut values = [0.0; BLOCK];
    let weights = format.block_weights();
    for (block, sums) in row.chunks_exact(format.block_bytes()).zip(sums.chunks_exact_mut(weights)) {
        format.load(block, &mut values[..weights]);
        for (sum, value) in sums.iter_mut().zip(&values) {
            *sum += scale * value;
        }
    }
}
