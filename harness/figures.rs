//! The research figures, regenerated from scenarios alone: each is a file that names what is run, what is drawn of it,
//! and what was published beside it, with the source.
//!
//! Nothing here measures: a figure is the same bytes on every run and every machine. What needs a file that is no part
//! of the project is passed by, and says so.

mod energy;
mod expert_cache;
mod flash;
mod heat;
mod ladder;
mod phones;
mod policies;
mod quantization;
mod run;
mod small_models;
mod validation;
mod window;

use tightfit_reports::charts::Chart;

use crate::RunError;

/// A figure of the gallery.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its name, and that of its files.
    pub name: &'static str,
    /// What it shows, in a line.
    pub shows: &'static str,
    draw: fn() -> Result<Drawn, RunError>,
}

/// What became of a figure.
#[derive(Clone, Debug)]
pub enum Drawn {
    /// The picture.
    Chart(Box<Chart>),
    /// Why there is none here.
    PassedBy(String),
}

/// The gallery, in the order in which it is told.
pub const ALL: [Figure; 11] = [
    Figure {
        name: "flash-throughput",
        shows: "flash throughput against read size and lanes: the fitted law beside the measured grid",
        draw: flash::draw,
    },
    Figure {
        name: "io-latency-ladder",
        shows: "what each technique of LLM in a flash saves of the time waited for flash",
        draw: ladder::draw,
    },
    Figure {
        name: "window-size",
        shows: "how much DRAM a window of tokens takes, and how many new bytes it leaves to a token",
        draw: window::draw,
    },
    Figure { name: "hit-rate-against-dram", shows: "hit rates of all policies, Belady on top", draw: policies::draw },
    Figure {
        name: "small-models",
        shows: "hit rates on real ReLU zeros and on real routing: the project's own small models",
        draw: small_models::draw,
    },
    Figure {
        name: "strategies-on-iphones",
        shows: "decode speed of every strategy on every iPhone",
        draw: phones::draw,
    },
    Figure {
        name: "quantization-ladder",
        shows: "Llama 3.2 on a OnePlus 12 at 16 and at 4 bits, beside the published rates",
        draw: quantization::draw,
    },
    Figure {
        name: "expert-cache-size",
        shows: "decode speed against the size of an expert cache, beside measured points",
        draw: expert_cache::draw,
    },
    Figure { name: "ten-minutes", shows: "speed and heat over ten minutes of decoding", draw: heat::draw },
    Figure {
        name: "energy-a-token",
        shows: "energy of a token by component, beside published ones",
        draw: energy::draw,
    },
    Figure {
        name: "predicted-against-published",
        shows: "predictions beside hundreds of published measurements that the fit has not seen",
        draw: validation::draw,
    },
];

/// The figures of these names; all where none is named.
pub fn named(names: &[String]) -> Result<Vec<Figure>, RunError> {
    if names.is_empty() {
        return Ok(ALL.to_vec());
    }
    let find = |name: &String| {
        ALL.into_iter().find(|figure| figure.name == *name).ok_or_else(|| {
            let known: Vec<&str> = ALL.iter().map(|figure| figure.name).collect();
            RunError::Usage(format!("no figure is named `{name}`: there are {}", known.join(", ")))
        })
    };
    names.iter().map(find).collect()
}

impl Figure {
    /// Runs what the figure shows, and draws it.
    pub fn draw(&self) -> Result<Drawn, RunError> {
        let drawn = (self.draw)()?;
        if let Drawn::Chart(chart) = &drawn {
            assert_eq!(chart.name, self.name, "a figure's files bear its name");
        }
        Ok(drawn)
    }
}

impl From<Chart> for Drawn {
    fn from(chart: Chart) -> Self {
        Self::Chart(Box::new(chart))
    }
}
