//! What bundles are, and how a store is filled with them: a neuron's up row, its column of the down projection, and its gate
//! row where gates are not held.

use tightfit_engine::store::Layout;
use tightfit_engine::{BundleId, Geometry, Store};
use tightfit_host::kernels::Columns;
use tightfit_host::{HostError, weights};

use super::matrix::Matrix;
use super::neurons::Neurons;
use crate::LiveError;
use crate::config::Config;
use crate::source::Source;

/// Smallest read of a direct reader.
const READ_UNIT_BYTES: u64 = 4096;

/// The bundles of a model.
#[derive(Clone, Debug)]
pub struct Bundles {
    layers: usize,
    neurons: usize,
    /// Whether gates come with them.
    with_gates: bool,
    /// Of each layer.
    bundle_bytes: Vec<usize>,
}

impl Bundles {
    /// Of a model whose gates are held or not.
    pub fn of(source: &mut Source, with_gates: bool) -> Result<Self, LiveError> {
        let config = source.config()?;
        super::decoder::check(source, &config, None)?;
        source.read()?;
        let Config { width, neurons, .. } = config;
        let bundle_bytes = (0..config.layers).map(|layer| {
            let mut matrix = |part: &str, shape| Matrix::load(source, &format!("blk.{layer}.ffn_{part}"), shape);
            let (up, down) = (matrix("up", [neurons, width])?, matrix("down", [width, neurons])?);
            let gate_bytes = if with_gates { matrix("gate", [neurons, width])?.row_bytes() } else { 0 };
            Ok::<_, LiveError>(up.row_bytes() + Columns::bytes_of(down.format, width) + gate_bytes)
        });
        let bundle_bytes = bundle_bytes.collect::<Result<_, _>>()?;
        Ok(Self { layers: config.layers, neurons: config.neurons, with_gates, bundle_bytes })
    }

    /// Bundles of one layer.
    #[must_use]
    pub fn per_layer(&self) -> usize {
        self.neurons
    }

    /// Where they lie: each in one run.
    #[must_use]
    pub fn store(&self) -> Store {
        let mut geometry = Geometry::new();
        for (layer, &bytes) in (0..).zip(&self.bundle_bytes) {
            geometry.push(layer, narrow(self.neurons), bytes as u64, 1);
        }
        Store::new(geometry, Layout::Bundled, READ_UNIT_BYTES)
    }

    /// What a layer's network holds besides them.
    pub(super) fn neurons(&self, source: &mut Source, layer: usize, config: &Config) -> Result<Neurons, LiveError> {
        let cut = Cut::load(source, layer, config, true)?;
        let gate = cut.gate.expect("asked for");
        Ok(Neurons {
            first: narrow(layer * self.neurons),
            count: self.neurons,
            up: (cut.up.format, cut.up.row_bytes()),
            gate: if self.with_gates { Err(gate.format) } else { Ok(gate) },
            columns: cut.columns,
            activation: config.activation,
        })
    }
}

/// A layer's matrices, cut into neurons.
#[derive(Debug)]
struct Cut {
    up: Matrix,
    gate: Option<Matrix>,
    columns: Columns,
    /// Column after column.
    down: Vec<u8>,
}

impl Cut {
    fn load(source: &mut Source, layer: usize, config: &Config, with_gate: bool) -> Result<Self, LiveError> {
        let Config { width, neurons, .. } = *config;
        let name = |part: &str| format!("blk.{layer}.ffn_{part}");
        let up = Matrix::load(source, &name("up"), [neurons, width])?;
        let gate = with_gate.then(|| Matrix::load(source, &name("gate"), [neurons, width])).transpose()?;
        let down = Matrix::load(source, &name("down"), [width, neurons])?;
        let (columns, down) = Columns::cut(down.format, &down.bytes, width);
        Ok(Self { up, gate, columns, down })
    }

    fn fill(&self, neuron: usize, into: &mut [u8]) {
        let column_bytes = self.columns.column_bytes();
        let (up, rest) = into.split_at_mut(self.up.row_bytes());
        let (down, gate) = rest.split_at_mut(column_bytes);
        up.copy_from_slice(self.up.row(neuron));
        down.copy_from_slice(&self.down[neuron * column_bytes..][..column_bytes]);
        if let Some(own) = &self.gate {
            gate.copy_from_slice(own.row(neuron));
        }
    }
}

/// What a store is filled with: a model's neurons, layer by layer.
#[derive(Debug)]
pub struct Contents<'a> {
    source: &'a mut Source,
    config: Config,
    with_gates: bool,
    /// The layer that was read last.
    cut: Option<(usize, Cut)>,
}

impl<'a> Contents<'a> {
    /// Of an open model.
    pub fn new(source: &'a mut Source, bundles: &Bundles) -> Result<Self, LiveError> {
        let config = source.config()?;
        Ok(Self { source, config, with_gates: bundles.with_gates, cut: None })
    }
}

impl weights::Contents for Contents<'_> {
    fn bundle(&mut self, bundle: BundleId, into: &mut [u8]) -> Result<(), HostError> {
        let (layer, neuron) = (bundle as usize / self.config.neurons, bundle as usize % self.config.neurons);
        if self.cut.as_ref().is_none_or(|(last, _)| *last != layer) {
            let cut = Cut::load(self.source, layer, &self.config, self.with_gates);
            self.cut = Some((layer, cut.map_err(|error| HostError::Unsupported(error.to_string()))?));
        }
        let (_, cut) = self.cut.as_ref().expect("read above");
        cut.fill(neuron, into);
        Ok(())
    }

    fn dense(&mut self, _offset: u64, _into: &mut [u8]) -> Result<(), HostError> {
        Err(HostError::Unsupported("all that is not streamed is read from the model".to_owned()))
    }
}

/// What a store of these bundles says that it holds: stores of one label are alike.
pub fn label(source: &Source, bundles: &Bundles) -> Result<String, LiveError> {
    let Bundles { layers, neurons, with_gates, .. } = bundles;
    let parts = if *with_gates { "up, down and gate" } else { "up and down" };
    let (name, digest) = (source.name()?, source.digest()?);
    Ok(format!("{name}: {layers} x {neurons} neurons, {parts}, of the model {digest}"))
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("plausible numbers are below 2^28")
}
