//! Opens a pack with a manifest of any content: it is checked, and asked for every category's
//! sounds, none of which may be outside the pack.
#![no_main]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use herald_audio::internals::decodings::Decodings;
use herald_audio::internals::pack::check::check;
use herald_audio::internals::pack::{MANIFEST, Manifest, Pack, category};
use libfuzzer_sys::fuzz_target;

const WAV: &[u8] = b"RIFF\0\0\0\0WAVEfmt ";

/// Manifests as packs have them.
const MANIFESTS: &[&str] = &[
    r#"{"cesp_version":"1.0","name":"pack","display_name":"P","version":"1.0.0","categories":{"task.complete":{"sounds":[{"file":"sounds/a.wav","label":"A","sha256":"00"}]}}}"#,
    r#"{"categories":{"done":{"sounds":[{"file":"b.wav"},{"file":"../o.wav"},{"file":"l.wav"}]}},"category_aliases":{"done":"task.complete"},"icon":"up/o.wav","preview":"/"}"#,
];

thread_local! {
    static DIR: tempfile::TempDir = made();
}

/// A pack with sounds and links, and a sound beside it.
fn made() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let pack = dir.path().join("pack");
    fs::create_dir_all(pack.join("sounds")).expect("a directory");
    for name in ["o.wav", "pack/b.wav", "pack/sounds/a.wav"] {
        fs::write(dir.path().join(name), WAV).expect("a file");
    }
    symlink("../o.wav", pack.join("l.wav")).expect("a link");
    symlink("..", pack.join("up")).expect("a link");
    dir
}

fuzz_target!(|data: &[u8]| DIR.with(|dir| {
    // The first byte says what the rest is.
    let Some((kind, data)) = data.split_first() else {
        return;
    };
    let good = MANIFESTS[usize::from(kind / 4) % MANIFESTS.len()];
    let manifest = match kind % 4 {
        // The whole manifest.
        0 => data.to_vec(),
        // The name of a sound.
        1 => good.replace("b.wav", &escaped(data)).into_bytes(),
        2 => good.replace("sounds/a.wav", &escaped(data)).into_bytes(),
        // Something in the middle of a good manifest.
        _ => {
            let (place, data) = data.split_first().unwrap_or((&0, &[]));
            let (before, after) = good.as_bytes().split_at(usize::from(*place) % good.len());
            [before, data, after].concat()
        }
    };
    run(&dir.path().join("pack"), &manifest);
}));

/// `data` as what stands between the quotes of a JSON string.
fn escaped(data: &[u8]) -> String {
    let mut escaped = String::new();
    for c in String::from_utf8_lossy(data).chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            c if c < ' ' => escaped += &format!("\\u{:04x}", u32::from(c)),
            c => escaped.push(c),
        }
    }
    escaped
}

fn run(dir: &Path, manifest: &[u8]) {
    fs::write(dir.join(MANIFEST), manifest).expect("a manifest");
    let findings = check(dir, &|_| Decodings::none("this is about manifests")).findings;
    let Ok(pack) = Pack::open(dir) else {
        assert!(!findings.is_empty(), "what cannot be opened has no errors");
        assert!(Manifest::parse(manifest).is_err());
        return;
    };
    for category in category::all() {
        let names = pack.names(category);
        let sounds = pack.sounds(category);
        assert!(sounds.len() <= names.len());
        for sound in sounds {
            assert!(
                sound.starts_with(pack.root()),
                "{} is outside",
                sound.display()
            );
        }
    }
    for finding in findings {
        assert!(finding.to_string().len() < 10_000, "a finding without end");
    }
}
