//! Sweeps: keys that take several values, and the points of their product.
//!
//! `[sweep]` maps any key that `--set` takes to an array of values or a range. The points are the full product in the
//! order of the file, the last key fastest, so a point's number says what it is. Nothing here knows how a point is run.

mod range;
mod read;

use std::fmt;

use toml::Value;

use crate::Settings;

pub(crate) use read::axes;

/// Most points of a sweep: far more than anyone waits for, few enough to be listed in memory.
pub const POINTS_MAX: u64 = 10_000_000;

/// One swept key.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The dotted key, as `--set` takes it.
    pub key: String,
    /// Its values, all different, in order.
    pub values: Vec<Value>,
}

/// The swept keys of a scenario; none where it sweeps nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sweep {
    /// In the order of the file, the last one fastest.
    pub axes: Vec<Axis>,
}

impl Sweep {
    /// Whether there is anything to sweep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.axes.is_empty()
    }

    /// Number of points: the product of the axes' lengths; 1 without axes.
    #[must_use]
    pub fn points(&self) -> u64 {
        self.axes.iter().map(|axis| axis.values.len() as u64).product()
    }

    /// The point of this number, below [`Sweep::points`].
    ///
    /// # Panics
    /// If there is no such point.
    #[must_use]
    pub fn point(&self, number: u64) -> Point<'_> {
        assert!(number < self.points(), "point {number} of {}", self.points());
        let mut rest = number;
        let mut values: Vec<(&Axis, usize)> = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            let length = axis.values.len() as u64;
            values.push((axis, usize::try_from(rest % length).expect("an index into a list in memory")));
            rest /= length;
        }
        values.reverse();
        Point { number, values }
    }
}

/// One value for each swept key.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'a> {
    /// Its number among the points, from 0.
    pub number: u64,
    /// Each axis with the index of its value.
    pub values: Vec<(&'a Axis, usize)>,
}

impl Point<'_> {
    /// What the command line sets, with the point's values set after it.
    #[must_use]
    pub fn settings(&self, command_line: &Settings) -> Settings {
        let mut settings = command_line.clone();
        settings.sweep.clear();
        settings.at_point = true;
        for (axis, index) in &self.values {
            settings.push(&axis.key, axis.values[*index].clone());
            settings.may_pass.push(axis.key.clone());
        }
        settings
    }
}

/// `memory.budget-mib = 64, strategy.reads.lanes = 4`.
impl fmt::Display for Point<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (axis, index)) in self.values.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(out, "{comma}{} = {}", axis.key, axis.values[*index])?;
        }
        Ok(())
    }
}
