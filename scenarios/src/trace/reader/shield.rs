//! Turns a panic of the Parquet decoder into an error.
//!
//! Sizes are checked beforehand ([`super::pages`]), but parquet 60.1 still panics on some damaged pages: subtraction
//! and shift overflows in its delta decoder (with overflow checks), slices out of range where a page's levels are
//! longer than the page. Found by the mutation tests; about 1 damaged file in 3,000.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use parquet::errors::{ParquetError, Result as ParquetResult};

thread_local! {
    static SHIELDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; a panic in it becomes an error, and prints nothing. What `work` was changing must not be used again.
pub(in super::super) fn shielded<T>(work: impl FnOnce() -> ParquetResult<T>) -> ParquetResult<T> {
    silence();
    SHIELDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    SHIELDED.set(false);
    result.unwrap_or_else(|_| Err(ParquetError::General("a page does not decode".to_owned())))
}

/// Puts a hook before the present one, once, that keeps panics under the shield from being printed; other threads and
/// other panics go on to the hook that was there.
fn silence() {
    static ONCE: Once = Once::new();
    // A hook can not be set while the thread unwinds; the panic then prints, and is still caught.
    if !std::thread::panicking() {
        ONCE.call_once(|| {
            let previous = take_hook();
            set_hook(Box::new(move |panic| {
                if !SHIELDED.get() {
                    previous(panic);
                }
            }));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::shielded;

    #[test]
    fn a_panic_becomes_an_error_and_the_next_call_works() {
        let error = shielded::<()>(|| panic!("of the decoder")).unwrap_err();
        assert_eq!(error.to_string(), "Parquet error: a page does not decode");
        assert_eq!(shielded(|| Ok(3)).unwrap(), 3);
    }
}
