//! Heat: a first-order store that power fills and that leaks. When it is full, the device slows its processor so that
//! it draws no more than it can shed.
//!
//! With the store's content H (energy above ambient), power P and time constant tau, H' = P - H / tau; it is full at the
//! sustained power times tau. Power P into a cold store fills it to the share P / sustained x (1 - exp(-t / tau)).
//! Stepped once a token, in integers.

use tightfit_devices::Heat as Profile;

/// The heat store of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heat {
    sustained_mw: u64,
    time_constant_ns: u64,
    held_pj: u128,
    peak_pj: u128,
    stretch: Stretch,
}

/// By how much kernels are slowed: a ratio of powers, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    drawn: u64,
    allowed: u64,
}

impl Heat {
    /// A cold store.
    #[must_use]
    pub fn new(profile: &Profile) -> Self {
        Self {
            sustained_mw: profile.sustained.get(),
            time_constant_ns: profile.time_constant.get(),
            held_pj: 0,
            peak_pj: 0,
            stretch: Stretch { drawn: 1, allowed: 1 },
        }
    }

    /// Lets `energy_pj` in over `span_ns`, of which `idle_pj` would be drawn anyway, and sets the pace of the next span.
    pub fn absorb(&mut self, energy_pj: u64, idle_pj: u64, span_ns: u64) {
        if span_ns == 0 {
            return;
        }
        let capacity_pj = u128::from(self.sustained_mw) * u128::from(self.time_constant_ns);
        // Implicit Euler, H' (1 + dt / tau) = H + E: stable however long the span is.
        let time_constant_ns = u128::from(self.time_constant_ns);
        self.held_pj =
            (self.held_pj + u128::from(energy_pj)) * time_constant_ns / (time_constant_ns + u128::from(span_ns));
        self.peak_pj = self.peak_pj.max(self.held_pj);
        self.stretch = if self.held_pj < capacity_pj {
            Stretch { drawn: 1, allowed: 1 }
        } else {
            self.pace(energy_pj, idle_pj, span_ns)
        };
    }

    /// A time stretched by the present pace.
    #[must_use]
    pub fn stretch_ns(&self, ns: u64) -> u64 {
        crate::service::scale(ns, self.stretch.drawn, self.stretch.allowed)
    }

    /// Content over capacity now, parts per million: a million = throttling begins.
    #[must_use]
    pub fn fill_ppm(&self) -> u64 {
        let capacity_pj = u128::from(self.sustained_mw) * u128::from(self.time_constant_ns);
        u64::try_from(self.held_pj.saturating_mul(1_000_000) / capacity_pj).unwrap_or(u64::MAX)
    }

    /// Highest content over capacity so far: 1 = throttling begins.
    #[must_use]
    pub fn peak_fill(&self) -> f64 {
        self.peak_pj as f64 / (u128::from(self.sustained_mw) * u128::from(self.time_constant_ns)) as f64
    }

    /// The stretch under which work that drew what the last span drew would draw the sustained power: what is above
    /// idle is spread over more time. A pace once taken is kept as a factor on the last one.
    fn pace(&self, energy_pj: u64, idle_pj: u64, span_ns: u64) -> Stretch {
        let span = u128::from(span_ns);
        let idle_mw = u128::from(idle_pj) / span;
        let above_mw = (u128::from(energy_pj) / span).saturating_sub(idle_mw);
        let allowed_mw = u128::from(self.sustained_mw).saturating_sub(idle_mw).max(1);
        // The last span was already stretched: at full pace it would have drawn that much more.
        let full_mw = above_mw * u128::from(self.stretch.drawn) / u128::from(self.stretch.allowed);
        if full_mw <= allowed_mw {
            return Stretch { drawn: 1, allowed: 1 };
        }
        let narrow = |power_mw: u128| u64::try_from(power_mw).unwrap_or(u64::MAX);
        Stretch { drawn: narrow(full_mw), allowed: narrow(allowed_mw) }
    }
}
