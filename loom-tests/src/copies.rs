//! The set under test and its copies, behind one trait.

use herald_throttle::internals::clock::Clock;
use herald_throttle::internals::table::word::{Stamp, Tag};

use crate::sync::AtomicU64;

/// Identifies an admission for cancelling: index and bits of the marked word.
pub(crate) type Mark = (usize, u64);

/// The operations of a model on a set. Each call reads the clock itself, like the throttle's.
pub(crate) trait Throttle: 'static {
    /// Admits, and returns the argument for `cancel`; `None` if suppressed.
    fn admit<C: Clock, const WAYS: usize>(
        slots: &[AtomicU64; WAYS],
        clock: &C,
        tag: Tag,
        window_ms: u64,
    ) -> Option<Mark>;

    fn is_suppressed<C: Clock, const WAYS: usize>(
        slots: &[AtomicU64; WAYS],
        clock: &C,
        tag: Tag,
        window_ms: u64,
    ) -> bool;

    /// Marks, and returns the mark; `None` if nothing was recorded.
    fn mark<C: Clock, const WAYS: usize>(
        slots: &[AtomicU64; WAYS],
        clock: &C,
        tag: Tag,
        when: Stamp,
    ) -> Option<Mark>;

    fn cancel<C: Clock, const WAYS: usize>(
        slots: &[AtomicU64; WAYS],
        clock: &C,
        mark: Mark,
    ) -> bool;

    fn reset<C: Clock, const WAYS: usize>(slots: &[AtomicU64; WAYS], clock: &C, tag: Tag) -> bool;

    fn reset_if_last<C: Clock, const WAYS: usize>(
        slots: &[AtomicU64; WAYS],
        clock: &C,
        tag: Tag,
        last: Stamp,
    ) -> bool;

    fn reset_all<C: Clock, const WAYS: usize>(slots: &[AtomicU64; WAYS], clock: &C) -> usize;
}

macro_rules! face {
    ($name:ident, $($set:tt)*) => {
        pub(crate) struct $name;

        impl Throttle for $name {
            fn admit<C: Clock, const WAYS: usize>(
                slots: &[AtomicU64; WAYS],
                clock: &C,
                tag: Tag,
                window_ms: u64,
            ) -> Option<Mark> {
                let now = Stamp::from_unix_ms(clock.unix_ms());
                let decision = $($set)*::Set::new(slots, 0, clock).admit(tag, window_ms, now);
                Some(decision.admission()?.to_parts())
            }

            fn is_suppressed<C: Clock, const WAYS: usize>(
                slots: &[AtomicU64; WAYS],
                clock: &C,
                tag: Tag,
                window_ms: u64,
            ) -> bool {
                let now = Stamp::from_unix_ms(clock.unix_ms());
                $($set)*::Set::new(slots, 0, clock).peek(tag, window_ms, now).is_some()
            }

            fn mark<C: Clock, const WAYS: usize>(
                slots: &[AtomicU64; WAYS],
                clock: &C,
                tag: Tag,
                when: Stamp,
            ) -> Option<Mark> {
                let now = Stamp::from_unix_ms(clock.unix_ms());
                let admission = $($set)*::Set::new(slots, 0, clock).mark(tag, when, now);
                admission.map(|admission| admission.to_parts())
            }

            fn cancel<C: Clock, const WAYS: usize>(
                slots: &[AtomicU64; WAYS],
                clock: &C,
                mark: Mark,
            ) -> bool {
                let admission = $($set)*::Admission::from_parts(mark);
                $($set)*::Set::new(slots, 0, clock).cancel(admission)
            }

            fn reset<C: Clock, const WAYS: usize>(
                slots: &[AtomicU64; WAYS],
                clock: &C,
                tag: Tag,
            ) -> bool {
                $($set)*::Set::new(slots, 0, clock).reset(tag)
            }

            fn reset_if_last<C: Clock, const WAYS: usize>(
                slots: &[AtomicU64; WAYS],
                clock: &C,
                tag: Tag,
                last: Stamp,
            ) -> bool {
                $($set)*::Set::new(slots, 0, clock).reset_if_last(tag, last)
            }

            fn reset_all<C: Clock, const WAYS: usize>(
                slots: &[AtomicU64; WAYS],
                clock: &C,
            ) -> usize {
                $($set)*::Set::new(slots, 0, clock).reset_all()
            }
        }
    };
}

macro_rules! copy {
    ($name:ident, $module:ident) => {
        #[allow(
            clippy::all,
            dead_code,
            missing_docs,
            unreachable_pub,
            unused_variables
        )]
        mod $module {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($module), ".rs"));
        }
        face!($name, $module);
    };
}

#[cfg(herald_loom)]
face!(Shipped, herald_throttle::internals::table::set);
#[cfg(not(herald_loom))]
copy!(Shipped, shipped);
#[cfg(herald_loom)]
copy!(LoadsThatWrite, loads_that_write);
#[cfg(herald_loom)]
copy!(LastOfEqualVictims, last_of_equal_victims);

copy!(StoreInsteadOfSwap, store_instead_of_swap);
copy!(AnyExpiredVictim, any_expired_victim);
copy!(NoBump, no_bump);
copy!(NoBumpAfterCancel, no_bump_after_cancel);
copy!(LoserIsAdmitted, loser_is_admitted);
copy!(NoRescan, no_rescan);
copy!(JunkByAnOldReading, junk_by_an_old_reading);
copy!(JunkIsBumped, junk_is_bumped);
copy!(JunkIsKnown, junk_is_known);
copy!(UpdateLowersTheStamp, update_lowers_the_stamp);
copy!(OldNewsIsMarked, old_news_is_marked);
copy!(CancelDropsTheTag, cancel_drops_the_tag);
copy!(ResetByStore, reset_by_store);
copy!(ResetOfAnyFiring, reset_of_any_firing);
