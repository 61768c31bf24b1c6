//! What several inputs share: a sweep names the same device, model and trace at thousands of points, and reads each once.
//!
//! A shelf is asked for a thing by everything that the thing depends on, so whether it was kept or made anew can't be
//! seen in a result.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tightfit_devices::Device;
use tightfit_scenarios::{
    Model,
    trace::{Filed, Recorded, Trace},
    traces,
};
use toml::Value;

use crate::{
    RunError,
    compose::{profile::Profile, streams::Streams},
    inputs::{file_digest, hexadecimal},
};

/// Most things of one kind that are kept: beyond, all are let go, so that a sweep over a device's numbers does not hold
/// every device that it made.
const KEPT_MAX: usize = 256;

/// Devices, models and traces with the digest of their text, and what strategies stream.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    devices: Kept<(Arc<Device>, String)>,
    models: Kept<(Arc<Model>, String)>,
    traces: Kept<(Arc<Recorded>, String)>,
    /// Those of them that are not in memory otherwise, for what has to know all of one.
    held_traces: Kept<Arc<Trace>>,
    streams: Kept<Arc<Streams>>,
    profiles: Kept<Arc<Profile>>,
}

impl Shelf {
    /// A device by name or path, with keys set.
    pub(crate) fn device(&self, name: &str, set: &[(String, Value)]) -> Result<(Arc<Device>, String), RunError> {
        self.devices.get(&format!("{name} {set:?}"), || {
            let device = Device::load_with(name, set)?;
            Ok((Arc::new(device), hexadecimal(Device::whole_text(name)?.as_bytes())))
        })
    }

    /// A model by name or path.
    pub(crate) fn model(&self, name: &str) -> Result<(Arc<Model>, String), RunError> {
        self.models.get(name, || Ok((Arc::new(Model::load(name)?), text_digest(name, Model::text(name)))))
    }

    /// A trace by name or path; a synthetic one is generated once, a long one stays in its file.
    pub(crate) fn trace(&self, name: &str) -> Result<(Arc<Recorded>, String), RunError> {
        self.traces.get(name, || {
            if let Some(path) = traces::long_file(name) {
                return Ok((Arc::new(Recorded::Filed(Filed::open(path)?)), file_digest(path)?));
            }
            let bytes = traces::bytes(name)?;
            let digest = hexadecimal(&bytes);
            Ok((Arc::new(Recorded::Held(traces::from_bytes(name, bytes)?)), digest))
        })
    }

    /// A trace of that name in memory.
    pub(crate) fn held_trace(
        &self,
        name: &str,
        read: impl FnOnce() -> Result<Trace, RunError>,
    ) -> Result<Arc<Trace>, RunError> {
        self.held_traces.get(name, || read().map(Arc::new))
    }

    /// Keeps a trace that no name or path leads to under a name.
    pub(crate) fn shelve_trace(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<(Trace, String), RunError>,
    ) -> Result<(), RunError> {
        self.traces.get(name, || make().map(|(trace, digest)| (Arc::new(Recorded::Held(trace)), digest))).map(drop)
    }

    /// What is streamed; `key` says all that it depends on.
    pub(crate) fn streams(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<Streams, RunError>,
    ) -> Result<Arc<Streams>, RunError> {
        self.streams.get(key, || make().map(Arc::new))
    }

    /// A profile of a trace's head; `key` says all that it depends on.
    pub(crate) fn profile(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<Profile, RunError>,
    ) -> Result<Arc<Profile>, RunError> {
        self.profiles.get(key, || make().map(Arc::new))
    }
}

/// Things by what they depend on.
#[derive(Debug)]
struct Kept<T>(Mutex<BTreeMap<String, Place<T>>>);

/// Where one thing stands, or will: whoever asks while another makes it waits for it, and not for other things.
type Place<T> = Arc<Mutex<Option<T>>>;

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    fn get(&self, key: &str, make: impl FnOnce() -> Result<T, RunError>) -> Result<T, RunError> {
        let place = self.place(key);
        let mut thing = lock(&place);
        if let Some(kept) = &*thing {
            return Ok(kept.clone());
        }
        let fresh = make()?;
        *thing = Some(fresh.clone());
        Ok(fresh)
    }

    fn place(&self, key: &str) -> Place<T> {
        let mut places = lock(&self.0);
        if places.len() >= KEPT_MAX && !places.contains_key(key) {
            places.clear();
        }
        Arc::clone(places.entry(key.to_owned()).or_default())
    }
}

/// A panic elsewhere leaves a place empty or whole, never half-made.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Digest of an embedded text, or of the file at a path that has just been read.
fn text_digest(name: &str, embedded: Option<&str>) -> String {
    match embedded {
        Some(text) => hexadecimal(text.as_bytes()),
        None => std::fs::read(name).map_or_else(|_| String::new(), |bytes| hexadecimal(&bytes)),
    }
}
