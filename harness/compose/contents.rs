//! What a store is filled with: a model file's tensors, or noise of named streams made into numbers of the right format.
//!
//! A matrix depends on what it is alone, so that a bundle has the same bytes in every layout, and a model the same weights
//! whether its rows or its whole layers are streamed.

mod tensors;

pub(crate) use tensors::Tensors;

use tightfit_engine::{BundleId, Geometry};
use tightfit_host::{HostError, Shape, kernels::Format, shape::Matrix, weights::Contents};
use tightfit_sim::random::Random;

/// What a matrix is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Layer,
    Bundle,
    /// A copy of lower precision.
    Copy,
    Head,
    /// What no kernel reads: an embedding table beside a head, learned positions.
    Rest,
    Predictor,
    Draft,
}

impl Role {
    fn stream(self) -> &'static str {
        match self {
            Self::Layer => "weights.layer",
            Self::Bundle => "weights.bundle",
            Self::Copy => "weights.copy",
            Self::Head => "weights.head",
            Self::Rest => "weights.rest",
            Self::Predictor => "weights.predictor",
            Self::Draft => "weights.draft",
        }
    }
}

/// Where matrices come from.
pub(crate) trait Origin {
    /// The bytes of a matrix.
    fn matrix(&mut self, place: &Place) -> Result<Vec<u8>, HostError>;
}

/// Noise of a seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise(pub(crate) u64);

impl Origin for Noise {
    fn matrix(&mut self, place: &Place) -> Result<Vec<u8>, HostError> {
        let mut bytes = vec![0; place.matrix.bytes];
        Random::at(self.0, place.role.stream(), place.number, place.part).fill(&mut bytes);
        place.matrix.format.tame(&mut bytes);
        Ok(bytes)
    }
}

/// A matrix within a text of matrices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    offset: u64,
    matrix: Matrix,
    role: Role,
    number: u64,
    part: u32,
}

/// Matrices that follow each other, to be read from any byte on.
#[derive(Debug, Default)]
struct Text {
    places: Vec<Place>,
    bytes: u64,
    /// The matrix that was read last.
    made: Option<(usize, Vec<u8>)>,
}

impl Text {
    fn push(&mut self, matrix: Matrix, role: Role, number: u64, part: u32) {
        if matrix.bytes > 0 {
            self.places.push(Place { offset: self.bytes, matrix, role, number, part });
            self.bytes += matrix.bytes as u64;
        }
    }

    fn read(&mut self, origin: &mut impl Origin, offset: u64, mut into: &mut [u8]) -> Result<(), HostError> {
        let mut index = self.places.partition_point(|place| place.offset <= offset) - 1;
        let mut at = offset - self.places[index].offset;
        while !into.is_empty() {
            if self.made.as_ref().is_none_or(|&(made, _)| made != index) {
                self.made = Some((index, origin.matrix(&self.places[index])?));
            }
            let bytes = &self.made.as_ref().expect("made above").1[usize::try_from(at).expect("within a matrix")..];
            let taken = bytes.len().min(into.len());
            let (now, later) = into.split_at_mut(taken);
            now.copy_from_slice(&bytes[..taken]);
            (into, index, at) = (later, index + 1, 0);
        }
        Ok(())
    }
}

/// The weights of a model of this shape.
#[derive(Debug)]
pub(crate) struct Filling<O> {
    origin: O,
    shape: Shape,
    geometry: Geometry,
    /// Distance from a bundle to its copy of lower precision; 0 where there are none.
    cold_offset: u32,
    /// Bundles of a layer.
    rows: u32,
    /// All layers and what follows, where they come in blocks.
    blocks: Text,
    dense: Text,
}

impl<O> Filling<O> {
    /// Of a geometry of rows or of blocks, with so many `rows` a layer; `dense_bytes` are always in DRAM.
    pub(crate) fn new(
        origin: O,
        shape: Shape,
        geometry: Geometry,
        rows: u32,
        cold_offset: u32,
        dense_bytes: u64,
    ) -> Self {
        let (mut blocks, mut dense) = (Text::default(), Text::default());
        let into = if shape.dense.is_some() { &mut dense } else { &mut blocks };
        for layer in 0..shape.layers as u64 {
            for (part, &matrix) in (0..).zip(&shape.layer) {
                into.push(matrix, Role::Layer, layer, part);
            }
            for row in (0..u64::from(rows)).filter(|_| shape.dense.is_none()) {
                for (part, &matrix) in (0..).zip(&shape.bundle) {
                    into.push(matrix, Role::Bundle, layer * u64::from(rows) + row, part);
                }
            }
        }
        into.push(shape.head, Role::Head, 0, 0);
        let rest = |bytes: u64| Matrix { bytes: usize::try_from(bytes).expect("fits memory"), format: Format::F16 };
        if let Some(parts) = shape.dense {
            into.push(rest(parts.predictors as u64 - into.bytes), Role::Rest, 0, 0);
            (0..shape.layers as u64).for_each(|layer| into.push(shape.predictor, Role::Predictor, layer, 0));
            into.push(shape.draft, Role::Draft, 0, 0);
        } else {
            into.push(rest(geometry.total_bytes().saturating_sub(into.bytes)), Role::Rest, 0, 0);
            dense.push(rest(dense_bytes), Role::Rest, 1, 0);
        }
        Self { origin, shape, geometry, cold_offset, rows, blocks, dense }
    }
}

impl<O: Origin> Contents for Filling<O> {
    fn bundle(&mut self, bundle: BundleId, into: &mut [u8]) -> Result<(), HostError> {
        if self.shape.dense.is_none() {
            let regions = self.geometry.regions();
            let own = regions.partition_point(|region| region.first <= bundle) - 1;
            let before: u64 = regions[..own].iter().map(|region| region.bundle_bytes * u64::from(region.count)).sum();
            let offset = before + u64::from(bundle - regions[own].first) * regions[own].bundle_bytes;
            return self.blocks.read(&mut self.origin, offset, into);
        }
        let stride = self.rows + self.cold_offset;
        let (layer, within) = (bundle / stride, bundle % stride);
        let (role, row) = if within < self.rows { (Role::Bundle, within) } else { (Role::Copy, within - self.rows) };
        let number = u64::from(layer) * u64::from(self.rows) + u64::from(row);
        let each = into.len() / self.shape.bundle.len();
        let mut rest = into;
        for (part, &matrix) in (0..).zip(&self.shape.bundle) {
            let bytes = if role == Role::Copy { each } else { matrix.bytes };
            let (own, others) = rest.split_at_mut(bytes);
            let place = Place { offset: 0, matrix: Matrix { bytes, ..matrix }, role, number, part };
            own.copy_from_slice(&self.origin.matrix(&place)?);
            rest = others;
        }
        Ok(())
    }

    fn dense(&mut self, offset: u64, into: &mut [u8]) -> Result<(), HostError> {
        self.dense.read(&mut self.origin, offset, into)
    }
}
