//! The mapping of the state file: all `unsafe` of shared memory is here.
#![allow(
    unsafe_code,
    reason = "a memory-mapped file is shared with other processes"
)]

use std::fs::File;
use std::io;

use memmap2::{MmapOptions, MmapRaw};

use super::layout::{FILE_LEN, HEADER_LEN, WORDS_OFFSET};
use crate::sync::AtomicU64;
use crate::throttle::SLOTS;

/// A state file mapped shared and writable.
#[derive(Debug)]
pub(super) struct Mapping(MmapRaw);

impl Mapping {
    /// Maps `file`, which must have been checked to be exactly [`FILE_LEN`] bytes long.
    ///
    /// Herald never shortens a state file, and its directory is closed to other users; somebody
    /// with the user's own rights who truncates it while it is mapped kills the process by
    /// SIGBUS, as with any mapped file.
    pub(super) fn new(file: &File) -> io::Result<Self> {
        MmapOptions::new().len(FILE_LEN).map_raw(file).map(Self)
    }

    /// A copy of the header.
    pub(super) fn header(&self) -> [u8; HEADER_LEN] {
        // SAFETY: the mapping is FILE_LEN > HEADER_LEN bytes long and lives as long as self. A
        // header is complete before the file gets its name and is never written again.
        unsafe { self.0.as_ptr().cast::<[u8; HEADER_LEN]>().read() }
    }

    /// The words of the table.
    pub(super) fn words(&self) -> &[AtomicU64] {
        // SAFETY: WORDS_OFFSET is inside the mapping.
        let first = unsafe { self.0.as_mut_ptr().add(WORDS_OFFSET) };
        // SAFETY: a mapping starts on a page and WORDS_OFFSET is a multiple of 4096, so the words
        // are aligned; SLOTS of them end at FILE_LEN; the mapping lives as long as self; and every
        // process reaches these bytes through atomics only. Any bits are a valid word.
        unsafe { std::slice::from_raw_parts(first.cast::<AtomicU64>(), SLOTS) }
    }
}
