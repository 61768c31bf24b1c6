//! As much of a web socket (RFC 6455) as a browser's debugging port asks of its client: text both ways, over one host.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long the browser may be silent before a test gives up.
const PATIENCE: Duration = Duration::from_mins(2);

/// An open connection.
pub(super) struct Socket {
    stream: BufReader<TcpStream>,
}

impl Socket {
    /// Connects to `ws://host:port/path`.
    pub(super) fn connect(address: &str) -> Self {
        let rest = address.strip_prefix("ws://").expect("an address of a web socket");
        let (host, path) = rest.split_once('/').expect("a path");
        let stream = TcpStream::connect(host).expect("the browser listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let mut stream = BufReader::new(stream);
        // The key proves nothing between a test and the browser that it has started.
        let greeting = format!(
            "GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.get_mut().write_all(greeting.as_bytes()).expect("the browser reads");
        let mut line = String::new();
        stream.read_line(&mut line).expect("an answer");
        assert!(line.contains(" 101 "), "the browser refuses: {line}");
        while line.trim_end() != "" {
            line.clear();
            stream.read_line(&mut line).expect("an answer");
        }
        Self { stream }
    }

    /// Sends a text in one frame. A client's frames are masked: with zeros, which changes nothing.
    pub(super) fn send(&mut self, text: &str) {
        const FINAL_TEXT: u8 = 0x81;
        const MASKED: u8 = 0x80;
        /// Instead of a length: it follows in two bytes, or in eight.
        const MEDIUM: u8 = 0x7e;
        const LONG: u8 = 0x7f;
        let mut frame = vec![FINAL_TEXT];
        let length = text.len();
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short), _) if short < 126 => frame.push(MASKED | short),
            (_, Ok(medium)) => {
                frame.push(MASKED | MEDIUM);
                frame.extend(medium.to_be_bytes());
            }
            _ => {
                frame.push(MASKED | LONG);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.stream.get_mut().write_all(&frame).expect("the browser reads");
    }

    /// The next text, put together from its frames.
    pub(super) fn receive(&mut self) -> String {
        let mut text = Vec::new();
        loop {
            let [first, second] = self.bytes::<2>();
            let length = match second & 0x7f {
                126 => u64::from(u16::from_be_bytes(self.bytes())),
                127 => u64::from_be_bytes(self.bytes()),
                short => u64::from(short),
            };
            let mut payload = vec![0; usize::try_from(length).expect("a frame fits memory")];
            self.stream.read_exact(&mut payload).expect("the browser answers in time");
            text.extend(payload);
            if first & 0x80 != 0 {
                return String::from_utf8(text).expect("text");
            }
        }
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).expect("the browser answers in time");
        bytes
    }
}
