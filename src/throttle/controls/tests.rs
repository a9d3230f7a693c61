//! The word at given times; nothing waits for a clock.

use super::*;
use proptest::prelude::*;

/// 2027-01-15, 250 ms past a full second.
const NOW: u64 = 1_800_000_000_250;
const MINUTE: Duration = Duration::from_secs(60);

fn snooze(unix_ms: u64, length: Duration) -> Snooze {
    Snooze::new(unix_ms, length).unwrap()
}

#[test]
fn a_new_word_has_nothing_set() {
    assert_eq!(Controls::from_bits(0), Controls::NONE);
    assert_eq!(Controls::NONE.silence(NOW), None);
    assert_eq!(Controls::NONE.thousandths(), None);
    assert_eq!(Controls::NONE.volume(), 1.0);
}

#[test]
fn a_snooze_is_in_force_from_its_start_to_its_end_and_no_longer() {
    let controls = Controls::NONE.snoozed(snooze(NOW, 30 * MINUTE));
    let left = |unix_ms| controls.snooze().left(unix_ms);
    // The end is rounded up to a second; by its own clock it has begun.
    let end = 1_800_001_801_000;
    assert_eq!(left(NOW), Some(Duration::from_millis(end - NOW)));
    assert_eq!(left(end - 1), Some(Duration::from_millis(1)));
    assert_eq!(left(end), None);
    assert_eq!(left(end + 10_000_000), None);
    // Set back: by an hour, and by a second before the start.
    assert_eq!(left(1_799_999_999_999), None);
    assert_eq!(left(NOW - 3_600_000), None);
    let silence = Some(Silence::Snoozed {
        ends_in: Duration::from_millis(end - NOW),
    });
    assert_eq!(controls.silence(NOW), silence);
    assert_eq!(controls.silence(end), None, "it ends by itself");
}

#[test]
fn a_snooze_has_a_length_and_no_more_than_a_week() {
    for length in [Duration::ZERO, LONGEST_SNOOZE + Duration::from_nanos(1)] {
        let error = Snooze::new(NOW, length).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Range);
        assert!(error.to_string().contains("such as 30m"), "{error}");
    }
    for length in [Duration::from_nanos(1), LONGEST_SNOOZE] {
        let left = snooze(NOW, length).left(NOW).unwrap();
        assert!(left >= length && left - length <= Duration::from_secs(1));
    }
}

#[test]
fn a_clock_that_was_never_set_snoozes_like_any_other() {
    for unix_ms in [0, 999, 1_735_689_599_999, u64::MAX - 999_999_999] {
        let snooze = snooze(unix_ms, MINUTE);
        assert!(snooze.left(unix_ms).is_some_and(|left| left >= MINUTE));
        assert_eq!(snooze.left(unix_ms + 61_000), None);
    }
}

#[test]
fn each_change_keeps_what_it_is_not_about() {
    let all = Controls::NONE
        .at_volume(Some(0.4))
        .snoozed(snooze(NOW, MINUTE))
        .muted();
    assert_eq!(all.silence(NOW), Some(Silence::Muted), "above the snooze");
    assert!(all.snooze().left(NOW).is_some());
    assert_eq!(all.thousandths(), Some(400));
    assert_eq!(all.unmuted(), Controls::NONE.at_volume(Some(0.4)));
    let reset = all.at_volume(None);
    assert_eq!(reset.volume(), 1.0);
    assert!(reset.is_muted() && reset.snooze() == all.snooze());
}

#[test]
fn a_volume_of_nothing_is_silence_with_a_mend_of_its_own() {
    let silence = Controls::NONE.at_volume(Some(0.0)).silence(NOW);
    assert_eq!(silence, Some(Silence::TurnedDown));
    let error = Error::from(silence.unwrap()).to_string();
    assert_eq!(
        error,
        "master volume 0 (silent); hint: herald volume --reset"
    );
}

#[test]
fn a_volume_out_of_range_is_brought_into_it() {
    for (given, thousandths) in [
        (0.5, 500),
        (0.0004, 0),
        (0.0005, 1),
        (1.0, 1_000),
        (7.0, 1_000),
        (f32::INFINITY, 1_000),
        (-1.0, 0),
        (f32::NAN, 0),
    ] {
        let controls = Controls::NONE.at_volume(Some(given));
        assert_eq!(controls.thousandths(), Some(thousandths), "{given}");
    }
    assert_eq!(Controls::from_bits(1_023).volume(), 1.0);
}

#[test]
fn silence_is_told_in_words() {
    for (ms, words) in [
        (1, "snoozed (1s left)"),
        (723_000, "snoozed (12m 3s left)"),
        (1_800_000, "snoozed (30m left)"),
        (604_800_000, "snoozed (7d left)"),
        (1_800_999, "snoozed (30m left)"),
        (90_061_001, "snoozed (1d 1h left)"),
    ] {
        let ends_in = Duration::from_millis(ms);
        assert_eq!(Silence::Snoozed { ends_in }.to_string(), words);
    }
    let muted = Error::from(Silence::Muted);
    assert_eq!(muted.kind(), ErrorKind::Muted);
    assert_eq!(muted.to_string(), "muted; hint: herald unmute");
}

#[test]
fn the_fleets_mute_is_seen_beside_the_own_controls_and_ends_with_its_time() {
    let fleet = Controls::NONE.snoozed(snooze(NOW, MINUTE));
    let seen = |own: Controls| own.beneath(fleet, NOW).silence(NOW);
    let silence = seen(Controls::NONE.at_volume(Some(0.4)));
    assert!(
        matches!(silence, Some(Silence::Fleet { .. })),
        "{silence:?}"
    );
    let error = Error::from(silence.unwrap()).to_string();
    assert_eq!(
        error,
        "muted by the fleet (1m left); hint: herald fleet unmute"
    );
    assert_eq!(seen(Controls::NONE.muted()), Some(Silence::Muted));
    let longer = Controls::NONE.snoozed(snooze(NOW, 2 * MINUTE));
    assert!(matches!(seen(longer), Some(Silence::Snoozed { .. })));
    let volume = Controls::NONE.at_volume(Some(0.4));
    assert_eq!(
        volume.beneath(fleet, NOW + 61_000),
        volume,
        "it ends by itself"
    );
    assert_eq!(volume.beneath(Controls::NONE, NOW), volume);
}

#[test]
fn changes_of_many_threads_all_hold() {
    let word = AtomicU64::new(0);
    let asked = snooze(NOW, MINUTE);
    std::thread::scope(|scope| {
        scope.spawn(|| change(&word, Controls::muted));
        scope.spawn(|| change(&word, |controls| controls.snoozed(asked)));
        for _ in 0..8 {
            scope.spawn(|| change(&word, |controls| controls.at_volume(Some(0.25))));
        }
    });
    let controls = Controls::from_bits(word.into_inner());
    assert!(controls.is_muted());
    assert_eq!(controls.snooze(), asked);
    assert_eq!(controls.thousandths(), Some(250));
}

proptest! {
    #[test]
    fn every_part_round_trips(
        bits: u64,
        thousandths in proptest::option::of(0..=FULL_VOLUME),
        unix_ms in 0..u64::MAX / 2,
        length in 1..=604_800_000_u64,
        muted: bool,
    ) {
        let volume = thousandths.map(|volume| f32::from(volume) / f32::from(FULL_VOLUME));
        let asked = snooze(unix_ms, Duration::from_millis(length));
        let controls = Controls::from_bits(bits).unmuted().at_volume(volume).snoozed(asked);
        let controls = if muted { controls.muted() } else { controls };
        prop_assert_eq!(controls.is_muted(), muted);
        prop_assert_eq!(controls.snooze(), asked);
        prop_assert_eq!(controls.thousandths(), thousandths);
        prop_assert_eq!(Controls::from_bits(controls.bits()), controls);
        let spare = 1 << 10;
        prop_assert_eq!(controls.bits() & spare, bits & spare, "left as it is");
    }

    #[test]
    fn any_bits_are_controls(bits: u64, unix_ms: u64) {
        let controls = Controls::from_bits(bits);
        prop_assert_eq!(controls.bits(), bits);
        prop_assert!((0.0..=1.0).contains(&controls.volume()));
        if let Some(left) = controls.snooze().left(unix_ms) {
            prop_assert!(left <= Duration::from_secs(LENGTH_MASK), "12 days at most");
        }
        let _ = controls.silence(unix_ms).map(|silence| silence.to_string());
    }
}
