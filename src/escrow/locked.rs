//! Memory for keys: never written to swap. That it never reaches a core dump is seen to for the
//! whole process, which makes none.

use std::mem;
use std::ops::Deref;
use std::ptr;

/// A value on pages that stay in memory. It has no `Debug` and no copy.
pub(crate) struct Locked<T>(Box<T>);

impl<T> Locked<T> {
    /// Moves a value there. Where the system locks no more memory (RLIMIT_MEMLOCK) this is told
    /// in the log, and the value lies as any other does.
    pub(crate) fn new(value: T) -> Self {
        let place = Box::new(value);
        match region::lock(ptr::from_ref::<T>(&place), mem::size_of::<T>()) {
            // For good: keys live as long as their process, and other values may share the page.
            Ok(guard) => mem::forget(guard),
            Err(error) => tracing::warn!(%error, "the keys may be written to swap"),
        }
        Self(place)
    }
}

impl<T> Deref for Locked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kilobytes that this process has locked.
    fn locked() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    fn a_value_lies_on_locked_pages() {
        let before = locked();
        let big = Locked::new([7_u8; 64 << 10]);
        assert!(locked() >= before + 64, "{before} kB before");
        assert_eq!(big[0], 7);
    }
}
