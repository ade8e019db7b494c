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

    /// Whether the page of an address is kept from swap: `lo` among the flags of its mapping.
    fn is_locked(address: usize) -> bool {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut within = false;
        for line in maps.lines() {
            let first = line.split(' ').next().unwrap_or_default();
            if let Some((from, to)) = first.split_once('-') {
                let edge = |text: &str| usize::from_str_radix(text, 16);
                if let (Ok(from), Ok(to)) = (edge(from), edge(to)) {
                    within = (from..to).contains(&address);
                }
            } else if within && let Some(flags) = line.strip_prefix("VmFlags:") {
                return flags.split_whitespace().any(|flag| flag == "lo");
            }
        }
        panic!("no mapping has {address:x}");
    }

    #[test]
    fn a_value_lies_on_locked_pages() {
        let big = Locked::new([7_u8; 64 << 10]);
        for byte in [&big[0], &big[32 << 10], &big[(64 << 10) - 1]] {
            assert_eq!(*byte, 7);
            assert!(is_locked(ptr::from_ref(byte).addr()));
        }
        let text: &'static str = "part of the program";
        assert!(!is_locked(text.as_ptr().addr()), "nothing else is");
    }
}
