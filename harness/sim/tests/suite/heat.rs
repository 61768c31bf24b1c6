//! Heat: the store fills as a first-order lag does, throttling settles near the sustained power, nothing throttles below.

use tightfit_devices::Device;
use tightfit_engine::platform::{KernelKind, Platform, Touched};
use tightfit_sim::{SimPlatform, heat::Heat};

use crate::profile::{LAW, device, kernel, platform};

/// Idle 500 mW, sustained 2,000 mW, a time constant of 10 s; the processor draws `active_mw`.
fn warm_device(active_mw: u64) -> Device {
    device(LAW, 32, [500, active_mw, 2000], 10)
}

/// Lets `power_mw` in for `span_ns`.
fn absorb(heat: &mut Heat, power_mw: u64, span_ns: u64) {
    heat.absorb(power_mw * span_ns, span_ns);
}

#[test]
fn the_store_fills_as_a_first_order_lag() {
    for power_mw in [1000, 1900, 4000] {
        let mut heat = Heat::new(&warm_device(1).heat, 0);
        let step_ns = 20_000_000;
        for step in 1..=5000_u64 {
            absorb(&mut heat, power_mw, step_ns);
            let seconds = (step * step_ns) as f64 / 1e9;
            let expected = power_mw as f64 / 2000.0 * (1.0 - (-seconds / 10.0).exp());
            if step >= 50 {
                let fill = heat.peak_fill();
                assert!((fill / expected - 1.0).abs() < 0.02, "{power_mw} mW, {seconds} s: {fill} of {expected}");
            }
        }
    }
}

#[test]
fn a_burst_lasts_until_the_store_is_full() {
    // Twice the sustained power fills it when 2 (1 - exp(-t / tau)) = 1: after tau ln 2 = 6.93 s.
    let mut heat = Heat::new(&warm_device(1).heat, 0);
    let step_ns = 10_000_000;
    let steps = (1..10_000_u64).find(|_| {
        absorb(&mut heat, 4000, step_ns);
        heat.stretch_ns(1_000_000) > 1_000_000
    });
    let seconds = (steps.expect("it throttles") * step_ns) as f64 / 1e9;
    assert!((seconds / (10.0 * 2_f64.ln()) - 1.0).abs() < 0.02, "{seconds} s");
}

#[test]
fn a_store_cools_when_power_falls() {
    let mut heat = Heat::new(&warm_device(1).heat, 0);
    for _ in 0..2000 {
        absorb(&mut heat, 4000, 20_000_000);
    }
    assert!(heat.stretch_ns(1000) > 1000, "40 s at twice the sustained power throttle");
    let peak = heat.peak_fill();
    for _ in 0..2000 {
        absorb(&mut heat, 600, 20_000_000);
    }
    assert_eq!(heat.stretch_ns(1000), 1000, "40 s at 600 mW let it go");
    assert!((heat.peak_fill() - peak).abs() < 1e-12, "the peak is kept");
}

#[test]
fn a_span_of_no_time_changes_nothing() {
    let mut heat = Heat::new(&warm_device(1).heat, 0);
    let before = heat;
    heat.absorb(1_000_000, 0);
    assert_eq!(heat, before);
}

/// Runs tokens of two kernels for `seconds` and returns the mean power over the last quarter and the time throttled.
fn run(platform: &mut SimPlatform, seconds: u64) -> (f64, u64) {
    let end_ns = platform.now_ns() + seconds * 1_000_000_000;
    let mut throttling_ns = 0;
    let mut quarter = None;
    while platform.now_ns() < end_ns {
        if quarter.is_none() && end_ns - platform.now_ns() <= seconds * 250_000_000 {
            quarter = Some(platform.ledger());
        }
        for layer in [0, 1] {
            throttling_ns += platform.run(&kernel(KernelKind::Dense, layer, 0), Touched::default()).throttling_ns;
        }
        for _ in 0..50 {
            throttling_ns += platform.run(&kernel(KernelKind::FeedForward, 0, 1000), Touched::default()).throttling_ns;
        }
        throttling_ns += platform.run(&kernel(KernelKind::Head, 2, 0), Touched::default()).throttling_ns;
    }
    let span = platform.ledger().since(&quarter.expect("the last quarter"));
    (platform.energy(&span).total_pj() as f64 / span.awake_ns as f64, throttling_ns)
}

#[test]
fn a_throttled_device_draws_what_it_can_shed() {
    for active_mw in [2500, 6000, 12_000] {
        let mut platform = platform(&warm_device(active_mw), 4);
        let (mean_mw, throttling_ns) = run(&mut platform, 120);
        assert!(throttling_ns > 0, "{active_mw} mW throttle");
        // It sheds its sustained power times the fill.
        let fill = platform.heat_fill_ppm() as f64 / 1e6;
        assert!((1.0..1.2).contains(&fill), "{active_mw} mW active: {fill}");
        assert!((mean_mw / (2000.0 * fill) - 1.0).abs() < 0.02, "{active_mw} mW active: {mean_mw} mW in the end");
        assert!(platform.peak_heat_fill() >= fill && platform.peak_heat_fill() < 1.2, "{}", platform.peak_heat_fill());
    }
}

#[test]
fn nothing_throttles_below_the_sustained_power() {
    // 500 mW of idle, 1,400 of processor and some DRAM: just below 2,000.
    let mut platform = platform(&warm_device(1400), 4);
    let (mean_mw, throttling_ns) = run(&mut platform, 120);
    assert!(mean_mw > 1500.0 && mean_mw < 2000.0, "{mean_mw} mW");
    assert_eq!(throttling_ns, 0);
    assert!(platform.peak_heat_fill() < 1.0 && platform.peak_heat_fill() > 0.7, "{}", platform.peak_heat_fill());
}
