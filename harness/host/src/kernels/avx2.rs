//! The loops for x86 processors with AVX2, FMA and F16C.
//!
//! Integer rows are multiplied as integers: 32 products at a time, summed in pairs (`maddubs`, `madd`), scaled once a block.
//! No pair overflows 16 bits: the larger factor is at most 127 for 4-bit rows (15 x 127 x 2 = 3,810), and 8-bit rows have
//! their sign moved to the vector (127 x 127 x 2 = 32,258).

#![expect(unsafe_code, reason = "loads from slices through intrinsics")]
#![allow(clippy::wildcard_imports, reason = "three dozen intrinsics, whose names say where they are from")]

use std::arch::x86_64::*;

use super::{
    columns::{CHUNK, Part},
    format::Format,
    portable,
    vector::{BLOCK, Vector},
};

/// Bytes that come from memory together.
const LINE_BYTES: usize = 64;

/// See [`super::Level::fetch`].
pub(super) fn fetch(bytes: &[u8]) {
    for line in bytes.chunks(LINE_BYTES) {
        // SAFETY: it reads nothing, whatever is there.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
}

/// See [`super::Level::dot`].
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn dot(format: Format, row: &[u8], vector: &Vector) -> f32 {
    let blocks = vector.blocks(format, row);
    let row = &row[..blocks * format.block_bytes()];
    match format {
        Format::F32 => dot_floats::<4>(row, &vector.values),
        Format::F16 => dot_floats::<2>(row, &vector.values),
        Format::Q8_0 => dot_q8_0(row, vector),
        Format::Q4_0 => dot_q4::<18>(row, vector),
        Format::Q4_1 => dot_q4::<20>(row, vector),
    }
}

/// See [`super::Level::add_scaled`].
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn add_scaled(format: Format, row: &[u8], scale: f32, sums: &mut [f32]) {
    match format {
        Format::F32 => add_floats::<4>(Format::F32, row, scale, sums),
        Format::F16 => add_floats::<2>(Format::F16, row, scale, sums),
        Format::Q8_0 => add_q8_0(row, scale, sums),
        Format::Q4_0 => add_q4::<18>(row, scale, sums),
        Format::Q4_1 => add_q4::<20>(row, scale, sums),
    }
}

/// Eight floats, of 4 or 2 bytes each.
#[target_feature(enable = "avx2,f16c")]
fn load_eight<const BYTES: usize>(row: &[u8]) -> __m256 {
    let row = &row[..8 * BYTES];
    // SAFETY: the slice has the bytes that are loaded; the loads ask for no alignment.
    unsafe {
        if BYTES == 4 {
            _mm256_loadu_ps(row.as_ptr().cast())
        } else {
            _mm256_cvtph_ps(_mm_loadu_si128(row.as_ptr().cast()))
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn dot_floats<const BYTES: usize>(row: &[u8], values: &[f32]) -> f32 {
    let mut sums = [_mm256_setzero_ps(); 4];
    let whole = row.len() / BYTES / 32 * 32;
    for at in (0..whole).step_by(32) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            let first = at + 8 * lane;
            let others = &values[first..first + 8];
            // SAFETY: eight floats are there.
            let others = unsafe { _mm256_loadu_ps(others.as_ptr()) };
            *sum = _mm256_fmadd_ps(load_eight::<BYTES>(&row[first * BYTES..]), others, *sum);
        }
    }
    let all = _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]));
    if whole == values.len().min(row.len() / BYTES) {
        // As nearly always.
        return sum_of(all);
    }
    let format = if BYTES == 4 { Format::F32 } else { Format::F16 };
    sum_of(all) + portable::dot_floats(format, &row[whole * BYTES..], &values[whole..])
}

#[target_feature(enable = "avx2,fma,f16c")]
fn dot_q8_0(row: &[u8], vector: &Vector) -> f32 {
    let (blocks, _) = row.as_chunks::<34>();
    let (others, worths) = first_blocks(vector, blocks.len());
    // Two, which take turns, so that none waits for its last product.
    let mut sums = [_mm256_setzero_ps(); 2];
    for number in 0..blocks.len() {
        let weights = load_bytes(blocks[number].last_chunk().expect("32 behind the scale"));
        let others = load_numbers(&others[number]);
        let products = products(_mm256_abs_epi8(weights), _mm256_sign_epi8(others, weights));
        let scale = _mm256_broadcastss_ps(_mm_mul_ps(halves(&blocks[number]), load_pair(&worths[number])));
        sums = [sums[1], _mm256_fmadd_ps(scale, products, sums[0])];
    }
    sum_of(_mm256_add_ps(sums[0], sums[1]))
}

/// 4-bit rows with a scale alone (18 bytes a block) or with a minimum (20).
#[target_feature(enable = "avx2,fma,f16c")]
fn dot_q4<const BYTES: usize>(row: &[u8], vector: &Vector) -> f32 {
    let (blocks, _) = row.as_chunks::<BYTES>();
    let (others, worths) = first_blocks(vector, blocks.len());
    let mut sums = [_mm256_setzero_ps(); 2];
    // The second of four: minimums times what a block's numbers are together.
    let mut least = _mm_setzero_ps();
    for number in 0..blocks.len() {
        let products = products(nibbles(&blocks[number][BYTES - 16..]), load_numbers(&others[number]));
        let own = halves(&blocks[number]);
        let own = if BYTES == 18 { _mm_moveldup_ps(own) } else { own };
        let both = _mm_mul_ps(own, load_pair(&worths[number]));
        sums = [sums[1], _mm256_fmadd_ps(_mm256_broadcastss_ps(both), products, sums[0])];
        least = _mm_add_ps(least, both);
    }
    let least = _mm_cvtss_f32(_mm_movehdup_ps(least)) * if BYTES == 18 { -8.0 } else { 1.0 };
    sum_of(_mm256_add_ps(sums[0], sums[1])) + least
}

/// See [`super::Columns::add`]. Pairs of 4-bit columns are interleaved and multiplied by a pair of factors at once; eight pairs
/// (8 x 3,810 at most) fit 16 bits.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn add_columns(format: Format, part: &Part<'_>, sums: &mut [f32]) {
    if format == Format::Q8_0 {
        portable::add_columns(format, part, sums);
        return;
    }
    for (chunk, sums) in sums.chunks_exact_mut(CHUNK).enumerate() {
        let mut totals = [_mm256_setzero_si256(); CHUNK / 8];
        let mut first = 0;
        while first < part.columns.len() {
            let end = part.columns.len().min(first + BLOCK / 2);
            let mut products = [_mm256_setzero_si256(); 4];
            while first < end {
                let factors = [part.factors[first].cast_unsigned(), part.factors[first + 1].cast_unsigned()];
                let by = _mm256_set1_epi16(i16::from_le_bytes(factors));
                let own = column_numbers(part.columns[first].bytes, chunk);
                let next = if first + 1 < end {
                    column_numbers(part.columns[first + 1].bytes, chunk)
                } else {
                    [_mm256_setzero_si256(); 2]
                };
                for half in 0..2 {
                    let low = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(own[half], next[half]), by);
                    let high = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(own[half], next[half]), by);
                    products[2 * half] = _mm256_add_epi16(products[2 * half], low);
                    products[2 * half + 1] = _mm256_add_epi16(products[2 * half + 1], high);
                }
                first += 2;
            }
            // Unpacking works on halves of a register: the first 8 rows, then 16 to 23; the next 8, then 24 to 31.
            for half in 0..2 {
                let [low, high] = [products[2 * half], products[2 * half + 1]];
                let eights = [
                    _mm256_castsi256_si128(low),
                    _mm256_castsi256_si128(high),
                    _mm256_extracti128_si256::<1>(low),
                    _mm256_extracti128_si256::<1>(high),
                ];
                for eight in 0..4 {
                    let total = &mut totals[4 * half + eight];
                    *total = _mm256_add_epi32(*total, _mm256_cvtepi16_epi32(eights[eight]));
                }
            }
        }
        for (eight, &total) in totals.iter().enumerate() {
            let row = chunk * CHUNK + 8 * eight;
            scale_eight(format, part, row, _mm256_cvtepi32_ps(total), &mut sums[8 * eight..]);
        }
    }
}

/// The 64 numbers of a 4-bit column's chunk: low halves, high halves.
#[target_feature(enable = "avx2")]
fn column_numbers(column: &[u8], chunk: usize) -> [__m256i; 2] {
    let pairs = load_bytes(column[chunk * CHUNK / 2..].first_chunk().expect("columns are whole chunks"));
    let low_halves = _mm256_set1_epi8(15);
    [_mm256_and_si256(pairs, low_halves), _mm256_and_si256(_mm256_srli_epi16::<4>(pairs), low_halves)]
}

/// Adds eight rows' products, with their scales and minimums, to sums.
#[target_feature(enable = "avx2,fma,f16c")]
fn scale_eight(format: Format, part: &Part<'_>, row: usize, products: __m256, sums: &mut [f32]) {
    let (scales, sums) = (&part.scales[row..row + 8], &mut sums[..8]);
    // SAFETY: eight 16-bit floats are there.
    let scales = unsafe { _mm256_cvtph_ps(_mm_loadu_si128(scales.as_ptr().cast())) };
    let least = match (format, part.minimums) {
        (Format::Q4_0, _) => _mm256_mul_ps(scales, _mm256_set1_ps(-8.0)),
        (_, Some(minimums)) => {
            let minimums = &minimums[row..row + 8];
            // SAFETY: eight 16-bit floats are there.
            unsafe { _mm256_cvtph_ps(_mm_loadu_si128(minimums.as_ptr().cast())) }
        }
        (_, None) => _mm256_setzero_ps(),
    };
    let least = _mm256_mul_ps(least, _mm256_set1_ps(part.total as f32));
    let whole = _mm256_fmadd_ps(scales, products, least);
    // SAFETY: eight floats are there.
    unsafe {
        let added = _mm256_fmadd_ps(whole, _mm256_set1_ps(part.worth), _mm256_loadu_ps(sums.as_ptr()));
        _mm256_storeu_ps(sums.as_mut_ptr(), added);
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn add_floats<const BYTES: usize>(format: Format, row: &[u8], scale: f32, sums: &mut [f32]) {
    let count = (row.len() / BYTES).min(sums.len());
    let whole = count / 8 * 8;
    let by = _mm256_set1_ps(scale);
    for at in (0..whole).step_by(8) {
        let sums = &mut sums[at..at + 8];
        // SAFETY: eight floats are there.
        unsafe {
            let added = _mm256_fmadd_ps(load_eight::<BYTES>(&row[at * BYTES..]), by, _mm256_loadu_ps(sums.as_ptr()));
            _mm256_storeu_ps(sums.as_mut_ptr(), added);
        }
    }
    if whole < count {
        portable::add_scaled(format, &row[whole * BYTES..count * BYTES], scale, &mut sums[whole..count]);
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn add_q8_0(row: &[u8], scale: f32, sums: &mut [f32]) {
    for (block, sums) in row.chunks_exact(34).zip(sums.chunks_exact_mut(BLOCK)) {
        let by = _mm256_set1_ps(_mm_cvtss_f32(halves(block)) * scale);
        for eight in 0..4 {
            let numbers = &block[2 + 8 * eight..][..8];
            // SAFETY: eight bytes are there.
            let numbers = unsafe { _mm256_cvtepi8_epi32(_mm_loadl_epi64(numbers.as_ptr().cast())) };
            add_eight(_mm256_cvtepi32_ps(numbers), by, _mm256_setzero_ps(), &mut sums[8 * eight..]);
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn add_q4<const BYTES: usize>(row: &[u8], scale: f32, sums: &mut [f32]) {
    for (block, sums) in row.chunks_exact(BYTES).zip(sums.chunks_exact_mut(BLOCK)) {
        let both = halves(block);
        let own = _mm_cvtss_f32(both);
        let minimum = if BYTES == 18 { -8.0 * own } else { _mm_cvtss_f32(_mm_movehdup_ps(both)) };
        let (by, least) = (_mm256_set1_ps(own * scale), _mm256_set1_ps(minimum * scale));
        let all = nibbles(&block[BYTES - 16..]);
        let (low, high) = (_mm256_castsi256_si128(all), _mm256_extracti128_si256::<1>(all));
        let eights = [low, _mm_srli_si128::<8>(low), high, _mm_srli_si128::<8>(high)];
        for (eight, numbers) in eights.into_iter().enumerate() {
            add_eight(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(numbers)), by, least, &mut sums[8 * eight..]);
        }
    }
}

/// Adds `numbers` x `by` + `least` to eight sums.
#[target_feature(enable = "avx2,fma")]
fn add_eight(numbers: __m256, by: __m256, least: __m256, sums: &mut [f32]) {
    let sums = &mut sums[..8];
    // SAFETY: eight floats are there.
    unsafe {
        let before = _mm256_add_ps(_mm256_loadu_ps(sums.as_ptr()), least);
        _mm256_storeu_ps(sums.as_mut_ptr(), _mm256_fmadd_ps(numbers, by, before));
    }
}

/// The 32 numbers of a 4-bit block: low halves, then high halves.
#[target_feature(enable = "avx2")]
fn nibbles(pairs: &[u8]) -> __m256i {
    let pairs = &pairs[..16];
    // SAFETY: sixteen bytes are there.
    let pairs = unsafe { _mm_loadu_si128(pairs.as_ptr().cast()) };
    let both = _mm256_set_m128i(_mm_srli_epi16::<4>(pairs), pairs);
    _mm256_and_si256(both, _mm256_set1_epi8(15))
}

/// Eight sums of four products each: unsigned times signed.
#[target_feature(enable = "avx2")]
fn products(weights: __m256i, others: __m256i) -> __m256 {
    let pairs = _mm256_maddubs_epi16(weights, others);
    _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
}

/// The first blocks of a vector, and what their numbers are worth.
fn first_blocks(vector: &Vector, count: usize) -> (&[[i8; BLOCK]], &[[f32; 2]]) {
    (&vector.numbers.as_chunks().0[..count], &vector.worths[..count])
}

#[target_feature(enable = "avx2")]
fn load_bytes(bytes: &[u8; BLOCK]) -> __m256i {
    // SAFETY: 32 bytes are there; the load asks for no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn load_numbers(numbers: &[i8; BLOCK]) -> __m256i {
    // SAFETY: as above.
    unsafe { _mm256_loadu_si256(numbers.as_ptr().cast()) }
}

/// Two floats, and zeroes behind them.
#[target_feature(enable = "avx2")]
fn load_pair(pair: &[f32; 2]) -> __m128 {
    // SAFETY: eight bytes are there; the load asks for no alignment.
    _mm_castsi128_ps(unsafe { _mm_loadl_epi64(pair.as_ptr().cast()) })
}

/// The first two `f16` of a block, of which the second may be something else, and zeroes. As 32 bits they come into a register
/// of their own: 16 would be put into what another has left, and wait for it.
#[target_feature(enable = "f16c")]
fn halves(block: &[u8]) -> __m128 {
    let bits = i32::from_le_bytes([block[0], block[1], block[2], block[3]]);
    _mm_cvtph_ps(_mm_cvtsi32_si128(bits))
}

/// The sum of eight floats.
#[target_feature(enable = "avx2")]
fn sum_of(eight: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
}
