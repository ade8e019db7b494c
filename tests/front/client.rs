//! Clients over plain sockets and TLS, from any address of this machine.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::front::NAME;

/// Longest wait for bytes: above everything that a server may take its time for.
const PATIENCE: Duration = Duration::from_secs(25);

/// Both kinds of connection.
pub(crate) trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

/// A way to the shop.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) addr: SocketAddr,
    /// By TLS, if it is trusted.
    pub(crate) trust: Option<Arc<ClientConfig>>,
    /// What the shop calls itself.
    pub(crate) host: String,
}

impl Way {
    /// A connection from the usual address.
    pub(crate) fn connect(&self) -> Box<dyn Wire> {
        self.connect_from([127, 0, 0, 1].into())
    }

    /// A connection that comes from `ip`.
    pub(crate) fn connect_from(&self, ip: IpAddr) -> Box<dyn Wire> {
        self.open(ip, PATIENCE)
    }

    fn open(&self, ip: IpAddr, wait: Duration) -> Box<dyn Wire> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(ip, 0).into()).unwrap();
        socket.connect(&self.addr.into()).unwrap();
        let socket = TcpStream::from(socket);
        socket.set_read_timeout(Some(wait)).unwrap();
        match &self.trust {
            None => Box::new(socket),
            Some(config) => {
                let name = ServerName::try_from(NAME).unwrap();
                let tls = ClientConnection::new(Arc::clone(config), name).unwrap();
                Box::new(StreamOwned::new(tls, socket))
            }
        }
    }

    /// A connection whose reads give up after `wait`, to be tried again.
    pub(crate) fn connect_patient(&self, wait: Duration) -> Box<dyn Wire> {
        self.open([127, 0, 0, 1].into(), wait)
    }

    /// Sends bytes and reads until the server closes.
    pub(crate) fn exchange(&self, request: &[u8]) -> Vec<u8> {
        read_all(self.connect(), request)
    }

    /// Sends a request of these parts and reads its answer.
    pub(crate) fn send(&self, method: &str, path: &str, more: &[(&str, &str)]) -> Answer {
        let bytes = written(&self.host, (method, path), more, "");
        Answer::of(&self.exchange(&bytes))
    }
}

/// Sends bytes and reads until the server closes, in peace or not.
pub(crate) fn read_all(mut wire: Box<dyn Wire>, request: &[u8]) -> Vec<u8> {
    // A server may answer, and close, before it has read everything.
    let _sent = wire.write_all(request).and_then(|()| wire.flush());
    let mut bytes = Vec::new();
    let _closed = wire.read_to_end(&mut bytes);
    bytes
}

/// A request whose connection is closed after it.
pub(crate) fn written(
    host: &str,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &str,
) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || method == "POST" {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The only answer in `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let shown = String::from_utf8_lossy(bytes);
        let end = shown.find("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {shown:?}"));
        let mut lines = shown[..end].split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers: Vec<_> = lines.filter_map(header).collect();
        let body = bytes[end + 4..].to_vec();
        let mut answer = Self { status: status.expect("a status"), headers, body };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = unchunked(&answer.body);
        }
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(key, _)| key == name).count()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.text()))
    }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n").expect("a chunk's size");
        let size = std::str::from_utf8(&bytes[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).expect("a chunk's size");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&bytes[line + 2..line + 2 + size]);
        bytes = &bytes[line + size + 4..];
    }
}

/// A browser: keeps cookies, and sends the forms that it is shown.
pub(crate) struct Browser {
    way: Way,
    from: IpAddr,
    cookies: BTreeMap<String, String>,
    csrf: String,
    page: String,
}

impl Browser {
    pub(crate) fn new(way: Way, from: IpAddr) -> Self {
        let (cookies, csrf, page) = (BTreeMap::new(), String::new(), "/".to_owned());
        Self { way, from, cookies, csrf, page }
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        path.clone_into(&mut self.page);
        self.request(("GET", path), &[], "")
    }

    /// A page that is there.
    pub(crate) fn see(&mut self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// Sends a form with the token of the last page.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let all = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied());
        let pairs = all.map(|(name, value)| format!("{name}={}", escaped(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let origin = format!("https://{}", self.way.host);
        let referer = format!("{origin}{}", self.page);
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", origin.as_str()),
            ("Referer", referer.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        self.request(("POST", path), &headers, &body)
    }

    fn request(&mut self, line: (&str, &str), headers: &[(&str, &str)], body: &str) -> Answer {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let mut all = headers.to_vec();
        if !cookies.is_empty() {
            all.push(("Cookie", &cookies));
        }
        let bytes = written(&self.way.host, line, &all, body);
        let answer = Answer::of(&read_all(self.way.connect_from(self.from), &bytes));
        for (_, set) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (pair, flags) = set.split_once(';').unwrap_or((set, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            if flags.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let shown = answer.text();
        let token =
            shown.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        if let Some(token) = token {
            token.clone_into(&mut self.csrf);
        }
        answer
    }

    /// Opens an account.
    pub(crate) fn register(&mut self, name: &str) -> Answer {
        self.see("/register");
        let fields = [("username", name), ("password", PASSWORD), ("repeat", PASSWORD)];
        self.post("/register", &fields)
    }

    /// Makes a key that may write.
    pub(crate) fn key(&mut self) -> String {
        self.see("/account/keys");
        let made =
            self.post("/account/keys", &[("name", "Robot"), ("scope", "write"), ("days", "")]);
        let text = made.text();
        let at = text.find("hfk_").unwrap_or_else(|| panic!("no key: {} {text}", made.status));
        text[at..at + 47].to_owned()
    }
}

/// The password of every account.
pub(crate) const PASSWORD: &str = "correct horse battery";

fn escaped(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

/// A program with a key.
pub(crate) struct Agent {
    pub(crate) way: Way,
    pub(crate) key: String,
}

impl Agent {
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(("GET", path), "")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(("POST", path), &body.to_string())
    }

    fn send(&self, line: (&str, &str), body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        Answer::of(&self.way.exchange(&written(&self.way.host, line, &headers, body)))
    }
}
