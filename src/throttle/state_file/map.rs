//! The mapping of the state file, with all `unsafe` code for shared memory.
#![allow(
    unsafe_code,
    reason = "a memory-mapped file is shared with other processes"
)]

use std::fs::File;
use std::io;

use memmap2::{MmapOptions, MmapRaw};

use super::fault::Guard;
use super::layout::{
    CONTROLS_OFFSET, COUNTERS_OFFSET, FILE_LEN, HEADER_LEN, LINES, PICK_LINES, PICKS_OFFSET,
    WORDS_OFFSET,
};
use crate::sync::AtomicU64;
use crate::table::{SETS, WAYS};

/// A line of counters, of controls or of picks, or a set of words.
pub(super) type Line = [AtomicU64; WAYS];

/// A state file mapped shared and writable.
#[derive(Debug)]
pub(super) struct Mapping {
    /// Declared before the memory, so that it is dropped first.
    guard: Guard,
    memory: MmapRaw,
}

impl Mapping {
    /// Maps `file`, whose length must be exactly [`FILE_LEN`] (checked by the caller).
    ///
    /// Herald never shortens a state file, and its directory is closed to other users. A program with the
    /// user's rights may: see [`super::fault`].
    pub(super) fn new(file: &File) -> io::Result<Self> {
        let memory = MmapOptions::new().len(FILE_LEN).map_raw(file)?;
        Ok(Self {
            guard: Guard::new(memory.as_mut_ptr().cast_const()),
            memory,
        })
    }

    /// Whether its words are private to this process, because the file was shortened.
    pub(super) fn is_lost(&self) -> bool {
        self.guard.is_lost()
    }

    /// A copy of the header.
    pub(super) fn header(&self) -> [u8; HEADER_LEN] {
        // SAFETY: the mapping is FILE_LEN > HEADER_LEN bytes long and lives as long as self. A header is
        // complete before the file gets its name and is never written again.
        unsafe { self.memory.as_ptr().cast::<[u8; HEADER_LEN]>().read() }
    }

    /// The words of the table.
    #[inline]
    pub(super) fn sets(&self) -> &[Line; SETS] {
        // SAFETY: SETS lines from WORDS_OFFSET on end at FILE_LEN.
        unsafe { self.lines(WORDS_OFFSET) }
    }

    /// The counters.
    pub(super) fn counters(&self) -> &[Line; LINES] {
        // SAFETY: LINES lines from COUNTERS_OFFSET on end at CONTROLS_OFFSET.
        unsafe { self.lines(COUNTERS_OFFSET) }
    }

    /// The word of the controls.
    pub(super) fn controls(&self) -> &AtomicU64 {
        &self.controls_line()[0]
    }

    /// The word of the fleet's controls.
    pub(super) fn fleet(&self) -> &AtomicU64 {
        &self.controls_line()[1]
    }

    fn controls_line(&self) -> &Line {
        // SAFETY: the line at CONTROLS_OFFSET ends at PICKS_OFFSET.
        let [line] = unsafe { self.lines::<1>(CONTROLS_OFFSET) };
        line
    }

    /// The words of the last picks.
    pub(super) fn picks(&self) -> &[AtomicU64] {
        // SAFETY: PICK_LINES lines from PICKS_OFFSET on end at WORDS_OFFSET.
        unsafe { self.lines::<PICK_LINES>(PICKS_OFFSET) }.as_flattened()
    }

    /// # Safety
    ///
    /// `offset` is a multiple of 64, and `N` lines from there on end before or at [`FILE_LEN`] and
    /// do not touch the header.
    #[inline]
    unsafe fn lines<const N: usize>(&self, offset: usize) -> &[Line; N] {
        // SAFETY: the caller's offset is inside the mapping.
        let first = unsafe { self.memory.as_mut_ptr().add(offset) };
        // SAFETY: a mapping starts on a page, so a multiple of 64 is aligned; the caller vouches
        // for the length; the mapping lives as long as self; and every process reaches these bytes
        // through atomics only. Any bits are a valid line.
        unsafe { &*first.cast::<[Line; N]>() }
    }
}
