//! A shop behind some of its walls, and roles of it that obey an attacker.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::shop::{PATIENCE, Running, SERVED, Shop, within};

/// The user who starts a shop that root does not start.
const PLAIN: u32 = 4_243;
/// No role may die so often, here, that the monitor gives up.
const RESTARTS: &str = "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0";

/// How a shop is started and what it stands behind.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    /// Level that `serve` prints.
    pub(crate) level: u8,
    /// Whether a plain user starts it.
    pub(crate) plain: bool,
    /// What goes before the command; it ends with an exec.
    pub(crate) before: &'static str,
    pub(crate) without: &'static str,
}

const fn root(name: &'static str, level: u8, without: &'static str) -> Setting {
    Setting { name, level, plain: false, before: "exec", without }
}

const fn plain(name: &'static str, level: u8, without: &'static str) -> Setting {
    let before = "exec setpriv --reuid=4243 --regid=4243 --clear-groups";
    Setting { name, level, plain: true, before, without }
}

/// Everything that is tried.
pub(crate) const SETTINGS: [Setting; 12] = [
    root("root", 3, ""),
    Setting {
        name: "two-capabilities",
        level: 3,
        plain: false,
        before: "exec setpriv --bounding-set=-all,+setuid,+setgid --inh-caps=-all",
        without: "",
    },
    plain("plain-user", 2, ""),
    Setting {
        name: "container",
        level: 2,
        plain: true,
        before: "exec unshare --mount sh -c 'mount --bind \"$SHOP\" \"$SHOP\" && \
                 mount -o remount,bind,ro / && cd \"$SHOP\" && \
                 exec setpriv --reuid=4243 --regid=4243 --clear-groups --bounding-set=-all \
                 --inh-caps=-all --no-new-privs \"$@\"' sh",
        without: "",
    },
    root("root-as-one-user", 2, "users"),
    root("no-file-rules", 1, "files"),
    root("no-call-filter", 1, "calls"),
    root("users-alone", 1, "files,calls"),
    plain("plain-no-file-rules", 0, "files"),
    plain("plain-no-call-filter", 0, "calls"),
    plain("nothing", 0, "files,calls"),
    root("nothing-as-root", 0, "users,files,calls"),
];

/// A running shop, and what a program beside it would offer.
pub(crate) struct Attacked {
    pub(crate) running: Running,
    pub(crate) shop: Shop,
    folder: PathBuf,
    program: PathBuf,
    port: u16,
    helper: PathBuf,
    _open: (TcpListener, UnixListener, UnixListener),
}

/// A shop whose program lies in a folder of whoever starts it, as a careless operator has it.
pub(crate) fn prepared(setting: &Setting) -> (Shop, PathBuf) {
    let mut shop = Shop::bare();
    shop.set("HOLDFAST_TEST_WITHOUT", setting.without);
    let bin = shop.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let program = bin.join("holdfast");
    let built = Path::new(env!("CARGO_BIN_EXE_holdfast"));
    fs::hard_link(built, &program).or_else(|_| fs::copy(built, &program).map(drop)).unwrap();
    if setting.plain {
        shop.user = Some(PLAIN);
        for path in [shop.path(), &shop.secret(), &bin] {
            chown(path, Some(PLAIN), Some(PLAIN)).unwrap();
        }
    }
    let made = shop.run(&["migrate"]);
    assert!(made.status.success(), "{}", crate::shop::words(&made));
    (shop, program)
}

/// Starts `serve` in a setting, without waiting.
pub(crate) fn start(shop: &Shop, program: &Path, setting: &Setting) -> Running {
    let accept = if setting.level == 0 { "--accept-no-isolation" } else { "" };
    shop.start_shell(&format!(
        "SHOP={}; export SHOP; {} {} serve --restart-secs {RESTARTS} {accept}",
        shop.path().display(),
        setting.before,
        program.display()
    ))
}

impl Attacked {
    pub(crate) fn new(setting: &Setting) -> Self {
        let (shop, program) = prepared(setting);
        let folder = shop.path().to_owned();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let helper = folder.join("helper.sock");
        let file = UnixListener::bind(&helper).unwrap();
        fs::set_permissions(&helper, fs::Permissions::from_mode(0o777)).unwrap();
        let name = SocketAddr::from_abstract_name(helper.to_str().unwrap()).unwrap();
        let hidden = UnixListener::bind_addr(&name).unwrap();
        let running = start(&shop, &program, setting);
        running.ready();
        let level = format!("isolation level {} ", setting.level);
        assert!(running.said().contains(&level), "{}: {}", setting.name, running.said());
        let port = tcp.local_addr().unwrap().port();
        Self { running, shop, folder, program, port, helper, _open: (tcp, file, hidden) }
    }

    /// All roles, as soon as there are all.
    fn all(&self) -> Vec<crate::shop::Process> {
        within(PATIENCE, "all roles are there", || {
            let roles = self.running.roles();
            let names: Vec<_> = roles.iter().map(|role| role.role.as_str()).collect();
            (names == SERVED).then_some(roles)
        })
    }

    /// Whom a role attacks: escrow has the keys.
    pub(crate) fn victim(role: &str) -> &'static str {
        if role == "escrow" { "web" } else { "escrow" }
    }

    /// Lets `role` try everything. Answers what worked, and all that was tried.
    pub(crate) fn attack(&self, role: &str) -> BTreeMap<String, bool> {
        let before = self.told(role).len();
        self.order(role, false);
        self.answer(role, before)
    }

    /// Lets `role` reach for its victim while that starts anew, again and again.
    pub(crate) fn race(&self, role: &str) -> bool {
        let before = self.told(role).len();
        self.order(role, true);
        for _ in 0..3 {
            let victim = || self.running.role(Self::victim(role));
            let old = within(PATIENCE, "the victim lives", victim);
            old.kill();
            within(PATIENCE, "it is back", || victim().filter(|new| new.pid != old.pid));
        }
        self.answer(role, before).values().any(|won| *won)
    }

    fn order(&self, role: &str, race: bool) {
        let victim = Self::victim(role);
        let pid = self.all().into_iter().find(|one| one.role == victim).unwrap().pid;
        let data = self.folder.join("data");
        let order = json!({"race": race, "aim": {
            "secret": self.shop.secret(),
            "own": data.join(role),
            "theirs": data.join(victim),
            "victim": victim,
            "pid": pid,
            "monitor": self.running.pid(),
            "program": self.program,
            "helper": self.helper,
            "port": self.port,
            "newest": newest() + 1,
        }});
        let (file, aside) = (data.join(role).join("attack.json"), data.join("attack.new"));
        fs::write(&aside, order.to_string()).unwrap();
        fs::set_permissions(&aside, fs::Permissions::from_mode(0o644)).unwrap();
        fs::rename(aside, file).unwrap();
    }

    /// What `role` told so far: attacks that worked and that did not; a nameless one ends each
    /// answer.
    fn told(&self, role: &str) -> Vec<(String, bool)> {
        let said = self.running.said();
        let lines = said.lines().filter(|line| line.starts_with("{\"attacked\""));
        let values = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
        values
            .filter(|value| value["attacked"] == role)
            .map(|one| (one["name"].as_str().unwrap().to_owned(), one["worked"] == true))
            .collect()
    }

    /// What `role` tells after `before`.
    fn answer(&self, role: &str, before: usize) -> BTreeMap<String, bool> {
        let until = Instant::now() + PATIENCE;
        let mut told = loop {
            let told = self.told(role).split_off(before);
            if told.last().is_some_and(|(name, _)| name.is_empty()) {
                break told;
            }
            assert!(Instant::now() < until, "{role} tells nothing: {}", self.running.said());
            thread::sleep(Duration::from_millis(10));
        };
        fs::remove_file(self.folder.join("data").join(role).join("attack.json")).unwrap();
        told.pop();
        told.into_iter().collect()
    }
}

/// The youngest process of the machine.
fn newest() -> i32 {
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    load.split_whitespace().last().unwrap().parse().unwrap()
}
