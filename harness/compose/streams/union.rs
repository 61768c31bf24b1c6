//! The union of the rows of several tokens, with how often each was used.

#[cfg(test)]
mod tests;

/// Counts uses of a layer's bundles.
#[derive(Clone, Debug)]
pub(super) struct Union {
    uses: Vec<u32>,
    touched: Vec<u32>,
}

impl Union {
    pub(super) fn new(bundles: u32) -> Self {
        Self { uses: vec![0; bundles as usize], touched: Vec::new() }
    }

    pub(super) fn add(&mut self, bundles: &[u32]) {
        for &bundle in bundles {
            let uses = &mut self.uses[bundle as usize];
            if *uses == 0 {
                self.touched.push(bundle);
            }
            *uses += 1;
        }
    }

    /// The bundles in ascending order and the sum of their uses; the union is empty afterwards.
    pub(super) fn take(&mut self) -> (Vec<u32>, u64) {
        let mut bundles = std::mem::take(&mut self.touched);
        bundles.sort_unstable();
        let uses = bundles.iter().map(|&bundle| u64::from(std::mem::take(&mut self.uses[bundle as usize]))).sum();
        (bundles, uses)
    }

    /// Whether `bundle` is in.
    pub(super) fn contains(&self, bundle: u32) -> bool {
        self.uses[bundle as usize] > 0
    }
}
