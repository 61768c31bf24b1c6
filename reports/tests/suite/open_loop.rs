//! Open-loop results: labelled in every output, with what they lost beside them, and never called the best.

use tightfit_reports::compare::{answers, groups};
use tightfit_reports::html::{Meta, report};
use tightfit_reports::schema::RunResult;
use tightfit_reports::{charts, csv, json, table, tokens};

use crate::fixture;

fn without(name: &str) -> Vec<RunResult> {
    fixture::bent().into_iter().filter(|r| r.strategy != name).collect()
}

/// At two memory limits, so that every chart is drawn.
fn at_two_limits() -> Vec<RunResult> {
    let mut wider = fixture::bent();
    for r in &mut wider {
        r.parameters.insert("memory.limit-mb".to_owned(), "40".to_owned());
    }
    [fixture::bent(), wider].concat()
}

/// Outputs by name, each as text.
fn outputs(results: &[RunResult]) -> Vec<(String, String)> {
    let charts = charts::all(results, &[]);
    let page = report(results, &charts, &Meta::default());
    // The charts are inside the page: its own words are judged without them.
    let (page, _) = page.split_once("<h2>Charts</h2>").expect("charts in the page");
    let mut outputs = vec![
        ("text".to_owned(), table::text(results, None)),
        ("narrow text".to_owned(), table::text(results, Some(80))),
        ("markdown".to_owned(), table::markdown(results)),
        ("page".to_owned(), page.to_owned()),
        ("answer".to_owned(), answers(results).join("\n")),
    ];
    for chart in charts {
        outputs.push((format!("{}.svg", chart.name), chart.svg.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    outputs
}

#[test]
fn no_output_for_people_drops_the_label_or_the_loss() {
    let mut lives = at_two_limits();
    for r in &mut lives {
        "fits".clone_into(&mut r.memory.outcome);
    }
    let outputs = outputs(&lives);
    assert_eq!(outputs.len(), 12, "seven charts: {:?}", outputs.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (name, text) in outputs {
        assert!(text.contains("open-loop"), "{name} does not say it: {text}");
        assert!(text.contains("8.10"), "{name} does not say what is lost: {text}");
        if !["answer", "narrow text"].contains(&name.as_str()) {
            assert!(text.contains("30.0"), "{name} does not say what is coarse: {text}");
        }
        if name != "answer" {
            assert!(text.contains("drop-cold ‡") && text.contains("coarse-cold ‡"), "{name} drops a mark: {text}");
        }
    }
}

#[test]
fn no_data_drops_the_label_or_the_loss() {
    let results = at_two_limits();
    let back = json::parse(&json::results(&results), "results.json").expect("our own file");
    assert_eq!(back.iter().filter(|r| r.quality.open_loop && r.quality.lost_mass_share > 0.0).count(), 4);
    let tables = [csv::results(&results), tokens::csv(&results)];
    let tables = tables.into_iter().chain(charts::all(&results, &[]).into_iter().map(|chart| chart.csv));
    let mut seen = 0;
    for text in tables {
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let column = |ending: &str| header.iter().position(|name| name.ends_with(ending)).expect("the column");
        let (open_loop, lost, strategy) = (column("open_loop"), column("lost_mass_share"), column("strategy"));
        for row in reader.records().map(|row| row.expect("well formed")) {
            let bent = ["drop-cold", "coarse-cold"].contains(&&row[strategy]);
            assert_eq!(&row[open_loop], if bent { "true" } else { "false" }, "{row:?}");
            assert_eq!(row[lost].parse::<f64>().expect("a number") > 0.0, bent, "{row:?}");
        }
        seen += 1;
    }
    assert_eq!(seen, 9, "results, tokens, and seven charts");
}

/// The mark is the font's own glyph, not its box for a missing one: the picture changes with the flag.
#[test]
fn pictures_without_words_show_it_too() {
    let mut exact = at_two_limits();
    for r in &mut exact {
        r.quality.open_loop = false;
    }
    let (bent, exact) = (charts::all(&at_two_limits(), &[]), charts::all(&exact, &[]));
    assert_eq!((bent.len(), exact.len()), (7, 7));
    for (bent, exact) in bent.iter().zip(&exact) {
        assert_ne!(bent.png, exact.png, "{}", bent.name);
    }
}

#[test]
fn the_best_is_one_that_leaves_the_model_as_it_is() {
    let results = fixture::bent();
    let group = &groups(&results)[0];
    let (best, estimate) = (group.best().expect("lru lives"), group.best_open_loop().expect("drop-cold lives"));
    assert_eq!((best.strategy.as_str(), estimate.strategy.as_str()), ("lru", "drop-cold"));
    assert!(
        estimate.throughput.decode_tokens_per_s > best.throughput.decode_tokens_per_s,
        "else there is nothing to prefer"
    );
}

#[test]
fn where_an_open_loop_strategy_is_faster() {
    insta::assert_snapshot!(answers(&fixture::bent()).join("\n"), @r#"iPhone 15 Pro: lru is the fastest that leaves the model as it is, under memory pressure: 50.0 tok/s at 68.4 mJ a token, 1.7x naive; waiting for flash is 56 % of its time; an oracle would reach 70.9 tok/s. Faster, but open-loop: drop-cold, 78.8 tok/s with 8.10 % lost: it changes what the model computes, so this is an estimate. The fastest without memory pressure is layer-stream, 29.9 tok/s. Killed: open-loop coarse-cold (peak 71.4 MB, limit 64.0 MB)."#);
}

#[test]
fn where_it_is_not_faster() {
    let answer = answers(&without("lru")[..2]).join("\n");
    assert!(!answer.contains("open-loop"), "{answer}");
    let mut slow = fixture::bent();
    slow[4].throughput.decode_tokens_per_s = 1.0;
    insta::assert_snapshot!(answers(&slow).join("\n"), @r#"iPhone 15 Pro: lru is the fastest, under memory pressure: 50.0 tok/s at 68.4 mJ a token, 1.7x naive; waiting for flash is 56 % of its time; an oracle would reach 70.9 tok/s. The fastest without memory pressure is layer-stream, 29.9 tok/s. Killed: open-loop coarse-cold (peak 71.4 MB, limit 64.0 MB)."#);
}

#[test]
fn where_only_an_open_loop_strategy_fits() {
    let mut results = fixture::bent();
    for r in &mut results[..3] {
        "killed".clone_into(&mut r.memory.outcome);
    }
    insta::assert_snapshot!(answers(&results).join("\n"), @r#"iPhone 15 Pro: nothing fits that leaves the model as it is; the fastest open-loop one is drop-cold, 78.8 tok/s with 8.10 % lost: it changes what the model computes, so this is an estimate. Killed: naive, layer-stream, lru, open-loop coarse-cold (peaks from 31.4 MB, limit 64.0 MB)."#);
}

#[test]
fn where_only_open_loop_strategies_ran() {
    insta::assert_snapshot!(answers(&fixture::bent()[4..5]).join("\n"), @r#"iPhone 15 Pro: only open-loop strategies were run; the fastest open-loop one is drop-cold, 78.8 tok/s with 8.10 % lost: it changes what the model computes, so this is an estimate."#);
    insta::assert_snapshot!(answers(&fixture::bent()[5..]).join("\n"), @r#"iPhone 15 Pro: nothing fits: even open-loop coarse-cold would be killed, at a peak of 71.4 MB with a limit of 64.0 MB."#);
    let mut oracle = fixture::bent()[3..4].to_vec();
    oracle[0].quality = fixture::bent()[4].quality.clone();
    insta::assert_snapshot!(answers(&oracle).join("\n"), @r#"iPhone 15 Pro: only an open-loop oracle was run, neither a bound nor a choice: 70.9 tok/s with 8.10 % lost."#);
}

#[test]
fn table() {
    insta::assert_snapshot!(table::text(&fixture::bent(), Some(120)), @r#"
    scenario keyboard · model SmolLM2-135M · simulated

                    speed TTFT TPOT  p50  p95  p99 stall  flash hits ahead lost coarse peak memory   energy  batt. source
    strategy        tok/s   ms   ms   ms   ms   ms     % MB/tok    %     %    %      %   MB          mJ/tok   %/1k
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    iPhone 15 Pro
      naive          28.6  683 35.0 34.8 36.8 37.0  75.9   55.0    0     –    0      0 31.4 fits        120  0.261 assumed
      layer-stream   29.9  676 33.5 33.5 34.3 34.5  74.9   51.8 6.92  60.0    0      0 36.4 fits        115  0.251 assumed
    * lru            50.0  407 20.0 19.8 21.7 22.7  55.8   22.3 58.0     0    0      0 62.4 pressure   68.4  0.149 assumed
      belady †       70.9  295 14.1 13.8 16.6 17.9  41.3   10.9 77.8     –    0      0 62.4 pressure   48.1  0.105 assumed
      drop-cold ‡    78.8  269 12.7 12.4 15.4 17.0  35.6   8.07 82.8     – 8.10      0 59.4 fits       43.3 0.0941 assumed
      coarse-cold ‡     –    –    –    –    –    –     –      –    –     – 1.25   30.0 71.4 killed        –      – assumed

    iPhone 15 Pro: lru is the fastest that leaves the model as it is, under memory pressure: 50.0 tok/s at 68.4 mJ a token,
      1.7x naive; waiting for flash is 56 % of its time; an oracle would reach 70.9 tok/s. Faster, but open-loop: drop-cold,
      78.8 tok/s with 8.10 % lost: it changes what the model computes, so this is an estimate. The fastest without memory
      pressure is layer-stream, 29.9 tok/s. Killed: open-loop coarse-cold (peak 71.4 MB, limit 64.0 MB).

    * fastest on its device of those that are neither killed nor open-loop · † knows the future: a bound, not a choice · ‡
      open-loop: it changes what the model computes, and a recording can't show how the model would then have gone on: an
      estimate
    speed: decoded tokens a second, from the second on · TTFT: time to first token · TPOT: mean time per later token · p50:
      median gap between tokens · p95: 95 % of gaps are shorter · p99: 99 % of gaps are shorter · stall: share of the time
      that waits for flash · flash: read from flash per decoded token · hits: lookups of decode found in DRAM · ahead: of
      the bundles that were read ahead, those in DRAM when they were needed · lost: what the model would have computed and
      was left out, weighed by the trace's scores · coarse: computed at a lower precision than the model's · peak: highest
      memory footprint of the app · memory: fits, pressure (near the limit) or killed by the system · energy: energy per
      decoded token, whole device · batt.: share of a full battery that 1,000 decoded tokens take · source: weakest kind of
      source among the inputs · MB = 10^6 bytes
    "#);
}

#[test]
fn markdown() {
    insta::assert_snapshot!(table::markdown(&fixture::bent()[4..]), @r#"
    - iPhone 15 Pro: only open-loop strategies were run; the fastest open-loop one is drop-cold, 78.8 tok/s with 8.10 % lost: it changes what the model computes, so this is an estimate. Killed: open-loop coarse-cold (peak 71.4 MB, limit 64.0 MB).

    | device | strategy | speed, tok/s | TTFT, ms | TPOT, ms | p50, ms | p95, ms | p99, ms | stall, % | flash, MB/tok | hits, % | lost, % | coarse, % | peak, MB | memory | energy, mJ/tok | batt., %/1k | source |
    |---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|---|
    | iPhone 15 Pro | drop-cold ‡ | 78.8 | 269 | 12.7 | 12.4 | 15.4 | 17.0 | 35.6 | 8.07 | 82.8 | 8.10 | 0 | 59.4 | fits | 43.3 | 0.0941 | assumed |
    | iPhone 15 Pro | coarse-cold ‡ | – | – | – | – | – | – | – | – | – | 1.25 | 30.0 | 71.4 | killed | – | – | assumed |

    ‡ open-loop: it changes what the model computes, and a recording can't show how the model would then have gone on: an estimate.
    "#);
}

/// What was weighed is said as it was.
#[test]
fn the_loss_is_called_a_count_where_the_trace_has_no_scores() {
    let mut results = fixture::bent();
    assert!(table::text(&results, Some(500)).contains("weighed by the trace's scores"));
    "counts".clone_into(&mut results[4].quality.mass_from);
    let text = table::text(&results, Some(500)).replace("\n  ", " ");
    assert!(text.contains("by scores where the trace has them, else counted"), "{text}");
    "counts".clone_into(&mut results[5].quality.mass_from);
    let text = table::text(&results, Some(500)).replace("\n  ", " ");
    assert!(text.contains("counted: the trace has no scores"), "{text}");
}

#[test]
fn columns_stand_only_where_they_have_something_to_say() {
    let titles = |results: &[RunResult]| -> Vec<String> {
        table::grid(results).columns.iter().map(tightfit_reports::table::Column::heading).collect()
    };
    let has = |results: &[RunResult], title: &str| titles(results).contains(&title.to_owned());
    for title in ["ahead, %", "lost, %", "coarse, %"] {
        assert!(has(&fixture::bent(), title), "{title}");
        assert!(!has(&fixture::quickstart(), title), "{title}");
    }
    let narrow = table::text(&fixture::bent(), Some(70));
    let header = narrow.lines().nth(2).unwrap_or_default();
    assert!(header.contains("lost") && header.contains("coarse") && !header.contains("ahead"), "{narrow}");
}
