//! Clients over plain sockets: a browser that keeps cookies and sends the forms that it is shown,
//! and an agent with a key. Neither follows a redirect by itself.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every `Set-Cookie`.
    pub fn set_cookies(&self) -> Vec<&str> {
        let set = self.headers.iter().filter(|(key, _)| key == "set-cookie");
        set.map(|(_, value)| value.as_str()).collect()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("answers are UTF-8")
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.text()))
    }

    /// Where it leads to.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// The token of the first form in it.
    pub fn csrf(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        let rest = text.split("name=\"csrf\" value=\"").nth(1)?;
        rest.split('"').next().map(str::to_owned)
    }
}

/// Sends bytes and reads one answer to its end.
pub fn raw(addr: SocketAddr, request: &[u8]) -> Answer {
    exchange(TcpStream::connect(addr).expect("the shop listens"), request)
}

/// A connection that comes from `ip`, which is one of this machine's.
fn connect_from(ip: IpAddr, addr: SocketAddr) -> TcpStream {
    let connected = actix_web::rt::System::new().block_on(async move {
        let socket = actix_web::rt::net::TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(ip, 0))?;
        socket.connect(addr).await?.into_std()
    });
    let socket = connected.expect("the shop listens");
    socket.set_nonblocking(false).expect("a socket may wait");
    socket
}

/// Sends bytes through `socket` and reads one answer to its end.
pub fn exchange(mut socket: TcpStream, request: &[u8]) -> Answer {
    socket.set_read_timeout(Some(PATIENCE)).expect("a time limit can be set");
    // A server may answer, and close, before it has read everything.
    let sent = socket.write_all(request);
    let mut bytes = Vec::new();
    let read = socket.read_to_end(&mut bytes);
    parse(&bytes).unwrap_or_else(|| panic!("no answer: {sent:?}, {read:?}, {} bytes", bytes.len()))
}

/// Sends a request of these parts.
pub fn send(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    raw(addr, &written(addr, method, path, headers, body))
}

fn written(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        head.push_str(&format!("Host: {addr}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || method != "GET" {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| {
        line.split_once(':')
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<_> = lines.filter_map(header).collect();
    let chunked =
        headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    assert!(!chunked, "answers have a length");
    Some(Answer { status, headers, body: bytes[end + 4..].to_vec() })
}

/// Names and values as a form sends them.
pub fn encode(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        let one = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        };
        text.bytes().map(one).collect::<String>()
    };
    let pair = |(name, value): &(&str, &str)| format!("{}={}", escape(name), escape(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// A browser.
#[derive(Debug, Clone)]
pub struct Browser {
    addr: SocketAddr,
    origin: String,
    /// Where it comes from, if not from the usual address.
    pub from: Option<IpAddr>,
    /// Its cookies by name.
    pub cookies: BTreeMap<String, String>,
    /// The token of the last form that it was shown.
    pub csrf: String,
    page: String,
}

impl Browser {
    pub fn new(addr: SocketAddr, origin: String) -> Self {
        Self {
            addr,
            origin,
            from: None,
            cookies: BTreeMap::new(),
            csrf: String::new(),
            page: "/".to_owned(),
        }
    }

    /// Asks for a page.
    pub fn get(&mut self, path: &str) -> Answer {
        let answer = self.request("GET", path, &[], b"");
        self.page = path.to_owned();
        answer
    }

    /// Asks for a page and expects it.
    pub fn see(&mut self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// Sends a form with the token of the last page.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.csrf.clone();
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all, &[])
    }

    /// Sends a form and expects to be led on; gives the place.
    pub fn act(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields);
        assert_eq!(answer.status, 303, "{path}: {}", answer.text());
        answer.location().to_owned()
    }

    /// Sends a form of exactly these fields, with more headers.
    pub fn post_bare(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        more: &[(&str, &str)],
    ) -> Answer {
        let origin = self.origin.clone();
        let referer = format!("{origin}{}", self.page);
        let mut headers =
            vec![("Content-Type", "application/x-www-form-urlencoded"), ("Referer", &referer)];
        if !more.iter().any(|(name, _)| name.eq_ignore_ascii_case("origin")) {
            headers.push(("Origin", &origin));
        }
        if !more.iter().any(|(name, _)| name.eq_ignore_ascii_case("sec-fetch-site")) {
            headers.push(("Sec-Fetch-Site", "same-origin"));
        }
        headers.extend_from_slice(more);
        self.request("POST", path, &headers, encode(fields).as_bytes())
    }

    /// Asks as htmx does.
    pub fn htmx(&mut self, method: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let current = format!("{}{}", self.origin, self.page);
        let more = [("HX-Request", "true"), ("HX-Current-URL", current.as_str())];
        if method == "GET" {
            return self.request("GET", path, &more, b"");
        }
        let token = self.csrf.clone();
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all, &more)
    }

    /// Sends anything with its cookies and keeps those that come back.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let line = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let line = line.collect::<Vec<_>>().join("; ");
        let mut all = headers.to_vec();
        if !line.is_empty() {
            all.push(("Cookie", &line));
        }
        let bytes = written(self.addr, method, path, &all, body);
        let answer = match self.from {
            Some(ip) => exchange(connect_from(ip, self.addr), &bytes),
            None => raw(self.addr, &bytes),
        };
        for set in answer.set_cookies() {
            let (pair, flags) = set.split_once(';').unwrap_or((set, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            if flags.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(token) = answer.csrf() {
            self.csrf = token;
        }
        answer
    }
}

/// A program with a key.
#[derive(Debug, Clone)]
pub struct Agent {
    addr: SocketAddr,
    key: String,
}

impl Agent {
    pub fn new(addr: SocketAddr, key: &str) -> Self {
        Self { addr, key: key.to_owned() }
    }

    /// Its key.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], b"")
    }

    pub fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        self.send(
            "POST",
            path,
            &[("Content-Type", "application/json")],
            body.to_string().as_bytes(),
        )
    }

    /// Sends anything with the key.
    pub fn send(&self, method: &str, path: &str, more: &[(&str, &str)], body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend_from_slice(more);
        send(self.addr, method, path, &headers, body)
    }
}
