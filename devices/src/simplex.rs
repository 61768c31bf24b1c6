//! The lowest point of a function of a few variables by the simplex of Nelder and Mead: no derivatives, no randomness.

/// The point where `cost` is lowest, searched from `start` with first steps of `step` in each direction.
///
/// `rounds` reflections, expansions, contractions or shrinkings are made; a dozen for each variable and digit suffice.
#[must_use]
pub(crate) fn lowest<const N: usize>(
    cost: impl Fn(&[f64; N]) -> f64,
    start: [f64; N],
    step: f64,
    rounds: u32,
) -> [f64; N] {
    let mut corners: Vec<([f64; N], f64)> = (0..=N)
        .map(|corner| {
            let mut at = start;
            if let Some(value) = corner.checked_sub(1).and_then(|axis| at.get_mut(axis)) {
                *value += step;
            }
            (at, cost(&at))
        })
        .collect();
    for _ in 0..rounds {
        corners.sort_by(|left, right| left.1.total_cmp(&right.1));
        let (worst, worst_cost) = corners[N];
        let middle: [f64; N] = std::array::from_fn(|axis| {
            corners[..N].iter().map(|(corner, _)| corner[axis]).sum::<f64>() / corners[..N].len() as f64
        });
        // A point on the line from the worst corner through the middle of the others.
        let along = |far: f64| {
            let at: [f64; N] = std::array::from_fn(|axis| middle[axis] + far * (middle[axis] - worst[axis]));
            (at, cost(&at))
        };
        let reflected = along(1.0);
        let better = if reflected.1 < corners[0].1 {
            let expanded = along(2.0);
            Some(if expanded.1 < reflected.1 { expanded } else { reflected })
        } else if reflected.1 < corners[N - 1].1 {
            Some(reflected)
        } else {
            let contracted = along(if reflected.1 < worst_cost { 0.5 } else { -0.5 });
            (contracted.1 < worst_cost.min(reflected.1)).then_some(contracted)
        };
        if let Some(better) = better {
            corners[N] = better;
            continue;
        }
        let best = corners[0].0;
        for corner in &mut corners[1..] {
            corner.0 = std::array::from_fn(|axis| f64::midpoint(corner.0[axis], best[axis]));
            corner.1 = cost(&corner.0);
        }
    }
    corners.into_iter().min_by(|left, right| left.1.total_cmp(&right.1)).expect("a simplex has corners").0
}

#[cfg(test)]
mod tests {
    use super::lowest;

    #[test]
    fn a_bent_valley_is_followed_to_its_end() {
        // Rosenbrock's: lowest at (1, 1), at the end of a curved valley.
        let cost = |[x, y]: &[f64; 2]| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
        let [x, y] = lowest(cost, [-1.2, 1.0], 0.5, 400);
        assert!((x - 1.0).abs() < 1e-6 && (y - 1.0).abs() < 1e-6, "{x}, {y}");
    }
}
