//! One self-contained page: the answer, the table, the charts, and what the numbers rest on. It loads nothing.

mod comparison;
mod embed;
mod lead;
mod rests;

use std::collections::BTreeMap;

use crate::charts::{Chart, style_sheet};
use crate::schema::RunResult;

/// What the page says about its own making. Holds no time and no place, so that the page is the same everywhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// Title of the page, for instance the question that the scenario asks.
    pub title: String,
    /// The command that makes this page again.
    pub command: String,
    /// Version of the program.
    pub version: String,
    /// Names that people use for devices and models, by the results' own; what has none here keeps its own.
    pub titles: BTreeMap<String, String>,
    /// Further lines for its foot, for instance what a model leaves out.
    pub notes: Vec<String>,
}

/// The page as one HTML document: styles, fonts, charts, their data and a sorting script are inside it.
#[must_use]
pub fn report(results: &[RunResult], charts: &[Chart], meta: &Meta) -> String {
    let mut page = head(meta);
    page.push_str(&lead::section(results, meta));
    page.push_str(&comparison::section(results));
    page.push_str(&pictures(charts));
    page.push_str(&rests::section(results, meta));
    let scripts = [include_str!("html/sort.js"), include_str!("html/tips.js")].concat();
    page.push_str(&format!("</main>\n<script>{scripts}</script>\n</body>\n</html>\n"));
    page
}

/// Text that is safe inside markup and inside quoted attributes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn head(meta: &Meta) -> String {
    let title = escaped(&meta.title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; font-src data:; img-src data:\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{}{}{}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n",
        embed::font_faces(),
        style_sheet(),
        include_str!("html/style.css"),
    )
}

fn pictures(charts: &[Chart]) -> String {
    let mut section = String::from("<section>\n<h2>Charts</h2>\n");
    for chart in charts {
        let (title, name) = (escaped(&chart.title), escaped(&chart.name));
        let (wide, narrow) = match &chart.narrow_svg {
            Some(narrow) => ("wide", format!("<div class=\"card narrow\">\n{narrow}</div>\n")),
            None => ("", String::new()),
        };
        section.push_str(&format!(
            "<figure id=\"{name}\" aria-label=\"{title}\">\n<div class=\"card {wide}\">\n{}</div>\n{narrow}<figcaption>{} \
             <a download=\"{name}.csv\" href=\"data:text/csv;charset=utf-8;base64,{}\">Its data (CSV)</a></figcaption>\n\
             </figure>\n",
            chart.svg,
            escaped(&chart.caption),
            embed::base64(chart.csv.as_bytes()),
        ));
    }
    section.push_str("</section>\n");
    if charts.is_empty() { String::new() } else { section }
}
