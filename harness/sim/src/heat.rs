//! Heat: a first-order store that power fills and that leaks. As it overfills, the device lowers its clocks.
//!
//! With the store's content H (energy above ambient), power P and time constant tau, H' = P - H / tau; it is full at the
//! sustained power times tau. Power P into a cold store fills it to the share P / sustained x (1 - exp(-t / tau)).
//! Up to a full store the processor keeps its pace; from there it loses pace in proportion, down to [`PACE_MIN_PPM`] where
//! the store is a fifth overfull. So a throttled device settles where it sheds what it draws, at up to 1.2 times the
//! sustained power: at 0.55 of its pace, as the iPhone 17 Pro does after ten minutes, at 1.09 times. At the share f of its
//! pace a processor draws f^a of its power (lower clocks need less voltage), so a kernel takes 1 / f times as long and f^(a - 1)
//! of the energy. All in integers.

use tightfit_devices::Heat as Profile;

/// One, in parts per million.
const WHOLE: u64 = 1_000_000;
/// Overfill at which the pace would be zero.
const BAND_PPM: u64 = 200_000;
/// Clocks never go lower.
pub const PACE_MIN_PPM: u64 = 100_000;

/// The heat store of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heat {
    sustained_mw: u64,
    time_constant_ns: u64,
    /// Twice the exponent a.
    exponent_halves: u32,
    held_pj: u128,
    peak_pj: u128,
    /// f.
    pace_ppm: u64,
    /// f^(a - 1).
    energy_ppm: u64,
}

impl Heat {
    /// A store that holds `fill_ppm` of what fills it.
    #[must_use]
    pub fn new(profile: &Profile, fill_ppm: u32) -> Self {
        let (sustained_mw, time_constant_ns) = (profile.sustained.get(), profile.time_constant.get());
        let mut heat = Self {
            sustained_mw,
            time_constant_ns,
            exponent_halves: profile.clock_exponent_halves,
            held_pj: u128::from(sustained_mw) * u128::from(time_constant_ns) * u128::from(fill_ppm) / u128::from(WHOLE),
            peak_pj: 0,
            pace_ppm: WHOLE,
            energy_ppm: WHOLE,
        };
        heat.settle();
        heat
    }

    /// Lets `energy_pj` in over `span_ns` and sets the pace of the next span.
    pub fn absorb(&mut self, energy_pj: u64, span_ns: u64) {
        if span_ns == 0 {
            return;
        }
        // Implicit Euler, H' (1 + dt / tau) = H + E: stable however long the span is.
        let time_constant_ns = u128::from(self.time_constant_ns);
        self.held_pj =
            (self.held_pj + u128::from(energy_pj)) * time_constant_ns / (time_constant_ns + u128::from(span_ns));
        self.settle();
    }

    /// A time stretched by the present pace.
    #[must_use]
    pub fn stretch_ns(&self, ns: u64) -> u64 {
        crate::service::scale(ns, WHOLE, self.pace_ppm)
    }

    /// Time at full power that draws as much as work of `ns` at full pace does at the present one.
    #[must_use]
    pub fn drawn_ns(&self, ns: u64) -> u64 {
        crate::service::scale(ns, self.energy_ppm, WHOLE)
    }

    /// The same for a span of `ns` as it passes.
    #[must_use]
    pub fn drawn_while_ns(&self, ns: u64) -> u64 {
        crate::service::scale(self.drawn_ns(ns), self.pace_ppm, WHOLE)
    }

    /// How hot everything beside the processor is: 0 below a full store, a million where it is a tenth overfull.
    #[must_use]
    pub fn hot_ppm(&self) -> u64 {
        (2 * self.over_ppm()).min(WHOLE)
    }

    /// Content over capacity, parts per million.
    #[must_use]
    pub fn fill_ppm(&self) -> u64 {
        self.share_ppm(self.held_pj)
    }

    /// Highest content over capacity so far: above 1 the device throttles.
    #[must_use]
    pub fn peak_fill(&self) -> f64 {
        self.share_ppm(self.peak_pj) as f64 / WHOLE as f64
    }

    fn share_ppm(&self, pj: u128) -> u64 {
        let capacity_pj = u128::from(self.sustained_mw) * u128::from(self.time_constant_ns);
        u64::try_from(pj * u128::from(WHOLE) / capacity_pj).unwrap_or(u64::MAX)
    }

    /// Overfill as a share of the band.
    fn over_ppm(&self) -> u64 {
        let over_ppm = self.fill_ppm().saturating_sub(WHOLE);
        over_ppm.saturating_mul(WHOLE / BAND_PPM)
    }

    fn settle(&mut self) {
        self.peak_pj = self.peak_pj.max(self.held_pj);
        let pace_ppm = WHOLE.saturating_sub(self.over_ppm()).max(PACE_MIN_PPM);
        if pace_ppm == self.pace_ppm {
            return;
        }
        self.pace_ppm = pace_ppm;
        // f^(a - 1) by whole and half powers.
        let halves = self.exponent_halves - 2;
        let root_ppm = if halves % 2 == 1 { (pace_ppm * WHOLE).isqrt() } else { WHOLE };
        self.energy_ppm = (0..halves / 2).fold(root_ppm, |power_ppm, _| power_ppm * pace_ppm / WHOLE);
    }
}
