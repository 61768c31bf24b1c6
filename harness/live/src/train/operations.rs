//! Operations with gradients that candle has only in many small steps, each of which would walk over memory again.
//!
//! All take and give contiguous 32-bit floats. The gradients are held to differences of the function itself in tests.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, bail};

/// `x / sqrt(mean(x^2) + epsilon) * scale`, row by row: (rows, width) and (width) to (rows, width).
pub(super) fn norm(rows: &Tensor, scale: &Tensor, epsilon: f32) -> Result<Tensor> {
    rows.contiguous()?.apply_op2(scale, Norm { epsilon })
}

/// Softmax of `scale * x` over what a row may see: row i of the last two dimensions sees columns 0 to i.
pub(super) fn causal_softmax(scores: &Tensor, scale: f32) -> Result<Tensor> {
    scores.contiguous()?.apply_op1(CausalSoftmax { scale })
}

/// Turns pairs (i, i + width / 2) of each head by the angles of its position: (…, tokens, width).
pub(super) fn turn(heads: &Tensor, base: f64) -> Result<Tensor> {
    heads.contiguous()?.apply_op1(Turn { base, sign: 1.0 })
}

fn floats<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        bail!("a tensor that is not contiguous");
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

fn inverse_root(row: &[f32], epsilon: f32) -> f32 {
    let square: f32 = row.iter().map(|value| value * value).sum();
    1.0 / (square / row.len() as f32 + epsilon).sqrt()
}

struct Norm {
    epsilon: f32,
}

impl CustomOp2 for Norm {
    fn name(&self) -> &'static str {
        "norm"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, scale) = (floats(s1, l1)?, floats(s2, l2)?);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows.chunks_exact(scale.len()) {
            let inverse = inverse_root(row, self.epsilon);
            out.extend(row.iter().zip(scale).map(|(value, scale)| value * inverse * scale));
        }
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    fn bwd(
        &self,
        rows: &Tensor,
        scale: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let grad = grad.contiguous()?;
        let to_rows = rows.apply_op3_no_bwd(scale, &grad, &NormToRows { epsilon: self.epsilon })?;
        let to_scale = rows.apply_op2_no_bwd(&grad, &NormToScale { epsilon: self.epsilon })?;
        Ok((Some(to_rows), Some(to_scale)))
    }
}

struct NormToRows {
    epsilon: f32,
}

impl CustomOp3 for NormToRows {
    fn name(&self) -> &'static str {
        "norm-to-rows"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, scale, grad) = (floats(s1, l1)?, floats(s2, l2)?, floats(s3, l3)?);
        let width = scale.len();
        let mut out = Vec::with_capacity(rows.len());
        for (row, grad) in rows.chunks_exact(width).zip(grad.chunks_exact(width)) {
            let inverse = inverse_root(row, self.epsilon);
            let along: f32 = row.iter().zip(grad).zip(scale).map(|((value, grad), scale)| value * grad * scale).sum();
            let pull = along * inverse * inverse * inverse / width as f32;
            let each = row.iter().zip(grad).zip(scale);
            out.extend(each.map(|((value, grad), scale)| grad * scale * inverse - value * pull));
        }
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }
}

struct NormToScale {
    epsilon: f32,
}

impl CustomOp2 for NormToScale {
    fn name(&self) -> &'static str {
        "norm-to-scale"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, grad) = (floats(s1, l1)?, floats(s2, l2)?);
        let width = l1.dims().last().copied().unwrap_or(1);
        let mut out = vec![0.0; width];
        for (row, grad) in rows.chunks_exact(width).zip(grad.chunks_exact(width)) {
            let inverse = inverse_root(row, self.epsilon);
            for ((sum, value), grad) in out.iter_mut().zip(row).zip(grad) {
                *sum += value * inverse * grad;
            }
        }
        Ok((CpuStorage::F32(out), Shape::from(width)))
    }
}

struct CausalSoftmax {
    scale: f32,
}

impl CustomOp1 for CausalSoftmax {
    fn name(&self) -> &'static str {
        "causal-softmax"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let scores = floats(storage, layout)?;
        let tokens = layout.dims().last().copied().unwrap_or(1);
        let mut out = vec![0.0; scores.len()];
        for (row, (scores, out)) in scores.chunks_exact(tokens).zip(out.chunks_exact_mut(tokens)).enumerate() {
            let seen = row % tokens + 1;
            let (scores, out) = (&scores[..seen], &mut out[..seen]);
            let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (out, score) in out.iter_mut().zip(scores) {
                *out = ((score - highest) * self.scale).exp();
            }
            let inverse = 1.0 / out.iter().sum::<f32>();
            for share in out {
                *share *= inverse;
            }
        }
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, shares: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        shares.apply_op2_no_bwd(&grad.contiguous()?, &CausalSoftmaxBack { scale: self.scale }).map(Some)
    }
}

struct CausalSoftmaxBack {
    scale: f32,
}

impl CustomOp2 for CausalSoftmaxBack {
    fn name(&self) -> &'static str {
        "causal-softmax-back"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (shares, grad) = (floats(s1, l1)?, floats(s2, l2)?);
        let tokens = l1.dims().last().copied().unwrap_or(1);
        let mut out = vec![0.0; shares.len()];
        let rows = shares.chunks_exact(tokens).zip(grad.chunks_exact(tokens)).zip(out.chunks_exact_mut(tokens));
        for (row, ((shares, grad), out)) in rows.enumerate() {
            let seen = row % tokens + 1;
            let (shares, grad) = (&shares[..seen], &grad[..seen]);
            let mean: f32 = shares.iter().zip(grad).map(|(share, grad)| share * grad).sum();
            for ((out, share), grad) in out.iter_mut().zip(shares).zip(grad) {
                *out = self.scale * share * (grad - mean);
            }
        }
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }
}

struct Turn {
    base: f64,
    /// 1, or -1 on the way back: a rotation's transpose turns the other way.
    sign: f32,
}

impl CustomOp1 for Turn {
    fn name(&self) -> &'static str {
        "turn"
    }

    #[expect(clippy::cast_possible_truncation, reason = "sine and cosine, rounded once to f32")]
    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let heads = floats(storage, layout)?;
        let &[.., tokens, width] = layout.dims() else {
            bail!("heads need a dimension of tokens");
        };
        let half = width / 2;
        let angles = (0..tokens).flat_map(|token| (0..half).map(move |pair| (token, pair)));
        let table: Vec<(f32, f32)> = angles
            .map(|(token, pair)| token as f64 * self.base.powf(-2.0 * pair as f64 / width as f64))
            .map(|angle| (angle.cos() as f32, self.sign * angle.sin() as f32))
            .collect();
        let mut out = vec![0.0; heads.len()];
        for (row, (head, out)) in heads.chunks_exact(width).zip(out.chunks_exact_mut(width)).enumerate() {
            let turns = &table[row % tokens * half..][..half];
            for (pair, &(cosine, sine)) in turns.iter().enumerate() {
                let (low, high) = (head[pair], head[pair + half]);
                out[pair] = low * cosine - high * sine;
                out[pair + half] = low * sine + high * cosine;
            }
        }
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        grad.contiguous()?.apply_op1_no_bwd(&Turn { base: self.base, sign: -self.sign }).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    /// Some numbers without a pattern, all different.
    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|place| ((place * 37 + 11) % 101) as f32 / 50.0 - 1.0).collect()
    }

    /// The gradient of a weighted sum of the output beside differences of that sum.
    fn holds(shape: &[usize], function: impl Fn(&Tensor) -> Result<Tensor>) {
        let count = shape.iter().product();
        let start = numbers(count);
        let tensor = |values: &[f32]| Tensor::from_slice(values, shape, &Device::Cpu).expect("a tensor");
        let sum = |input: &Tensor| {
            let out = function(input).expect("runs");
            let weights = Tensor::from_vec(numbers(out.elem_count()), out.shape(), &Device::Cpu).expect("weights");
            (out * weights).expect("times").sum_all().expect("a sum")
        };
        let variable = Var::from_tensor(&tensor(&start)).expect("a variable");
        let gradients = sum(variable.as_tensor()).backward().expect("gradients");
        let gradient: Vec<f32> = gradients.get(&variable).expect("one").flatten_all().unwrap().to_vec1().unwrap();
        assert!(gradient.iter().any(|value| value.abs() > 0.01), "{gradient:?}");
        for place in 0..count {
            let at = |shift: f32| {
                let mut values = start.clone();
                values[place] += shift;
                sum(&tensor(&values)).to_scalar::<f32>().expect("a number")
            };
            let difference = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((difference - gradient[place]).abs() < 5e-3, "{place}: {difference} and {}", gradient[place]);
        }
    }

    #[test]
    fn gradients_are_what_differences_say() {
        let scale = Tensor::from_vec(numbers(6), 6, &Device::Cpu).expect("a scale");
        let rows = Tensor::from_vec(numbers(24), (4, 6), &Device::Cpu).expect("rows");
        holds(&[4, 6], |rows| norm(rows, &scale, 1e-5));
        holds(&[6], |scale| norm(&rows, scale, 1e-5));
        holds(&[2, 5, 5], |scores| causal_softmax(scores, 0.7));
        holds(&[2, 3, 4], |heads| turn(heads, 100.0));
    }

    #[test]
    fn a_row_sees_itself_and_what_is_before_it() {
        let scores = Tensor::zeros((1, 3, 3), candle_core::DType::F32, &Device::Cpu).expect("scores");
        let shares = causal_softmax(&scores, 1.0).expect("shares").squeeze(0).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(shares[0], [1.0, 0.0, 0.0]);
        assert_eq!(shares[1], [0.5, 0.5, 0.0]);
    }
}
