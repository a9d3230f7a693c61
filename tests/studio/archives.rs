//! Archives, honest and hostile.

use std::fs;
use std::io::Write;
use std::path::Path;

use herald_studio::internals::unpack;
use tar::EntryType;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::packed::{Files, entries, entry, file, gzip, pack, tar_gz, zip, zip_with};

/// The files that are unpacked, sorted, or why none are. Beside the directory there is never anything.
fn unpacked(bytes: &[u8], path: Option<&str>) -> Result<Vec<String>, String> {
    let around = tempfile::tempdir().unwrap();
    let to = around.path().join("to");
    fs::create_dir(&to).unwrap();
    let result = unpack(&mut file(bytes), path, &to);
    let mut found = Vec::new();
    collect(&to, &to, &mut found);
    found.sort();
    let beside = fs::read_dir(around.path()).unwrap().count();
    assert_eq!(beside, 1, "something was written beside it");
    match result {
        Ok(()) => Ok(found),
        Err(error) => {
            let error = error.to_string();
            // Only what no one can see before it is unpacked leaves something in the directory, which is
            // temporary.
            let is_late = ["length of a file", "it is broken"];
            let is_late = is_late.iter().any(|late| error.contains(late));
            assert!(found.is_empty() || is_late, "{error}: {found:?}");
            Err(error)
        }
    }
}

fn collect(root: &Path, dir: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        assert!(!path.is_symlink(), "{}", path.display());
        match path.is_dir() {
            true => collect(root, &path, found),
            false => {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                found.push(name.replace('\\', "/"));
            }
        }
    }
}

const WHOLE: [&str; 3] = ["install.sh", "openpeon.json", "sounds/done.wav"];

#[test]
fn a_pack_is_found_wherever_it_is() {
    let mut two = pack("top/packs/one/", "one", "1.0.0");
    two.extend(pack("top/packs/two/", "two", "1.0.0"));
    two.push(("top/README.md".to_owned(), b"two packs".to_vec()));
    for (files, path) in [
        (pack("", "a", "1.0.0"), None),
        (pack("./", "a", "1.0.0"), None),
        (pack("a-1.0.0/", "a", "1.0.0"), None),
        (pack("a-main/packs/a/", "a", "1.0.0"), None),
        (pack("a-main/", "a", "1.0.0"), Some("")),
        (two.clone(), Some("packs/two")),
    ] {
        for archive in [zip(&files), tar_gz(&files)] {
            let names = unpacked(&archive, path).unwrap();
            assert_eq!(names, WHOLE, "{path:?}");
        }
    }
    for archive in [zip(&two), tar_gz(&two)] {
        let why = unpacked(&archive, None).unwrap_err();
        assert!(why.contains("it holds 2 packs: one, two"), "{why}");
        let why = unpacked(&archive, Some("packs/three")).unwrap_err();
        assert!(why.contains("no packs/three/openpeon.json"), "{why}");
    }
}

#[test]
fn what_tar_and_zip_programs_write_is_understood() {
    // Names longer than 100 bytes, in both ways.
    let dir = format!("{}/", "long".repeat(30));
    let long = pack(&dir, "a", "1.0.0");
    let gnu: Vec<_> = long
        .iter()
        .flat_map(|(name, bytes)| {
            let name = [name.as_bytes(), b"\0"].concat();
            [
                entry(EntryType::GNULongName, b"././@LongLink", b"", &name),
                entry(EntryType::Regular, &name[..100], b"", bytes),
            ]
        })
        .collect();
    let pax: Vec<_> = long
        .iter()
        .flat_map(|(name, bytes)| {
            let len = " path=\n".len() + name.len() + 3;
            let attributes = format!("{len} path={name}\n");
            [
                entry(
                    EntryType::XHeader,
                    b"PaxHeaders/1",
                    b"",
                    attributes.as_bytes(),
                ),
                entry(EntryType::Regular, b"short", b"", bytes),
            ]
        })
        .collect();
    let global = entry(
        EntryType::XGlobalHeader,
        b"pax_global_header",
        b"",
        b"20 comment=a commit\n",
    );
    for entries in [gnu, [vec![global], pax].concat()] {
        assert_eq!(unpacked(&gzip(&entries), None).unwrap(), WHOLE);
    }
    // A zip file that was written to a pipe: lengths come after the files.
    let mut writer = zip::ZipWriter::new_stream(Vec::new());
    for (name, bytes) in pack("", "a", "1.0.0") {
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(&bytes).unwrap();
    }
    let streamed = writer.finish().unwrap().into_inner();
    assert_eq!(unpacked(&streamed, None).unwrap(), WHOLE);
    // Links and strange names elsewhere in a repository do no harm.
    let mut entries = entries(&pack("top/a/", "a", "1.0.0"));
    entries.push(entry(
        EntryType::Symlink,
        b"top/CLAUDE.md",
        b"AGENTS.md",
        b"",
    ));
    entries.push(entry(
        EntryType::Regular,
        b"top/what: why?.md",
        b"",
        b"because",
    ));
    entries.push(entry(EntryType::Regular, b"top/\xff", b"", b""));
    assert_eq!(unpacked(&gzip(&entries), Some("a")).unwrap(), WHOLE);
}

fn with(name: &str, bytes: &[u8]) -> Files {
    let mut files = pack("", "a", "1.0.0");
    files.push((name.to_owned(), bytes.to_vec()));
    files
}

fn with_entries(more: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut all = entries(&pack("", "a", "1.0.0"));
    all.extend(more);
    gzip(&all)
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for (name, says) in [
        ("../evil.wav", "leads out"),
        ("sounds/../../evil.wav", "leads out"),
        ("/tmp/evil.wav", "absolute"),
        ("C:/evil.wav", "colon"),
        ("sounds\\..\\..\\evil.wav", "backslash"),
        ("sounds/a.wav:stream", "colon"),
        ("sounds/NUL.wav", "device"),
        ("aux/a.wav", "device"),
        ("sounds/com1", "device"),
        ("sounds/a.wav.", "ends with a dot"),
        ("sounds/a\nb.wav", "control character"),
        ("SOUNDS/Done.wav", "twice"),
        ("openpeon.json/a.wav", "a file and a directory"),
    ] {
        let files = with(name, b"evil");
        for archive in [zip(&files), tar_gz(&files)] {
            let why = unpacked(&archive, None).unwrap_err();
            assert!(why.contains(says), "{name}: {why}");
        }
    }
    let why = unpacked(
        &with_entries([entry(EntryType::Regular, b"a\xff.wav", b"", b"")]),
        None,
    );
    assert!(why.unwrap_err().contains("not Unicode"));
    // Outside the pack, too.
    let mut files = pack("top/a/", "a", "1.0.0");
    files.push(("../evil.wav".to_owned(), Vec::new()));
    let why = unpacked(&tar_gz(&files), Some("a")).unwrap_err();
    assert!(why.contains("leads out"), "{why}");
}

#[test]
fn links_and_devices_are_refused() {
    let link = |name: &str, to: &str| {
        zip_with(&pack("", "a", "1.0.0"), |writer| {
            writer
                .add_symlink(name, to, SimpleFileOptions::default())
                .unwrap();
        })
    };
    for (archive, says) in [
        (link("sounds/more", "/etc"), "sounds/more is a link"),
        (link("sounds/in.wav", "done.wav"), "sounds/in.wav is a link"),
        (
            with_entries([
                entry(EntryType::Symlink, b"out", b"..", b""),
                entry(EntryType::Regular, b"out/evil.wav", b"", b"evil"),
            ]),
            "out is a link",
        ),
        (
            with_entries([entry(EntryType::Link, b"passwd", b"/etc/passwd", b"")]),
            "passwd is a link",
        ),
        (
            with_entries([entry(EntryType::Char, b"null", b"", b"")]),
            "null is no regular file",
        ),
        (
            with_entries([entry(EntryType::Fifo, b"pipe", b"", b"")]),
            "pipe is no regular file",
        ),
        (
            with_entries([entry(EntryType::GNUSparse, b"sparse", b"", b"")]),
            "sparse is no regular file",
        ),
    ] {
        let why = unpacked(&archive, None).unwrap_err();
        assert!(why.contains(says), "{why}");
    }
}

#[test]
fn archives_that_grow_beyond_measure_are_refused() {
    let zeros = vec![0; 20_000_000];
    let many: Files = (0..10_000)
        .map(|number| (format!("sounds/{number}.wav"), Vec::new()))
        .collect();
    let nested = zip(&[("inner.zip".to_owned(), zip(&with("zeros", &zeros)))]);
    let bytes = |len: usize| zeros[..len].to_vec();
    // Together more than a pack may have.
    let large = zip_with(&pack("", "a", "1.0.0"), |writer| {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for number in 0..4 {
            writer.start_file(format!("{number}.wav"), options).unwrap();
            writer.write_all(&zeros).unwrap();
        }
    });
    let attributes = |kind| entry(kind, b"x", b"", &bytes(1_000_000));
    for (archive, says) in [
        (
            zip(&with("bomb.wav", &zeros)),
            "compressed more than sounds can be",
        ),
        (
            tar_gz(&with("bomb.wav", &zeros)),
            "compressed more than sounds can be",
        ),
        (large, "the pack in it is larger than 64 MB"),
        (zip(&many), "more than 5000 files"),
        (tar_gz(&many), "more than 5000 files"),
        (nested, "there is no openpeon.json in it"),
        (
            with_entries([attributes(EntryType::GNULongName)]),
            "name in it is too long",
        ),
        (
            with_entries([attributes(EntryType::XHeader)]),
            "name in it is too long",
        ),
    ] {
        let why = unpacked(&archive, None).unwrap_err();
        assert!(why.contains(says), "{says}: {why}");
    }
}

/// Replaces the only `from` after `start` by `to`.
fn patched(mut archive: Vec<u8>, start: usize, from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = archive[start..]
        .windows(from.len())
        .position(|part| part == from);
    let at = start + at.unwrap();
    archive[at..at + to.len()].copy_from_slice(to);
    archive
}

#[test]
fn archives_that_lie_about_themselves_are_refused() {
    let files = with("last.wav", &[7; 5_000]);
    let honest = zip(&files);
    let directory = honest
        .windows(4)
        .position(|part| part == b"PK\x01\x02")
        .unwrap();
    let last = honest
        .windows(8)
        .rposition(|part| part == b"last.wav")
        .unwrap();
    let header = last - 46;
    assert!(header > directory);
    // Its length, in the directory and before it.
    let long = 5_000_u32.to_le_bytes();
    let short = 50_u32.to_le_bytes();
    let shorter = patched(
        patched(honest.clone(), 0, &long, &short),
        directory,
        &long,
        &short,
    );
    // All of it in every file.
    let len = u32::try_from(honest.len()).unwrap();
    let mut overlapping = honest.clone();
    for at in honest
        .windows(4)
        .enumerate()
        .filter(|(_, part)| *part == b"PK\x01\x02")
    {
        overlapping[at.0 + 20..at.0 + 24].copy_from_slice(&(len / 2).to_le_bytes());
    }
    let mut encrypted = honest.clone();
    encrypted[header + 8] |= 1;
    // An end that says of 65,535 entries, and one of an archive with more.
    let end = honest
        .windows(4)
        .rposition(|part| part == b"PK\x05\x06")
        .unwrap();
    let mut many = honest.clone();
    many[end + 8..end + 12].copy_from_slice(&[0xff; 4]);
    let mut large = honest[..end].to_vec();
    large.extend(b"PK\x06\x06");
    large.extend(44_u64.to_le_bytes());
    large.extend([0; 44]);
    large.extend(&honest[end..]);
    let mut crc = honest.clone();
    crc[header + 16] ^= 1;
    let mut sum = tar_gz(&files);
    let at = sum.len() - 8;
    sum[at] ^= 1;
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let size = b"11 size=10\n";
    let sparse = b"22 GNU.sparse.major=1\n";
    for (archive, says) in [
        (shorter, "length of a file"),
        (overlapping, "overlap"),
        (encrypted, ""),
        (many, "more than 5000 files"),
        (large, "more than 5000 files"),
        (crc, "broken"),
        (sum, "broken"),
        (cut(tar_gz(&files)), "broken"),
        (cut(honest), ""),
        (
            with_entries([entry(EntryType::XHeader, b"x", b"", size)]),
            "not in its header",
        ),
        (
            with_entries([entry(EntryType::XHeader, b"x", b"", sparse)]),
            "not in its header",
        ),
        (b"#!/bin/sh\n".to_vec(), "neither a .zip nor a .tar.gz"),
        (b"PK".to_vec(), "neither a .zip nor a .tar.gz"),
        (Vec::new(), "neither a .zip nor a .tar.gz"),
        (zip(&[]), "no openpeon.json"),
        (tar_gz(&[]), "no openpeon.json"),
    ] {
        let why = unpacked(&archive, None).unwrap_err();
        assert!(why.contains(says), "{says}: {why}");
    }
}

/// No archive that was an honest one before some of its bytes changed makes it panic or write elsewhere.
#[test]
fn damaged_archives_do_no_harm() {
    let files = pack("", "a", "1.0.0");
    for archive in [zip(&files), tar_gz(&files)] {
        for at in 0..archive.len() {
            let mut damaged = archive.clone();
            damaged[at] ^= 0xff;
            let _ = unpacked(&damaged, None);
        }
    }
}
