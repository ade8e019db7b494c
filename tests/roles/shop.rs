//! A shop in a folder of its own, its settings, and the processes that it becomes.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

/// Long enough for any machine; what must be fast says so itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const SERVED: [&str; 3] = ["courier", "escrow", "web"];

pub(crate) const PHRASE: &str = "test test test test test test test test test test test junk";
const WALLET: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

/// Whether this is root; tests that want it call this first.
pub(crate) fn is_root(what: &str) -> bool {
    let root = geteuid().is_root();
    assert!(root || std::env::var_os("CI").is_none(), "{what} wants root");
    if !root {
        eprintln!("skipped: {what} wants root");
    }
    root
}

/// Asks until there is an answer, or fails after `patience`.
pub(crate) fn within<T>(patience: Duration, what: &str, ask: impl Fn() -> Option<T>) -> T {
    let until = Instant::now() + patience;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < until, "{what}: not within {patience:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A folder with a secret file and good settings.
pub(crate) struct Shop {
    folder: TempDir,
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) user: Option<u32>,
}

impl Shop {
    /// Settings and a secret; no tables yet.
    pub(crate) fn bare() -> Self {
        let folder = tempfile::Builder::new().prefix("holdfast-roles-").tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let secret = folder.path().join("secret.env");
        let text = format!(
            "MNEMONIC=\"{PHRASE}\"\nRPC_URL_DEV=http://127.0.0.1:9\nPRICES_URL=http://127.0.0.1:9\n\
             COMMISSION_WALLET_DEV={WALLET}\n"
        );
        fs::write(&secret, text).unwrap();
        fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let vars = [
            ("SITE_URL", format!("http://{listen}")),
            ("LISTEN", listen),
            ("SESSION_SALT", "c0ffee6b1f9a4d27835e6a90b7d1428e".to_owned()),
            ("COOKIE_ENCRYPTION_SALT", "5d81e07b9c2f4a36af10d4c8e92b7365".to_owned()),
            ("CSRF_SALT", "e94b72c8a15f4d03b6d7082f1ac53e69".to_owned()),
            ("DB_DSN", "sqlite:data".to_owned()),
            ("SECRET_FILE", "secret.env".to_owned()),
        ];
        let vars = vars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { folder, vars, user: None }
    }

    /// The same with its tables made.
    pub(crate) fn migrated() -> Self {
        let shop = Self::bare();
        let made = shop.run(&["migrate"]);
        assert!(made.status.success(), "{}", words(&made));
        shop
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn secret(&self) -> PathBuf {
        self.path().join("secret.env")
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn address(&self) -> &str {
        &self.vars["LISTEN"]
    }

    /// The binary in a session of its own, by which its processes are found.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command
            .arg(env!("CARGO_BIN_EXE_holdfast"))
            .args(args)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs(&self.vars)
            .current_dir(self.path())
            .stdin(Stdio::null());
        // Whoever runs the tests without being root has to accept what an operator would.
        if args.first() == Some(&"serve") && self.user.is_none() && !geteuid().is_root() {
            command.arg("--accept-no-isolation");
        }
        if let Some(user) = self.user {
            use std::os::unix::process::CommandExt;
            command.uid(user).gid(user);
        }
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a start says that is refused for its settings: exit code 78 and one line.
    pub(crate) fn refused(&self, args: &[&str]) -> String {
        let mut running = self.start(args);
        let code = running.end();
        let said = running.said();
        assert_eq!(code, Some(78), "{said}");
        let level = |line: &&str| {
            !line.starts_with("holdfast: every role runs as root")
                && !line.starts_with("holdfast: isolation level 0: fine")
        };
        assert_eq!(said.lines().filter(level).count(), 1, "more than a sentence: {said}");
        assert_eq!(running.roles(), [], "{said}");
        said
    }

    /// Starts it and goes on.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Self::spawn(self.command(args))
    }

    /// Starts a script of the shell in the place of the binary.
    pub(crate) fn start_shell(&self, script: &str) -> Running {
        let mut command = Command::new("setsid");
        command.args(["sh", "-c", script]).env_clear().env("PATH", "/usr/bin:/bin");
        command.envs(&self.vars).current_dir(self.path()).stdin(Stdio::null());
        Self::spawn(command)
    }

    pub(crate) fn spawn(mut command: Command) -> Running {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("setsid is there");
        let words = Arc::new(Mutex::new(String::new()));
        let stdout = keep(child.stdout.take().unwrap(), &words);
        let stderr = keep(child.stderr.take().unwrap(), &words);
        Running { child, words, ears: vec![stdout, stderr] }
    }

    /// `serve` with every role up.
    pub(crate) fn serve(&self) -> Running {
        let running = self.start(&["serve"]);
        running.ready();
        running
    }
}

fn keep(from: impl Read + Send + 'static, words: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let words = Arc::clone(words);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut words = words.lock().unwrap();
            words.push_str(&line);
            words.push('\n');
        }
    })
}

/// Everything that a finished command said.
pub(crate) fn words(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A monitor and what it started. Dropped, nothing of it stays.
pub(crate) struct Running {
    child: Child,
    words: Arc<Mutex<String>>,
    /// The threads that listen; they end when the last process has closed its mouth.
    ears: Vec<JoinHandle<()>>,
}

/// A process of a running shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) role: String,
}

impl Process {
    pub(crate) fn kill(&self) {
        send(self.pid, Signal::KILL);
    }

    /// A file of `/proc` about it.
    pub(crate) fn about(&self, file: &str) -> String {
        let bytes = fs::read(format!("/proc/{}/{file}", self.pid)).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A line of its status.
    pub(crate) fn status(&self, name: &str) -> String {
        let status = self.about("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_else(|| panic!("no {name} in {status}")).trim().to_owned()
    }

    /// What its descriptors lead to.
    pub(crate) fn files(&self) -> Vec<(String, PathBuf)> {
        let entries = fs::read_dir(format!("/proc/{}/fd", self.pid)).unwrap().flatten();
        entries
            .filter_map(|entry| {
                let number = entry.file_name().into_string().ok()?;
                Some((number, fs::read_link(entry.path()).ok()?))
            })
            .collect()
    }
}

fn send(pid: i32, signal: Signal) {
    let pid = Pid::from_raw(pid).unwrap();
    // Gone already is as good.
    let _gone = kill_process(pid, signal);
}

impl Running {
    pub(crate) fn pid(&self) -> i32 {
        self.child.id().try_into().unwrap()
    }

    /// The monitor as a process.
    pub(crate) fn monitor(&self) -> Process {
        Process { pid: self.pid(), role: "monitor".to_owned() }
    }

    pub(crate) fn said(&self) -> String {
        self.words.lock().unwrap().clone()
    }

    /// Everything in the monitor's session but itself, by name.
    pub(crate) fn roles(&self) -> Vec<Process> {
        let mut found: Vec<Process> = fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| *pid != self.pid())
            .filter_map(|pid| role(pid, self.pid()))
            .collect();
        found.sort_by(|a, b| a.role.cmp(&b.role));
        found
    }

    pub(crate) fn role(&self, name: &str) -> Option<Process> {
        self.roles().into_iter().find(|process| process.role == name)
    }

    /// Waits until the monitor says that all serve.
    pub(crate) fn ready(&self) {
        within(PATIENCE, "every role serves", || {
            let said = self.said();
            assert!(!said.contains("ended"), "{said}");
            said.contains("holdfast is ready").then_some(())
        });
    }

    pub(crate) fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// Waits for the monitor's end; its exit code.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // The words of the dead are still on their way; they come before the pipes end.
                self.ears.drain(..).for_each(|ear| ear.join().unwrap());
                return status.code();
            }
            assert!(Instant::now() < until, "the monitor does not end: {}", self.said());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until no role is left.
    pub(crate) fn none_left(&self, patience: Duration) {
        within(patience, "no role is left", || self.roles().is_empty().then_some(()));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        send(self.pid(), Signal::KILL);
        let _ended = self.child.wait();
    }
}

/// The process `pid` if it is alive in `session`.
fn role(pid: i32, session: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    let its: i32 = fields.nth(2)?.parse().ok()?;
    if its != session || state == "Z" || state == "X" {
        return None;
    }
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let name = String::from_utf8_lossy(&line).replace('\0', " ");
    let role = name.strip_prefix("holdfast: ").and_then(|rest| rest.split(' ').next());
    if role == Some("keys") {
        // The helper of escrow lives for some milliseconds.
        return None;
    }
    Some(Process { pid, role: role.unwrap_or(&name).to_owned() })
}

/// The status line of `GET /health`, if anything answers.
pub(crate) fn health(address: &str) -> Option<String> {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.lines().next().map(ToOwned::to_owned)
}
