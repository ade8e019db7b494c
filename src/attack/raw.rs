//! System calls that no library makes for us, because they serve nothing but attacks.
#![expect(unsafe_code, reason = "the calls are tried as an attacker would make them")]

use std::io;

/// Makes a call of plain numbers. Where the kernel wants the address of something it gets 0, and
/// answers EFAULT or EINVAL: it has looked at the arguments then, so the call is open to an
/// attacker who has better ones.
pub(super) fn call(number: i64, arguments: [i32; 6]) -> io::Result<i64> {
    let [a, b, c, d, e, f] = arguments.map(i64::from);
    // SAFETY: every argument that is an address is null, and no memory of this process lies
    // below 2^31 (1 stands for an address, too); descriptors among the arguments are negative.
    match unsafe { libc::syscall(number, a, b, c, d, e, f) } {
        -1 => Err(io::Error::last_os_error()),
        answer => Ok(answer),
    }
}

/// Reads or writes memory of another process at once; where that is allowed the address that is
/// asked for is nowhere, so the answer is EFAULT.
pub(super) fn touch_memory(pid: i32, write: bool) -> io::Result<()> {
    let mut byte = 0_u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 1 };
    let (ours, theirs) = (&raw const local, &raw const remote);
    // SAFETY: both lists have one entry and live during the call; of our memory the kernel reads
    // or writes at most `byte`, of theirs nothing.
    let moved = unsafe {
        if write {
            libc::process_vm_writev(pid, ours, 1, theirs, 1, 0)
        } else {
            libc::process_vm_readv(pid, ours, 1, theirs, 1, 0)
        }
    };
    if moved == -1 { reached(io::Error::last_os_error()) } else { Ok(()) }
}

/// Whether a refusal came from a wall, or nobody was there: else the kernel has looked at the
/// arguments.
pub(super) fn reached(error: io::Error) -> io::Result<()> {
    match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES | libc::ENOSYS | libc::ESRCH) => Err(error),
        _ => Ok(()),
    }
}
