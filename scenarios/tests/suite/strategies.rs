//! Strategies as texts: their dimensions, what excludes what, and what is laid over them.

use insta::assert_snapshot;
use tightfit_scenarios::{
    ScenarioError, Strategy,
    strategy::{Evict, Mechanism, Pinned},
};
use toml::{Table, Value};

const RIGHT: &str = r#"schema = 1
name = "mine"
title = "mine"
stream = "feed-forward"
layout = "bundled"

[resident-set]
evict = { policy = "lru" }
pinned-share = 0.0
placement = "in-place"
overlap = "none"
prefetch = "none"

[reads]
lanes = 8
coalesce-gap-kib = 4
read-max-kib = 1024
"#;

fn parse(text: &str, set: &[(String, Value)]) -> Result<Strategy, ScenarioError> {
    Strategy::parse("mine.toml", text, &Table::new(), set)
}

/// The error about the right text with one part of it replaced.
fn problem(from: &str, to: &str) -> String {
    assert!(RIGHT.contains(from), "{from}");
    parse(&RIGHT.replacen(from, to, 1), &[]).expect_err(to).to_string().trim_end().to_owned()
}

fn evict(strategy: &Strategy) -> Evict {
    match &strategy.mechanism {
        Mechanism::ResidentSet { set, .. } => set.evict,
        Mechanism::PageCache(_) => panic!("{} is a page cache", strategy.name),
    }
}

#[test]
fn an_eviction_policy_has_its_own_keys_and_no_others() {
    let policy = |text: &str| parse(&RIGHT.replace("{ policy = \"lru\" }", text), &[]).map(|strategy| evict(&strategy));
    assert_eq!(policy("{ policy = \"window\", tokens = 3 }").ok(), Some(Evict::Window { tokens: 3 }));
    assert_eq!(policy("{ policy = \"belady\" }").ok(), Some(Evict::Belady));
    assert_eq!(policy("{ policy = \"retain-none\" }").ok(), Some(Evict::RetainNone));
    let lru = "{ policy = \"lru\" }";
    assert_snapshot!(problem(lru, "\"lru\""), @r#"
    strategy mine.toml: TOML parse error at line 8, column 9
      |
    8 | evict = "lru"
      |         ^^^^^
    invalid type: string "lru", expected a table such as { policy = "lru" }
    "#);
    assert_snapshot!(problem(lru, "{ policy = \"fifi\" }"), @r#"
    strategy mine.toml: TOML parse error at line 8, column 20
      |
    8 | evict = { policy = "fifi" }
      |                    ^^^^^^
    unknown variant `fifi`, expected one of `retain-none`, `fifo`, `lru`, `clock`, `lfu`, `lfu-perfect`, `lfu-aged`, `sieve`, `s3-fifo`, `arc`, `two-q`, `w-tinylfu`, `lhd`, `window`, `least-stale`, `cost-aware`, `belady`
    "#);
    assert_snapshot!(problem(lru, "{ policy = \"window\" }"), @r#"
    strategy mine.toml: TOML parse error at line 8, column 9
      |
    8 | evict = { policy = "window" }
      |         ^^^^^^^^^^^^^^^^^^^^^
    a window of how many tokens? give { policy = "window", tokens = 5 }
    "#);
    assert_snapshot!(problem(lru, "{ policy = \"window\", tokens = 0 }"), @r#"
    strategy mine.toml: TOML parse error at line 8, column 9
      |
    8 | evict = { policy = "window", tokens = 0 }
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    a window of no tokens: at least 1
    "#);
    assert_snapshot!(problem(lru, "{ policy = \"lru\", tokens = 5 }"), @r#"
    strategy mine.toml: TOML parse error at line 8, column 9
      |
    8 | evict = { policy = "lru", tokens = 5 }
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    only { policy = "window" } has `tokens`: leave them out
    "#);
    assert_snapshot!(problem(lru, "{ policy = \"lru\", size = 5 }"), @r#"
    strategy mine.toml: TOML parse error at line 8, column 27
      |
    8 | evict = { policy = "lru", size = 5 }
      |                           ^^^^
    unknown field `size`, expected `policy` or `tokens`
    "#);
}

#[test]
fn dimensions_that_exclude_each_other_are_refused() {
    assert_snapshot!(problem("prefetch = \"none\"", "prefetch = \"next-layer\""), @r#"strategy mine.toml: `resident-set.prefetch`: the next layer's rows are not known before its turn: only stream = "everything" can read it ahead whole"#);
    assert_snapshot!(problem("pinned-share = 0.0", "pinned-share = 1.1"), @r#"
    strategy mine.toml: TOML parse error at line 9, column 16
      |
    9 | pinned-share = 1.1
      |                ^^^
    a pinned share is a number from 0.0 to 1.0, or "fit"
    "#);
    assert_snapshot!(problem("lanes = 8", "lanes = 0"), @"strategy mine.toml: `reads.lanes`: no reads in flight: at least 1");
    assert_snapshot!(problem("lanes = 8", "lanes = 2000"), @"strategy mine.toml: `reads.lanes`: more reads in flight than any device takes: at most 1024");
    assert_snapshot!(problem("read-max-kib = 1024", "read-max-kib = 0"), @"strategy mine.toml: `reads.read-max-kib`: reads of no bytes: at least 1");
    assert_snapshot!(problem("name = \"mine\"", "name = \"my own\""), @"strategy mine.toml: `name`: a name is one word, such as window-5");
    assert_snapshot!(problem("schema = 1", "schema = 2"), @"strategy mine.toml: `schema`: this program reads schema 1, not 2");
    assert_snapshot!(problem("[reads]", "[page-cache]\nread-around-kib = 64\n[reads]"), @"strategy mine.toml: `resident-set`: a strategy has either [resident-set] with [reads], or [page-cache]");
    let streaming =
        RIGHT.replace("feed-forward", "everything").replace("prefetch = \"none\"", "prefetch = \"next-layer\"");
    assert!(parse(&streaming, &[]).is_ok(), "the next layer of a dense model is known");
    let refused = |from: &str, to: &str| parse(&streaming.replace(from, to), &[]).expect_err(to).to_string();
    assert_snapshot!(refused("in-place", "compact"), @r#"strategy mine.toml: `resident-set.placement`: a row in flight can't move: read ahead with "in-place""#);
    assert_snapshot!(refused("\"lru\"", "\"retain-none\""), @r#"strategy mine.toml: `resident-set.evict`: "retain-none" drops what was read ahead: use "lru" with a prefetch"#);
}

#[test]
fn an_order_on_flash_is_learnt_from_a_profile() {
    let ordered = |name: &str| RIGHT.replace("\"bundled\"", &format!("\"{name}\""));
    for name in ["popularity", "co-activation"] {
        let strategy = parse(&ordered(name), &[]).unwrap_or_else(|error| panic!("{error}"));
        assert!(strategy.layout.is_ordered());
        assert_eq!(strategy.profile_tokens, Some(32), "the default");
        assert_eq!(strategy.settings["profile-tokens"], "32", "written out");
        let set = [("profile-tokens".to_owned(), Value::Integer(5))];
        let strategy = parse(&ordered(name), &set).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(strategy.profile_tokens, Some(5), "a setting finds the default");
    }
    let set = |tokens| {
        let layout = ("layout".to_owned(), Value::String("popularity".to_owned()));
        [layout, ("profile-tokens".to_owned(), Value::Integer(tokens))]
    };
    assert_eq!(parse(RIGHT, &set(7)).ok().and_then(|strategy| strategy.profile_tokens), Some(7), "both set");
    assert_eq!(parse(RIGHT, &[]).ok().map(|strategy| strategy.profile_tokens), Some(None), "nothing to learn");
    let refused = |text: &str, set: &[(String, Value)]| parse(text, set).expect_err(text).to_string();
    assert_snapshot!(refused(RIGHT, &set(0)), @"strategy mine.toml with --set: `profile-tokens`: a profile of no tokens: at least 1");
    assert_snapshot!(problem("layout = \"bundled\"", "layout = \"bundled\"\nprofile-tokens = 8"), @r#"strategy mine.toml: `profile-tokens`: nothing of this strategy learns from a profile: leave it out, or give layout = "popularity" or "co-activation", pinned-by = "popularity", partition = "demand" or a prefetch from neighbours"#);
    assert_snapshot!(refused(&ordered("co-activation").replace("feed-forward", "everything"), &[]), @r#"strategy mine.toml: `layout`: a dense stream reads all, in whatever order: order the rows of stream = "feed-forward", or lay them out "bundled""#);
}

#[test]
fn changes_are_merged_and_an_eviction_policy_is_replaced_whole() {
    let changes: Table =
        "[resident-set]\nevict = { policy = \"window\", tokens = 2 }\npinned-share = \"fit\"\n".parse().expect("TOML");
    let strategy = Strategy::parse("mine.toml", RIGHT, &changes, &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(evict(&strategy), Evict::Window { tokens: 2 });
    let Mechanism::ResidentSet { set, reads } = &strategy.mechanism else { panic!("a resident set") };
    assert_eq!((set.pinned_share, reads.lanes), (Pinned::Fit, 8), "what is not changed stays");
    let back: Table = "resident-set = { evict = { policy = \"lru\" } }".parse().expect("TOML");
    let window = RIGHT.replace("{ policy = \"lru\" }", "{ policy = \"window\", tokens = 2 }");
    let strategy = Strategy::parse("mine.toml", &window, &back, &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(evict(&strategy), Evict::Lru, "the window's tokens are gone");
}

#[test]
fn a_setting_is_taken_where_its_key_is() {
    let set = |key: &str, value: Value| parse(RIGHT, &[(key.to_owned(), value)]);
    let taken = set("reads.lanes", Value::Integer(3)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(taken.settings["reads.lanes"], "3");
    let right = parse(RIGHT, &[]).unwrap_or_else(|error| panic!("{error}"));
    assert!(right.has("reads.lanes") && right.has("reads") && !right.has("reads.lane") && !right.has("read"));
    for key in ["reads.lane", "page-cache.read-around-kib", "resident-set.evict.tokens"] {
        let passed_by = set(key, Value::Integer(3)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(passed_by, right, "{key}");
    }
    let wrong = set("reads.lanes", Value::Integer(-1)).expect_err("a negative number").to_string();
    assert_snapshot!(wrong, @"
    strategy mine.toml with --set: invalid value: integer `-1`, expected u32
    in `reads.lanes`
    ");
}
