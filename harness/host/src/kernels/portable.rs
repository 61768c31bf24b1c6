//! The loops as any processor runs them: what the vectorised ones are held to.

use super::{
    columns::{CHUNK, Part},
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
                half_at(block, 0) * vector.worths[number][0] * sum as f32
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
                scale * vector.worths[number][0] * sum as f32 + minimum * vector.worths[number][1]
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

/// See [`super::Columns::add`].
pub(super) fn add_columns(format: Format, part: &Part<'_>, sums: &mut [f32]) {
    for (chunk, sums) in sums.chunks_exact_mut(CHUNK).enumerate() {
        let mut totals = [0_i32; CHUNK];
        for (column, &factor) in part.columns.iter().zip(part.factors) {
            let factor = i32::from(factor);
            if format == Format::Q8_0 {
                for (total, &number) in totals.iter_mut().zip(&column.bytes[chunk * CHUNK..]) {
                    *total += i32::from(number.cast_signed()) * factor;
                }
                continue;
            }
            let (low, high) = totals.split_at_mut(CHUNK / 2);
            for ((low, high), &pair) in low.iter_mut().zip(high).zip(&column.bytes[chunk * CHUNK / 2..]) {
                *low += i32::from(pair & 15) * factor;
                *high += i32::from(pair >> 4) * factor;
            }
        }
        for (place, (sum, &total)) in sums.iter_mut().zip(&totals).enumerate() {
            let row = chunk * CHUNK + place;
            let scale = part.scales[row].to_f32();
            let least = part.minimum(format, row, scale) * part.total as f32;
            *sum += part.worth * (scale * total as f32 + least);
        }
    }
}
