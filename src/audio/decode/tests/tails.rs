//! Sounds with wrong headers, or whose format changes: they play to their end.

use super::*;

/// Decoded frames per MP3 frame.
const FRAME: usize = 1_152;
/// The offsets in `mono.mp3` of the tag's frame count, byte count, encoder delay and padding; and of its
/// checksum, which is ignored.
const COUNT: usize = 0x1D;
const ADDED: usize = 0xA2;
const SUM: usize = 0xAF;
/// What the encoder added before and after the sound.
const DELAY: usize = 576 + 529;
const PADDING: usize = 1_071 - 529;

/// `mono.mp3` with a tag for `count` frames instead of 11.
fn counted(count: u32) -> Vec<u8> {
    let mut file = fixture("mono.mp3");
    assert_eq!(file[COUNT - 8..COUNT - 4], *b"Info");
    assert_eq!(file[COUNT..COUNT + 4], 11u32.to_be_bytes());
    assert_eq!(file[ADDED..ADDED + 3], [0x24, 0x04, 0x2F]);
    file[COUNT..COUNT + 4].copy_from_slice(&count.to_be_bytes());
    file[SUM..SUM + 2].fill(0);
    file
}

/// Padding of the encoder is removed, unless the count is wrong.
#[test]
fn an_mp3_whose_tag_counts_wrong_is_heard_to_its_end() {
    assert_eq!(
        decoded(&counted(11)).unwrap().frames(),
        11 * FRAME - DELAY - PADDING
    );
    for count in [0, 1, 5, 10, 12, 1_000, u32::MAX] {
        let clip = decoded(&counted(count)).unwrap();
        assert_eq!(clip.frames(), 11 * FRAME - DELAY, "{count} frames");
    }
    // Truncated in the second-last frame, with a correct tag.
    let file = fixture("mono.mp3");
    let clip = decoded(&file[..file.len() - 300]).unwrap();
    assert_eq!(clip.frames(), 9 * FRAME - DELAY);
}

/// Loud, then soft: the first frames are longer than the rest, so the estimated length is wrong. The expected
/// length is mpg123's.
#[test]
fn an_mp3_without_a_tag_is_heard_to_its_end() {
    let clip = decoded(&fixture("guessed.mp3")).unwrap();
    assert_eq!(clip.frames(), 67_968);
    let end = Clip::new(clip.format(), clip.samples()[40_000..66_000].to_vec());
    // Its noise exceeds full scale, so all of it is turned down.
    assert_sines(&end, &[440.0], 0.05);
}

#[test]
fn sounds_one_after_the_other_are_all_heard() {
    let tagged = fixture("mono.mp3");
    let clip = decoded(&tagged.repeat(2)).unwrap();
    assert_eq!(clip.frames(), 22 * FRAME - DELAY);
    let (ogg, once) = (
        fixture("stereo.ogg"),
        decoded(&fixture("stereo.ogg")).unwrap(),
    );
    let thrice = decoded(&ogg.repeat(3)).unwrap();
    assert_eq!(thrice.samples(), once.samples().repeat(3));
    let many = decoded(&ogg.repeat(101)).unwrap();
    assert_eq!(many.frames(), once.frames() * 100);
}

#[test]
fn a_change_of_rate_and_channels_goes_on_in_the_first_format() {
    for (first, second, seconds) in [
        ("stereo.ogg", "six.ogg", 0.25 + 0.15),
        ("six.ogg", "stereo.ogg", 0.15 + 0.25),
        ("mono.mp3", "stereo-24k.mp3", 0.25 + 0.25),
        ("stereo-24k.mp3", "mono.mp3", 0.25 + 0.25),
        ("mono.mp3", "stereo-id3.mp3", 0.25 + 0.25),
    ] {
        let what = format!("{first}, {second}");
        let alone = decoded(&fixture(first)).unwrap();
        let clip = decoded(&[fixture(first), fixture(second)].concat()).unwrap();
        assert_eq!(clip.format(), alone.format(), "{what}");
        let found = clip.duration().as_secs_f64();
        // An MP3 encoder's padding is heard if it is not at the end of the file.
        assert!((found - seconds).abs() < 0.11, "{what}: {found} s");
        let end = clip.samples().len() - alone.samples().len() / 4 * 2;
        let end = Clip::new(clip.format(), clip.samples()[end..].to_vec());
        assert!(
            amplitude(&end, 0, 440.0) > 0.1 || amplitude(&end, 0, 300.0) > 0.1,
            "{what}"
        );
    }
}

/// Bytes that look like a frame of another kind are ignored.
#[test]
fn what_looks_like_another_frame_is_passed_over() {
    let file = fixture("mono.mp3");
    let other = &fixture("stereo-24k.mp3")[..96];
    let frames = decoded(&file).unwrap().frames() + PADDING;
    let clip = decoded(&[&file, other].concat()).unwrap();
    assert_eq!(clip.frames(), frames);
}

#[test]
fn zeros_and_tags_before_a_sound_do_not_matter() {
    for name in ["mono.mp3", "stereo-16.flac", "stereo.ogg", "piped.wav"] {
        let sound = fixture(name);
        let expected = decoded(&sound).unwrap();
        let tag = [&b"ID3\x04\0\0\0\0\x01\x03"[..], &[0xFF; 131]].concat();
        for before in [&tag[..], &tag.repeat(2), &[&tag[..], &[0; 9]].concat()] {
            assert_eq!(
                decoded(&[before, &sound].concat()).unwrap(),
                expected,
                "{name}"
            );
        }
    }
    let sound = fixture("mono.mp3");
    let expected = decoded(&sound).unwrap();
    for zeros in [1, 3, 1_000, 100_000] {
        assert_eq!(
            decoded(&[&vec![0; zeros], &sound[..]].concat()).unwrap(),
            expected,
            "{zeros}"
        );
    }
}

/// A sound that continues fades out where it is cut; one that ends there does not.
#[test]
fn what_is_longer_than_a_minute_is_cut_and_fades_out() {
    let format = Format {
        rate: 1_000,
        channels: 2,
    };
    let of = |wanted: Option<Format>, frames: usize| {
        collect(wanted, 0, |mut intake| {
            let mut left = frames;
            while left > 0 {
                let now = left.min(999);
                left -= now;
                if !intake.take(format, vec![0.5; 2 * now])? {
                    break;
                }
            }
            intake.finish()
        })
    };
    let whole = of(None, 60_000).unwrap();
    assert!(!whole.is_cut() && whole.samples().iter().all(|sample| *sample == 0.5));
    for wanted in [
        None,
        Some(Format {
            rate: 8_000,
            channels: 1,
        }),
    ] {
        let cut = of(wanted, 60_001).unwrap();
        assert!(cut.is_cut());
        assert_eq!(cut.duration().as_secs(), 60);
        let channels = usize::from(cut.format().channels);
        let left: Vec<f32> = cut.samples().iter().step_by(channels).copied().collect();
        let fade_at = left.len() - cut.format().frames(crate::audio::limit::FADE);
        assert!(
            left[100..fade_at]
                .iter()
                .all(|sample| (sample - 0.5).abs() < 0.01)
        );
        let middle = left[left.len() - cut.format().frames(crate::audio::limit::FADE / 2)];
        assert!((middle - 0.25).abs() < 0.01, "{middle}");
        assert_eq!(left[left.len() - 1], 0.0);
    }
    // So is a sound with too many samples.
    let wide = Format {
        rate: 384_000,
        channels: 8,
    };
    let cut = collect(Some(format), 0, |mut intake| {
        while intake.take(wide, vec![0.5; 8 * 96_000])? {}
        intake.finish()
    });
    let cut = cut.unwrap();
    assert!(cut.is_cut());
    let frames = MAX_SAMPLES / 8 * 1_000 / 384_000;
    assert_eq!(cut.frames(), frames);
}

/// Each part in another format is rounded up to whole frames of the wanted format.
#[test]
fn many_short_parts_are_no_more_than_a_minute() {
    let format = |rate| Format { rate, channels: 1 };
    let clip = collect(Some(format(8_000)), 0, |mut intake| {
        intake.take(format(1_000), vec![0.5; 59_999])?;
        for rate in [44_100, 22_050].repeat(30) {
            intake.take(format(rate), vec![0.5])?;
        }
        intake.finish()
    });
    assert_eq!(clip.unwrap().frames(), 60 * 8_000);
}

/// A full-scale sound exceeds full scale after resampling: it is turned down then, so that the limiter stays
/// inactive.
#[test]
fn a_sound_is_turned_down_after_its_rate_was_changed() {
    let format = |rate| Format { rate, channels: 1 };
    let square: Vec<f32> = [1.0, 1.0, -1.0, -1.0].repeat(2_000);
    let clip = collect(Some(format(48_000)), 0, |mut intake| {
        intake.take(format(8_000), square)?;
        intake.finish()
    });
    let peak = clip
        .unwrap()
        .samples()
        .iter()
        .fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    assert!(peak == 1.0, "{peak}");
}
