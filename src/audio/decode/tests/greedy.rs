//! Small files whose headers demand much memory.

use super::*;

/// Packs bits as in Vorbis, least significant first.
#[derive(Default)]
struct Packer {
    bits: Vec<bool>,
}

impl Packer {
    fn put(&mut self, number: u64, count: u32) -> &mut Self {
        self.bits.extend((0..count).map(|n| number >> n & 1 == 1));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            bits.iter()
                .rev()
                .fold(0, |byte, bit| byte << 1 | u8::from(*bit))
        };
        self.bits.chunks(8).map(byte).collect()
    }
}

fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum: u32, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            let carry = sum >> 31;
            (sum << 1) ^ (carry * 0x04C1_1DB7)
        })
    })
}

fn page(packets: &[&[u8]], flags: u8, position: u64, number: u32) -> Vec<u8> {
    let mut lacing = Vec::new();
    for packet in packets {
        lacing.resize(lacing.len() + packet.len() / 255, 255);
        lacing.push((packet.len() % 255) as u8);
    }
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend(position.to_le_bytes());
    page.extend(1u32.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push(u8::try_from(lacing.len()).unwrap());
    page.extend(lacing);
    page.extend(packets.concat());
    let sum = checksum(&page);
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    page
}

/// An Ogg Vorbis file that declares `books` codebooks of `1 << log` vectors with 31 numbers each.
fn bomb(books: u64, log: u32) -> Vec<u8> {
    let mut identification = b"\x01vorbis\0\0\0\0\x02".to_vec();
    identification.extend(48_000u32.to_le_bytes());
    identification.extend([0; 4]);
    identification.extend(64_000u32.to_le_bytes());
    identification.extend([0, 0, 0, 0, 0xB8, 1]);
    let mut setup = Packer::default();
    setup.put(books - 1, 8);
    for _ in 0..books {
        setup.put(0x56_43_42, 24).put(31, 16).put(1 << log, 24);
        // Ordered: all code words have one length.
        setup
            .put(1, 1)
            .put(u64::from(log) - 1, 5)
            .put(1 << log, log + 1);
        // Vectors of two values, one bit each.
        setup.put(1, 4).put(0x6020_0001, 32).put(0x6020_0001, 32);
        setup.put(0, 4).put(0, 1).put(0, 1);
    }
    // One each of time domain, floor, residue, mapping and mode.
    setup.put(0, 6).put(0, 16);
    setup.put(0, 6).put(1, 16).put(0, 5).put(1, 2).put(6, 4);
    setup.put(0, 6).put(0, 16).put(0, 24).put(0, 24).put(0, 24);
    setup.put(0, 6).put(0, 8).put(0, 3).put(0, 1);
    setup
        .put(0, 6)
        .put(0, 16)
        .put(0, 1)
        .put(0, 1)
        .put(0, 2)
        .put(0, 24);
    setup
        .put(0, 6)
        .put(0, 1)
        .put(0, 16)
        .put(0, 16)
        .put(0, 8)
        .put(1, 1);
    let setup = [b"\x05vorbis", &setup.bytes()[..]].concat();
    let comments = b"\x03vorbis\0\0\0\0\0\0\0\0\x01";
    [
        page(&[&identification], 2, 0, 0),
        page(&[comments, &setup], 0, 0, 1),
        page(&[&[0; 8][..]; 20], 4, 48_000, 2),
    ]
    .concat()
}

#[test]
fn codebooks_that_are_declared_and_not_there_are_refused_by_their_number() {
    for (books, log, limit) in [
        // For each limit, slightly above and far above.
        (2, 15, "more than 1048576 values"),
        (1, 17, "more than 1048576 values"),
        (1, 18, "more than 131072 entries"),
        (255, 17, "codebooks have more than"),
        (255, 23, "more than 131072 entries"),
    ] {
        let file = bomb(books, log);
        assert!(file.len() < 6_000, "{} bytes", file.len());
        let error = decoded(&file).unwrap_err().to_string();
        assert!(error.contains(limit), "{books} of 1 << {log}: {error}");
    }
    // Sounds within the limits are decoded.
    decoded(&bomb(1, 15)).unwrap();
}

#[test]
fn a_rate_that_no_sound_has_is_refused() {
    let mut wav = fixture("piped.wav");
    wav[24..28].copy_from_slice(&767_999u32.to_le_bytes());
    let error = decoded(&wav).unwrap_err().to_string();
    assert!(error.contains("767999 Hz"), "{error}");

    let mut ogg = fixture("stereo.ogg");
    let packet_end = 28 + 30;
    ogg[40..44].copy_from_slice(&384_001u32.to_le_bytes());
    ogg[22..26].copy_from_slice(&[0; 4]);
    let sum = checksum(&ogg[..packet_end]);
    ogg[22..26].copy_from_slice(&sum.to_le_bytes());
    let error = decoded(&ogg).unwrap_err().to_string();
    assert!(error.contains("384001 Hz"), "{error}");
}

/// The FLAC file `fixture` with metadata `blocks`: type, declared length and content.
fn flac(fixture: &[u8], blocks: &[(u8, usize, &[u8])]) -> Vec<u8> {
    let mut at = 4;
    let mut is_last = false;
    while !is_last {
        is_last = fixture[at] & 0x80 != 0;
        at +=
            4 + u32::from_be_bytes([0, fixture[at + 1], fixture[at + 2], fixture[at + 3]]) as usize;
    }
    let mut file = b"fLaC".to_vec();
    let info = (0, 34, &fixture[8..42]);
    let all = [&[info][..], blocks].concat();
    for (n, (kind, len, block)) in all.iter().enumerate() {
        file.push(kind | if n + 1 == all.len() { 0x80 } else { 0 });
        file.extend(&(*len as u32).to_be_bytes()[1..]);
        file.extend(*block);
    }
    file.extend(&fixture[at..]);
    file
}

#[test]
fn the_metadata_of_a_flac_file_reaches_no_decoder() {
    let original = fixture("stereo-16.flac");
    let sound = decoded(&original).unwrap();
    // A comment and a picture of 4 GiB each, an application block, and a cue sheet and seek table of noise.
    let comment = [
        &[4, 0, 0, 0][..],
        b"none",
        &[1, 0, 0, 0, 0xF0, 0xFF, 0xFF, 0xFF],
    ]
    .concat();
    let picture = [&[0, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0xF0][..], b"image/png"].concat();
    for blocks in [
        &[(4, comment.len(), &comment[..])][..],
        &[(6, picture.len(), &picture)],
        &[(2, 4, b"test"), (5, 7, b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF")],
        &[(3, 5, b"\xFF\xFF\xFF\xFF\xFF"), (126, 0, b"")],
    ] {
        let played = decoded(&flac(&original, blocks)).unwrap();
        assert_eq!(played, sound, "{blocks:?}");
    }
    let lies = flac(&original, &[(6, 0xFF_FFFF, b"image/png")]);
    let error = decoded(&lies).unwrap_err().to_string();
    assert!(error.contains("truncated header"), "{error}");
}

#[test]
fn a_flac_file_with_blocks_that_no_encoder_makes_is_refused() {
    for (least, most) in [(0, 4_096), (15, 4_096), (4_096, 16)] {
        let mut file = fixture("stereo-16.flac");
        file[8..10].copy_from_slice(&u16::to_be_bytes(least));
        file[10..12].copy_from_slice(&u16::to_be_bytes(most));
        let error = decoded(&file).unwrap_err().to_string();
        assert!(
            error.contains(&format!("{least} to {most} frames")),
            "{error}"
        );
    }
}
