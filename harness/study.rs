//! The library's face: what is to be run, and its run.

use std::num::NonZeroU32;

use tightfit_scenarios::{
    Scenario, Settings, Strategy,
    strategy::{Evict, Mechanism, Partition},
};

use crate::{
    Inputs, OwnPolicy, Report, RunError,
    run::{self, Curve},
    uncertainty,
};

/// A scenario to be run, with what is to be different of it.
///
/// ```
/// let study = tightfit::Study::of("quickstart").set("memory.limit-mb=80").devices(["iphone-15-pro"]);
/// let report = study.run()?;
/// let best = report.best("iphone-15-pro").expect("something fits");
/// assert!(best.throughput.decode_tokens_per_s > 20.0);
/// println!("{}", report.text(None));
/// # Ok::<(), tightfit::RunError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Study {
    scenario: String,
    settings: Vec<String>,
    devices: Vec<String>,
    strategies: Vec<String>,
    policies: Vec<(OwnPolicy, String)>,
    curve: Curve,
    samples: Option<NonZeroU32>,
}

/// Runs a scenario as it is: by built-in name, or from a path that ends in `.toml`.
pub fn run(scenario: &str) -> Result<Report, RunError> {
    Study::of(scenario).run()
}

impl Study {
    /// A scenario by built-in name, or from a path that ends in `.toml`. Nothing is read before it is run.
    #[must_use]
    pub fn of(scenario: &str) -> Self {
        Self {
            scenario: scenario.to_owned(),
            settings: Vec::new(),
            devices: Vec::new(),
            strategies: Vec::new(),
            policies: Vec::new(),
            curve: Curve::Skip,
            samples: None,
        }
    }

    /// Sets a key of the scenario, of its devices (`device.…`) or of its strategies (`strategy.…`): `KEY=VALUE`, as `--set`
    /// takes it.
    #[must_use]
    pub fn set(mut self, setting: &str) -> Self {
        self.settings.push(setting.to_owned());
        self
    }

    /// Runs on these devices, names or paths, instead of the scenario's.
    #[must_use]
    pub fn devices<S: Into<String>>(mut self, devices: impl IntoIterator<Item = S>) -> Self {
        self.devices = devices.into_iter().map(Into::into).collect();
        self
    }

    /// Runs these strategies only: names of the scenario's or of the catalog, or paths.
    #[must_use]
    pub fn strategies<S: Into<String>>(mut self, strategies: impl IntoIterator<Item = S>) -> Self {
        self.strategies = strategies.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a strategy that is as `like`, one of those that are run or of the catalog, but evicts with a policy of one's
    /// own.
    #[must_use]
    pub fn policy(mut self, policy: OwnPolicy, like: &str) -> Self {
        self.policies.push((policy, like.to_owned()));
        self
    }

    /// Runs the limits of `memory.curve-mb` besides, for the chart of speed against memory.
    #[must_use]
    pub fn with_curve(mut self) -> Self {
        self.curve = Curve::Run;
        self
    }

    /// Draws so many samples of the devices' numbers, each within its source's spread, and gives each metric an interval.
    #[must_use]
    pub fn with_samples(mut self, samples: NonZeroU32) -> Self {
        self.samples = Some(samples);
        self
    }

    /// Runs every device with every strategy, on all cores.
    pub fn run(self) -> Result<Report, RunError> {
        let settings = Settings::parse(&self.settings)?;
        let mut scenario = Scenario::load_with(&self.scenario, &self.strategies, &settings)?;
        if !scenario.sweep.is_empty() {
            return Err(RunError::Usage(format!("scenario {} has a [sweep]: see tightfit::sweep", scenario.name)));
        }
        if !self.devices.is_empty() {
            scenario.devices.clone_from(&self.devices);
        }
        let mut own = Vec::new();
        for (policy, like) in self.policies {
            let strategy = evicting_with(&scenario, &policy, &like, &settings)?;
            scenario.strategies.push(strategy);
            own.push(policy);
        }
        let inputs = Inputs::load(scenario, &settings)?.with_policies(own);
        let mut results = run::run(&inputs, self.curve, || {})?;
        if let Some(samples) = self.samples {
            let cells = run::cells(&inputs, Curve::Skip);
            uncertainty::fill(&inputs, &cells, samples, &mut results[..cells.len()], || {})?;
        }
        Ok(Report::new(&inputs, results, format!("tightfit::Study::of({:?})", self.scenario)))
    }
}

/// The strategy `like`, named after the policy that takes the place of its own.
fn evicting_with(
    scenario: &Scenario,
    policy: &OwnPolicy,
    like: &str,
    settings: &Settings,
) -> Result<Strategy, RunError> {
    let name = policy.name();
    let wrong = |problem: String| RunError::Usage(format!("policy `{name}`: {problem}"));
    if scenario.strategies.iter().any(|strategy| strategy.name == name) {
        return Err(wrong("a strategy has that name: give it another".to_owned()));
    }
    let known = scenario.strategies.iter().find(|strategy| strategy.name == like).cloned();
    let base = match known {
        Some(strategy) => strategy,
        None => Strategy::load(like, &settings.strategy)?,
    };
    let mut strategy = Strategy { name: name.to_owned(), title: format!("{} ({name} evicts)", base.title), ..base };
    match &mut strategy.mechanism {
        // A policy that nothing else is known of keeps what it is given.
        Mechanism::ResidentSet { set, .. } if set.partition == Partition::None => set.evict = Evict::Lru,
        Mechanism::ResidentSet { .. } => {
            return Err(wrong(format!("{like} has a policy for each layer: name a strategy without `partition`")));
        }
        Mechanism::PageCache(_) => {
            return Err(wrong(format!("{like} leaves eviction to the system: name one with a `[resident-set]`")));
        }
    }
    // Results say which policy it was, not which one it stands in for.
    strategy.settings.retain(|key, _| !key.starts_with("resident-set.evict."));
    strategy.settings.insert("resident-set.evict.policy".to_owned(), name.to_owned());
    Ok(strategy)
}
