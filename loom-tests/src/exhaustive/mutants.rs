//! The broken copies, and the models that must detect them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::models::{
    cancel_against_admit, displaced_key_returns, equal_victims, expired_key, fresh_key, junk_key,
    junk_victims, late_cancel, old_call_against_admit, old_mark_against_admit,
    old_reset_against_admit, reset_against_admit, stalled_reader, victims_that_expire,
};
use crate::copies::{
    AnyExpiredVictim, CancelDropsTheTag, JunkByAnOldReading, JunkIsBumped, JunkIsKnown,
    LastOfEqualVictims, LoserIsAdmitted, NoBump, NoBumpAfterCancel, NoRescan, OldNewsIsMarked,
    ResetByStore, ResetOfAnyFiring, StoreInsteadOfSwap, UpdateLowersTheStamp,
};

#[track_caller]
pub(super) fn must_fail(model: fn()) {
    let outcome = catch_unwind(AssertUnwindSafe(model));
    assert!(outcome.is_err(), "a broken copy passed");
}

#[test]
fn a_store_instead_of_a_swap_is_caught() {
    must_fail(fresh_key::<StoreInsteadOfSwap>);
    must_fail(expired_key::<StoreInsteadOfSwap>);
}

#[test]
fn a_victim_that_is_merely_expired_is_caught() {
    must_fail(victims_that_expire::<AnyExpiredVictim>);
}

#[test]
fn an_insert_that_does_not_pass_its_victims_stamp_is_caught() {
    must_fail(displaced_key_returns::<NoBump>);
}

#[test]
fn a_loser_that_is_admitted_is_caught() {
    must_fail(fresh_key::<LoserIsAdmitted>);
}

#[test]
fn a_loser_that_swaps_again_without_looking_is_caught() {
    must_fail(fresh_key::<NoRescan>);
    must_fail(expired_key::<NoRescan>);
}

#[test]
fn junk_that_is_judged_by_an_old_reading_is_caught() {
    must_fail(stalled_reader::<JunkByAnOldReading>);
}

#[test]
fn an_insert_that_passes_a_junk_stamp_is_caught() {
    must_fail(junk_victims::<JunkIsBumped>);
}

#[test]
fn junk_that_suppresses_is_caught() {
    must_fail(junk_key::<JunkIsKnown>);
}

#[test]
fn an_update_that_lowers_a_stamp_is_caught() {
    must_fail(old_call_against_admit::<UpdateLowersTheStamp>);
}

#[test]
fn a_mark_of_old_news_is_caught() {
    must_fail(old_mark_against_admit::<OldNewsIsMarked>);
}

#[test]
fn a_cancel_that_drops_the_tag_is_caught() {
    must_fail(cancel_against_admit::<CancelDropsTheTag>);
}

#[test]
fn a_firing_that_does_not_pass_a_cancelled_ones_stamp_is_caught() {
    must_fail(late_cancel::<NoBumpAfterCancel>);
}

#[test]
fn a_reset_that_overwrites_is_caught() {
    must_fail(reset_against_admit::<ResetByStore>);
}

#[test]
fn a_reset_of_another_firing_is_caught() {
    must_fail(old_reset_against_admit::<ResetOfAnyFiring>);
}

/// The tie rule may be reversed, as long as there is one: this copy is intact.
#[test]
fn ties_may_go_to_the_highest_index() {
    equal_victims::<LastOfEqualVictims>();
    displaced_key_returns::<LastOfEqualVictims>();
}
