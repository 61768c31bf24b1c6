//! A number by layer: one for all layers, or a few from the first layer to the last with straight lines between.

use serde::{Deserialize, Deserializer};

/// At least one number, spread evenly from the first layer to the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Knots(Vec<f64>);

impl Knots {
    /// The same for all layers.
    #[must_use]
    pub fn one(number: f64) -> Self {
        Self(vec![number])
    }

    /// From the first layer to the last.
    ///
    /// # Panics
    /// Without a number.
    #[must_use]
    pub fn spread(numbers: Vec<f64>) -> Self {
        assert!(!numbers.is_empty(), "a number by layer has one at least");
        Self(numbers)
    }

    /// The number of a layer of a model that has `layers`.
    #[must_use]
    pub fn at(&self, layer: u32, layers: u32) -> f64 {
        let steps = self.0.len() - 1;
        if steps == 0 || layers < 2 {
            return self.0[0];
        }
        // Whole numbers until the last division: a knot for each layer gives exactly that knot.
        let scaled = layer as usize * steps;
        let (knot, rest) = (scaled / (layers as usize - 1), scaled % (layers as usize - 1));
        if rest == 0 {
            return self.0[knot];
        }
        self.0[knot] + (self.0[knot + 1] - self.0[knot]) * rest as f64 / f64::from(layers - 1)
    }

    /// The numbers as written.
    #[must_use]
    pub fn numbers(&self) -> &[f64] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Knots {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            One(f64),
            Several(Vec<f64>),
        }
        let numbers = match Written::deserialize(from) {
            Ok(Written::One(number)) => vec![number],
            Ok(Written::Several(numbers)) => numbers,
            Err(_) => {
                return Err(serde::de::Error::custom("write a number, or a list from the first layer to the last"));
            }
        };
        if numbers.is_empty() {
            return Err(serde::de::Error::custom(
                "an empty list: write one number, or several from the first layer to the last",
            ));
        }
        Ok(Self(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::Knots;

    #[test]
    fn a_line_runs_from_knot_to_knot() {
        let knots = Knots::spread(vec![1.0, 3.0, 4.0]);
        let numbers: Vec<f64> = (0..5).map(|layer| knots.at(layer, 5)).collect();
        assert_eq!(numbers, [1.0, 2.0, 3.0, 3.5, 4.0]);
        assert_eq!((Knots::one(2.5).at(7, 9), knots.at(0, 1)), (2.5, 1.0));
    }

    #[test]
    fn a_knot_for_each_layer_is_exact() {
        let numbers: Vec<f64> = (0..48).map(|layer| 0.1 * f64::from(layer)).collect();
        let knots = Knots::spread(numbers.clone());
        assert_eq!((0..48).map(|layer| knots.at(layer, 48)).collect::<Vec<_>>(), numbers);
    }
}
