//! "What the numbers rest on": every input with its source, the digests, and the command that makes the page again.

use std::collections::{BTreeMap, BTreeSet};

use super::{Meta, escaped};
use crate::compare::groups;
use crate::schema::{RunResult, Source};
use crate::units::percent;

/// Kinds of source, weakest first.
const KINDS: [&str; 5] = ["assumed", "derived", "published", "datasheet", "measured"];

/// The scope of an input that every result shares.
const EVERY: &str = "Every result";

pub(super) fn section(results: &[RunResult], meta: &Meta) -> String {
    let sources = gathered(results);
    let mut out = String::from("<section>\n<h2>What the numbers rest on</h2>\n");
    out.push_str(&summary(&sources));
    let mut scopes: Vec<&String> = Vec::new();
    for (_, scope) in &sources {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes.sort_by_key(|scope| *scope != EVERY);
    for scope in scopes {
        let rows: Vec<&Source> = sources.iter().filter(|(_, of)| of == scope).map(|(source, _)| source).collect();
        let assumed = rows.iter().filter(|source| source.kind == "assumed").count();
        let counted = match assumed {
            0 => format!("{} inputs", rows.len()),
            _ => format!("{} inputs, {assumed} of them {}", rows.len(), tag("assumed")),
        };
        out.push_str(&format!(
            "<details>\n<summary><h3>{}</h3> {counted}</summary>\n<table class=\"sources\">\n<thead><tr>\
             <th scope=\"col\">input</th><th scope=\"col\">value</th><th scope=\"col\">kind</th>\
             <th scope=\"col\">from</th></tr></thead>\n<tbody>\n{}</tbody>\n</table>\n</details>\n",
            escaped(scope),
            rows.into_iter().map(row).collect::<String>()
        ));
    }
    out.push_str(&doubts(results));
    out.push_str(&made(results, meta));
    out.push_str("</section>\n");
    out
}

/// How many inputs are of each kind, and the assumed ones by name.
fn summary(sources: &[(Source, String)]) -> String {
    let count = |kind: &str| sources.iter().filter(|(source, _)| source.kind == kind).count();
    let counts: Vec<String> =
        KINDS.iter().filter(|kind| count(kind) > 0).map(|kind| format!("{} {}", count(kind), tag(kind))).collect();
    let assumed: BTreeSet<&str> =
        sources.iter().filter(|(source, _)| source.kind == "assumed").map(|(source, _)| source.key.as_str()).collect();
    let mut out = format!("<p>{} inputs: {}</p>\n", sources.len(), counts.join(" · "));
    if !assumed.is_empty() {
        let names: Vec<String> = assumed.iter().map(|key| format!("<code>{}</code>", escaped(key))).collect();
        out.push_str(&format!("<p class=\"warning\"><strong>Assumed</strong>: {}.</p>\n", names.join(", ")));
    }
    out
}

/// Whose spread moves the speed of the fastest of each device most; nothing where no samples were drawn.
fn doubts(results: &[RunResult]) -> String {
    let mut rows = String::new();
    for group in groups(results) {
        for doubt in group.leader().into_iter().flat_map(|leader| &leader.sensitivity) {
            rows.push_str(&format!(
                "<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td></tr>\n",
                escaped(&group.title),
                escaped(&doubt.key),
                percent(doubt.spread),
                percent(doubt.share)
            ));
        }
    }
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<h3>Where the doubt comes from</h3>\n<p>Each input of a device\u{2019}s fastest strategy moved up by its \
         spread while the others stay: its share of the variance of the speed.</p>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Where the doubt comes from\">\n<table>\n\
         <thead><tr><th scope=\"col\">of</th><th scope=\"col\">input</th><th scope=\"col\">spread</th>\
         <th scope=\"col\">share</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}

fn row(source: &Source) -> String {
    format!(
        "<tr{}><td><code>{}</code></td><td>{}</td><td>{}</td><td class=\"from\">{}</td></tr>\n",
        if source.kind == "assumed" { " class=\"guess\"" } else { "" },
        escaped(&source.key),
        escaped(&source.value),
        tag(&source.kind),
        escaped(&source.from)
    )
}

fn tag(kind: &str) -> String {
    let class = if kind == "assumed" { "kind assumed" } else { "kind" };
    format!("<span class=\"{class}\">{}</span>", escaped(kind))
}

/// Each distinct source with what it is an input of, in the order of its first use.
fn gathered(results: &[RunResult]) -> Vec<(Source, String)> {
    let mut order: Vec<&Source> = Vec::new();
    let mut users: BTreeMap<[&str; 4], BTreeSet<usize>> = BTreeMap::new();
    for (index, result) in results.iter().enumerate() {
        for source in &result.provenance.sources {
            let key = [source.key.as_str(), &source.value, &source.kind, &source.from];
            let using = users.entry(key).or_insert_with(|| {
                order.push(source);
                BTreeSet::new()
            });
            using.insert(index);
        }
    }
    let scope =
        |source: &Source| scope(results, &users[&[source.key.as_str(), &source.value, &source.kind, &source.from]]);
    order.into_iter().map(|source| (source.clone(), scope(source))).collect()
}

/// Whose results these are: everyone's, some devices', some models' or some strategies'.
fn scope(results: &[RunResult], using: &BTreeSet<usize>) -> String {
    if using.len() == results.len() {
        return EVERY.to_owned();
    }
    let kinds: [fn(&RunResult) -> &str; 4] = [|r| &r.device, |r| &r.model, |r| &r.scenario, |r| &r.strategy];
    for of in kinds {
        let named: BTreeSet<&str> = using.iter().map(|index| of(&results[*index])).collect();
        let all = results.iter().filter(|r| named.contains(of(r))).count();
        if all == using.len() {
            return named.into_iter().collect::<Vec<_>>().join(", ");
        }
    }
    "Some of the results".to_owned()
}

/// Command, version, seeds, digests, notes.
fn made(results: &[RunResult], meta: &Meta) -> String {
    let seeds: BTreeSet<u64> = results.iter().map(|r| r.seed).collect();
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    let platforms: BTreeSet<&str> = results.iter().map(|r| r.platform.as_str()).collect();
    let platforms: Vec<&str> = platforms.into_iter().collect();
    let mut out = format!(
        "<h3>How this page was made</h3>\n<pre><code>{}</code></pre>\n\
         <p>tightfit {}; platform: {}; seed {}. The same command gives the same bytes.</p>\n",
        escaped(&meta.command),
        escaped(&meta.version),
        escaped(&platforms.join(", ")),
        seeds.join(", ")
    );
    let mut digests: Vec<(String, String, BTreeSet<usize>)> = Vec::new();
    for (index, result) in results.iter().enumerate() {
        for (name, digest) in &result.digests {
            match digests.iter_mut().find(|(n, d, _)| n == name && d == digest) {
                Some((_, _, using)) => {
                    using.insert(index);
                }
                None => digests.push((name.clone(), digest.clone(), BTreeSet::from([index]))),
            }
        }
    }
    if !digests.is_empty() {
        out.push_str(
            "<details>\n<summary><h3>Input files</h3> with their digests</summary>\n<table class=\"sources\">\n<thead><tr>\
             <th scope=\"col\">input file</th><th scope=\"col\">of</th><th scope=\"col\">SHA-256</th></tr></thead>\n<tbody>\n",
        );
        for (name, digest, using) in &digests {
            let of = escaped(&scope(results, using));
            out.push_str(&format!(
                "<tr><td>{}</td><td>{of}</td><td class=\"from\"><code>{}</code></td></tr>\n",
                escaped(name),
                escaped(digest)
            ));
        }
        out.push_str("</tbody>\n</table>\n</details>\n");
    }
    out.extend(meta.notes.iter().map(|note| format!("<p>{}</p>\n", escaped(note))));
    out
}
