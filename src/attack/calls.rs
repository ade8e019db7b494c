//! Attacks on the kernel and on the network: what a process could reach beside files.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::process::Command;

use super::raw::{call, reached};
use super::{Aim, Attack, Outcome, Wall};

/// A call of numbers: its name, what it would give, its number, its arguments.
type Door = (&'static str, &'static str, i64, [i32; 6]);

/// Doors of the kernel that no role has any business at.
const DOORS: &[Door] = &[
    ("io-uring", "calls that no filter sees", libc::SYS_io_uring_setup, [1, 0, 0, 0, 0, 0]),
    (
        "namespace-by-unshare",
        "a root of one's own",
        libc::SYS_unshare,
        [libc::CLONE_NEWUSER | 1, 0, 0, 0, 0, 0],
    ),
    ("namespace-by-clone3", "a root of one's own", libc::SYS_clone3, [0, 0, 0, 0, 0, 0]),
    ("enter-a-namespace", "another's view of the system", libc::SYS_setns, [-1, 0, 0, 0, 0, 0]),
    ("mount", "another file system", libc::SYS_mount, [0, 0, 0, 0, 0, 0]),
    ("new-mount-api", "another file system", libc::SYS_fsopen, [0, 0, 0, 0, 0, 0]),
    ("change-the-root", "another root folder", libc::SYS_chroot, [0, 0, 0, 0, 0, 0]),
    ("pivot-the-root", "another root folder", libc::SYS_pivot_root, [0, 0, 0, 0, 0, 0]),
    ("bpf", "programs in the kernel", libc::SYS_bpf, [0, 0, 0, 0, 0, 0]),
    ("perf-events", "a look at others' work", libc::SYS_perf_event_open, [0, 0, -1, -1, 0, 0]),
    ("userfaultfd", "holding the kernel up", libc::SYS_userfaultfd, [1, 0, 0, 0, 0, 0]),
    ("keyrings", "keys of the kernel", libc::SYS_keyctl, [0, -3, 0, 0, 0, 0]),
    ("add-a-key", "keys of the kernel", libc::SYS_add_key, [0, 0, 0, 0, 0, 0]),
    (
        "handle-of-a-file",
        "files past their folders",
        libc::SYS_open_by_handle_at,
        [-1, 0, 0, 0, 0, 0],
    ),
    ("load-a-module", "code in the kernel", libc::SYS_finit_module, [-1, 0, 0, 0, 0, 0]),
    ("load-a-kernel", "another kernel", libc::SYS_kexec_load, [0, 0, 0, -1, 0, 0]),
    ("system-log", "addresses of the kernel", libc::SYS_syslog, [10, 0, 0, 0, 0, 0]),
    ("set-the-clock", "deadlines that fire", libc::SYS_clock_settime, [0, 0, 0, 0, 0, 0]),
    ("accounting", "a record of every process", libc::SYS_acct, [1, 0, 0, 0, 0, 0]),
    ("swap", "memory on disk", libc::SYS_swapon, [0, 0, 0, 0, 0, 0]),
    ("watch-all-files", "a look at what is opened", libc::SYS_fanotify_init, [0, 0, 0, 0, 0, 0]),
    ("watch-a-folder", "a look at what changes", libc::SYS_inotify_init1, [0, 0, 0, 0, 0, 0]),
    ("message-queue", "a channel to other processes", libc::SYS_mq_open, [0, 0, 0, 0, 0, 0]),
    ("shared-memory", "a channel to other processes", libc::SYS_shmget, [1, 0, 0, 0, 0, 0]),
    ("semaphores", "a channel to other processes", libc::SYS_semget, [1, 0, 0, 0, 0, 0]),
    ("memory-file", "a program without a file", libc::SYS_memfd_create, [0, 0, 0, 0, 0, 0]),
    ("execve", "another program", libc::SYS_execve, [0, 0, 0, 0, 0, 0]),
    ("execveat", "another program", libc::SYS_execveat, [-1, 0, 0, 0, 0, 0]),
    (
        "memory-that-runs",
        "code that was written at run time",
        libc::SYS_mmap,
        [
            0,
            4096,
            libc::PROT_READ | libc::PROT_EXEC,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        ],
    ),
    (
        "make-memory-run",
        "code that was written at run time",
        libc::SYS_mprotect,
        [0, 0, libc::PROT_EXEC, 0, 0, 0],
    ),
    ("become-root", "every right", libc::SYS_setresuid, [0, 0, 0, 0, 0, 0]),
    ("raise-capabilities", "more rights", libc::SYS_capset, [0, 0, 0, 0, 0, 0]),
    (
        "be-traced",
        "a tracer of one's choice",
        libc::SYS_prctl,
        [libc::PR_SET_PTRACER, -1, 0, 0, 0, 0],
    ),
    (
        "another-filter",
        "refusals of one's own to others' calls",
        libc::SYS_seccomp,
        [1, 8, 0, 0, 0, 0],
    ),
    ("real-time", "the processor for oneself", libc::SYS_sched_setscheduler, [0, 0, 0, 0, 0, 0]),
];

/// Kinds of sockets that nobody needs.
const SOCKETS: &[Door] = &[
    (
        "multipath-socket",
        "TCP past the rules on ports",
        libc::SYS_socket,
        [libc::AF_INET, libc::SOCK_STREAM, 262, 0, 0, 0],
    ),
    (
        "datagram-socket",
        "a way out",
        libc::SYS_socket,
        [libc::AF_INET, libc::SOCK_DGRAM, 0, 0, 0, 0],
    ),
    (
        "datagram-socket-6",
        "a way out",
        libc::SYS_socket,
        [libc::AF_INET6, libc::SOCK_DGRAM, 0, 0, 0, 0],
    ),
    (
        "raw-socket",
        "packets of any kind",
        libc::SYS_socket,
        [libc::AF_INET, libc::SOCK_RAW, 1, 0, 0, 0],
    ),
    (
        "packet-socket",
        "packets of any kind",
        libc::SYS_socket,
        [libc::AF_PACKET, libc::SOCK_RAW, 0, 0, 0, 0],
    ),
    (
        "netlink-socket",
        "a talk with the kernel",
        libc::SYS_socket,
        [libc::AF_NETLINK, libc::SOCK_RAW, 0, 0, 0, 0],
    ),
    (
        "crypto-socket",
        "a talk with the kernel",
        libc::SYS_socket,
        [libc::AF_ALG, libc::SOCK_SEQPACKET, 0, 0, 0, 0],
    ),
    (
        "vm-socket",
        "a way to the host",
        libc::SYS_socket,
        [libc::AF_VSOCK, libc::SOCK_STREAM, 0, 0, 0, 0],
    ),
];

fn knock(door: &Door) -> Attack {
    let (name, what, number, arguments) = *door;
    Attack::new(name, what, move |_| call(number, arguments).map(drop).or_else(reached))
}

/// All of them.
pub(super) fn all() -> Vec<Attack> {
    let mut all: Vec<Attack> = DOORS.iter().chain(SOCKETS).map(knock).collect();
    all.push(program());
    all.extend([
        Attack::new("call-a-port", "a service of this machine", |aim| {
            TcpStream::connect((Ipv4Addr::LOCALHOST, aim.port)).map(drop)
        }),
        Attack::new("listen-on-a-port", "a shop beside the shop", |_| {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map(drop)
        }),
        Attack::new("call-a-helper", "a program outside that does as it is told", |aim| {
            UnixStream::connect(&aim.helper).map(drop)
        }),
        Attack::new(
            "call-an-abstract-socket",
            "a program outside that does as it is told",
            |aim| {
                let name = aim.helper.to_string_lossy().into_owned();
                UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?).map(drop)
            },
        ),
        Attack::new("be-dumped", "a memory image on disk", |_| be_dumped()),
        Attack::new("listen-for-helpers", "a channel to other processes", |_| listen()),
    ]);
    all
}

fn program() -> Attack {
    Attack::new("start-a-program", "any program of this machine", |_: &Aim| {
        Command::new("/bin/true").status().map(drop)
    })
}

/// Gives up being hardened, and takes that back: others will attack this process in its turn.
fn be_dumped() -> Outcome {
    call(libc::SYS_prctl, [libc::PR_SET_DUMPABLE, 1, 0, 0, 0, 0])?;
    call(libc::SYS_prctl, [libc::PR_SET_DUMPABLE, 0, 0, 0, 0, 0]).map(drop)
}

fn listen() -> Outcome {
    let name = format!("holdfast-attack-{}", std::process::id());
    UnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?).map(drop)
}

/// What each role tries at its start: it must be refused by the list of calls whatever the role
/// needs, and by nothing else.
pub(super) fn at_start() -> Vec<(Wall, Attack)> {
    const SURE: [&str; 6] = [
        "io-uring",
        "multipath-socket",
        "execve",
        "make-memory-run",
        "memory-file",
        "netlink-socket",
    ];
    let doors = DOORS.iter().chain(SOCKETS).filter(|door| SURE.contains(&door.0));
    let all = doors.map(knock).chain([program(), signal()]);
    all.map(|attack| (Wall::Calls, attack)).collect()
}

/// A signal to oneself is none of the list's; to whoever else is.
fn signal() -> Attack {
    Attack::new("signal-the-parent", "an end of the monitor", |_| {
        let parent = rustix::process::getppid().ok_or(io::ErrorKind::NotFound)?;
        Ok(rustix::process::test_kill_process(parent)?)
    })
}
