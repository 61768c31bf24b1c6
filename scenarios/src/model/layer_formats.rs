//! The format of a component over the layers: one for all of them, with others for some.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IntoDeserializer, MapAccess, Visitor},
};

use super::format::Format;

/// The formats of a component by layer, as a file that mixes two has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFormats {
    /// The format of all layers that are not named.
    pub default: Format,
    /// Layers in other formats.
    pub others: BTreeMap<u32, Format>,
}

impl LayerFormats {
    /// The format of `layer`.
    #[must_use]
    pub fn of(&self, layer: u32) -> Format {
        self.others.get(&layer).copied().unwrap_or(self.default)
    }

    /// The highest layer that is named.
    pub(super) fn last_named(&self) -> Option<u32> {
        self.others.last_key_value().map(|(&layer, _)| layer)
    }
}

impl From<Format> for LayerFormats {
    fn from(default: Format) -> Self {
        Self { default, others: BTreeMap::new() }
    }
}

impl<'de> Deserialize<'de> for LayerFormats {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FormatsVisitor)
    }
}

/// Reads `"Q4_K"` or `{ default = "Q4_K", Q6_K = [0, 1, 4] }`; serde's untagged enums would not say which word is wrong.
struct FormatsVisitor;

impl<'de> Visitor<'de> for FormatsVisitor {
    type Value = LayerFormats;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number format, or { default = \"Q4_K\", Q6_K = [layers, from 0] }")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<LayerFormats, E> {
        Format::deserialize(word.into_deserializer()).map(LayerFormats::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<LayerFormats, A::Error> {
        let (mut default, mut others) = (None, BTreeMap::new());
        while let Some(key) = entries.next_key::<String>()? {
            if key == "default" {
                default = Some(entries.next_value()?);
                continue;
            }
            let format = Format::deserialize(key.as_str().into_deserializer())?;
            for layer in entries.next_value::<Vec<u32>>()? {
                if others.insert(layer, format).is_some() {
                    return Err(A::Error::custom(format!("layer {layer} has two formats: keep one")));
                }
            }
        }
        let default = default.ok_or_else(|| A::Error::missing_field("default"))?;
        Ok(LayerFormats { default, others })
    }
}
