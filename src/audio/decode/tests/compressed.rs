//! MP3, Ogg Vorbis and FLAC.

use super::*;

#[test]
fn compressed_sounds_are_as_long_and_as_loud_as_they_were() {
    for (name, frames, tolerance) in [
        ("stereo-id3.mp3", 11_025, 0.03),
        ("stereo.ogg", 11_025, 0.03),
        ("stereo-16.flac", 2_205, 0.01),
    ] {
        let clip = decoded(&fixture(name)).unwrap();
        assert_eq!(clip.format().rate, 44_100, "{name}");
        assert_eq!(
            clip.frames(),
            frames,
            "{name}: what the encoder added is left out"
        );
        assert_sines(&clip, &[440.0, 880.0], tolerance);
    }
    for (name, rate, frames) in [
        ("mono.mp3", 44_100, 11_025),
        ("mono-24.flac", 48_000, 2_400),
    ] {
        let clip = decoded(&fixture(name)).unwrap();
        assert_eq!(
            (clip.format().rate, clip.frames()),
            (rate, frames),
            "{name}"
        );
        assert_sines(&clip, &[440.0], 0.03);
    }
}

#[test]
fn channels_of_ogg_are_in_the_order_of_wav() {
    let clip = decoded(&fixture("six.ogg")).unwrap();
    assert_eq!(clip.format().channels, 6);
    for (channel, frequency) in [300.0, 600.0, 900.0, 60.0, 1_500.0, 2_100.0]
        .into_iter()
        .enumerate()
    {
        let found = amplitude(&clip, channel, frequency);
        assert!(
            (found - 0.5).abs() < 0.1,
            "channel {channel}, {frequency} Hz: {found}"
        );
    }
}

#[test]
fn flac_gives_every_sample_exactly() {
    let expected = |n: usize, full: f64, frequency: f64, rate: f64| {
        let sine = (std::f64::consts::TAU * frequency * n as f64 / rate).sin();
        ((0.5 * full * sine).round() / full) as f32
    };
    let clip = decoded(&fixture("stereo-16.flac")).unwrap();
    for (n, frame) in clip.samples().chunks_exact(2).enumerate() {
        for (sample, frequency) in frame.iter().zip([440.0, 880.0]) {
            assert_eq!(
                *sample,
                expected(n, 32_768.0, frequency, 44_100.0),
                "frame {n}"
            );
        }
    }
    let clip = decoded(&fixture("mono-24.flac")).unwrap();
    for (n, sample) in clip.samples().iter().enumerate() {
        assert_eq!(
            *sample,
            expected(n, 8_388_608.0, 440.0, 48_000.0),
            "frame {n}"
        );
    }
}

#[test]
fn what_is_not_played_is_named() {
    assert_eq!(decoded(&fixture("mono.mp3")).unwrap().frames(), 11_025);
    let error = decoded(&fixture("opus.ogg")).unwrap_err().to_string();
    assert!(
        error.contains("Ogg Opus") && error.contains("ffmpeg"),
        "{error}"
    );
    let error = decoded(b"\x89PNG\r\n\x1a\n0000").unwrap_err().to_string();
    assert!(
        error.contains("a PNG picture") && error.contains("use a WAV, MP3"),
        "{error}"
    );
}
