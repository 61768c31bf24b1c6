//! Asks the library: a scenario with settings, to results.

use tightfit::{
    Inputs, RunError,
    reports::schema::RunResult,
    run::{self, Curve},
    scenarios::{Scenario, Settings, catalog::Text, scenario},
};

/// What is asked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ask<'a> {
    /// Name, path, or the TOML itself.
    pub(crate) scenario: &'a str,
    /// The device; the scenario's own where there is none.
    pub(crate) device: Option<&'a str>,
    /// The strategy; the scenario's own where there is none.
    pub(crate) strategy: Option<&'a str>,
    /// Settings.
    pub(crate) set: &'a [&'a str],
}

impl Ask<'_> {
    /// The loaded inputs, with `more` settings after its own.
    pub(crate) fn inputs_with(&self, more: &[&str]) -> Result<Inputs, RunError> {
        let settings = Settings::parse(&[self.set, more].concat())?;
        let source = if self.scenario.contains('\n') {
            Text { origin: "written here".to_owned(), text: self.scenario.to_owned() }
        } else {
            scenario::CATALOG.find(self.scenario)?
        };
        let strategies: Vec<String> = self.strategy.iter().map(|&name| name.to_owned()).collect();
        let mut scenario = Scenario::parse(source, &strategies, &settings)?;
        if let Some(device) = self.device {
            scenario.devices = vec![device.to_owned()];
        }
        Inputs::load(scenario, &settings)
    }

    /// All results, the curve's points too where `curve` says so.
    pub(crate) fn results_with(&self, more: &[&str], curve: Curve) -> Result<Vec<RunResult>, RunError> {
        run::run(&self.inputs_with(more)?, curve, || ())
    }

    /// The one result of a question about one device and one strategy.
    pub(crate) fn result_with(&self, more: &[&str]) -> RunResult {
        let mut results = self.results_with(more, Curve::Skip).unwrap_or_else(|error| panic!("{more:?}: {error}"));
        assert_eq!(results.len(), 1, "one device, one strategy");
        results.remove(0)
    }
}
