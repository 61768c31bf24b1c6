//! Robust least squares with priors, for problems of a few dozen parameters.
//!
//! Levenberg and Marquardt's method on residuals that count less the larger they are (soft L1: a residual r weighs as
//! 2 (sqrt(1 + r^2) - 1), so that one row that is wrong by a factor pulls like a few that are wrong by a spread). Derivatives
//! are differences: the function goes through integers of nanoseconds and parts per million, and a step of a
//! thousandth stands well above them. A belief may be as robust as a row is: one device that is odd says little about its class.

const STEP: f64 = 1e-3;
const ROUNDS_MAX: usize = 60;
/// A round that gains less than this part of the cost is the last.
const GAIN_MIN: f64 = 1e-7;

/// What is believed of a parameter before any row is seen: a normal of its logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Belief {
    /// Natural logarithm of the middle.
    pub(crate) log: f64,
    /// Spread of the logarithm.
    pub(crate) spread: f64,
    /// Whether it counts less the further off it is.
    pub(crate) is_robust: bool,
}

impl Belief {
    pub(crate) fn about(middle: f64, spread: f64) -> Self {
        Self { log: middle.ln(), spread, is_robust: false }
    }

    /// The same, where a value far from the middle is rare and yet possible.
    pub(crate) fn robust(self) -> Self {
        Self { is_robust: true, ..self }
    }

    /// How far off a logarithm is, in spreads.
    fn off(&self, log: f64) -> f64 {
        (log - self.log) / self.spread
    }

    fn cost(&self, log: f64) -> f64 {
        if self.is_robust { soft(self.off(log)) } else { self.off(log).powi(2) }
    }

    /// What its square counts at a logarithm.
    fn weight(&self, log: f64) -> f64 {
        if self.is_robust { 1.0 / self.off(log).hypot(1.0) } else { 1.0 }
    }
}

/// What was found: the logarithms of the parameters, and how well each is known then.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// Natural logarithms.
    pub(crate) logs: Vec<f64>,
    /// Spread of each.
    pub(crate) spreads: Vec<f64>,
}

/// The logarithms of the parameters that fit `residuals` and the beliefs best; residuals are in units of their spread.
pub(crate) fn fit(beliefs: &[Belief], residuals: impl Fn(&[f64]) -> Vec<f64>) -> Found {
    let mut at: Vec<f64> = beliefs.iter().map(|belief| belief.log).collect();
    let mut left = residuals(&at);
    let mut cost = cost_of(&left, beliefs, &at);
    let mut damping = 1e-2;
    for _ in 0..ROUNDS_MAX {
        let (matrix, gradient) = normal_equations(beliefs, &at, &left, &residuals);
        let before = cost;
        while damping < 1e9 {
            let mut damped = matrix.clone();
            for (place, row) in damped.iter_mut().enumerate() {
                row[place] *= 1.0 + damping;
            }
            let step = solve(damped, gradient.clone());
            let tried: Vec<f64> = at.iter().zip(&step).map(|(value, step)| value - step.clamp(-1.0, 1.0)).collect();
            let tried_left = residuals(&tried);
            let tried_cost = cost_of(&tried_left, beliefs, &tried);
            if tried_cost < cost {
                (at, left, cost) = (tried, tried_left, tried_cost);
                damping = (damping / 5.0_f64).max(1e-9);
                break;
            }
            damping *= 4.0;
        }
        if before - cost <= GAIN_MIN * before {
            break;
        }
        damping = damping.min(1e6);
    }
    let (matrix, _) = normal_equations(beliefs, &at, &left, &residuals);
    Found { spreads: spreads(&matrix), logs: at }
}

/// Square roots of the inverse's diagonal.
fn spreads(matrix: &[Vec<f64>]) -> Vec<f64> {
    let unit = |place: usize| (0..matrix.len()).map(|other| f64::from(u8::from(other == place))).collect();
    (0..matrix.len()).map(|place| solve(matrix.to_vec(), unit(place))[place].max(0.0).sqrt()).collect()
}

fn cost_of(left: &[f64], beliefs: &[Belief], at: &[f64]) -> f64 {
    let rows: f64 = left.iter().map(|residual| soft(*residual)).sum();
    let beliefs: f64 = beliefs.iter().zip(at).map(|(belief, value)| belief.cost(*value)).sum();
    rows + beliefs
}

/// As the square near zero, and as twice the size far from it.
fn soft(off: f64) -> f64 {
    2.0 * (off.hypot(1.0) - 1.0)
}

/// The matrix and the gradient of the rows, each weighed by how far it is off, and of the beliefs.
fn normal_equations(
    beliefs: &[Belief],
    at: &[f64],
    left: &[f64],
    residuals: &impl Fn(&[f64]) -> Vec<f64>,
) -> (Vec<Vec<f64>>, Vec<f64>) {
    let count = at.len();
    let slopes: Vec<Vec<f64>> = (0..count)
        .map(|place| {
            let mut moved = at.to_vec();
            moved[place] += STEP;
            residuals(&moved).iter().zip(left).map(|(after, before)| (after - before) / STEP).collect()
        })
        .collect();
    let weights: Vec<f64> = left.iter().map(|residual| 1.0 / residual.hypot(1.0)).collect();
    let weighed = |one: &[f64], other: &[f64]| -> f64 {
        one.iter().zip(other).zip(&weights).map(|((one, other), weight)| one * other * weight).sum()
    };
    let mut matrix = vec![vec![0.0; count]; count];
    let mut gradient = vec![0.0; count];
    for row in 0..count {
        for column in row..count {
            let value = weighed(&slopes[row], &slopes[column]);
            matrix[row][column] = value;
            matrix[column][row] = value;
        }
        let belief = &beliefs[row];
        let certainty = belief.weight(at[row]) / belief.spread.powi(2);
        matrix[row][row] += certainty;
        gradient[row] = weighed(&slopes[row], left) + (at[row] - belief.log) * certainty;
    }
    (matrix, gradient)
}

/// Solves a positive definite system by Gauss's elimination with pivots.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let count = right.len();
    for column in 0..count {
        let pivot = (column..count)
            .max_by(|&one, &other| matrix[one][column].abs().total_cmp(&matrix[other][column].abs()))
            .expect("there is a row left");
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let (above, below) = matrix.split_at_mut(column + 1);
        let lead = &above[column];
        for (offset, row) in below.iter_mut().enumerate() {
            let factor = row[column] / lead[column];
            if factor != 0.0 {
                for place in column..count {
                    row[place] -= factor * lead[place];
                }
                right[column + 1 + offset] -= factor * right[column];
            }
        }
    }
    for column in (0..count).rev() {
        let known: f64 = (column + 1..count).map(|place| matrix[column][place] * right[place]).sum();
        right[column] = (right[column] - known) / matrix[column][column];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved() {
        let solved = solve(vec![vec![0.0, 2.0, 1.0], vec![2.0, 0.0, 0.0], vec![1.0, 1.0, 3.0]], vec![7.0, 2.0, 12.0]);
        for (found, wanted) in solved.iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - wanted).abs() < 1e-12, "{solved:?}");
        }
    }

    /// y = a x + b at ten places, of which one is wrong by a factor of three.
    #[test]
    fn one_wrong_row_does_not_pull_the_line_away() {
        let places: Vec<f64> = (1..=10).map(f64::from).collect();
        let mut seen: Vec<f64> = places.iter().map(|x| 0.5 * x + 2.0).collect();
        seen[7] *= 3.0;
        let residuals = |at: &[f64]| -> Vec<f64> {
            let (slope, offset) = (at[0].exp(), at[1].exp());
            places.iter().zip(&seen).map(|(x, y)| ((slope * x + offset) / y).ln() / 0.02).collect()
        };
        let found = fit(&[Belief::about(1.0, 2.0), Belief::about(1.0, 2.0)], residuals);
        let [slope, offset] = [found.logs[0].exp(), found.logs[1].exp()];
        assert!((slope - 0.5).abs() < 0.02 && (offset - 2.0).abs() < 0.1, "{found:?}");
    }

    /// Nine devices at one rate and one at a tenth of it: the class stays with the nine.
    #[test]
    fn one_odd_device_does_not_pull_its_class_away() {
        let class_of = |device: Belief| {
            let mut beliefs = vec![Belief::about(1.0, 2.0)];
            beliefs.extend([device; 10]);
            let residuals = |at: &[f64]| -> Vec<f64> {
                let seen = |device: usize| if device == 10 { 0.1_f64.ln() } else { 0.0 };
                (1..=10).map(|device| (at[0] + at[device] - seen(device)) / 0.01).collect()
            };
            fit(&beliefs, residuals).logs[0]
        };
        let belief = Belief::about(1.0, 0.2);
        let (robust, square) = (class_of(belief.robust()), class_of(belief));
        assert!(robust.abs() < 0.03 && square < -0.2, "{robust} {square}");
    }

    #[test]
    fn what_no_row_speaks_of_stays_as_believed() {
        let found = fit(&[Belief::about(3.0, 0.5), Belief::about(7.0, 0.5)], |at| vec![(at[0] - 2.0) / 0.01]);
        assert!((found.logs[0] - 2.0).abs() < 1e-3 && (found.logs[1] - 7.0_f64.ln()).abs() < 1e-9, "{found:?}");
        assert!(found.spreads[0] < 0.02 && (found.spreads[1] - 0.5).abs() < 1e-6, "{found:?}");
    }
}
