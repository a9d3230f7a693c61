//! Sounds decoded in another process: output and costs.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use herald_audio::internals::audio::{ClipCache, Format, decode};
use herald_audio::internals::sound::Sound;
use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Options};
use serde_json::Value;

use crate::support::real_time::in_real_time;
use crate::support::repository;
use crate::support::sandbox::{Sandbox, noise, output_of, wait_until, wav, write_program};

const PLAYER: &str = env!("CARGO_BIN_EXE_herald-player");
const LIMIT: std::time::Duration = test_support::PATIENCE;

fn fixture(name: &str) -> PathBuf {
    let root = repository();
    root.join("tests/fixtures/sounds").join(name)
}

/// Files that need a decoder, with their lengths in ms.
const DECODED: [&str; 9] = [
    "alaw.wav",
    "guessed.mp3",
    "ima-adpcm.wav",
    "mono-24.flac",
    "mono.mp3",
    "ms-adpcm.wav",
    "six.ogg",
    "stereo-id3.mp3",
    "stereo.ogg",
];

#[test]
fn a_process_of_its_own_decodes_the_same_to_the_sample() {
    let cache = ClipCache::new(64 << 20).decoded_by(Some(PLAYER.into()));
    for name in DECODED {
        let here = decode(&fs::read(fixture(name)).unwrap()).unwrap();
        let there = cache.load(&Sound::File(fixture(name)), here.format());
        assert_eq!(*there.unwrap(), here, "{name}");
    }
}

/// 61 s at 1 kHz, in A-law.
#[test]
fn a_process_of_its_own_says_that_a_sound_goes_on() {
    let mut file =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x06\0\x01\0\xE8\x03\0\0\xE8\x03\0\0\x01\0\x08\0data"
            .to_vec();
    file.extend(61_000u32.to_le_bytes());
    file.resize(file.len() + 61_000, 0);
    let here = decode(&file).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long.wav");
    fs::write(&path, file).unwrap();
    let cache = ClipCache::new(64 << 20).decoded_by(Some(PLAYER.into()));
    let there = cache.load(&Sound::File(path), here.format()).unwrap();
    assert!(there.is_cut());
    assert_eq!((*there).clone(), here);
}

#[test]
fn the_player_plays_what_it_does_not_decode_itself() {
    let sandbox = Sandbox::new().with("HERALD_OUTPUT", "null");
    for name in DECODED {
        let played = sandbox.play(fixture(name).to_str().unwrap());
        assert_eq!(played, Ok(()), "{name}");
    }
}

const BLOCK: u32 = 65_535;
const BLOCKS: u32 = 8;

/// FLAC at 192 kHz with this many blocks of a constant sample.
fn flac(blocks: u32) -> Vec<u8> {
    let mut info = [0xFF_u8; 4].to_vec();
    info.extend([0; 6]);
    // The rate in 20 bits, channels and width minus one in 3 and 5, frames in 36.
    let bits = 192_000_u64 << 44 | 1 << 41 | 15 << 36 | u64::from(BLOCK * blocks);
    info.extend(bits.to_be_bytes());
    info.extend([0; 16]);
    let mut file = b"fLaC\x80\0\0\x22".to_vec();
    file.extend(info);
    for number in 0..blocks {
        // Explicit length, 192 kHz, two channels, 16 bits.
        let mut frame = vec![0xFF, 0xF8, 0x73, 0x18];
        frame.extend(char::from_u32(number).unwrap().to_string().bytes());
        frame.extend(((BLOCK - 1) as u16).to_be_bytes());
        frame.push(crc(&frame, 8, 0x07) as u8);
        for _ in 0..2 {
            frame.extend([0, 0x10, 0x00]);
        }
        frame.extend((crc(&frame, 16, 0x8005) as u16).to_be_bytes());
        file.extend(frame);
    }
    file
}

fn crc(bytes: &[u8], width: u32, polynomial: u32) -> u32 {
    let (top, mask) = (1 << (width - 1), ((1_u64 << width) - 1) as u32);
    bytes.iter().fold(0, |sum: u32, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << (width - 8), |sum, _| {
            let carry = if sum & top != 0 { polynomial } else { 0 };
            (sum << 1 & mask) ^ carry
        })
    })
}

/// Its samples take 4 MB in the file's format, twice that in double precision, plus the output.
#[cfg(target_os = "linux")]
#[test]
fn a_long_sound_takes_no_more_memory_than_a_short_one() {
    // The duration of decoding depends on the machine's load.
    in_real_time(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("long.flac");
        // The result with a memory limit in KiB.
        let decoded = |blocks, limit: usize| {
            fs::write(&path, flac(blocks)).unwrap();
            let mut shell = Command::new("sh");
            let script = format!(r#"ulimit -v {limit}; exec "$0" --decode 48000 2"#);
            shell
                .args(["-c", &script, PLAYER])
                .stdin(File::open(&path).unwrap());
            output_of(shell)
        };
        let limits = (1..64).map(|step| step * 4_096);
        let enough = |limit: &usize| decoded(2, *limit).status.success();
        let enough = limits.into_iter().find(enough).unwrap();
        let output = decoded(BLOCKS, enough + 4_096);
        assert!(output.status.success(), "{}", output.status);
        assert!(path.metadata().unwrap().len() < 10_000);
        let frames = (BLOCK * BLOCKS / 4) as usize;
        let samples = output.stdout.len() / size_of::<f32>();
        assert!(
            (2 * frames..2 * frames + 10_000).contains(&samples),
            "{samples}"
        );

        let format = Format {
            rate: 48_000,
            channels: 2,
        };
        let cache = ClipCache::new(64 << 20).decoded_by(Some(PLAYER.into()));
        let clip = cache.load(&Sound::File(path), format).unwrap();
        let middle = clip.samples()[frames];
        assert!((middle - 0.125).abs() < 1e-4, "{middle}");
    });
}

/// A sandbox whose decoder waits for a file, whose path is returned, and then fails.
fn slow() -> (Sandbox, AudioManager, PathBuf) {
    let sandbox = Sandbox::new().with("HERALD_OUTPUT", "null");
    let (decoder, go) = (sandbox.path("decoder"), sandbox.path("go"));
    let script = format!(
        "while [ -e \"$0\" ] && [ ! -e {} ]; do sleep 0.01; done; kill -ABRT $$",
        go.display()
    );
    write_program(&decoder, &script);
    let env = Env::of(sandbox.vars());
    let options = Options::new().env(env).cwd(sandbox.path("project"));
    let manager = AudioManager::open(options.in_process().player(decoder)).unwrap();
    (sandbox, manager, go)
}

#[test]
fn a_sound_that_takes_long_to_decode_holds_up_no_other() {
    let (sandbox, manager, go) = slow();
    let file = sandbox.path("slow.flac");
    fs::copy(fixture("mono-24.flac"), &file).unwrap();
    let quick = sandbox.path("quick.wav");
    fs::write(&quick, wav(&noise(20))).unwrap();
    for _ in 0..3 {
        assert!(
            manager
                .play_sound("Stop", Sound::File(file.clone()), 1.0)
                .played
        );
    }
    for _ in 0..3 {
        let heard = manager.play_and_wait("Stop", Sound::File(quick.clone()), 1.0, LIMIT);
        assert_eq!(heard.unwrap(), "null");
    }
    assert_eq!(
        sandbox.wait_for_record(3).len(),
        3,
        "the slow ones are still to come"
    );
    fs::write(go, "").unwrap();
    assert!(manager.wait_until_silent(LIMIT));
    let record = sandbox.wait_for_record(6);
    let why = |line: &Value| line["reason"].as_str().unwrap().to_owned();
    let is_refused = |why: &str| why.contains("more than 256 MiB of memory");
    assert!(record[3..].iter().map(why).any(|why| is_refused(&why)));
    for line in &record[3..] {
        assert_eq!(line["status"], "failed", "{line}");
        // On a busy machine the others may have exceeded their limit.
        let why = why(line);
        assert!(is_refused(&why) || why.contains("too late"), "{why}");
    }
    // It is not tried again: with the program gone, that would fail.
    fs::remove_file(sandbox.path("decoder")).unwrap();
    let again = manager.play_and_wait("Stop", Sound::File(file), 1.0, LIMIT);
    let again = again.unwrap_err().to_string();
    assert!(again.contains("more than 256 MiB of memory"), "{again}");
}

/// The decoder leaves nothing behind in the process that uses it.
#[cfg(target_os = "linux")]
#[test]
fn decoding_leaves_no_child_processes() {
    let sandbox = Sandbox::new().with("HERALD_OUTPUT", "null");
    let path = fixture("stereo.ogg");
    sandbox.play(path.to_str().unwrap()).unwrap();
    let players = crate::support::process::players(&sandbox);
    let [player] = &players[..] else {
        panic!("{players:?}");
    };
    wait_until("the player has no children", || {
        let tasks = fs::read_dir(format!("/proc/{player}/task")).unwrap();
        let children = tasks.map(|task| {
            fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default()
        });
        children.collect::<String>().is_empty().then_some(())
    });
}
