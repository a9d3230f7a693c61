use std::time::UNIX_EPOCH;

use super::*;
use crate::clock::ManualClock;

const NOON: u64 = 1_800_000_000_000;
const SECOND: Duration = Duration::from_secs(1);

fn throttle() -> Table<LocalSlots, ManualClock> {
    Table::in_process(ManualClock::at(NOON))
}

fn retry_after(decision: Decision) -> Duration {
    match decision {
        Decision::Suppress { retry_after } => retry_after,
        Decision::Admit(_) => panic!("admitted"),
    }
}

fn admission(decision: Decision) -> Admission {
    match decision {
        Decision::Admit(admission) => admission,
        Decision::Suppress { retry_after } => panic!("suppressed for {retry_after:?}"),
    }
}

#[test]
fn admits_once_a_window() {
    let throttle = throttle();
    assert!(throttle.admit("Stop", SECOND).is_admitted());
    throttle.clock.advance(400);
    assert_eq!(
        retry_after(throttle.admit("Stop", SECOND)),
        Duration::from_millis(600)
    );
    throttle.clock.advance(599);
    assert_eq!(
        retry_after(throttle.admit("Stop", SECOND)),
        Duration::from_millis(1)
    );
    throttle.clock.advance(1);
    assert!(throttle.admit("Stop", SECOND).is_admitted());
}

#[test]
fn keys_do_not_disturb_each_other() {
    let throttle = throttle();
    assert!(throttle.admit("Stop", SECOND).is_admitted());
    assert!(throttle.admit("Notification", SECOND).is_admitted());
    assert!(!throttle.admit("Stop", SECOND).is_admitted());
}

#[test]
fn no_window_never_suppresses_but_is_remembered() {
    let throttle = throttle();
    assert!(throttle.admit("Stop", Duration::ZERO).is_admitted());
    assert!(throttle.admit("Stop", Duration::ZERO).is_admitted());
    assert_eq!(throttle.peek("Stop", SECOND), Some(SECOND));
}

#[test]
fn windows_of_any_length_are_windows() {
    let throttle = throttle();
    for (key, window) in [
        ("shortest", Duration::from_nanos(1)),
        ("longest", Duration::MAX),
    ] {
        assert!(throttle.admit(key, window).is_admitted());
        assert!(!throttle.admit(key, window).is_admitted(), "{key}");
    }
    throttle.clock.advance(1);
    assert!(
        throttle
            .admit("shortest", Duration::from_nanos(1))
            .is_admitted()
    );
}

#[test]
fn a_look_marks_nothing() {
    let throttle = throttle();
    assert_eq!(throttle.peek("Stop", SECOND), None);
    assert!(throttle.admit("Stop", SECOND).is_admitted());
}

#[test]
fn a_cancelled_admission_lets_the_next_one_sound() {
    let throttle = throttle();
    let first = admission(throttle.admit("Stop", SECOND));
    assert!(throttle.cancel(first));
    assert_eq!(throttle.peek("Stop", SECOND), None);
    let second = admission(throttle.admit("Stop", SECOND));
    assert!(!throttle.admit("Stop", SECOND).is_admitted());
    assert!(!throttle.cancel(Admission::from_parts((0, 0))), "made up");
    assert!(throttle.cancel(Admission::from_parts(second.to_parts())));
}

#[test]
fn a_firing_counts_right_after_one_that_was_cancelled() {
    let throttle = throttle();
    let failed = admission(throttle.admit("Stop", SECOND));
    assert!(throttle.cancel(failed));
    let noon = UNIX_EPOCH + Duration::from_millis(NOON);
    assert!(throttle.mark("Stop", noon).is_some());
    assert_eq!(throttle.peek("Stop", SECOND), Some(SECOND));
}

#[test]
fn an_overwritten_admission_is_not_cancelled() {
    let throttle = throttle();
    let first = admission(throttle.admit("Stop", SECOND));
    throttle.clock.advance(1_000);
    assert!(throttle.admit("Stop", SECOND).is_admitted());
    assert!(!throttle.cancel(first));
    assert!(!throttle.admit("Stop", SECOND).is_admitted());
}

#[test]
fn a_reset_of_one_firing_leaves_a_later_one() {
    let throttle = throttle();
    let recall = || throttle.recall("Stop").unwrap();
    assert!(throttle.admit("Stop", SECOND).is_admitted());
    let first = recall();
    throttle.clock.advance(1_000);
    assert!(throttle.admit("Stop", SECOND).is_admitted());
    assert!(!throttle.reset_if_last("Stop", first));
    assert!(!throttle.admit("Stop", SECOND).is_admitted());
    assert!(throttle.reset_if_last("Stop", recall()));
    assert!(!throttle.reset_if_last("Stop", recall()), "twice");
    assert!(throttle.admit("Stop", SECOND).is_admitted());
    assert!(!throttle.reset_if_last("Notification", recall()));
}

#[test]
fn marks_count_as_firings_and_old_news_does_not() {
    let throttle = throttle();
    let at = |ms| UNIX_EPOCH + Duration::from_millis(ms);
    assert!(throttle.mark("Stop", at(NOON - 300)).is_some());
    assert_eq!(
        throttle.peek("Stop", SECOND),
        Some(Duration::from_millis(700))
    );
    assert_eq!(throttle.mark("Stop", at(NOON - 400)), None, "old news");
    assert!(
        throttle.mark("Stop", at(NOON + 99_000)).is_some(),
        "the future counts as now"
    );
    assert_eq!(throttle.peek("Stop", SECOND), Some(SECOND));
}

#[test]
fn a_stamp_from_the_future_does_not_mute() {
    let throttle = throttle();
    throttle.clock.set(NOON + 3_600_000);
    assert!(throttle.admit("Stop", SECOND).is_admitted());
    throttle.clock.set(NOON);
    assert!(
        throttle.admit("Stop", SECOND).is_admitted(),
        "an hour ahead is junk"
    );
    assert!(
        !throttle.admit("Stop", SECOND).is_admitted(),
        "and is replaced, not bumped"
    );
}

#[test]
fn the_key_that_fired_longest_ago_makes_way() {
    let throttle = throttle();
    let of_one_set: Vec<String> = (0..)
        .map(|n| format!("key {n}"))
        .filter(|name| Key::new(name).set(SETS) == 7)
        .take(WAYS + 1)
        .collect();
    for name in &of_one_set {
        assert!(throttle.admit(name.as_str(), SECOND).is_admitted());
        throttle.clock.advance(1);
    }
    let hour = Duration::from_secs(3_600);
    for name in &of_one_set[1..] {
        assert!(
            throttle.peek(name.as_str(), hour).is_some(),
            "{name} was forgotten"
        );
    }
    assert_eq!(throttle.peek(of_one_set[0].as_str(), hour), None);
}
