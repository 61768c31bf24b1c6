//! The page in a real browser: on a phone and on a screen, light and dark, printed. Debian's `chromium` will do; without one
//! these tests say that they were skipped, and fail if `TIGHTFIT_BROWSER=required`.

mod chromium;
mod socket;

use serde_json::Value;
use tightfit_reports::charts;
use tightfit_reports::html::{Meta, report};
use tightfit_reports::schema::RunResult;

use crate::fixture;
use chromium::Chromium;

const WIDTHS: [u32; 2] = [390, 1440];
const SCHEMES: [&str; 2] = ["light", "dark"];

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn browser() -> Option<Chromium> {
    let browser = Chromium::start();
    if browser.is_none() {
        let is_required = std::env::var("TIGHTFIT_BROWSER").is_ok_and(|value| value == "required");
        assert!(!is_required, "TIGHTFIT_BROWSER=required, and no chromium on PATH (apt-get install chromium)");
        eprintln!("SKIPPED: no chromium on PATH, the page was not opened (apt-get install chromium)");
    }
    browser
}

/// Opens the page of some results at every width and scheme.
fn opened(results: &[RunResult], mut look: impl FnMut(&mut Chromium, u32, &str)) {
    let Some(mut browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("report.html");
    let meta = Meta { title: "Does it run?".to_owned(), command: "tightfit run".to_owned(), ..Meta::default() };
    std::fs::write(&file, report(results, &charts::all(results, &[]), &meta)).expect("a file");
    for width in WIDTHS {
        for scheme in SCHEMES {
            browser.open(&file, width, scheme);
            look(&mut browser, width, scheme);
            let complaints = browser.complaints();
            assert!(complaints.is_empty(), "{width} {scheme}: {complaints:#?}");
        }
    }
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

/// Nothing is cut, nothing overlaps, nothing is too small, no chart is empty, and dark is dark.
fn nothing_to_stumble_over(results: &[RunResult], charts: usize) {
    opened(results, |browser, width, scheme| {
        let found = browser.evaluate(include_str!("browser/probe.js"));
        let at = format!("{width} {scheme}");
        assert_eq!(found["width"], width, "{at}: as wide as asked, but for a scroll bar");
        assert_eq!(found["scroll"], found["width"], "{at}: scrolls sideways");
        for what in ["beyond", "cut", "overlapping"] {
            assert!(texts(&found[what]).is_empty(), "{at}: {what}: {:#?}", texts(&found[what]));
        }
        let seen = found["charts"].as_array().expect("a list");
        assert_eq!(seen.len(), charts, "{at}");
        for chart in seen {
            let least = |key: &str, least: f64| chart[key].as_f64().is_some_and(|value| value > least);
            assert!(least("height", 150.0) && least("texts", 10.0) && least("shapes", 8.0), "{at}: {chart}");
            assert!(least("smallest", 7.9), "{at}: letters of less than 8 pixels: {chart}");
        }
        let is_dark = |key: &str| found[key].as_u64().is_some_and(|red| red < 0x40);
        assert_eq!([is_dark("paper"), is_dark("card")], [scheme == "dark"; 2], "{at}: {found}");
    });
}

#[test]
fn quickstart_on_phone_and_screen_light_and_dark() {
    nothing_to_stumble_over(&fixture::quickstart(), 6);
}

#[test]
fn a_sweep_on_phone_and_screen_light_and_dark() {
    nothing_to_stumble_over(&fixture::sweep(), 7);
}

#[test]
fn many_devices_on_phone_and_screen_light_and_dark() {
    nothing_to_stumble_over(&fixture::many(), 6);
}

#[test]
fn one_result_on_phone_and_screen_light_and_dark() {
    nothing_to_stumble_over(&fixture::one(), 6);
}

#[test]
fn a_bent_model_on_phone_and_screen_light_and_dark() {
    nothing_to_stumble_over(&fixture::bent(), 6);
}

#[test]
fn it_sorts_and_tells_values_and_prints() {
    let mut prints = 0;
    opened(&fixture::quickstart(), |browser, width, scheme| {
        let used = browser.evaluate(include_str!("browser/use.js"));
        let at = format!("{width} {scheme}: {used}");
        let numbers = |key: &str| -> Vec<f64> {
            used[key].as_array().expect("a list").iter().filter_map(Value::as_f64).collect()
        };
        let (falling, rising) = (numbers("falling"), numbers("rising"));
        assert!(rising.len() > 3 && rising.is_sorted(), "{at}");
        assert!(falling.iter().rev().eq(&rising), "{at}");
        assert!(used["areas"].as_u64().is_some_and(|areas| areas > 100), "{at}");
        assert!(used["told"].as_str().is_some_and(|told| told.contains("iPhone 13 Pro")), "{at}");
        assert!(used["isInside"] == true && used["gone"] == true, "{at}");
        let pdf = browser.printed();
        // "%PDF-" in base64.
        assert!(pdf.starts_with("JVBERi0") && pdf.len() > 100_000, "{at}");
        prints += 1;
    });
    assert!(prints == 0 || prints == 4, "every page or, without a browser, none");
}
