//! Reads a stream of server-sent events as a browser does.

use std::io::{self, Read, Write};

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: String,
}

/// An answer that goes on.
#[derive(Debug)]
pub struct Stream<S> {
    socket: S,
    /// What came and was not taken apart yet.
    raw: Vec<u8>,
    text: String,
    head: String,
    ended: bool,
}

impl<S: Read + Write> Stream<S> {
    /// Sends a request and reads the head of its answer.
    ///
    /// # Errors
    /// What the socket says; the kind `UnexpectedEof` where it closes before the head's end.
    pub fn open(mut socket: S, request: &[u8]) -> io::Result<Self> {
        socket.write_all(request)?;
        let (raw, text, head) = (Vec::new(), String::new(), String::new());
        let mut stream = Self { socket, raw, text, head, ended: false };
        let end = loop {
            if let Some(end) = stream.raw.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            stream.more()?;
        };
        let head = stream.raw.drain(..end.saturating_add(4)).collect::<Vec<u8>>();
        stream.head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        Ok(stream)
    }

    /// Status line and headers in lower case.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The status.
    pub fn status(&self) -> Option<u16> {
        self.head.split(' ').nth(1)?.parse().ok()
    }

    /// The next event; `None` when the stream came to its end in the proper way.
    ///
    /// # Errors
    /// What the socket says, a read past its time limit among it; the kind `UnexpectedEof` where
    /// the stream was cut.
    pub fn event(&mut self) -> io::Result<Option<Event>> {
        while let Some(block) = self.block()? {
            if let Some(event) = parse(&block) {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// The next comment, which is how a server shows that it is there; events before it are passed
    /// over.
    ///
    /// # Errors
    /// As of [`Stream::event`]; the end counts as a cut.
    pub fn comment(&mut self) -> io::Result<String> {
        loop {
            let block = self.block()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if let Some(comment) = block.strip_prefix(": ") {
                return Ok(comment.to_owned());
            }
        }
    }

    /// The lines up to the next empty one; `None` at the end.
    fn block(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Ok(Some(block));
            }
            if self.ended {
                return Ok(None);
            }
            if !self.chunk()? {
                self.more()?;
            }
        }
    }

    /// Takes one chunk apart; `false` if it is not all there.
    fn chunk(&mut self) -> io::Result<bool> {
        let Some(line) = self.raw.windows(2).position(|two| two == b"\r\n") else {
            return Ok(false);
        };
        let size = self.raw.get(..line).and_then(|size| std::str::from_utf8(size).ok());
        let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.ok_or_else(|| io::Error::other("no size of a chunk"))?;
        let start = line.saturating_add(2);
        let end = start.saturating_add(size);
        let Some(body) = self.raw.get(start..end) else { return Ok(false) };
        if self.raw.get(end..end.saturating_add(2)).is_none() {
            return Ok(false);
        }
        self.text.push_str(std::str::from_utf8(body).map_err(io::Error::other)?);
        self.raw.drain(..end.saturating_add(2));
        self.ended = size == 0;
        Ok(true)
    }

    fn more(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let count = self.socket.read(&mut buffer)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.raw.extend(buffer.iter().take(count));
        Ok(())
    }
}

/// The event of a block; `None` for comments and for what only sets the client's patience.
fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
    };
    let data = field("data")?;
    Some(Event { id: field("id"), name: field("event").unwrap_or_default(), data })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Wire(io::Cursor<&'static [u8]>);

    impl Read for Wire {
        // Byte by byte, the worst that a network does.
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.get_mut(..1).unwrap_or_default();
            self.0.read(one)
        }
    }

    impl Write for Wire {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn open(bytes: &'static [u8]) -> Stream<Wire> {
        Stream::open(Wire(io::Cursor::new(bytes)), b"").expect("a head")
    }

    #[test]
    fn events_are_read_across_chunks_to_the_end() {
        let mut stream = open(
            b"HTTP/1.1 200 OK\r\nX: Y\r\n\r\n\
              d\r\nretry: 2000\n\n\r\n9\r\n: beat\n\ni\r\n17\r\nd: 1\nevent: a\ndata: {}\n\r\n1\r\n\n\r\n0\r\n\r\n",
        );
        assert_eq!((stream.status(), stream.head().contains("x: y")), (Some(200), true));
        let event = |id: Option<&str>, name: &str, data: &str| Event {
            id: id.map(str::to_owned),
            name: name.to_owned(),
            data: data.to_owned(),
        };
        assert_eq!(stream.event().expect("an event"), Some(event(Some("1"), "a", "{}")));
        assert_eq!(stream.event().expect("an end"), None);
    }

    #[test]
    fn a_cut_is_no_end() {
        let mut stream = open(b"HTTP/1.1 200 OK\r\n\r\n9\r\ndata: 1\n\n\r\n");
        assert!(stream.event().expect("an event").is_some());
        let cut = stream.event().expect_err("it was cut");
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
        let mut whole = open(b"HTTP/1.1 200 OK\r\n\r\n9\r\ndata: 1\n\n\r\n0\r\n\r\n");
        assert!(whole.event().expect("an event").is_some());
        assert_eq!(whole.event().expect("an end"), None);
    }
}
