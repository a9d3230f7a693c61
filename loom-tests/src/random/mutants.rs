//! The broken copies, and the models that must detect them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed as Counting};

use super::models::Model;
use super::plan::Clockwork;
use super::{at_random, by_priority};
use crate::copies::{
    AnyExpiredVictim, CancelDropsTheTag, JunkByAnOldReading, JunkIsBumped, JunkIsKnown,
    LoserIsAdmitted, NoBump, NoBumpAfterCancel, NoRescan, OldNewsIsMarked, ResetByStore,
    ResetOfAnyFiring, StoreInsteadOfSwap, Throttle, UpdateLowersTheStamp,
};

/// The number of executions after which a broken copy has passed. Most are detected within thirty.
const PATIENCE: usize = 20_000;

/// Runs a broken copy with each scheduler; both must detect it.
#[track_caller]
fn must_fail<T: Throttle>(clockwork: Clockwork) {
    let executions = Arc::new(AtomicUsize::new(0));
    let model = {
        let executions = executions.clone();
        move || {
            executions.fetch_add(1, Counting);
            Model::at_noon(clockwork).run::<T, 2>();
        }
    };
    let schedulers = [at_random, by_priority];
    for schedule in schedulers {
        let model = model.clone();
        let outcome = catch_unwind(AssertUnwindSafe(|| schedule(PATIENCE, model)));
        let wrong = outcome.expect_err("a broken copy passed");
        let wrong = wrong.downcast_ref::<String>().map_or("", |wrong| wrong);
        let wrong = wrong.lines().next().unwrap_or_default();
        println!(
            "caught at execution {}: {wrong}",
            executions.swap(0, Counting)
        );
    }
}

#[test]
fn a_store_instead_of_a_swap_is_caught() {
    must_fail::<StoreInsteadOfSwap>(Clockwork::Ticks);
}

#[test]
fn a_victim_that_is_merely_expired_is_caught() {
    must_fail::<AnyExpiredVictim>(Clockwork::Ticks);
}

#[test]
fn an_insert_that_does_not_pass_its_victims_stamp_is_caught() {
    must_fail::<NoBump>(Clockwork::Ticks);
}

#[test]
fn a_firing_that_does_not_pass_a_cancelled_ones_stamp_is_caught() {
    must_fail::<NoBumpAfterCancel>(Clockwork::Ticks);
}

#[test]
fn a_loser_that_is_admitted_is_caught() {
    must_fail::<LoserIsAdmitted>(Clockwork::Ticks);
}

#[test]
fn a_loser_that_swaps_again_without_looking_is_caught() {
    must_fail::<NoRescan>(Clockwork::Ticks);
}

#[test]
fn junk_that_is_judged_by_an_old_reading_is_caught() {
    must_fail::<JunkByAnOldReading>(Clockwork::Stalls);
}

#[test]
fn an_insert_that_passes_a_junk_stamp_is_caught() {
    must_fail::<JunkIsBumped>(Clockwork::StepsBetweenCalls);
}

#[test]
fn junk_that_suppresses_is_caught() {
    must_fail::<JunkIsKnown>(Clockwork::StepsBetweenCalls);
}

#[test]
fn an_update_that_lowers_a_stamp_is_caught() {
    must_fail::<UpdateLowersTheStamp>(Clockwork::Ticks);
}

#[test]
fn a_mark_of_old_news_is_caught() {
    must_fail::<OldNewsIsMarked>(Clockwork::Ticks);
}

#[test]
fn a_cancel_that_drops_the_tag_is_caught() {
    must_fail::<CancelDropsTheTag>(Clockwork::Ticks);
}

#[test]
fn a_reset_that_overwrites_is_caught() {
    must_fail::<ResetByStore>(Clockwork::Ticks);
}

#[test]
fn a_reset_of_another_firing_is_caught() {
    must_fail::<ResetOfAnyFiring>(Clockwork::Ticks);
}
