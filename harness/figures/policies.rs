//! Hit rate against DRAM: every policy on a recorded trace, with Belady, who knows it to its end.

use tightfit_reports::charts::hit_rate;
use tightfit_scenarios::trace;

use super::Drawn;
use crate::{
    RunError,
    curve::{self, Asked, Budget, Counting, NAMES, Stream},
};

const TRACE: &str = "smollm2-135m-chat";
const BUDGETS_MIB: [u64; 11] = [4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44];

pub(super) fn draw() -> Result<Drawn, RunError> {
    let trace = tightfit_scenarios::traces::load(TRACE)?;
    let stream = Stream::new(&trace, tightfit_scenarios::scenario::Prefill::Batched);
    let kept = NAMES.into_iter().filter(|name| !["retain-none", "lfu-perfect"].contains(name));
    let policies: Vec<Asked> = kept.map(|name| curve::parse(name, Counting::Steps)).collect::<Result<_, _>>()?;
    let points = curve::points(&stream, &policies, &BUDGETS_MIB.map(Budget::Mib), Counting::Steps);
    let rates = curve::rates(TRACE, &stream.weighed, &trace::info(&trace), &points);
    Ok(hit_rate::chart(&rates).expect("there are eleven budgets").into())
}
