//! A progress bar on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` pieces of work called `what`; nothing is drawn into a pipe.
pub(crate) fn bar(total: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}  {elapsed} so far, {eta} left");
    ProgressBar::new(total).with_style(style.expect("the template is right")).with_message(what)
}
