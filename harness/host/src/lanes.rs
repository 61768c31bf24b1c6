//! Reads on threads: a pool of lanes, demand before prefetch, and the engine's own thread, which reads too while it waits.
//!
//! That the waiting thread helps saves two hand-overs between threads a read where there is one lane; there are never
//! more reads in flight than lanes, whoever carries them out.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use crate::jobs::{Busy, Places, Reader, Staging, World};

/// The state of the job at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Queued,
    Started,
}

/// What waits and what is on its way.
#[derive(Debug)]
struct Queue {
    demand: VecDeque<u32>,
    prefetch: VecDeque<u32>,
    states: Vec<State>,
    lanes: u32,
    prefetch_lanes: u32,
    in_flight: u32,
    prefetch_in_flight: u32,
    asleep: u32,
    waited_for: Option<u32>,
    is_over: bool,
    busy: Busy,
}

impl Queue {
    /// Jobs that could start now.
    fn startable(&self) -> u32 {
        let ahead = (self.prefetch.len() as u64).min(u64::from(self.prefetch_lanes - self.prefetch_in_flight));
        let queued = self.demand.len() as u64 + ahead;
        u32::try_from(queued.min(u64::from(self.lanes - self.in_flight))).expect("no more than lanes")
    }

    /// Starts the next job: its place, and whether it is a prefetch.
    fn start(&mut self) -> Option<(u32, bool)> {
        if self.startable() == 0 {
            return None;
        }
        let demanded = self.demand.pop_front();
        let is_prefetch = demanded.is_none();
        let place = demanded.or_else(|| self.prefetch.pop_front())?;
        self.states[place as usize] = State::Started;
        self.in_flight += 1;
        self.prefetch_in_flight += u32::from(is_prefetch);
        self.busy.now_in_flight(self.in_flight);
        Some((place, is_prefetch))
    }

    fn finish(&mut self, is_prefetch: bool) {
        self.in_flight -= 1;
        self.prefetch_in_flight -= u32::from(is_prefetch);
        self.busy.now_in_flight(self.in_flight);
    }
}

/// What the lanes share.
struct Shared {
    queue: Mutex<Queue>,
    /// A job may start.
    work: Condvar,
    /// The job that the engine waits for is done.
    done: Condvar,
    places: Places,
    world: Arc<World>,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes lanes for `jobs` jobs, as far as they sleep.
    fn wake(&self, queue: &Queue, jobs: u32) {
        for _ in 0..jobs.min(queue.asleep) {
            self.work.notify_one();
        }
    }

    /// Carries one job out, if one may start. Whether one did.
    fn one_job<'q>(&'q self, mut queue: MutexGuard<'q, Queue>, staging: &mut Staging) -> (MutexGuard<'q, Queue>, bool) {
        let Some((place, is_prefetch)) = queue.start() else { return (queue, false) };
        drop(queue);
        let job = &self.places[place as usize];
        self.world.carry_out(&job.job(), staging);
        let mut queue = self.queue();
        job.set_landed(true);
        queue.finish(is_prefetch);
        if queue.waited_for == Some(place) {
            self.done.notify_one();
        }
        (queue, true)
    }

    /// A lane's life.
    fn lane(&self) {
        let mut staging = Staging::default();
        let mut queue = self.queue();
        loop {
            let (unlocked, did) = self.one_job(queue, &mut staging);
            queue = unlocked;
            if did {
                continue;
            }
            if queue.is_over {
                return;
            }
            queue.asleep += 1;
            queue = self.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.asleep -= 1;
        }
    }
}

/// The pool.
pub(crate) struct Lanes {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// The engine's thread has one, too.
    staging: Staging,
}

impl Lanes {
    /// `lanes` lanes, of which prefetches may take `prefetch_lanes`.
    pub(crate) fn new(world: Arc<World>, places: Places, lanes: u32, prefetch_lanes: u32) -> std::io::Result<Self> {
        assert!(lanes > 0 && prefetch_lanes > 0, "a reader without lanes");
        let queue = Queue {
            demand: VecDeque::with_capacity(places.len()),
            prefetch: VecDeque::with_capacity(places.len()),
            states: vec![State::Queued; places.len()],
            lanes,
            prefetch_lanes: prefetch_lanes.min(lanes),
            in_flight: 0,
            prefetch_in_flight: 0,
            asleep: 0,
            waited_for: None,
            is_over: false,
            busy: Busy::default(),
        };
        let (work, done) = (Condvar::new(), Condvar::new());
        let shared = Arc::new(Shared { queue: Mutex::new(queue), work, done, places, world });
        let mut pool = Self { shared, threads: Vec::new(), staging: Staging::default() };
        for number in 0..lanes {
            let shared = Arc::clone(&pool.shared);
            let builder = std::thread::Builder::new().name(format!("lane {number}")).stack_size(1 << 18);
            pool.threads.push(builder.spawn(move || shared.lane())?);
        }
        Ok(pool)
    }
}

impl Reader for Lanes {
    fn submit(&mut self, place: u32, is_prefetch: bool) {
        let mut queue = self.shared.queue();
        queue.states[place as usize] = State::Queued;
        if is_prefetch { &mut queue.prefetch } else { &mut queue.demand }.push_back(place);
    }

    fn kick(&mut self) {
        let queue = self.shared.queue();
        self.shared.wake(&queue, queue.startable());
    }

    fn wait(&mut self, place: u32) {
        let job = &self.shared.places[place as usize];
        let mut queue = self.shared.queue();
        // One job is left for this thread.
        self.shared.wake(&queue, queue.startable().saturating_sub(1));
        while !job.landed() {
            if queue.states[place as usize] == State::Queued {
                let (unlocked, did) = self.shared.one_job(queue, &mut self.staging);
                queue = unlocked;
                if did {
                    continue;
                }
            }
            queue.waited_for = Some(place);
            queue = self.shared.done.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.waited_for = None;
        }
        // What this thread did not get to goes on without it.
        self.shared.wake(&queue, queue.startable());
    }

    fn cancel(&mut self, place: u32) -> bool {
        let mut queue = self.shared.queue();
        let Some(at) = queue.prefetch.iter().position(|&queued| queued == place) else { return false };
        queue.prefetch.remove(at);
        true
    }

    fn busy_ns(&self) -> u64 {
        self.shared.queue().busy.ns()
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        {
            let mut queue = self.shared.queue();
            queue.is_over = true;
            queue.demand.clear();
            queue.prefetch.clear();
        }
        self.shared.work.notify_all();
        for thread in self.threads.drain(..) {
            // A lane catches the panics of what it reads from; nothing else of it can fail.
            let _ = thread.join();
        }
    }
}
