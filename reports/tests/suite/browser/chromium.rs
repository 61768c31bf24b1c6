//! A headless Chromium, driven through its debugging protocol: one page, at a width and a colour scheme of the test's.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::socket::Socket;

/// Names that Chromium goes by.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "chrome-headless-shell", "google-chrome", "chrome"];

/// A running browser with one page. It ends with the value.
pub(super) struct Chromium {
    process: Child,
    socket: Socket,
    session: String,
    calls: u64,
    events: Vec<Value>,
    _profile: TempDir,
}

impl Chromium {
    /// Starts the browser; nothing where the machine has none.
    pub(super) fn start() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        let found = std::env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
        let program = found.into_iter().find(|file| file.is_file())?;
        let profile = tempfile::tempdir().expect("a temporary folder");
        let mut process = Command::new(program)
            // The page is our own: the sandbox, which needs rights that containers withhold, would guard nothing.
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the browser starts");
        let lines = BufReader::new(process.stderr.take().expect("a pipe"));
        let mut lines = lines.lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("DevTools listening on ").map(str::to_owned));
        // What it says later must go somewhere, or it waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let socket = Socket::connect(&address.expect("the browser names its port"));
        let (session, events) = (String::new(), Vec::new());
        let mut browser = Self { process, socket, session, calls: 0, events, _profile: profile };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached =
            browser.call("Target.attachToTarget", &json!({ "targetId": target["targetId"], "flatten": true }));
        attached["sessionId"].as_str().expect("a session").clone_into(&mut browser.session);
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    /// Opens a file at a width in CSS pixels and a colour scheme, and waits until it is loaded.
    pub(super) fn open(&mut self, file: &Path, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        self.call("Emulation.setScrollbarsHidden", &json!({ "hidden": true }));
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", &scheme);
        self.events.clear();
        self.call("Page.navigate", &json!({ "url": format!("file://{}", file.display()) }));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.receive();
            self.events.push(event);
        }
    }

    /// The value of an expression on the page.
    pub(super) fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{answer}");
        answer["result"]["value"].clone()
    }

    /// The page as a PDF's base64.
    pub(super) fn printed(&mut self) -> String {
        let answer = self.call("Page.printToPDF", &json!({ "printBackground": true }));
        answer["data"].as_str().expect("a document").to_owned()
    }

    /// What the page complained of since it was opened.
    pub(super) fn complaints(&self) -> Vec<&Value> {
        let loud = ["error", "warning", "assert"];
        let is_loud = |level: &Value| level.as_str().is_some_and(|level| loud.contains(&level));
        self.events
            .iter()
            .filter(|event| match event["method"].as_str() {
                Some("Runtime.exceptionThrown") => true,
                Some("Runtime.consoleAPICalled") => is_loud(&event["params"]["type"]),
                Some("Log.entryAdded") => is_loud(&event["params"]["entry"]["level"]),
                _ => false,
            })
            .collect()
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.calls += 1;
        let mut call = json!({ "id": self.calls, "method": method, "params": parameters });
        if !self.session.is_empty() {
            call["sessionId"] = Value::from(self.session.as_str());
        }
        self.socket.send(&call.to_string());
        loop {
            let message = self.receive();
            if message["id"] == self.calls {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn receive(&mut self) -> Value {
        serde_json::from_str(&self.socket.receive()).expect("JSON")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
