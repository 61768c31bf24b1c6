//! Kernels against sums in double precision over the weights as floats.

use proptest::prelude::*;
use tightfit_host::kernels::{Attention, Column, Columns, Format, Level, Vector};

/// Numbers of both signs, as activations have them.
fn numbers(count: usize) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-2.0_f32..2.0, count)
}

/// A row in a format, and what it holds as floats.
fn row(format: Format, values: &[f32]) -> (Vec<u8>, Vec<f32>) {
    let mut bytes = vec![0; format.bytes(values.len())];
    format.store(values, &mut bytes);
    let mut stored = vec![0.0; values.len()];
    format.load(&bytes, &mut stored);
    (bytes, stored)
}

proptest! {
    #[test]
    fn products_and_sums_are_those_of_the_stored_numbers(
        values in numbers(192), others in numbers(192), scale in -3.0_f32..3.0,
    ) {
        for format in Format::ALL {
            let (bytes, stored) = row(format, &values);
            let vector = Vector::new(others.clone());
            let exact: f64 = stored.iter().zip(&others).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let magnitude: f64 = stored.iter().zip(&others).map(|(a, b)| f64::from((a * b).abs())).sum();
            // Integer rows meet the vector in 8 bits: each of its numbers is off by up to 1/254 of its block's largest.
            let steps = stored.iter().map(|a| f64::from(a.abs())).sum::<f64>() * 2.0 / 254.0;
            let bound = if format.block_weights() == 1 { 1e-5 * magnitude } else { steps } + 1e-4;
            let [plain, fast] = [Level::Portable, Level::detect()].map(|level| f64::from(level.dot(format, &bytes, &vector)));
            prop_assert!((plain - exact).abs() <= bound, "{format:?}: {plain} for {exact}");
            prop_assert!((fast - plain).abs() <= 1e-5 * magnitude + 1e-4, "{format:?}: {fast} for {plain}");
            let [plain, fast] = [Level::Portable, Level::detect()].map(|level| {
                let mut sums = others.clone();
                level.add_scaled(format, &bytes, scale, &mut sums);
                sums
            });
            for (place, (plain, fast)) in plain.iter().zip(&fast).enumerate() {
                let exact = f64::from(others[place]) + f64::from(scale) * f64::from(stored[place]);
                prop_assert!((f64::from(*plain) - exact).abs() < 1e-4, "{format:?} at {place}");
                prop_assert!((plain - fast).abs() < 1e-4, "{format:?} at {place}");
            }
        }
    }

    #[test]
    fn what_is_stored_is_near_what_was_given(values in numbers(64)) {
        for (format, bound) in [(Format::F32, 0.0), (Format::F16, 1e-3), (Format::Q8_0, 0.01), (Format::Q4_0, 0.3), (Format::Q4_1, 0.15)] {
            let (_, stored) = row(format, &values);
            for (stored, value) in stored.iter().zip(&values) {
                prop_assert!((stored - value).abs() <= bound, "{format:?}: {stored} for {value}");
            }
        }
    }
}

#[test]
fn the_fast_loops_are_tested_where_the_processor_has_them() {
    if Level::detect() == Level::Portable {
        println!("SKIPPED: this processor has no AVX2 with FMA and F16C");
    }
    #[cfg(target_arch = "x86_64")]
    assert_eq!(
        matches!(Level::detect(), Level::Avx2 { .. }),
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("f16c")
    );
}

#[test]
fn ends_of_rows_that_fill_no_block_of_eight_are_counted() {
    for format in [Format::F32, Format::F16] {
        for count in [1, 7, 9, 31, 33, 71] {
            let (bytes, _) = row(format, &vec![1.0; count]);
            let product = Level::detect().dot(format, &bytes, &Vector::new(vec![2.0; count]));
            assert!((product - 2.0 * count as f32).abs() < 1e-4, "{count} of {format:?}: {product}");
        }
    }
}

#[test]
fn attention_over_alike_positions_is_their_values() {
    let attention = Attention { heads: 4, kv_heads: 2, head_dim: 32 };
    let values: Vec<f32> = (0..128_u8).map(|place| f32::from(place) / 128.0).collect();
    let mut cache = vec![0; 5 * attention.position_bytes()];
    for position in cache.chunks_exact_mut(attention.position_bytes()) {
        attention.write(&values, position);
    }
    let (mut scores, mut out) = (vec![0.0; 5], vec![0.0; 128]);
    attention.run(Level::detect(), &Vector::new(vec![0.1; 32]), &cache, &mut scores, &mut out);
    // Keys are the first 64 numbers, values the next 64; two query heads share each of the two.
    for (place, found) in out.iter().enumerate() {
        let head = place / 32 / 2;
        let wanted = values[64 + head * 32 + place % 32];
        assert!((found - wanted).abs() < 1e-3, "{place}: {found} for {wanted}");
    }
}

proptest! {
    #[test]
    fn columns_added_are_the_matrix_times_their_factors(
        values in numbers(70 * 64), by in numbers(64), left_out in prop::collection::vec(any::<bool>(), 64),
    ) {
        const ROWS: usize = 70;
        for format in Format::ALL {
            // 70 rows, which pad to 128, of 64 columns, which are two groups.
            let (bytes, stored) = row(format, &values);
            let (shared, cut) = Columns::cut(format, &bytes, ROWS);
            prop_assert_eq!(cut.len(), 64 * shared.column_bytes());
            prop_assert_eq!(shared.rows(), 128);
            let [plain, fast] = [Level::Portable, Level::detect()].map(|level| {
                let mut sums = vec![1.0; shared.rows()];
                for group in 0..64 / shared.group() {
                    let members = (group * shared.group()..(group + 1) * shared.group()).filter(|&column| !left_out[column]);
                    let column = |column: usize| Column {
                        bytes: &cut[column * shared.column_bytes()..][..shared.column_bytes()],
                        by: by[column],
                    };
                    let columns: Vec<Column<'_>> = members.map(column).collect();
                    shared.add(level, group, &columns, &mut sums);
                }
                sums
            });
            for place in 0..ROWS {
                let products = (0..64).filter(|&column| !left_out[column]);
                let terms: Vec<(f64, f64)> =
                    products.map(|column| (f64::from(stored[place * 64 + column]), f64::from(by[column]))).collect();
                let exact = 1.0 + terms.iter().map(|(weight, by)| weight * by).sum::<f64>();
                let steps = terms.iter().map(|(weight, _)| weight.abs()).sum::<f64>() * 2.0 / 254.0;
                let bound = if format.block_weights() == 1 { 0.0 } else { steps } + 1e-3;
                prop_assert!((f64::from(plain[place]) - exact).abs() <= bound, "{format:?}: {} for {exact}", plain[place]);
                prop_assert!((fast[place] - plain[place]).abs() <= 1e-3, "{format:?}: {} for {}", fast[place], plain[place]);
            }
        }
    }
}
