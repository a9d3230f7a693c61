//! WAV files of every kind.

use super::*;

/// A `fmt ` chunk's body, but for what only some kinds have.
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

/// The same as extensible: integers, or floats.
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

/// Each value, `width` bytes of it.
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
    // Not a multiple of a frame: what is whole.
    let mut odd = honest.clone();
    odd[len_at..len_at + 4].copy_from_slice(&11u32.to_le_bytes());
    assert_eq!(samples(&odd), expected[..4]);
    // What comes before and after the samples, of odd lengths.
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
        (fmt(1, 2, 0, 2, 16), "0 Hz and 2 channels are no sound"),
        (fmt(1, 2, 999_999_999, 2, 16), "999999999 Hz"),
        (fmt(1, 0, 48_000, 2, 16), "0 channels"),
        (fmt(1, 9, 48_000, 2, 16), "9 channels"),
        (fmt(1, 65_535, 48_000, 2, 16), "65535 channels"),
        (fmt(1, 1, 48_000, 2, 0), "header is damaged"),
        (fmt(1, 1, 48_000, 2, 1), "header is damaged"),
        (fmt(1, 1, 48_000, 2, 64), "header is damaged"),
        (fmt(1, 2, 48_000, 0, 16), "header is damaged"),
        (fmt(0x1234, 1, 48_000, 2, 16), "cannot play"),
        (fmt(1, 1, 48_000, 2, 16)[..14].to_vec(), "header is cut off"),
    ] {
        let error = decoded(&file(&[chunk(b"fmt ", &fmt), data.clone()])).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(says), "{error}, not {says}");
    }
    let fmt = chunk(b"fmt ", &fmt(1, 1, 48_000, 2, 16));
    for (file, says) in [
        (file(&[]), "samples are missing"),
        (file(std::slice::from_ref(&fmt)), "samples are missing"),
        (file(std::slice::from_ref(&data)), "format is missing"),
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
    // A chunk before them that claims to be longer than any file.
    let mut endless = file(&[chunk(b"junk", b""), fmt, data]);
    endless[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(decoded(&endless).is_err());
}

#[test]
fn a_sound_that_is_too_long_is_refused() {
    let fmt = chunk(b"fmt ", &fmt(1, 1, 1_000, 1, 8));
    let of = |seconds: usize| {
        decoded(&file(&[
            fmt.clone(),
            chunk(b"data", &vec![128; seconds * 1_000]),
        ]))
    };
    assert_eq!(of(60).unwrap().duration().as_secs(), 60);
    let error = of(61).unwrap_err().to_string();
    assert!(error.contains("longer than 60 s"), "{error}");
}
