//! Runs the model on a stated number of threads, whatever the machine has.
//!
//! candle splits quantised products over a global pool whose size is read from the environment once, and whose
//! threads spin: on a machine that others use too, two spinning threads are slower than one. The pool runs work that
//! is started *from one of its own threads* in line, which is how one thread is had here without touching the
//! environment. Dense products and norms go through rayon, which is given a pool of the stated size.

use std::sync::{Mutex, mpsc};

use rayon::ThreadPoolBuilder;

use crate::LiveError;

/// Runs `work` on this many threads and returns what it returns.
///
/// With 1, everything is on one thread. With more, dense products use that many, and quantised ones as many as
/// `CANDLE_NUM_THREADS` says, or the machine has cores.
pub(crate) fn run<T, F>(threads: usize, work: F) -> Result<T, LiveError>
where
    T: Send,
    F: FnOnce() -> Result<T, LiveError> + Send,
{
    match threads {
        0 => Err(LiveError::Threads { threads, reason: "nothing would run".to_owned() }),
        1 => on_one(work),
        _ => {
            let failed = |error: rayon::ThreadPoolBuildError| LiveError::Threads { threads, reason: error.to_string() };
            ThreadPoolBuilder::new().num_threads(threads).build().map_err(failed)?.install(work)
        }
    }
}

fn on_one<T, F>(work: F) -> Result<T, LiveError>
where
    T: Send,
    F: FnOnce() -> Result<T, LiveError> + Send,
{
    let pool = candle_core::utils::barrier_pool();
    let workers = pool.n_workers();
    let (done, wait) = mpsc::channel::<()>();
    let (wait, work) = (Mutex::new(wait), Mutex::new(Some((work, done))));
    let result = Mutex::new(None);
    pool.execute(|thread| {
        if thread == 0 {
            let (work, done) = work.lock().expect("taken once").take().expect("thread 0 runs once");
            keep_rayon_here();
            let value = work();
            *result.lock().expect("set once") = Some(value);
            drop(done);
        } else if thread == workers {
            // The caller sleeps until the channel closes (also when `work` panics): left alone it would spin.
            let _ = wait.lock().expect("waited for once").recv();
        }
    });
    result.into_inner().expect("set once").expect("thread 0 has run")
}

/// Makes the current thread a rayon pool of its own.
fn keep_rayon_here() {
    // Refused where the thread is in a pool already: then it is this one, from an earlier run, or the caller's.
    let _ = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_is_one_thread_again_and_again() {
        for expected in 0..3 {
            let value = run(1, || Ok((expected, rayon::current_num_threads()))).expect("runs");
            assert_eq!(value, (expected, 1));
        }
    }

    #[test]
    fn more_threads_are_as_many_as_asked() {
        assert_eq!(run(3, || Ok(rayon::current_num_threads())).expect("runs"), 3);
        assert!(matches!(run(0, || Ok(())), Err(LiveError::Threads { threads: 0, .. })));
    }

    #[test]
    fn an_error_comes_back() {
        assert!(matches!(run(1, || Err::<(), _>(LiveError::EmptyPrompt)), Err(LiveError::EmptyPrompt)));
    }
}
