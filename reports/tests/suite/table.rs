//! The table in its shapes.

use tightfit_reports::table;

use crate::fixture;

/// One device is enough to see the shape.
fn text(width: u16) -> String {
    table::text(&fixture::quickstart()[8..16], Some(width))
}

#[test]
fn at_120_columns_everything_fits() {
    insta::assert_snapshot!(text(120), @r#"
    scenario keyboard · model SmolLM2-135M · simulated

                    speed  TTFT  TPOT   p50   p95   p99  stall   flash  hits  peak  memory    energy  batt.  source
    strategy        tok/s    ms    ms    ms    ms    ms      %  MB/tok     %    MB            mJ/tok   %/1k
    ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    iPhone 15 Pro
      resident          –     –     –     –     –     –      –       –     –   104  killed         –      –  assumed
      naive          28.6   683  35.0  34.8  36.8  37.0   75.9    55.0     0  31.4  fits         120  0.261  assumed
      hybrid         42.8   421  23.3  23.4  23.8  23.8   64.5    30.7  45.0  61.4  pressure    78.9  0.171  assumed
      page-cache     9.09  2770   110   110   116   120   90.3    69.7  36.3  57.4  fits         384  0.836  assumed
      layer-stream   29.9   676  33.5  33.5  34.3  34.5   74.9    51.8  6.92  36.4  fits         115  0.251  assumed
      lru            50.0   407  20.0  19.8  21.7  22.7   55.8    22.3  58.0  62.4  pressure    68.4  0.149  assumed
    * window-5       61.2   332  16.3  16.1  18.4  19.6   48.1    15.3  70.3  60.4  pressure    55.7  0.121  assumed
      belady †       70.9   295  14.1  13.8  16.6  17.9   41.3    10.9  77.8  62.4  pressure    48.1  0.105  assumed

    iPhone 15 Pro: window-5 is the fastest, under memory pressure: 61.2 tok/s at 55.7 mJ a token, 2.1x naive; waiting for
      flash is 48 % of its time; an oracle would reach 70.9 tok/s. The fastest without memory pressure is layer-stream, 29.9
      tok/s. Killed: resident (peak 104 MB, limit 64.0 MB).

    * fastest on its device of those that are not killed · † knows the future: a bound, not a choice
    speed: decoded tokens a second, from the second on · TTFT: time to first token · TPOT: mean time per later token · p50:
      median gap between tokens · p95: 95 % of gaps are shorter · p99: 99 % of gaps are shorter · stall: share of the time
      that waits for flash · flash: read from flash per decoded token · hits: lookups of decode found in DRAM · peak:
      highest memory footprint of the app · memory: fits, pressure (near the limit) or killed by the system · energy: energy
      per decoded token, whole device · batt.: share of a full battery that 1,000 decoded tokens take · source: weakest kind
      of source among the inputs · MB = 10^6 bytes
    "#);
}

#[test]
fn at_100_columns_the_gaps_narrow() {
    insta::assert_snapshot!(text(100), @r#"
    scenario keyboard · model SmolLM2-135M · simulated

                   speed TTFT TPOT  p50  p95  p99 stall  flash hits peak memory   energy batt. source
    strategy       tok/s   ms   ms   ms   ms   ms     % MB/tok    %   MB          mJ/tok  %/1k
    ──────────────────────────────────────────────────────────────────────────────────────────────────
    iPhone 15 Pro
      resident         –    –    –    –    –    –     –      –    –  104 killed        –     – assumed
      naive         28.6  683 35.0 34.8 36.8 37.0  75.9   55.0    0 31.4 fits        120 0.261 assumed
      hybrid        42.8  421 23.3 23.4 23.8 23.8  64.5   30.7 45.0 61.4 pressure   78.9 0.171 assumed
      page-cache    9.09 2770  110  110  116  120  90.3   69.7 36.3 57.4 fits        384 0.836 assumed
      layer-stream  29.9  676 33.5 33.5 34.3 34.5  74.9   51.8 6.92 36.4 fits        115 0.251 assumed
      lru           50.0  407 20.0 19.8 21.7 22.7  55.8   22.3 58.0 62.4 pressure   68.4 0.149 assumed
    * window-5      61.2  332 16.3 16.1 18.4 19.6  48.1   15.3 70.3 60.4 pressure   55.7 0.121 assumed
      belady †      70.9  295 14.1 13.8 16.6 17.9  41.3   10.9 77.8 62.4 pressure   48.1 0.105 assumed

    iPhone 15 Pro: window-5 is the fastest, under memory pressure: 61.2 tok/s at 55.7 mJ a token, 2.1x
      naive; waiting for flash is 48 % of its time; an oracle would reach 70.9 tok/s. The fastest
      without memory pressure is layer-stream, 29.9 tok/s. Killed: resident (peak 104 MB, limit 64.0
      MB).

    * fastest on its device of those that are not killed · † knows the future: a bound, not a choice
    speed: decoded tokens a second, from the second on · TTFT: time to first token · TPOT: mean time per
      later token · p50: median gap between tokens · p95: 95 % of gaps are shorter · p99: 99 % of gaps
      are shorter · stall: share of the time that waits for flash · flash: read from flash per decoded
      token · hits: lookups of decode found in DRAM · peak: highest memory footprint of the app ·
      memory: fits, pressure (near the limit) or killed by the system · energy: energy per decoded
      token, whole device · batt.: share of a full battery that 1,000 decoded tokens take · source:
      weakest kind of source among the inputs · MB = 10^6 bytes
    "#);
}

#[test]
fn the_least_important_columns_go_and_it_says_so() {
    let text = table::text(&fixture::sweep(), Some(100));
    let header = text.lines().nth(2).unwrap_or_default().to_owned();
    assert!(!header.contains("source") && !header.contains("p50") && header.contains("p99"), "{header}");
    assert!(text.contains("Left out for want of width: source, p50"), "{text}");
}

#[test]
fn no_line_is_wider_than_asked() {
    for results in [fixture::quickstart(), fixture::many(), fixture::one(), fixture::sweep()] {
        for width in [90_u16, 100, 120, 200] {
            let text = table::text(&results, Some(width));
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(widest <= usize::from(width), "{widest} columns at {width}:\n{text}");
        }
    }
}

#[test]
fn sweep_points_stand_beside_the_strategy() {
    let text = table::text(&fixture::sweep(), None);
    assert!(text.contains("limit 16 MB"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("* ")).count(), 4, "a best a device, and the legend");
}

#[test]
fn devices_are_grouped_whatever_their_order() {
    let mut results = fixture::quickstart();
    results.sort_by(|a, b| a.strategy.cmp(&b.strategy));
    let text = table::text(&results, None);
    assert_eq!(text.lines().filter(|line| *line == "iPhone 15 Pro").count(), 1, "{text}");
}

#[test]
fn nothing_to_show() {
    assert_eq!(table::text(&[], Some(80)), "no results\n");
    assert_eq!(table::markdown(&[]), "no results\n");
}

#[test]
fn markdown() {
    insta::assert_snapshot!(table::markdown(&fixture::quickstart()[8..11]), @r#"
    - iPhone 15 Pro: hybrid is the fastest, under memory pressure: 42.8 tok/s at 78.9 mJ a token, 1.5x naive; waiting for flash is 64 % of its time. The fastest without memory pressure is naive, 28.6 tok/s. Killed: resident (peak 104 MB, limit 64.0 MB).

    | device | strategy | speed, tok/s | TTFT, ms | TPOT, ms | p50, ms | p95, ms | p99, ms | stall, % | flash, MB/tok | hits, % | peak, MB | memory | energy, mJ/tok | batt., %/1k | source |
    |---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|---|
    | iPhone 15 Pro | resident | – | – | – | – | – | – | – | – | – | 104 | killed | – | – | assumed |
    | iPhone 15 Pro | naive | 28.6 | 683 | 35.0 | 34.8 | 36.8 | 37.0 | 75.9 | 55.0 | 0 | 31.4 | fits | 120 | 0.261 | assumed |
    | iPhone 15 Pro | **hybrid** | 42.8 | 421 | 23.3 | 23.4 | 23.8 | 23.8 | 64.5 | 30.7 | 45.0 | 61.4 | pressure | 78.9 | 0.171 | assumed |
    "#);
}

#[test]
fn markdown_cannot_be_broken_out_of() {
    let mut results = fixture::one();
    results[0].device = "a|b <script>".to_owned();
    let text = table::markdown(&results);
    assert!(text.contains("a\\|b &lt;script&gt;") && !text.contains("<script>"), "{text}");
}
