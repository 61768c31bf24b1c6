//! Runtimes: what a program that runs models makes of a processor.
//!
//! A token costs the bytes of its weights at the bandwidth that is attained, the arithmetic of turning stored weights into
//! numbers and multiplying by them, the cache of keys and values, and fixed costs a layer and a token. What holds for a
//! whole class of devices stands in `devices/runtimes`; a profile gives what was measured on its device over it.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IntoDeserializer, MapAccess, Visitor},
};

use crate::{
    ComputeFormat, ProcessorKind, Sources, WeightFormat, read,
    units::{Bytes, BytesPerSecond, Factor, MilliOperations, Nanoseconds, Share},
};

/// A `[[runtime]]` entry of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Runtime {
    /// Its name, such as `llama.cpp` or `mlx`.
    #[serde(deserialize_with = "read::text")]
    pub name: String,
    /// The processor that it runs on.
    pub processor: ProcessorKind,
    /// The class of processors that its numbers are for, such as `metal`; nothing where they are of one device alone.
    #[serde(default)]
    pub class: Option<String>,
    /// The number format of its arithmetic: which peak rate of the processor counts.
    pub compute_format: ComputeFormat,
    /// Share of the processor's attainable bandwidth at which weights are read.
    #[serde(deserialize_with = "read::share")]
    pub bandwidth_share: Share,
    /// Share of the processor's attainable bandwidth at which attention reads its cache; as weights, where it is not given.
    #[serde(default, deserialize_with = "some_share")]
    pub cache_bandwidth_share: Option<Share>,
    /// Operations at the processor's peak rate that a stored weight costs for one position, by the weights' format; where
    /// they are not given, two at the rate of matrices.
    pub operations_per_weight: Option<ByFormat<MilliOperations>>,
    /// The same for each further position of a small batch; where they are not given, a batch is multiplied as matrices.
    pub operations_per_position: Option<ByFormat<MilliOperations>>,
    /// Share of the processor's peak rate that multiplications of whole matrices attain, by the weights' format.
    pub compute_share: ByFormat<Share>,
    /// Share of the peak rate that attention over many positions attains; as matrices, where it is not given.
    #[serde(default, deserialize_with = "some_share")]
    pub attention_compute_share: Option<Share>,
    /// A multiplication of matrices costs as if it had so many more positions: loading, dequantising, unfilled tiles.
    #[serde(default, deserialize_with = "read::operations")]
    pub extra_positions: MilliOperations,
    /// Fixed cost of a layer: dispatches, synchronisation.
    #[serde(rename = "layer-overhead-us", default, deserialize_with = "read::cost_us")]
    pub layer_overhead: Nanoseconds,
    /// What a layer of linear attention costs more: an operator that a runtime lacks falls back at several times the cost.
    #[serde(rename = "linear-layer-overhead-us", default, deserialize_with = "read::cost_us")]
    pub linear_layer_overhead: Nanoseconds,
    /// What a layer of experts costs more: choosing and gathering them.
    #[serde(rename = "expert-layer-overhead-us", default, deserialize_with = "read::cost_us")]
    pub expert_layer_overhead: Nanoseconds,
    /// What each kernel over experts costs more: waking the threads that share it. A layer has one, or one for each expert
    /// that is computed as it lands.
    #[serde(rename = "expert-kernel-overhead-us", default, deserialize_with = "read::cost_us")]
    pub expert_kernel_overhead: Nanoseconds,
    /// What a layer with an embedding of its own costs more.
    #[serde(rename = "embedding-layer-overhead-us", default, deserialize_with = "read::cost_us")]
    pub embedding_layer_overhead: Nanoseconds,
    /// Fixed cost of a token: graph building, what sampling costs whatever the vocabulary.
    #[serde(rename = "token-overhead-us", deserialize_with = "read::cost_us")]
    pub token_overhead: Nanoseconds,
    /// What each thousand words of the vocabulary cost a token: their logits are moved, sorted and drawn from
    /// (`vocabulary-overhead-us`).
    #[serde(rename = "vocabulary-overhead-us", default, deserialize_with = "read::cost_us")]
    pub vocabulary_overhead: Nanoseconds,
    /// Fixed cost of a pass over several positions.
    #[serde(rename = "prompt-overhead-us", default, deserialize_with = "read::cost_us")]
    pub prompt_overhead: Nanoseconds,
    /// Whether attention runs over the whole window that was compiled in, however little of it is filled.
    #[serde(default)]
    pub whole_context: bool,
    /// Formats of weights that it lacks here: matrices in them are left to the CPU.
    #[serde(default)]
    pub lacks: Vec<WeightFormat>,
    /// Cost of leaving one matrix to the CPU and taking the result back.
    #[serde(rename = "switch-overhead-us", default, deserialize_with = "read::cost_us")]
    pub switch_overhead: Nanoseconds,
    /// What each position adds to that: its activations go over and back.
    #[serde(rename = "switch-position-us", default, deserialize_with = "read::cost_us")]
    pub switch_position: Nanoseconds,
    /// The head that its fast kernels do not take, and what it costs then; nothing where they take any.
    #[serde(default)]
    pub large_head: Option<LargeHead>,
    /// Whether the weights are mapped from their file, or copied.
    #[serde(default)]
    pub weights: Placement,
    /// Its own buffers and activations.
    #[serde(rename = "memory-mb", deserialize_with = "read::size_mb_or_zero")]
    pub memory: Bytes,
    /// Bytes that each position of a prompt takes for each word of the vocabulary: zero where only the last has logits.
    #[serde(default)]
    pub bytes_per_prompt_logit: u32,
    /// Rate at which room is made for what comes into a cache that is kept: fresh pages, bookkeeping
    /// (`admit-mb-per-s`). Without it, room costs nothing.
    #[serde(rename = "admit-mb-per-s", default, deserialize_with = "read::optional_flash_mb_per_s")]
    pub admit: Option<BytesPerSecond>,
    /// Rate at which the rows of a read are copied from where it has landed to their own places
    /// (`scatter-mb-per-s`). Without it, they land there.
    #[serde(rename = "scatter-mb-per-s", default, deserialize_with = "read::optional_flash_mb_per_s")]
    pub scatter: Option<BytesPerSecond>,
    /// What this device's own measurements say beside the class: factors on its numbers.
    #[serde(default)]
    pub scale: Scale,
    /// How well its numbers fit the measurements that they are from.
    #[serde(default)]
    pub fit: Option<RuntimeFit>,
    /// Where the numbers come from.
    pub source: Sources,
}

/// A head too large for the fast kernels of a runtime: it runs on a generic one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LargeHead {
    /// Weights from which a head is large.
    #[serde(deserialize_with = "read::count")]
    pub weights: u64,
    /// Times the operations of [`Runtime::operations_per_weight`] that each weight of such a head costs.
    #[serde(deserialize_with = "read::factor")]
    pub operations: Factor,
}

/// Factors on the numbers of a runtime's class, for one device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Scale {
    /// On the bandwidth that is attained.
    #[serde(deserialize_with = "read::factor")]
    pub bandwidth: Factor,
    /// On the rate of a weight's operations.
    #[serde(deserialize_with = "read::factor")]
    pub arithmetic: Factor,
    /// On the rate of multiplications of matrices.
    #[serde(deserialize_with = "read::factor")]
    pub compute: Factor,
    /// On fixed costs.
    #[serde(deserialize_with = "read::factor")]
    pub overhead: Factor,
    /// On the cost of leaving a matrix to the CPU.
    #[serde(deserialize_with = "read::factor")]
    pub switch: Factor,
}

/// Where a runtime's weights lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Mapped from the file: clean pages, which the system may drop and does not count.
    Mapped,
    /// In memory of the app's own, which counts.
    #[default]
    Copied,
}

/// A value by the format of weights, with one for all others; a plain number is one for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByFormat<T> {
    /// For every format without a value of its own or of its kin.
    pub default: T,
    /// For single formats.
    pub formats: BTreeMap<WeightFormat, T>,
}

/// What can stand by format.
pub trait ByFormatValue: Copy {
    /// As it is read.
    type Written: for<'de> Deserialize<'de> + Into<Self>;
}

impl<T: ByFormatValue> ByFormat<T> {
    /// The value of a format: its own, that of the nearest of its kin, or the default.
    #[must_use]
    pub fn of(&self, format: WeightFormat) -> T {
        let near = format.kin().iter().find_map(|kin| self.formats.get(kin));
        *self.formats.get(&format).or(near).unwrap_or(&self.default)
    }
}

impl<'de, T: ByFormatValue> Deserialize<'de> for ByFormat<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ByFormatVisitor(PhantomData))
    }
}

/// Reads `0.4` or `{ default = 0.4, int4 = 0.6 }`.
struct ByFormatVisitor<T>(PhantomData<T>);

impl<'de, T: ByFormatValue> Visitor<'de> for ByFormatVisitor<T> {
    type Value = ByFormat<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number, or a table of numbers by format of weights with a `default`")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        let value = T::Written::deserialize(number.into_deserializer())?;
        Ok(ByFormat { default: value.into(), formats: BTreeMap::new() })
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        let value = T::Written::deserialize(number.into_deserializer())?;
        Ok(ByFormat { default: value.into(), formats: BTreeMap::new() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut default = None;
        let mut formats = BTreeMap::new();
        while let Some(word) = map.next_key::<String>()? {
            let value: T = map.next_value::<T::Written>()?.into();
            if word == "default" {
                default = Some(value);
                continue;
            }
            let known = WeightFormat::ALL.into_iter().find(|format| format.as_str() == word);
            let format = known.ok_or_else(|| {
                let words: Vec<&str> = WeightFormat::ALL.iter().map(|format| format.as_str()).collect();
                A::Error::custom(format!(
                    "no format of weights is called `{word}`: give `default` or some of {}",
                    words.join(", ")
                ))
            })?;
            formats.insert(format, value);
        }
        let default =
            default.ok_or_else(|| A::Error::custom("no `default`: give one for the formats that are not named"))?;
        Ok(ByFormat { default, formats })
    }
}

impl ByFormatValue for MilliOperations {
    type Written = read::Operations;
}

impl ByFormatValue for Share {
    type Written = read::WrittenShare;
}

/// How well a runtime's numbers fit, as `tightfit device fit` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuntimeFit {
    /// Rows of decoding and of prompts that were fitted.
    pub rows: u32,
    /// Models among them.
    pub models: u32,
    /// Median of the errors of decoding, in sample.
    #[serde(deserialize_with = "read::share")]
    pub median_error: Share,
    /// The spread, as a standard deviation of the logarithm, that a model or device without a row has.
    #[serde(deserialize_with = "read::share")]
    pub spread: Share,
}

fn some_share<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Share>, D::Error> {
    read::share(from).map(Some)
}
