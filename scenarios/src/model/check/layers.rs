//! What the layers are made of: mixers with their pattern, and feed-forward networks.

use std::collections::{BTreeMap, BTreeSet};

use super::Problem;
use crate::model::{Attention, FeedForward, Later, Mixer, MixerKind, ModelFile};

/// The mixers and the pattern in which layers take them; a model of one kind needs no pattern.
pub(super) fn mixers(file: &ModelFile) -> Result<(BTreeMap<MixerKind, Mixer>, Vec<MixerKind>), Problem> {
    let mut mixers = BTreeMap::new();
    if let Some(attention) = file.attention {
        heads("attention", &attention)?;
        if attention.window.is_some() {
            let text = "a window: put it and its heads into `[window-attention]`";
            return Err(Problem::new("attention.window", text));
        }
        mixers.insert(MixerKind::Attention, Mixer::Attention(attention));
    }
    if let Some(attention) = file.window_attention {
        heads("window-attention", &attention)?;
        if attention.window.is_none() {
            return Err(Problem::new("window-attention.window", "missing: say how many positions a layer looks at"));
        }
        mixers.insert(MixerKind::Window, Mixer::Attention(attention));
    }
    mixers.extend(file.latent_attention.map(|latent| (MixerKind::Latent, Mixer::Latent(latent))));
    mixers.extend(file.linear_attention.map(|linear| (MixerKind::Linear, Mixer::Linear(linear))));
    mixers.extend(file.convolution.map(|short| (MixerKind::Convolution, Mixer::Convolution(short))));
    let pattern = pattern(file, &mixers)?;
    Ok((mixers, pattern))
}

fn heads(section: &str, attention: &Attention) -> Result<(), Problem> {
    if attention.heads.is_multiple_of(attention.kv_heads) {
        return Ok(());
    }
    let text = format!("{} don't divide the {} `heads`", attention.kv_heads, attention.heads);
    Err(Problem::new(format!("{section}.kv-heads"), text))
}

fn pattern(file: &ModelFile, mixers: &BTreeMap<MixerKind, Mixer>) -> Result<Vec<MixerKind>, Problem> {
    let words = |kinds: &mut dyn Iterator<Item = &MixerKind>| {
        let words: Vec<&str> = kinds.map(|kind| kind.as_str()).collect();
        words.join(", ")
    };
    let Some(pattern) = &file.pattern else {
        return match mixers.keys().next() {
            Some(&only) if mixers.len() == 1 => Ok(vec![only]),
            Some(_) => {
                let text = format!("missing: say in which order layers are {}", words(&mut mixers.keys()));
                Err(Problem::new("pattern", text))
            }
            None => Err(Problem::new("attention", "missing: say how layers look at positions, as `[attention]`")),
        };
    };
    if pattern.is_empty() || pattern.len() > file.layers as usize {
        let text = format!("{} kinds for {} `layers`: give the kinds that repeat", pattern.len(), file.layers);
        return Err(Problem::new("pattern", text));
    }
    let (named, given): (BTreeSet<_>, BTreeSet<_>) = (pattern.iter().collect(), mixers.keys().collect());
    if named != given {
        let (named, given) = (words(&mut named.into_iter()), words(&mut given.into_iter()));
        let text = format!("names {named}, and the sections are of {given}: each needs the other");
        return Err(Problem::new("pattern", text));
    }
    Ok(pattern.clone())
}

/// The feed-forward part of layers, later layers of another width, and first layers without experts.
pub(super) type FeedForwards = (FeedForward, Option<Later>, Option<(u32, FeedForward)>);

/// What the feed-forward sections say together.
pub(super) fn feed_forward(file: &ModelFile) -> Result<FeedForwards, Problem> {
    let Some(experts) = file.experts else {
        let neurons = file
            .feed_forward
            .ok_or_else(|| Problem::new("feed-forward", "missing: give `[feed-forward]` or `[experts]`"))?;
        return Ok((neurons.into(), neurons.later, None));
    };
    if experts.active > experts.count {
        let text = format!("{} of {} experts: give at most `count`", experts.active, experts.count);
        return Err(Problem::new("experts.active", text));
    }
    if experts.shared_width.is_some() && experts.shared == 0 {
        return Err(Problem::new("experts.shared-width", "a width of no experts: say how many are `shared`"));
    }
    match (file.feed_forward, experts.dense_layers) {
        (None, 0) => Ok((experts.into(), None, None)),
        (None, _) => Err(Problem::new("experts.dense-layers", "these layers need a `[feed-forward]` of their own")),
        (Some(_), 0) => {
            let text = "both `[feed-forward]` and `[experts]`: keep one, or say which first layers are `dense-layers`";
            Err(Problem::new("experts", text))
        }
        (Some(_), dense) if dense >= file.layers => {
            Err(Problem::new("experts.dense-layers", "leaves no layer its experts: give fewer than `layers`"))
        }
        (Some(neurons), _) if neurons.later.is_some() => {
            Err(Problem::new("feed-forward.later", "the layers after the dense ones have experts: leave it out"))
        }
        (Some(neurons), dense) => Ok((experts.into(), None, Some((dense, neurons.into())))),
    }
}
