//! A model's numbers from the `config.json` of a Hugging Face checkpoint.

use serde_json::Value;

use super::{Activation, Config, Experts, Rotary, Slowing, is_plausible};
use crate::LiveError;
use crate::family::Family;
use crate::folder::Folder;

impl Config {
    /// Reads the file; refuses what is not run here.
    pub fn of_hugging_face(folder: &Folder) -> Result<Self, LiveError> {
        let family = folder.family();
        let file = File(folder);
        let heads = file.positive("num_attention_heads")?;
        let width = file.positive("hidden_size")?;
        let head_width = file.positive_or("head_dim", width / heads)?;
        let gemma = family == Family::Gemma;
        let config = Self {
            family,
            layers: file.positive("num_hidden_layers")?,
            width,
            neurons: file.positive(match family {
                Family::Qwen2Moe | Family::Qwen3Moe => "moe_intermediate_size",
                Family::Opt => "ffn_dim",
                _ => "intermediate_size",
            })?,
            heads,
            key_value_heads: file.positive_or("num_key_value_heads", heads)?,
            head_width,
            vocabulary: file.positive("vocab_size")?,
            context: file.context()?,
            norm_epsilon: file.norm_epsilon(family)?,
            norm_offset: if gemma { 1.0 } else { 0.0 },
            rotary: if family == Family::Opt { None } else { Some(file.rotary(head_width)?) },
            activation: file.activation(family)?,
            gated: !matches!(family, Family::Phi | Family::Opt),
            embedding_scale: gemma.then(|| (width as f64).sqrt()),
            experts: file.experts(family)?,
        };
        file.check(family, width)?;
        match config.problem() {
            Some((name, problem)) => Err(folder.problem(name, &problem)),
            None => Ok(config),
        }
    }
}

/// The file, with errors that name it.
struct File<'a>(&'a Folder);

impl File<'_> {
    fn value(&self, key: &str) -> Option<&Value> {
        self.0.config().get(key).filter(|value| !value.is_null())
    }

    fn optional(&self, key: &str) -> Result<Option<usize>, LiveError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number.map(Some).ok_or_else(|| self.0.problem(key, "is not one whole number"))
    }

    fn positive(&self, key: &str) -> Result<usize, LiveError> {
        let number = self.optional(key)?.ok_or_else(|| self.0.problem(key, "is missing"))?;
        if is_plausible(number) { Ok(number) } else { Err(self.0.problem(key, "is zero or implausibly large")) }
    }

    fn positive_or(&self, key: &str, absent: usize) -> Result<usize, LiveError> {
        if self.value(key).is_some() { self.positive(key) } else { Ok(absent) }
    }

    fn number(&self, key: &str) -> Result<Option<f64>, LiveError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        value.as_f64().map(Some).ok_or_else(|| self.0.problem(key, "is not a number"))
    }

    fn flag(&self, key: &str) -> Result<bool, LiveError> {
        let Some(value) = self.value(key) else { return Ok(false) };
        value.as_bool().ok_or_else(|| self.0.problem(key, "is not true or false"))
    }

    /// Attention that slides sees all of a sequence that is no longer than its window.
    fn context(&self) -> Result<usize, LiveError> {
        let context = self.positive("max_position_embeddings")?;
        let slides = self.value("use_sliding_window").is_none() || self.flag("use_sliding_window")?;
        let window = self.optional("sliding_window")?.filter(|&window| window > 0 && slides);
        Ok(context.min(window.unwrap_or(context)))
    }

    #[expect(clippy::cast_possible_truncation, reason = "kept as f32 by everyone who computes with it")]
    fn norm_epsilon(&self, family: Family) -> Result<f32, LiveError> {
        let (key, absent) = match family {
            Family::Phi => ("layer_norm_eps", 1e-5),
            Family::Opt => return Ok(1e-5),
            _ => ("rms_norm_eps", 1e-6),
        };
        let number = self.number(key)?.unwrap_or(absent);
        if number > 0.0 && number < 1.0 {
            Ok(number as f32)
        } else {
            Err(self.0.problem(key, "is not between 0 and 1"))
        }
    }

    fn activation(&self, family: Family) -> Result<Activation, LiveError> {
        let (key, absent) = match family {
            // The older key of Gemma's says `gelu` where the tanh is meant.
            Family::Gemma => ("hidden_activation", "gelu_pytorch_tanh"),
            Family::Opt => ("activation_function", "relu"),
            Family::Phi => ("hidden_act", "gelu_new"),
            _ => ("hidden_act", "silu"),
        };
        let name = self.value(key).map_or(Some(absent), Value::as_str).unwrap_or_default();
        let found = Activation::of_hugging_face(name);
        found.ok_or_else(|| {
            let way_out = "record a model with silu, gelu, relu or relu2";
            self.0.unsupported(format!("activation `{name}` (`{key}`)"), way_out)
        })
    }

    fn rotary(&self, head_width: usize) -> Result<Rotary, LiveError> {
        // Since transformers 5 they are in a section of their own.
        let section = self.value("rope_parameters");
        let in_section = |key: &str| section.and_then(|section| section.get(key)).and_then(Value::as_f64);
        let base = in_section("rope_theta").or(self.number("rope_theta")?).unwrap_or(10_000.0);
        let part = in_section("partial_rotary_factor").or(self.number("partial_rotary_factor")?).unwrap_or(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a head, checked later")]
        let width = (part * head_width as f64) as usize;
        let plain = Rotary { base, divisor: 1.0, width, neighbours: false, slowing: None };
        let Some(scaling) = self.value("rope_scaling").or(section) else { return Ok(plain) };
        let number = |key: &str| scaling.get(key).and_then(Value::as_f64);
        let need = |key: &str| number(key).ok_or_else(|| self.0.problem(&format!("rope_scaling.{key}"), "is missing"));
        match scaling.get("rope_type").or(scaling.get("type")).and_then(Value::as_str) {
            None | Some("default") => Ok(plain),
            Some("linear") => Ok(Rotary { divisor: need("factor")?, ..plain }),
            Some("llama3") => {
                let slowing = Slowing {
                    factor: need("factor")?,
                    low: need("low_freq_factor")?,
                    high: need("high_freq_factor")?,
                    context: need("original_max_position_embeddings")?,
                };
                Ok(Rotary { slowing: Some(slowing), ..plain })
            }
            Some(other) => {
                let way_out = "record a model with none, linear or llama3 scaling";
                Err(self.0.unsupported(format!("rope scaling `{other}`"), way_out))
            }
        }
    }

    fn experts(&self, family: Family) -> Result<Option<Experts>, LiveError> {
        let key = match family {
            Family::Mixtral => "num_local_experts",
            Family::Qwen2Moe | Family::Qwen3Moe | Family::Olmoe => "num_experts",
            _ => return Ok(None),
        };
        let shared = family == Family::Qwen2Moe;
        Ok(Some(Experts {
            count: self.positive(key)?,
            chosen: self.positive("num_experts_per_tok")?,
            renormalised: family == Family::Mixtral || self.flag("norm_topk_prob")?,
            shared_neurons: shared.then(|| self.positive("shared_expert_intermediate_size")).transpose()?,
        }))
    }

    /// Variants of known families that are not run.
    fn check(&self, family: Family, width: usize) -> Result<(), LiveError> {
        let refuse = |feature: &str| Err(self.0.unsupported(feature, "record a model of this family without it"));
        if self.optional("decoder_sparse_step")?.is_some_and(|step| step != 1)
            || self.value("mlp_only_layers").and_then(Value::as_array).is_some_and(|layers| !layers.is_empty())
        {
            return refuse("a mixture of dense blocks and blocks of experts");
        }
        if self.flag("qk_layernorm")? {
            return refuse("a norm on queries and keys (`qk_layernorm`)");
        }
        if self.value("clip_qkv").is_some() {
            return refuse("clipped queries and keys (`clip_qkv`)");
        }
        if family == Family::Opt {
            let norms_first = self.value("do_layer_norm_before").and_then(Value::as_bool).unwrap_or(true);
            if !norms_first || self.optional("word_embed_proj_dim")?.is_some_and(|embedding| embedding != width) {
                return refuse("norms behind the blocks, or embeddings of another width (opt-350m)");
            }
        }
        Ok(())
    }
}
