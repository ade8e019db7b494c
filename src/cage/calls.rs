//! The system calls that a role makes, by seccomp; every other is answered EPERM.
//!
//! Two filters: the list, and one that answers `clone3` with ENOSYS, since its arguments lie in
//! memory where no filter sees them; the C library then falls back on `clone`. The list has to
//! allow `clone3`, because of two refusals the newer one would win.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

use SeccompCmpOp::{Eq, Le, MaskedEq};

use super::Needs;

/// Calls that every role may make with any argument: on its memory, its threads, its own
/// descriptors, and on files as far as the rules on files let it.
const ANY: &[i64] = &[
    // memory
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    // threads
    libc::SYS_clone3,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    // time, chance, who one is
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getppid,
    libc::SYS_getrandom,
    libc::SYS_getuid,
    // files
    libc::SYS_close,
    libc::SYS_faccessat,
    libc::SYS_fallocate,
    libc::SYS_fdatasync,
    libc::SYS_fchmod,
    libc::SYS_fstat,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_lseek,
    libc::SYS_mkdirat,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_renameat,
    libc::SYS_statx,
    libc::SYS_unlinkat,
    libc::SYS_write,
    libc::SYS_writev,
    // waiting
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    // sockets that are there already
    libc::SYS_accept4,
    libc::SYS_getpeername,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_setsockopt,
    libc::SYS_shutdown,
];

/// Their older forms, which this processor's C library still uses.
#[cfg(target_arch = "x86_64")]
const OLDER: &[i64] = &[
    libc::SYS_access,
    libc::SYS_epoll_wait,
    libc::SYS_mkdir,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_unlink,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[i64] = &[];

/// What calling out takes beside a socket.
const CALLING: &[i64] =
    &[libc::SYS_connect, libc::SYS_recvmsg, libc::SYS_sendmmsg, libc::SYS_sendmsg];

/// What `fcntl` may be asked beside copying: the numbers up to this one are flags and the locks of
/// SQLite; beyond come signals. One comparison, because every read of SQLite makes a dozen.
const FCNTL_LAST: i32 = libc::F_SETLKW;
/// What `prctl` may be asked: names for threads and for memory.
const PRCTL: [i32; 2] = [libc::PR_SET_NAME, libc::PR_SET_VMA];
/// Whose priority: one thread's, of which 0 is the calling one.
const PRIO_PROCESS: i32 = 0;
/// What `clone` makes: a thread of this process, in no new namespace.
const THREAD: i32 = libc::CLONE_THREAD;
const NAMESPACES: i32 = libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWUTS
    | libc::CLONE_PTRACE;
/// The kind of a socket without its flags.
const KIND: u64 = 0xf;

/// The list as it is put together: a call and the rules of which one must fit.
#[derive(Default)]
struct List(BTreeMap<i64, Vec<SeccompRule>>);

impl List {
    fn any(&mut self, calls: &[i64]) {
        self.0.extend(calls.iter().map(|call| (*call, Vec::new())));
    }

    /// Allows `call` where every argument at its place compares so with a value.
    fn only(
        &mut self,
        call: i64,
        arguments: &[(u8, SeccompCmpOp, i32)],
    ) -> Result<(), BackendError> {
        let conditions = arguments.iter().map(|(place, operator, value)| {
            let value = u64::from(value.cast_unsigned());
            SeccompCondition::new(*place, SeccompCmpArgLen::Dword, operator.clone(), value)
        });
        let rule = SeccompRule::new(conditions.collect::<Result<_, _>>()?)?;
        self.0.entry(call).or_default().push(rule);
        Ok(())
    }

    /// Allows sockets of a family, a kind and a protocol or none.
    fn sockets(&mut self, family: i32, kind: i32, protocol: i32) -> Result<(), BackendError> {
        for protocol in [0, protocol] {
            self.only(
                libc::SYS_socket,
                &[(0, Eq, family), (1, MaskedEq(KIND), kind), (2, Eq, protocol)],
            )?;
        }
        Ok(())
    }
}

/// The list for what a role needs, in the process `pid`.
fn list(needs: &Needs, pid: i32) -> Result<List, BackendError> {
    let mut list = List::default();
    list.any(ANY);
    list.any(OLDER);
    let bits = |flags: i32| MaskedEq(flags.cast_unsigned().into());
    // No memory that runs what was written to it.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        list.only(call, &[(2, bits(libc::PROT_EXEC), 0)])?;
    }
    list.only(libc::SYS_clone, &[(0, bits(THREAD | NAMESPACES), THREAD)])?;
    list.only(libc::SYS_tgkill, &[(0, Eq, pid)])?;
    list.only(libc::SYS_prlimit64, &[(0, Eq, 0)])?;
    // The calling thread may stand back; standing forward takes a right that no role has.
    list.only(libc::SYS_setpriority, &[(0, Eq, PRIO_PROCESS), (1, Eq, 0)])?;
    list.only(libc::SYS_fcntl, &[(1, Le, FCNTL_LAST)])?;
    list.only(libc::SYS_fcntl, &[(1, Eq, libc::F_DUPFD_CLOEXEC)])?;
    for question in PRCTL {
        list.only(libc::SYS_prctl, &[(0, Eq, question)])?;
    }
    for question in [0x5421, 0x541b] {
        // FIONBIO and FIONREAD: never an answer typed into a terminal.
        list.only(libc::SYS_ioctl, &[(1, Eq, question)])?;
    }
    list.only(libc::SYS_socketpair, &[(0, Eq, libc::AF_UNIX)])?;
    if !needs.ports.is_empty() || needs.local {
        list.any(CALLING);
    }
    for family in [libc::AF_INET, libc::AF_INET6] {
        if !needs.ports.is_empty() {
            list.sockets(family, libc::SOCK_STREAM, libc::IPPROTO_TCP)?;
        }
        if needs.names {
            list.sockets(family, libc::SOCK_DGRAM, libc::IPPROTO_UDP)?;
        }
    }
    if needs.local {
        list.sockets(libc::AF_UNIX, libc::SOCK_STREAM, 0)?;
    }
    Ok(list)
}

/// Lets this process make no other calls from here on. Answers how many are allowed; 0 where the
/// kernel has no such filters.
///
/// # Errors
/// What the kernel says where it has them and refuses.
pub(super) fn close(needs: &Needs) -> Result<usize, String> {
    if let Some(pretended) = super::left_out("calls") {
        return Ok(pretended.into());
    }
    let pid = std::process::id().cast_signed();
    let refused = |error: BackendError| format!("no list of system calls: {error}");
    let list = list(needs, pid).map_err(refused)?;
    let count = list.0.len();
    for filter in programs(list).map_err(refused)? {
        match apply_filter(&filter) {
            Ok(()) => {}
            Err(seccompiler::Error::Prctl(error) | seccompiler::Error::Seccomp(error))
                if error.raw_os_error() == Some(libc::ENOSYS) =>
            {
                return Ok(0);
            }
            Err(error) => return Err(format!("no filter of system calls: {error}")),
        }
    }
    Ok(count)
}

/// The list last: it does not allow the call that sets filters.
fn programs(list: List) -> Result<[BpfProgram; 2], BackendError> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    let errno = |code: i32| SeccompAction::Errno(code.cast_unsigned());
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let absent = SeccompFilter::new(clone3, SeccompAction::Allow, errno(libc::ENOSYS), arch)?;
    let list = SeccompFilter::new(list.0, errno(libc::EPERM), SeccompAction::Allow, arch)?;
    Ok([absent.try_into()?, list.try_into()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls by which a process takes hold of another, of the kernel, or of more rights.
    const NEVER: &[i64] = &[
        libc::SYS_acct,
        libc::SYS_add_key,
        libc::SYS_bind,
        libc::SYS_bpf,
        libc::SYS_capset,
        libc::SYS_chroot,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_fchmodat,
        libc::SYS_fchown,
        libc::SYS_fchownat,
        libc::SYS_io_uring_setup,
        libc::SYS_kcmp,
        libc::SYS_keyctl,
        libc::SYS_kill,
        libc::SYS_linkat,
        libc::SYS_listen,
        libc::SYS_memfd_create,
        libc::SYS_mount,
        libc::SYS_open_by_handle_at,
        libc::SYS_perf_event_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_send_signal,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_ptrace,
        libc::SYS_rt_sigqueueinfo,
        libc::SYS_seccomp,
        libc::SYS_sched_setaffinity,
        libc::SYS_setns,
        libc::SYS_setresuid,
        libc::SYS_setuid,
        libc::SYS_symlinkat,
        libc::SYS_tkill,
        libc::SYS_unshare,
        libc::SYS_userfaultfd,
        libc::SYS_utimensat,
    ];

    fn most() -> Needs {
        Needs { ports: vec![443], local: true, ..Needs::default() }.with_names()
    }

    #[test]
    fn nothing_that_is_forbidden_is_on_any_list() {
        for needs in [Needs::default(), most()] {
            let list = list(&needs, 1).unwrap();
            let found: Vec<_> = NEVER.iter().filter(|call| list.0.contains_key(call)).collect();
            assert_eq!(found, Vec::<&i64>::new());
        }
    }

    #[test]
    fn who_calls_nobody_opens_no_socket() {
        let list = list(&Needs::default(), 1).unwrap();
        for call in [libc::SYS_socket, libc::SYS_connect] {
            assert!(!list.0.contains_key(&call));
        }
    }

    #[test]
    fn lists_stay_short() {
        let count = |needs: &Needs| list(needs, 1).unwrap().0.len();
        assert!(count(&Needs::default()) <= 85, "{}", count(&Needs::default()));
        assert!(count(&most()) <= 90, "{}", count(&most()));
        assert!(programs(list(&most(), 1).unwrap()).is_ok());
    }
}
