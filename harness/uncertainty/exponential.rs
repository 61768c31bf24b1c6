//! The exponential function by the four operations alone, so that a sample is the same on every machine.

/// Squarings: the series is asked for 1/64 of the exponent.
const SQUARINGS: u32 = 6;
/// Terms of the series: at 6/64 the next would be below 10^-18.
const TERMS: u32 = 12;

/// e to the power `x`, for |x| up to 6; the last three digits may be off.
pub(super) fn exponential(x: f64) -> f64 {
    let part = x / f64::from(1_u32 << SQUARINGS);
    // 1 + part (1 + part / 2 (1 + part / 3 (…))).
    let series = (1..=TERMS).rev().fold(1.0, |sum, term| 1.0 + part / f64::from(term) * sum);
    (0..SQUARINGS).fold(series, |power, _| power * power)
}

#[cfg(test)]
mod tests {
    #[test]
    fn as_the_library_has_it() {
        for step in -600..=600 {
            let x = f64::from(step) / 100.0;
            let (own, library) = (super::exponential(x), x.exp());
            assert!((own / library - 1.0).abs() < 1e-13, "{x}: {own} beside {library}");
        }
    }
}
