//! Random streams: the same at the same place, different elsewhere, and as likely as was asked.

use tightfit_sim::random::Random;

fn drawn(seed: u64, name: &str, token: u64, layer: u32) -> Vec<u32> {
    let mut numbers = Vec::new();
    Random::at(seed, name, token, layer).add_others(8, 1000, &[], &mut numbers);
    numbers
}

#[test]
fn a_stream_depends_on_its_seed_name_and_place_and_on_nothing_else() {
    let first = drawn(1, "predictor", 5, 3);
    assert_eq!(drawn(1, "predictor", 5, 3), first);
    let others = [
        drawn(2, "predictor", 5, 3),
        drawn(1, "prefetch", 5, 3),
        drawn(1, "predictor", 6, 3),
        drawn(1, "predictor", 5, 4),
    ];
    assert!(others.iter().all(|other| *other != first), "{others:?}");
}

#[test]
fn chances_are_as_asked() {
    let mut random = Random::at(7, "chances", 0, 0);
    assert!((0..1000).all(|_| random.happens(1.0) && !random.happens(0.0)));
    let times = (0..100_000).filter(|_| random.happens(0.3)).count();
    // Six standard deviations of 145.
    assert!(times.abs_diff(30_000) < 870, "{times}");
}

#[test]
fn others_are_distinct_ascending_evenly_spread_and_none_of_those_taken() {
    let taken: Vec<u32> = (0..100).step_by(3).collect();
    let mut counts = [0_u32; 100];
    for place in 0..3000 {
        let mut others = Vec::new();
        Random::at(1, "others", place, 0).add_others(22, 100, &taken, &mut others);
        assert_eq!(others.len(), 22);
        assert!(others.is_sorted_by(|a, b| a < b) && others.iter().all(|other| other % 3 != 0), "{others:?}");
        for other in others {
            counts[other as usize] += 1;
        }
    }
    // A third of 66 each time: 1,000 of 3,000, give or take six standard deviations of 26.
    assert!(
        counts.iter().enumerate().all(|(id, &count)| if id % 3 == 0 { count == 0 } else { count.abs_diff(1000) < 156 }),
        "{counts:?}"
    );
    let mut all = Vec::new();
    Random::at(1, "others", 0, 0).add_others(500, 100, &taken, &mut all);
    assert_eq!(all.len(), 66, "no more than there are");
}

#[test]
fn normal_numbers_are_normal() {
    let numbers: Vec<f64> = (0..20_000).map(|place| Random::at(3, "normal", place, 0).normal()).collect();
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|number| number * number).sum::<f64>() / count;
    // Six deviations of 0.007 and 0.01.
    assert!(mean.abs() < 0.043 && (variance - 1.0).abs() < 0.06, "{mean}, {variance}");
    let within = numbers.iter().filter(|number| number.abs() < 1.0).count() as f64 / count;
    assert!((within - 0.683).abs() < 0.025, "{within}");
}
