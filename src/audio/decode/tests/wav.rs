//! WAV files of every kind.

use super::*;

/// The common part of a `fmt ` chunk.
fn fmt(tag: u16, channels: u16, rate: u32, width: u16, bits: u16) -> Vec<u8> {
    let block = channels.wrapping_mul(width);
    let mut body = Vec::new();
    body.extend(tag.to_le_bytes());
    body.extend(channels.to_le_bytes());
    body.extend(rate.to_le_bytes());
    body.extend(rate.wrapping_mul(block.into()).to_le_bytes());
    body.extend(block.to_le_bytes());
    body.extend(bits.to_le_bytes());
    body
}

/// The same in the extensible form, for integers or floats.
fn extensible(channels: u16, rate: u32, width: u16, valid_bits: u16, float: bool) -> Vec<u8> {
    let mut body = fmt(0xFFFE, channels, rate, width, width * 8);
    body.extend(22u16.to_le_bytes());
    body.extend(valid_bits.to_le_bytes());
    body.extend(0u32.to_le_bytes());
    body.extend([1 + 2 * u8::from(float), 0, 0, 0, 0, 0, 0x10, 0]);
    body.extend([0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    body
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = name.to_vec();
    chunk.extend((body.len() as u32).to_le_bytes());
    chunk.extend(body);
    chunk.extend(vec![0; body.len() % 2]);
    chunk
}

fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let mut file = b"RIFF".to_vec();
    file.extend((4 + body.len() as u32).to_le_bytes());
    file.extend(b"WAVE");
    file.extend(body);
    file
}

/// The lowest `width` bytes of each value.
fn integers(values: &[i32], width: usize) -> Vec<u8> {
    let bytes = values.iter().map(|value| value.to_le_bytes());
    bytes.flat_map(|bytes| bytes[..width].to_vec()).collect()
}

fn samples(file: &[u8]) -> Vec<f32> {
    decoded(file).unwrap().samples().to_vec()
}

const QUARTERS: [f32; 4] = [0.0, 0.5, -0.5, 0.25];

#[test]
fn samples_of_every_width_come_out_at_their_level() {
    for (width, values) in [
        (1, [128, 192, 64, 160]),
        (2, [0, 1 << 14, -(1 << 14), 1 << 13]),
        (3, [0, 1 << 22, -(1 << 22), 1 << 21]),
        (4, [0, 1 << 30, -(1 << 30), 1 << 29]),
    ] {
        let bits = width as u16 * 8;
        let data = chunk(b"data", &integers(&values, width));
        let wide = extensible(1, 48_000, width as u16, bits, false);
        assert_eq!(
            samples(&file(&[chunk(b"fmt ", &wide), data.clone()])),
            QUARTERS
        );
        if width <= 2 {
            let plain = fmt(1, 1, 48_000, width as u16, bits);
            assert_eq!(samples(&file(&[chunk(b"fmt ", &plain), data])), QUARTERS);
        }
    }
    let floats: Vec<u8> = QUARTERS
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    for fmt in [fmt(3, 1, 48_000, 4, 32), extensible(1, 48_000, 4, 32, true)] {
        let fmt = chunk(b"fmt ", &fmt);
        assert_eq!(samples(&file(&[fmt, chunk(b"data", &floats)])), QUARTERS);
    }
}

#[test]
fn fewer_bits_than_their_container_stand_at_its_top() {
    let values = [0, 1 << 30, -(1 << 30), 1 << 29];
    for valid_bits in [20, 24] {
        let fmt = chunk(b"fmt ", &extensible(1, 48_000, 4, valid_bits, false));
        let data = chunk(b"data", &integers(&values, 4));
        assert_eq!(samples(&file(&[fmt, data])), QUARTERS, "{valid_bits} bits");
    }
}

#[test]
fn one_to_eight_channels_and_any_rate_are_kept() {
    for channels in 1..=8u16 {
        for rate in [1_000, 11_025, 44_100, 48_000, 192_000, 384_000] {
            let fmt = chunk(b"fmt ", &extensible(channels, rate, 2, 16, false));
            let values: Vec<i32> = (0..i32::from(channels) * 3).map(|n| n * 256).collect();
            let clip = decoded(&file(&[fmt, chunk(b"data", &integers(&values, 2))])).unwrap();
            assert_eq!(clip.format(), Format { rate, channels });
            let expected: Vec<f32> = values.iter().map(|n| *n as f32 / 32_768.0).collect();
            assert_eq!(clip.samples(), expected);
        }
    }
}

#[test]
fn what_other_programs_write_is_played() {
    for (name, channels) in [
        ("piped.wav", 2),
        ("alaw.wav", 2),
        ("float64.wav", 2),
        ("six-24.wav", 6),
    ] {
        let clip = decoded(&fixture(name)).unwrap();
        assert_eq!(clip.format().channels, channels, "{name}");
        if ["piped.wav", "alaw.wav"].contains(&name) {
            assert_sines(&clip, &[440.0, 880.0], 0.01);
        }
    }
    assert_eq!(decoded(&fixture("piped.wav")).unwrap().frames(), 2_205);
    let six = decoded(&fixture("six-24.wav")).unwrap();
    assert_eq!((six.frames(), six.format().rate), (960, 48_000));
    assert!((amplitude(&six, 2, 900.0) - 0.5).abs() < 1e-3);
}

#[test]
fn lengths_that_lie_are_seen_through() {
    let fmt = chunk(b"fmt ", &fmt(1, 2, 48_000, 2, 16));
    let data = integers(&[100, 200, 300, 400, 500, 600], 2);
    let honest = file(&[fmt.clone(), chunk(b"data", &data)]);
    let expected = samples(&honest);
    assert_eq!(expected.len(), 6);
    let len_at = honest.len() - data.len() - 4;
    for len in [0, 13, 1_000, 0x7FFF_FFFF, u32::MAX] {
        let mut lying = honest.clone();
        lying[len_at..len_at + 4].copy_from_slice(&len.to_le_bytes());
        assert_eq!(samples(&lying), expected, "data of {len} bytes");
        lying[4..8].copy_from_slice(&len.to_le_bytes());
        assert_eq!(samples(&lying), expected, "a file of {len} bytes");
    }
    // Not a multiple of a frame: whole frames are used.
    let mut odd = honest.clone();
    odd[len_at..len_at + 4].copy_from_slice(&11u32.to_le_bytes());
    assert_eq!(samples(&odd), expected[..4]);
    // Chunks of odd lengths before and after the samples.
    let notes = chunk(b"LIST", b"INFO!");
    let surrounded = file(&[
        notes.clone(),
        fmt,
        notes.clone(),
        chunk(b"data", &data),
        notes,
    ]);
    assert_eq!(samples(&surrounded), expected);
}

#[test]
fn a_file_that_ends_early_gives_what_is_there() {
    let fmt = chunk(b"fmt ", &fmt(1, 2, 48_000, 2, 16));
    let data = integers(&[100, 200, 300, 400, 500, 600], 2);
    let whole = file(&[fmt, chunk(b"data", &data)]);
    let header_len = whole.len() - data.len();
    for len in 0..whole.len() {
        match decoded(&whole[..len]) {
            Ok(clip) => assert_eq!(clip.frames(), (len - header_len) / 4, "{len} bytes"),
            Err(_) => assert!(len < header_len + 4, "{len} bytes"),
        }
    }
}

#[test]
fn floats_out_of_range_are_turned_down_and_those_far_out_refused() {
    let of = |values: &[f32]| {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let fmt = chunk(b"fmt ", &fmt(3, 1, 48_000, 4, 32));
        decoded(&file(&[fmt, chunk(b"data", &bytes)]))
    };
    let hot = of(&[0.5, -2.0, f32::NAN, f32::INFINITY, 1.0]).unwrap();
    assert_eq!(hot.samples(), [0.25, -1.0, 0.0, 0.0, 0.5]);
    let exact = of(&[0.9, 1.0, -1.0]).unwrap();
    assert_eq!(exact.samples(), [0.9, 1.0, -1.0]);
    for blast in [17.0, 1e30, f32::MAX] {
        let error = of(&[0.0, blast]).unwrap_err().to_string();
        assert!(error.contains("times full scale"), "{error}");
    }
}

#[test]
fn headers_of_no_sound_say_what_is_wrong() {
    let data = chunk(b"data", &[0; 64]);
    for (fmt, says) in [
        (fmt(1, 2, 0, 2, 16), "sample rate: 0 Hz"),
        (fmt(1, 2, 999_999_999, 2, 16), "999999999 Hz"),
        (fmt(1, 0, 48_000, 2, 16), "channels: 0 ("),
        (fmt(1, 9, 48_000, 2, 16), "channels: 9 (supported: 1 to 8)"),
        (fmt(1, 65_535, 48_000, 2, 16), "channels: 65535 ("),
        (fmt(1, 1, 48_000, 2, 0), "integers of 0 bits in 2 bytes"),
        (fmt(1, 1, 48_000, 5, 40), "integers of 40 bits in 5 bytes"),
        (fmt(1, 1, 48_000, 2, 64), "integers of 64 bits in 8 bytes"),
        (fmt(3, 1, 48_000, 2, 16), "floats of 16 bits in 2 bytes"),
        (
            fmt(0x1234, 1, 48_000, 2, 16),
            "unsupported encoding: 0x1234",
        ),
        (
            fmt(0x11, 2, 48_000, 4, 4),
            "blocks of 8 bytes for 2 channels",
        ),
        (fmt(1, 1, 48_000, 2, 16)[..14].to_vec(), "truncated header"),
    ] {
        let error = decoded(&file(&[chunk(b"fmt ", &fmt), data.clone()])).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(says), "{error}, not {says}");
    }
    let fmt = chunk(b"fmt ", &fmt(1, 1, 48_000, 2, 16));
    for (file, says) in [
        (file(&[]), "no data chunk"),
        (file(std::slice::from_ref(&fmt)), "no data chunk"),
        (file(std::slice::from_ref(&data)), "no format chunk"),
        (file(&[fmt.clone(), chunk(b"data", b"")]), "no samples"),
        (
            file(&[fmt.clone(), chunk(b"data", b""), chunk(b"LIST", b"INFO")]),
            "no samples",
        ),
        (file(&[fmt.clone(), chunk(b"data", b"\0")]), "no samples"),
    ] {
        let error = decoded(&file).unwrap_err().to_string();
        assert!(error.contains(says), "{error}, not {says}");
    }
    // A chunk before them that declares an impossible length.
    let mut endless = file(&[chunk(b"junk", b""), fmt, data]);
    endless[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(decoded(&endless).is_err());
}

#[test]
fn a_sound_that_is_too_long_is_cut() {
    let fmt = chunk(b"fmt ", &fmt(1, 1, 1_000, 1, 8));
    let of = |seconds: usize| {
        let data = chunk(b"data", &vec![192; seconds * 1_000]);
        decoded(&file(&[fmt.clone(), data])).unwrap()
    };
    for (seconds, is_cut) in [(60, false), (61, true), (3_600, true)] {
        let clip = of(seconds);
        assert_eq!(
            (clip.frames(), clip.is_cut()),
            (60_000, is_cut),
            "{seconds} s"
        );
    }
}

/// The frame size in a header is ignored if the bits per sample are given.
#[test]
fn a_frame_that_is_no_multiple_of_its_samples_is_seen_through() {
    for (bits, block, width) in [
        (16, 0, 2),
        (16, 3, 2),
        (16, 1, 2),
        (24, 0, 3),
        (12, 4, 2),
        (12, 0, 2),
    ] {
        let mut fmt = fmt(1, 2, 48_000, 2, bits);
        fmt[12..14].copy_from_slice(&u16::to_le_bytes(block));
        let values = [0, 1 << 30, -(1 << 30), 1 << 29].map(|value| value >> (32 - 8 * width));
        let data = chunk(b"data", &integers(&values, width));
        let found = samples(&file(&[chunk(b"fmt ", &fmt), data]));
        assert_eq!(found, QUARTERS, "{bits} bits, {block} bytes a frame");
    }
}

#[test]
fn doubles_are_played_with_either_header() {
    let doubles = QUARTERS
        .iter()
        .flat_map(|value| f64::from(*value).to_le_bytes());
    let data = chunk(b"data", &doubles.collect::<Vec<u8>>());
    for fmt in [fmt(3, 1, 48_000, 8, 64), extensible(1, 48_000, 8, 64, true)] {
        assert_eq!(
            samples(&file(&[chunk(b"fmt ", &fmt), data.clone()])),
            QUARTERS
        );
    }
}

/// As decoded by ffmpeg and sox, to the end of the last block.
#[test]
fn adpcm_is_decoded() {
    for (name, frames) in [("ms-adpcm.wav", 4_072), ("ima-adpcm.wav", 2_525)] {
        let file = fixture(name);
        let clip = decoded(&file).unwrap();
        assert_eq!(clip.frames(), frames, "{name}");
        let sound = Clip::new(clip.format(), clip.samples()[..2 * 2_205].to_vec());
        assert_sines(&sound, &[440.0, 880.0], 0.02);
        // Truncated.
        let cut = decoded(&file[..file.len() - 1_100]).unwrap();
        assert!(
            (1_000..frames).contains(&cut.frames()),
            "{name}: {}",
            cut.frames()
        );
    }
}

#[test]
fn an_mp3_in_a_wav_file_is_decoded() {
    let sound = fixture("mono.mp3");
    let fmt = [
        fmt(0x55, 1, 44_100, 1, 0),
        vec![12, 0, 1, 0, 2, 0, 0, 0, 209, 0, 1, 0, 0x71, 5],
    ]
    .concat();
    let clip = decoded(&file(&[chunk(b"fmt ", &fmt), chunk(b"data", &sound)])).unwrap();
    assert_eq!(clip, decoded(&sound).unwrap());
}

/// A-law and others with the longer header, or a shorter one than required.
#[test]
fn encoded_samples_are_told_by_any_header() {
    let alaw: Vec<u8> = (0..=255).collect();
    let data = chunk(b"data", &alaw);
    let right = [fmt(6, 1, 8_000, 1, 8), vec![0, 0]].concat();
    let expected = samples(&file(&[chunk(b"fmt ", &right), data.clone()]));
    assert_eq!(expected.len(), 256);
    let mut long = extensible(1, 8_000, 1, 8, false);
    long[24] = 6;
    for fmt in [fmt(6, 1, 8_000, 1, 8), fmt(6, 1, 8_000, 0, 16), long] {
        assert_eq!(
            samples(&file(&[chunk(b"fmt ", &fmt), data.clone()])),
            expected
        );
    }
}

/// Each channel alone: its loudspeaker among two and among six.
#[test]
fn channels_go_where_the_mask_says() {
    let of = |mask: u32, channel: u16, to: u16| {
        let channels = mask.count_ones() as u16;
        let mut fmt = extensible(channels, 48_000, 2, 16, false);
        fmt[20..24].copy_from_slice(&mask.to_le_bytes());
        let values: Vec<i32> = (0..channels)
            .map(|n| if n == channel { 1 << 14 } else { 0 })
            .collect();
        let file = file(&[chunk(b"fmt ", &fmt), chunk(b"data", &integers(&values, 2))]);
        let format = Format {
            rate: 48_000,
            channels: to,
        };
        let clip = collect(Some(format), 0, |intake| decode_into(&file, intake)).unwrap();
        clip.samples().to_vec()
    };
    const ASIDE: f32 = std::f32::consts::FRAC_1_SQRT_2;
    // 2.1: left and right unchanged, the low channel separate.
    for (channel, two, six) in [(0, [0.5, 0.0], 0), (1, [0.0, 0.5], 1), (2, [0.0, 0.0], 3)] {
        assert_eq!(of(0xB, channel, 2), two, "2.1, channel {channel}");
        let found = of(0xB, channel, 6);
        assert_eq!(found.iter().position(|sample| *sample != 0.0), Some(six));
    }
    // 4.0: the third is the centre, the fourth behind.
    let scale = 0.5 / (1.0 + ASIDE + 0.5);
    for (channel, expected) in [
        (0, [scale, 0.0]),
        (2, [scale * ASIDE; 2]),
        (3, [scale * 0.5; 2]),
    ] {
        let found = of(0x107, channel, 2);
        let off = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
        assert!(
            off.fold(0.0, f32::max) < 1e-6,
            "4.0, channel {channel}: {found:?}"
        );
    }
    assert_eq!(of(0x107, 2, 6)[2], 0.5);
    // Side quadraphony, and the usual one; a mask with a wrong number of channels is ignored.
    for mask in [0x603, 0x33] {
        assert!(
            of(mask, 2, 2)[0] > 0.2 && of(mask, 2, 2)[1] == 0.0,
            "{mask:#x}"
        );
    }
    let (mono, usual) = (of(0x4, 0, 2), of(0x3, 1, 2));
    assert_eq!((mono, usual), (vec![0.5; 2], vec![0.0, 0.5]));
}
