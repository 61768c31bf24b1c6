//! `tightfit show`.

use tightfit::{
    RunError,
    devices::{Device, near},
    scenarios::{
        Model, Scenario, Settings, Strategy, scenario, strategy,
        trace::{self, synth::Recipe},
        traces,
    },
    schemas,
};

use super::{args::Kind, output, trace as trace_command};

/// Prints the file behind a name, after a check that it is right.
pub(crate) fn show(kind: Kind, name: &str) -> Result<(), RunError> {
    let text = match kind {
        Kind::Devices => Device::whole_text(name)?,
        Kind::Bases => {
            let known: Vec<&str> = Device::parts().iter().map(|(name, _)| *name).collect();
            let place = known.iter().position(|known| *known == name).ok_or_else(|| {
                let near = near::nearest(name, &known);
                let near = near
                    .first()
                    .map_or_else(|| "see `tightfit list bases`".to_owned(), |near| format!("did you mean {near}?"));
                RunError::Usage(format!("show base: no base is called `{name}`: {near}"))
            })?;
            Device::parts()[place].1.to_owned()
        }
        Kind::Models => {
            Model::load(name)?;
            Model::text(name).map_or_else(|| read(name), |text| Ok(text.to_owned()))?
        }
        Kind::Scenarios => {
            Scenario::load(name, &Settings::default())?;
            scenario::CATALOG.find(name)?.text
        }
        Kind::Strategies => {
            Strategy::load(name, &[])?;
            strategy::CATALOG.find(name)?.text
        }
        Kind::Schemas => schemas::text(name).map(str::to_owned).ok_or_else(|| {
            let known: Vec<&str> = schemas::names().collect();
            RunError::Usage(format!("show schema: no schema is called `{name}`: there are {}", known.join(", ")))
        })?,
        Kind::Traces => match traces::recipe(name) {
            Some(text) => {
                let text = text?;
                Recipe::parse(&text)?;
                text.text
            }
            None => trace_command::described(&trace::info(&traces::load(name)?)),
        },
    };
    output::print(&text)
}

fn read(path: &str) -> Result<String, RunError> {
    std::fs::read_to_string(path).map_err(|problem| RunError::File { path: path.to_owned(), problem })
}
