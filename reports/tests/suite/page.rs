//! The page: self-contained, escaped, complete.

use std::collections::BTreeMap;

use tightfit_reports::charts;
use tightfit_reports::html::{Meta, report};

use crate::fixture;

fn page(results: &[tightfit_reports::schema::RunResult]) -> String {
    let meta = Meta {
        title: "Does it <run>?".to_owned(),
        command: "tightfit run keyboard --set a=\"<b>\"".to_owned(),
        version: "0.1.0".to_owned(),
        titles: BTreeMap::from([("iPhone 15 Pro".to_owned(), "Apple <iPhone> 15 Pro".to_owned())]),
        notes: vec!["5 < 6".to_owned()],
    };
    report(results, &charts::all(results, &[]), &meta)
}

#[test]
fn names_cannot_become_markup() {
    let mut results = fixture::one();
    let evil = "<script>alert(1)</script>\"'&";
    let r = &mut results[0];
    for name in [&mut r.device, &mut r.strategy, &mut r.scenario, &mut r.model, &mut r.memory.outcome] {
        evil.clone_into(name);
    }
    r.provenance.weakest = evil.to_owned();
    r.digests.insert(evil.to_owned(), evil.to_owned());
    for source in &mut r.provenance.sources {
        (source.key, source.value) = (evil.to_owned(), evil.to_owned());
        (source.kind, source.from) = (evil.to_owned(), evil.to_owned());
    }
    let page = page(&results);
    assert!(page.contains("&lt;script&gt;alert(1)"), "the name is shown");
    assert_eq!(page.matches("<script>").count(), 1, "only our own script");
    assert!(!page.contains("Does it <run>") && !page.contains("<b>\""));
}

#[test]
fn elements_are_closed_in_order() {
    const VOID: [&str; 4] = ["meta", "link", "br", "!doctype"];
    let page = page(&fixture::sweep());
    let (before, rest) = page.split_once("<style>").expect("a style");
    let (_, after) = rest.split_once("</style>").expect("its end");
    let (body, _) = after.split_once("<script>").expect("a script");
    let mut open = Vec::new();
    for tag in [before, body].into_iter().flat_map(|part| part.split('<').skip(1)) {
        let name = tag.split([' ', '>', '/', '\n']).find(|part| !part.is_empty()).unwrap_or_default();
        let inside = tag.split('>').next().unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "closed in order");
        } else if !inside.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, ["html", "body"]);
}

#[test]
fn it_loads_nothing() {
    let page = page(&fixture::quickstart());
    for outside in ["src=", "href=\"http", "url(http", "@import", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn it_says_what_it_rests_on_once() {
    let page = page(&fixture::quickstart());
    assert!(page.contains("<strong>Assumed</strong>: <code>device.flash.read-latency-us</code>"));
    assert_eq!(page.matches("<td><code>device.power.idle-mw</code></td>").count(), 1, "shared by all devices");
    assert!(page.contains("tightfit run keyboard") && page.contains("5 &lt; 6"));
}

/// The first sentence names things as people do, and says who is fast, how fast, and what the limit is.
#[test]
fn it_begins_with_the_answer() {
    let page = page(&fixture::quickstart());
    let leads: Vec<&str> = page
        .split("<p class=\"lead\">")
        .skip(1)
        .filter_map(|rest| rest.split_once("</p>"))
        .map(|(lead, _)| lead)
        .collect();
    insta::assert_snapshot!(leads.join("\n"), @r#"
    window-5 runs SmolLM2-135M on the iPhone 13 Pro at 48.6 tok/s, 2.2x naive; flash is the limit.
    window-5 runs SmolLM2-135M on the Apple &lt;iPhone&gt; 15 Pro at 61.2 tok/s, 2.1x naive; flash is the limit.
    window-5 runs SmolLM2-135M on the iPhone 17 Pro at 84.4 tok/s, 2.0x naive; flash is the limit.
    "#);
}

/// On a phone a row is a card: each cell has the title of its column with it.
#[test]
fn every_cell_names_its_column() {
    let page = page(&fixture::quickstart());
    let table = page.split("<table class=\"sortable\">").nth(1).and_then(|rest| rest.split("</table>").next());
    let table = table.expect("a table");
    assert!(table.matches("<td").count() > 300);
    assert_eq!(table.matches("<td").count(), table.matches(" data-label=\"").count());
}

#[test]
fn the_same_results_make_the_same_page() {
    assert_eq!(page(&fixture::quickstart()), page(&fixture::quickstart()));
}
