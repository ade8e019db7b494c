//! A MariaDB server of this test run's own: a folder of its own, a port of its own, and gone with
//! the process that started it, however that ends.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use diesel::{Connection, MysqlConnection, RunQueryDsl};

/// The account that may do everything on the server.
const ADMIN: &str = "kit";
/// The password of every account on it.
pub const PASSWORD: &str = "testing-only";
/// Longest that a server takes to be there, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the shell does that stands between us and the server: at the end of its input, which comes
/// when this process is gone in whatever way, it ends the server and leaves nothing behind. The
/// server in turn ends with the shell, and the shell with the server.
const KEEPER: &str = "\
folder=$1; shift
exec 3<&0
setpriv --pdeathsig KILL \"$@\" </dev/null >\"$folder/log\" 2>&1 3<&- &
server=$!
{
  cat <&3 >/dev/null
  kill -KILL $server
  until rm -rf \"$folder\"; do sleep 0.1; done
} 2>/dev/null &
wait $server";

static SERVER: OnceLock<Server> = OnceLock::new();

/// How much of what was committed a power cut may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// Nothing, as on a server in earnest: each commit waits for the disk.
    Yes,
    /// All of it; for tests, which are not about power cuts.
    No,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    /// Its end is the server's.
    _life_line: ChildStdin,
}

impl Server {
    /// The server of this process, started when it is first asked for.
    pub fn get() -> &'static Self {
        SERVER.get_or_init(|| Self::start(Durable::No))
    }

    /// The same with commits that wait for the disk, for measurements; to be asked for first.
    pub fn durable() -> &'static Self {
        SERVER.get_or_init(|| Self::start(Durable::Yes))
    }

    /// Starts a server.
    fn start(durable: Durable) -> Self {
        let mut said = String::new();
        // Somebody may take the port between our look and the server's.
        for _ in 0..3 {
            let folder = folder(durable);
            prepare(&folder);
            let address = free();
            let (mut child, life_line) = spawn(&folder, address, durable);
            if answers(&mut child, &folder, address) {
                return Self { address, _life_line: life_line };
            }
            said = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        }
        panic!("the server does not start: {said}");
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection as the account that may do everything.
    pub fn admin(&self) -> MysqlConnection {
        connect(self.address).expect("the server answers")
    }
}

fn connect(address: SocketAddr) -> diesel::ConnectionResult<MysqlConnection> {
    MysqlConnection::establish(&format!("mysql://{ADMIN}:{PASSWORD}@{address}/mysql"))
}

/// Memory is quicker where nothing has to last.
fn folder(durable: Durable) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let above = match durable {
        Durable::No if memory.is_dir() => memory.to_owned(),
        _ => std::env::temp_dir(),
    };
    // The shell removes it.
    tempfile::Builder::new()
        .prefix("holdfast-mariadb-")
        .tempdir_in(above)
        .expect("a folder is made")
        .keep()
}

fn free() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it has an address")
}

/// Debian's place, which is not on everybody's path.
fn binary() -> &'static str {
    if Path::new("/usr/sbin/mariadbd").exists() { "/usr/sbin/mariadbd" } else { "mariadbd" }
}

fn common(folder: &Path) -> Vec<String> {
    let data = folder.join("data");
    let mut words = vec![
        "--no-defaults".to_owned(),
        format!("--datadir={}", data.display()),
        format!("--tmpdir={}", folder.display()),
        "--innodb-log-file-size=16M".to_owned(),
        "--innodb-buffer-pool-size=96M".to_owned(),
    ];
    if rustix::process::geteuid().is_root() {
        words.push("--user=root".to_owned());
    }
    words
}

/// Makes the server's own tables, by the statements that come with it.
fn prepare(folder: &Path) {
    const SHARE: &str = "/usr/share/mysql";
    std::fs::create_dir(folder.join("data")).expect("a folder is made");
    let mut sql = "CREATE DATABASE mysql;\nUSE mysql;\n".to_owned();
    for file in ["mysql_system_tables.sql", "mysql_system_tables_data.sql"] {
        let path = Path::new(SHARE).join(file);
        sql += &std::fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{}: {error}; the package mariadb-server-core has it", path.display())
        });
        sql.push('\n');
    }
    let mut child = Command::new(binary())
        .args(common(folder))
        .args(["--bootstrap", "--skip-grant-tables", "--log-warnings=0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.join("bootstrap.log")).expect("a log"))
        .spawn()
        .expect("mariadbd is installed: the package mariadb-server-core has it");
    let mut input = child.stdin.take().expect("it listens");
    input.write_all(sql.as_bytes()).expect("it takes its statements");
    drop(input);
    let done = child.wait().expect("it ends");
    let log = || std::fs::read_to_string(folder.join("bootstrap.log")).unwrap_or_default();
    assert!(done.success(), "{}", log());
}

/// Starts it with the settings of a fresh server, in a zone far from UTC: what we rely on, we set.
fn spawn(folder: &Path, address: SocketAddr, durable: Durable) -> (Child, ChildStdin) {
    let first = folder.join("first.sql");
    let account = format!("'{ADMIN}'@'%'");
    std::fs::write(
        &first,
        format!(
            "CREATE USER IF NOT EXISTS {account} IDENTIFIED BY '{PASSWORD}';\n\
             GRANT ALL ON *.* TO {account} WITH GRANT OPTION;\n"
        ),
    )
    .expect("a file is written");
    let mut command = Command::new("sh");
    command.args(["-c", KEEPER, "keeper"]).arg(folder).arg(binary()).args(common(folder)).args([
        format!("--socket={}", folder.join("socket").display()),
        format!("--pid-file={}", folder.join("pid").display()),
        format!("--init-file={}", first.display()),
        format!("--bind-address={}", address.ip()),
        format!("--port={}", address.port()),
        "--skip-name-resolve".to_owned(),
        "--max-connections=2000".to_owned(),
        "--default-time-zone=+05:30".to_owned(),
    ]);
    if durable == Durable::No {
        command.args(["--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite"]);
    }
    // A group of its own: what a terminal sends to ours must not end it before us.
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("there is a shell");
    let life_line = child.stdin.take().expect("it listens");
    (child, life_line)
}

/// Whether the server comes up; `false` where it ended instead.
fn answers(child: &mut Child, folder: &Path, address: SocketAddr) -> bool {
    let ours = format!("SELECT 1 FROM DUAL WHERE @@datadir LIKE '{}/%'", folder.display());
    let until = Instant::now() + PATIENCE;
    loop {
        if let Ok(mut conn) = connect(address) {
            // Else it is another's server on the port that we wanted.
            return diesel::sql_query(&ours).execute(&mut conn) == Ok(1);
        }
        if !matches!(child.try_wait(), Ok(None)) {
            return false;
        }
        assert!(Instant::now() < until, "the server does not answer within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
