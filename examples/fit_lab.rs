use std::collections::BTreeMap;
use tightfit::{
    devices::Device,
    fit::{
        family::Phase,
        fits::{Asked, Sampler},
        measurement, names, split,
    },
    scenarios::Condition,
};
fn main() {
    let mut devices = BTreeMap::new();
    let mut by_alias = BTreeMap::new();
    for entry in std::fs::read_dir("/tmp/lab/devs").unwrap() {
        let path = entry.unwrap().path();
        let device = match Device::load(path.to_str().unwrap()) {
            Ok(d) => d,
            Err(e) => {
                eprintln!("{e}");
                continue;
            }
        };
        for a in &device.aliases {
            by_alias.insert(a.clone(), device.name.clone());
        }
        devices.insert(device.name.clone(), device);
    }
    let rows = measurement::read(std::path::Path::new("/work/shared/data/resident_measurements.csv")).unwrap();
    let mut sampler = Sampler::default();
    let mut samples = Vec::new();
    let mut skipped = BTreeMap::<String, u32>::new();
    for row in &rows {
        let named = match names::of(row) {
            Ok(n) => n,
            Err(e) => {
                *skipped.entry(e).or_default() += 1;
                continue;
            }
        };
        let Some(device) = by_alias.get(&row.device).map(|n| &devices[n]) else {
            *skipped.entry(row.device.clone()).or_default() += 1;
            continue;
        };
        if named.condition == Condition::Hot {
            continue;
        }
        let n = |v: Option<f64>| v.map(|v| v as u32);
        let asked = Asked {
            device,
            runtime: named.runtime,
            processor: named.processor,
            condition: named.condition,
            model: named.model,
            quantization: &named.quantization,
            prompt_tokens: n(row.prompt_tok),
            output_tokens: n(row.gen_tok),
        };
        for (phase, rate) in [(Phase::Decode, row.decode_tok_s), (Phase::Prompt, row.prefill_tok_s)] {
            if let Some(rate) = rate.filter(|r| *r > 0.0) {
                if phase == Phase::Prompt && row.prompt_tok.is_none() {
                    continue;
                }
                match sampler.sample(&asked, phase, rate) {
                    Ok(s) => samples.push(s),
                    Err(e) => {
                        *skipped.entry(e.to_string()).or_default() += 1;
                    }
                }
            }
        }
    }
    for (k, v) in skipped {
        eprintln!("{v} {k}");
    }
    let start = std::time::Instant::now();
    let predicted = split::predict(&samples, &devices);
    eprintln!("{} samples, {:?}", samples.len(), start.elapsed());
    let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for p in &predicted {
        let s = &samples[p.sample];
        let Some(t) = p.seconds else { continue };
        let e = s.row.seconds / t - 1.0;
        let key = format!(
            "{:?} {} {}{}",
            s.row.phase,
            p.split.as_str(),
            if s.condition == Condition::InApp { "in-app " } else { "" },
            if p.operators_seen { "" } else { "unseen operator" }
        );
        groups.entry(key.clone()).or_default().push(e.abs());
        groups.entry(format!("  {key} {} {:?} {}", s.runtime, s.processor, s.class)).or_default().push(e.abs());
        if std::env::args().nth(1).is_some_and(|f| key.contains(&f)) && e.abs() > 0.25 {
            println!("{:>7.2} {} {} {:?} {} {:?}", e, s.row.device, s.runtime, s.processor, s.row.model, s.row.seconds);
        }
    }
    for (k, mut v) in groups {
        v.sort_by(f64::total_cmp);
        println!(
            "{k:70} n {:3} median {:.3} p90 {:.3}",
            v.len(),
            v[v.len() / 2],
            v[(v.len() * 9 / 10).min(v.len() - 1)]
        );
    }
}
