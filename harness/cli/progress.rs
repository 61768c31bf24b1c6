//! A progress bar on standard error, where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::output;

/// A bar over `total` pieces of work called `what`; nothing is drawn into a pipe.
pub(crate) fn bar(total: u64, what: &'static str) -> ProgressBar {
    if output::is_quiet() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}  {elapsed} so far, {eta} left");
    let bar = ProgressBar::new(total).with_style(style.expect("the template is right")).with_message(what);
    // The clock goes on although one piece of work takes long.
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
