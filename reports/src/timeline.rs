//! A timeline of a run in the Chrome trace event format (its JSON object form), which Perfetto and `chrome://tracing` open.
//!
//! Spans are complete events (`X`), moments are instants (`i`), names of processes and tracks are metadata (`M`), levels
//! are counters (`C`). Times are microseconds with three decimals: nanoseconds, exactly. Knows nothing of runs: whoever
//! watches one says what happened.

use std::borrow::Cow;

/// A number of an event's arguments, by name.
pub type Argument = (&'static str, u64);

/// A row of a process.
pub type Track = u32;

/// Tracks that a process has room for. A file's threads are numbered through: viewers take equal numbers for one thread.
pub const TRACKS: Track = u128::BITS;

/// The events of one process: a row of tracks in the viewer, here a cell of a comparison.
#[derive(Clone, Debug)]
pub struct Process {
    number: usize,
    name: String,
    events: String,
    tracks: u128,
    bytes_max: usize,
    cut_ns: Option<u64>,
}

impl Process {
    /// An empty process whose number, from 1 on, tells it from the others of a file and orders them. Once its events take `bytes_max`,
    /// no more are taken.
    #[must_use]
    pub fn new(number: usize, name: String, bytes_max: usize) -> Self {
        let mut process = Self { number, name, events: String::new(), tracks: 0, bytes_max, cut_ns: None };
        let name = quoted(&process.name);
        process.event(&format!(r#""ph":"M","name":"process_name","args":{{"name":{name}}}"#));
        process.event(&format!(r#""ph":"M","name":"process_sort_index","args":{{"sort_index":{number}}}"#));
        process
    }

    /// Names a track, the first time that it is called for; tracks stand in the order of their numbers.
    ///
    /// # Panics
    /// If the track's number is not below [`TRACKS`].
    pub fn track(&mut self, track: Track, name: &str) {
        assert!(track < TRACKS, "track {track} of a process");
        if self.tracks & 1 << track == 0 {
            self.tracks |= 1 << track;
            let (name, tid) = (quoted(name), self.thread(track));
            self.event(&format!(r#""tid":{tid},"ph":"M","name":"thread_name","args":{{"name":{name}}}"#));
            self.event(&format!(r#""tid":{tid},"ph":"M","name":"thread_sort_index","args":{{"sort_index":{track}}}"#));
        }
    }

    /// Something that lasts. Spans of one track lie beside or inside each other.
    pub fn span(&mut self, track: Track, name: &str, from_ns: u64, to_ns: u64, arguments: &[Argument]) {
        let (at, lasts) = (microseconds(from_ns), microseconds(to_ns - from_ns));
        let (tid, name, arguments) = (self.thread(track), quoted(name), object(arguments));
        self.event(&format!(r#""tid":{tid},"ph":"X","ts":{at},"dur":{lasts},"name":{name},"args":{arguments}"#));
        self.measure(to_ns);
    }

    /// Something that happens at a moment.
    pub fn instant(&mut self, track: Track, name: &str, at_ns: u64, arguments: &[Argument]) {
        let (tid, name, at, arguments) = (self.thread(track), quoted(name), microseconds(at_ns), object(arguments));
        self.event(&format!(r#""tid":{tid},"ph":"i","s":"t","ts":{at},"name":{name},"args":{arguments}"#));
        self.measure(at_ns);
    }

    /// A level from a moment on, drawn as a curve of its own.
    pub fn counter(&mut self, name: &str, at_ns: u64, level: Argument) {
        let (name, at, level) = (quoted(name), microseconds(at_ns), object(&[level]));
        self.event(&format!(r#""ph":"C","ts":{at},"name":{name},"args":{level}"#));
        self.measure(at_ns);
    }

    /// Whether there is room for more.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.cut_ns.is_none()
    }

    /// From where on nothing was taken, if anything was left out.
    #[must_use]
    pub fn cut_ns(&self) -> Option<u64> {
        self.cut_ns
    }

    fn thread(&self, track: Track) -> usize {
        self.number * TRACKS as usize + track as usize
    }

    fn event(&mut self, fields: &str) {
        self.events.push_str(&format!("{{\"pid\":{},{fields}}},\n", self.number));
    }

    fn measure(&mut self, at_ns: u64) {
        if self.events.len() > self.bytes_max && self.cut_ns.is_none() {
            self.cut_ns = Some(at_ns);
        }
    }
}

/// The file: every process, and what a reader should know about it.
#[must_use]
pub fn file(processes: &[Process], about: &[(&str, &str)]) -> String {
    let mut out = String::from("{\"displayTimeUnit\":\"ns\",\"otherData\":{");
    let cuts = processes.iter().filter_map(|process| {
        let from = format!("no events from {} us on: the file would be too large", microseconds(process.cut_ns?));
        Some((Cow::Owned(format!("cut: {}", process.name)), from))
    });
    let about = about.iter().map(|(key, value)| (Cow::Borrowed(*key), (*value).to_owned())).chain(cuts);
    let about: Vec<String> = about.map(|(key, value)| format!("{}:{}", quoted(&key), quoted(&value))).collect();
    out.push_str(&about.join(","));
    out.push_str("},\"traceEvents\":[\n");
    for process in processes {
        out.push_str(&process.events);
    }
    // Every event ends in a comma; the format knows none after the last.
    out.truncate(out.trim_end_matches([',', '\n']).len());
    out.push_str("\n]}\n");
    out
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn object(arguments: &[Argument]) -> String {
    let each: Vec<String> = arguments.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", each.join(","))
}

fn microseconds(ns: u64) -> String {
    format!("{}.{:03}", ns / 1000, ns % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_file() {
        let mut process = Process::new(1, "a \"phone\"".to_owned(), 1 << 20);
        process.track(2, "work");
        process.track(2, "work");
        process.span(2, "layer 0", 1_000, 3_500, &[("bytes", 4096)]);
        process.instant(2, "evicted", 3_500, &[]);
        process.counter("in DRAM", 3_500, ("bytes", 7));
        let text = file(&[process], &[("program", "tightfit")]);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        insta::assert_snapshot!(text, @r#"
        {"displayTimeUnit":"ns","otherData":{"program":"tightfit"},"traceEvents":[
        {"pid":1,"ph":"M","name":"process_name","args":{"name":"a \"phone\""}},
        {"pid":1,"ph":"M","name":"process_sort_index","args":{"sort_index":1}},
        {"pid":1,"tid":130,"ph":"M","name":"thread_name","args":{"name":"work"}},
        {"pid":1,"tid":130,"ph":"M","name":"thread_sort_index","args":{"sort_index":2}},
        {"pid":1,"tid":130,"ph":"X","ts":1.000,"dur":2.500,"name":"layer 0","args":{"bytes":4096}},
        {"pid":1,"tid":130,"ph":"i","s":"t","ts":3.500,"name":"evicted","args":{}},
        {"pid":1,"ph":"C","ts":3.500,"name":"in DRAM","args":{"bytes":7}}
        ]}
        "#);
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_said() {
        let mut process = Process::new(1, "phone".to_owned(), 400);
        let mut taken = 0;
        while process.is_open() {
            process.span(2, "read", taken * 10, taken * 10 + 10, &[]);
            taken += 1;
        }
        assert!((2..10).contains(&taken) && process.cut_ns() == Some(taken * 10), "{taken}");
        assert!(file(&[process], &[]).contains("\"cut: phone\":\"no events from 0.0"));
    }

    #[test]
    fn nothing_is_a_file_too() {
        let text = file(&[], &[]);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
    }
}
