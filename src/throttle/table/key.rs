//! Keys: names hashed once, so that a check does not hash.

use xxhash_rust::const_xxh3::xxh3_64 as const_xxh3_64;
use xxhash_rust::xxh3::xxh3_64;

use super::word::{TAG_BITS, Tag};

/// A throttle key: the XXH3-64 hash (seed 0) of its name's UTF-8 bytes.
///
/// The hash determines the key's set (low bits) and its tag (the highest 23 bits). It is part of the state
/// file's format, so all builds must agree on it; the tests contain golden values. XXH3 is specified at
/// <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>.
///
/// ```
/// use herald_throttle::Key;
///
/// const DONE: Key = Key::of_static("backup finished");
/// assert_eq!(DONE, Key::new("backup finished"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u64);

impl Key {
    /// The key named `name`.
    pub fn new(name: &str) -> Self {
        Self(xxh3_64(name.as_bytes()))
    }

    /// The key named `name`, hashed at compile time.
    pub const fn of_static(name: &'static str) -> Self {
        Self(const_xxh3_64(name.as_bytes()))
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Key {
    /// The key's hash, to store it as a number.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The key of [`Self::to_bits`]. Every number is valid.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// A key of `name` in the set of this key, so that one read serves both.
    #[must_use]
    pub fn beside(self, name: &str) -> Self {
        const TAG: u64 = !0 << (64 - TAG_BITS);
        Self(self.0 & !TAG | Self::new(name).0 & TAG)
    }

    /// The index of this key's set in a table of `sets` sets, a power of two.
    pub const fn set(self, sets: usize) -> usize {
        self.0 as usize & (sets - 1)
    }

    /// Distinguishes this key from others of its set.
    pub const fn tag(self) -> Tag {
        Tag::from_bits((self.0 >> (64 - TAG_BITS)) as u32)
    }
}

impl From<&str> for Key {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

#[cfg(all(test, not(herald_loom)))]
mod tests {
    use super::*;

    /// From the reference implementation, through the Python package xxhash 3.
    const GOLDEN: [(&str, u64); 3] = [
        ("", 0x2d06_8005_38d3_94c2),
        ("Stop", 0xe53a_fd87_2fd5_67c9),
        (
            "/home/dev/shop\0Notification\x000123456789abcdef0123456789abcdef",
            0x24b0_de8f_7e9a_926e,
        ),
    ];

    #[test]
    fn the_hash_is_the_one_of_the_file_format() {
        for (name, hash) in GOLDEN {
            assert_eq!(Key::new(name).0, hash, "{name:?}");
        }
    }

    #[test]
    fn a_key_beside_another_is_in_its_set_with_a_tag_of_its_own() {
        let (stop, name) = (Key::new("Stop"), Key::new("name"));
        let beside = stop.beside("name");
        for sets in [1, 2048, 1 << 40] {
            assert_eq!(beside.set(sets), stop.set(sets));
        }
        assert_eq!(beside.tag(), name.tag());
        assert_ne!(beside.tag(), stop.tag());
    }

    #[test]
    fn hashing_early_and_late_agree() {
        const EARLY: Key = Key::of_static("Notification");
        assert_eq!(EARLY, Key::new("Notification"));
    }
}
