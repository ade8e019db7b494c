//! A small HTTP/1.1 server on threads: bounded in connections, sizes and patience. httparse reads
//! the heads.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How many connections are served at a time, each by a thread of its own.
const MAX_CONNECTIONS: usize = 64;

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// The largest body of a request, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// How long a connection may wait for its next request.
const IDLE: Duration = Duration::from_secs(30);

/// How long a request may take to arrive once it has begun, and an answer to leave.
const TRANSFER: Duration = Duration::from_secs(10);

/// How many times in a row accepting may fail before the listener counts as lost.
const MAX_ACCEPT_FAILURES: u32 = 100;

/// Headers that mean something here, and must not come twice.
const SINGLE: [&str; 4] = ["host", "content-length", "origin", "sec-fetch-site"];

/// A request that has arrived whole.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// By lower-case name; of repeated ones the last.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// May the connection serve another request after this one?
    pub(crate) keep_alive: bool,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self { status, headers, body: body.into() }
    }

    /// A sentence.
    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn bytes(&self, keep_alive: bool, head_only: bool) -> Vec<u8> {
        let reason = match self.status {
            200 => "OK",
            303 => "See Other",
            400 => "Bad Request",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            410 => "Gone",
            411 => "Length Required",
            413 => "Content Too Large",
            415 => "Unsupported Media Type",
            421 => "Misdirected Request",
            431 => "Request Header Fields Too Large",
            503 => "Service Unavailable",
            _ => "",
        };
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", self.status);
        for (name, value) in &self.headers {
            // A line break in a value would end the header.
            let value = value.replace(['\r', '\n'], "");
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let connection = if keep_alive { "keep-alive" } else { "close" };
        head.push_str(&format!(
            "Content-Length: {}\r\nConnection: {connection}\r\n\r\n",
            self.body.len()
        ));
        let mut bytes = head.into_bytes();
        if !head_only {
            bytes.extend_from_slice(self.body.as_bytes());
        }
        bytes
    }
}

/// Answers every request with `respond` until the listener is lost, whose error it returns.
pub(crate) fn serve(
    listener: &TcpListener,
    respond: impl Fn(&Request) -> Response + Send + Sync + 'static,
) -> io::Error {
    let respond = Arc::new(respond);
    // Each connection holds a copy: the count of them is the count of connections.
    let seat = Arc::new(());
    let mut failures: u32 = 0;
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) => {
                failures = failures.saturating_add(1);
                if failures > MAX_ACCEPT_FAILURES {
                    return error;
                }
                // Out of descriptors, or the peer is gone already: both pass.
                thread::sleep(Duration::from_millis(20));
                continue;
            }
        };
        failures = 0;
        if Arc::strong_count(&seat) > MAX_CONNECTIONS {
            refuse(stream);
            continue;
        }
        let (respond, seat) = (Arc::clone(&respond), Arc::clone(&seat));
        let started = thread::Builder::new().name("http".to_owned()).spawn(move || {
            let _seat = seat;
            // The peer hung up or was too slow: there is nobody left to tell.
            let _gone = Connection { stream, buffer: Vec::new() }.run(&*respond);
        });
        // Without a thread the connection closes, and the client may come again.
        drop(started);
    }
}

fn refuse(mut stream: TcpStream) {
    let busy = Response::text(503, "too many connections\n").bytes(false, false);
    let _gone = stream
        .set_write_timeout(Some(Duration::from_millis(100)))
        .and_then(|()| stream.write_all(&busy));
}

/// Why no request came out of a connection.
enum Fault {
    Closed,
    Bad(u16),
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Bad(408),
            _ => Self::Io(error),
        }
    }
}

struct Connection {
    stream: TcpStream,
    /// What has arrived and is not yet used.
    buffer: Vec<u8>,
}

impl Connection {
    fn run(&mut self, respond: &impl Fn(&Request) -> Response) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        self.stream.set_write_timeout(Some(TRANSFER))?;
        loop {
            match self.request() {
                Ok(request) => {
                    let head_only = request.method == "HEAD";
                    let answer = respond(&request).bytes(request.keep_alive, head_only);
                    self.stream.write_all(&answer)?;
                    if !request.keep_alive {
                        return Ok(());
                    }
                }
                Err(Fault::Closed) => return Ok(()),
                Err(Fault::Io(error)) => return Err(error),
                Err(Fault::Bad(status)) => {
                    let answer = Response::text(status, "bad request\n").bytes(false, false);
                    return self.stream.write_all(&answer);
                }
            }
        }
    }

    fn request(&mut self) -> Result<Request, Fault> {
        if self.buffer.is_empty() {
            match self.fill(Instant::now() + IDLE) {
                Ok(0) | Err(Fault::Bad(408)) => return Err(Fault::Closed),
                Ok(_) => {}
                Err(fault) => return Err(fault),
            }
        }
        let deadline = Instant::now() + TRANSFER;
        let (mut request, head) = loop {
            if let Some(parsed) = parse_head(&self.buffer)? {
                break parsed;
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(Fault::Bad(431));
            }
            self.fill_some(deadline)?;
        };
        let length = body_length(&request)?;
        let end = head.saturating_add(length);
        if self.buffer.len() < end && request.header("expect").is_some() {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        while self.buffer.len() < end {
            self.fill_some(deadline)?;
        }
        request.body = self.buffer.drain(..end).skip(head).collect();
        Ok(request)
    }

    fn fill_some(&mut self, deadline: Instant) -> Result<(), Fault> {
        if self.fill(deadline)? == 0 { Err(Fault::Closed) } else { Ok(()) }
    }

    /// Reads once; 0 where the peer is done.
    fn fill(&mut self, deadline: Instant) -> Result<usize, Fault> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Fault::Bad(408));
        }
        self.stream.set_read_timeout(Some(left))?;
        let mut chunk = [0; 8 * 1024];
        let count = self.stream.read(&mut chunk)?;
        self.buffer.extend(chunk.iter().take(count));
        Ok(count)
    }
}

/// The request without its body and the length of its head, once that has arrived whole.
fn parse_head(bytes: &[u8]) -> Result<Option<(Request, usize)>, Fault> {
    let mut space = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut space);
    let head = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Fault::Bad(431)),
        Err(_) => return Err(Fault::Bad(400)),
    };
    let mut headers = HashMap::new();
    for header in parsed.headers.iter() {
        let name = header.name.to_ascii_lowercase();
        let value = String::from_utf8_lossy(header.value).trim().to_owned();
        let single = SINGLE.contains(&name.as_str());
        if headers.insert(name, value).is_some() && single {
            return Err(Fault::Bad(400));
        }
    }
    let target = parsed.path.unwrap_or("/");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let connection = headers.get("connection").map_or("", String::as_str).to_ascii_lowercase();
    Ok(Some((
        Request {
            method: parsed.method.unwrap_or_default().to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            keep_alive: parsed.version == Some(1) && !connection.contains("close"),
            headers,
            body: Vec::new(),
        },
        head,
    )))
}

fn body_length(request: &Request) -> Result<usize, Fault> {
    if request.header("transfer-encoding").is_some() {
        return Err(Fault::Bad(411));
    }
    let Some(length) = request.header("content-length") else { return Ok(0) };
    if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Bad(400));
    }
    match length.parse() {
        Ok(length) if length <= MAX_BODY => Ok(length),
        _ => Err(Fault::Bad(413)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect() -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            serve(&listener, |request| {
                let body = String::from_utf8_lossy(&request.body).into_owned();
                Response::text(
                    200,
                    format!("{} {}?{} {body}", request.method, request.path, request.query),
                )
            })
        });
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
    }

    /// Everything up to the end of the connection.
    fn talk(request: &str) -> String {
        let mut stream = connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn two_requests_share_a_connection() {
        let answer = talk(
            "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi\
             GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        );
        assert!(answer.contains("POST /a?b=c hi"), "{answer}");
        assert!(answer.ends_with("GET /last? "), "{answer}");
        assert!(answer.contains("Connection: keep-alive"));
    }

    #[test]
    fn refuses_what_it_cannot_bound() {
        let status = |request: &str| talk(request)[9..12].to_owned();
        let huge = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n";
        assert_eq!(status(huge), "413");
        let chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(status(chunked), "411");
        let twice = "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(status(twice), "400");
        let long = format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(MAX_HEAD));
        assert_eq!(status(&long), "431");
        assert_eq!(status("nonsense\r\n\r\n"), "400");
    }

    #[test]
    fn turns_away_more_connections_than_it_seats() {
        let first = connect();
        let address = first.peer_addr().unwrap();
        let mut held = vec![first];
        // Each is proved to sit before the next comes.
        for stream in &mut held {
            stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
            assert!(stream.read(&mut [0; 512]).unwrap() > 0);
        }
        while held.len() < MAX_CONNECTIONS {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
            assert!(stream.read(&mut [0; 512]).unwrap() > 0);
            held.push(stream);
        }
        let mut answer = String::new();
        let mut one_too_many = TcpStream::connect(address).unwrap();
        one_too_many.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }

    #[test]
    fn a_value_cannot_end_a_header() {
        let answer = Response::text(200, "").with("Location", "/a\r\nSet-Cookie: x=1");
        let bytes = String::from_utf8(answer.bytes(false, false)).unwrap();
        assert!(bytes.contains("Location: /aSet-Cookie: x=1\r\n"), "{bytes}");
    }
}
