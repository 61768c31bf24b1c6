//! Reading `[expect]` and `[[expect]]`: one table or several, with the known metrics in errors.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::{Expect, Limit, METRICS};

/// Keys beside the metrics.
const OTHERS: [&str; 3] = ["devices", "strategies", "outcome"];

/// One table, or an array of them.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Expect>, D::Error> {
    struct OneOrMany;

    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<Expect>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table of expectations, or an array of such tables")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Expect::deserialize(MapAccessDeserializer::new(map)).map(|expect| vec![expect])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(seq))
        }
    }

    from.deserialize_any(OneOrMany)
}

impl<'de> Deserialize<'de> for Expect {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Expect;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of expectations")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Expect, A::Error> {
        let mut expect = Expect::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "devices" => expect.devices = map.next_value()?,
                "strategies" => expect.strategies = map.next_value()?,
                "outcome" => expect.outcome = Some(map.next_value()?),
                other => {
                    let known = METRICS.iter().find(|metric| metric.key == other);
                    let metric = *known.ok_or_else(|| unknown::<A::Error>(other))?;
                    let limit: Limit = map.next_value()?;
                    if let Some(problem) = limit.problem() {
                        return Err(Error::custom(format!("`{other}`: {problem}")));
                    }
                    expect.limits.push((metric, limit));
                }
            }
        }
        if expect.limits.is_empty() && expect.outcome.is_none() {
            return Err(Error::custom(format!("expects nothing: give outcome, or a metric: {}", names().join(", "))));
        }
        expect.limits.sort_by_key(|(metric, _)| METRICS.iter().position(|other| other.key == metric.key));
        Ok(expect)
    }
}

fn names() -> Vec<&'static str> {
    METRICS.iter().map(|metric| metric.key).collect()
}

fn unknown<E: Error>(key: &str) -> E {
    let known = [&OTHERS[..], &names()].concat();
    let near = tightfit_devices::near::nearest(key, &known);
    let near = near.first().map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
    E::custom(format!("unknown metric `{key}`{near}, expected one of {}", known.join(", ")))
}
