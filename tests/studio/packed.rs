//! Packs in archives.

use std::fs::File;
use std::io::{Cursor, Seek, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use tar::{EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// The files of a pack with one sound, in the directory `dir`: empty, or with a slash at its end.
pub(crate) fn pack(dir: &str, name: &str, version: &str) -> Files {
    let manifest = json!({
        "cesp_version": "1.0",
        "name": name,
        "display_name": name,
        "version": version,
        "author": { "name": "a" },
        "license": "MIT",
        "categories": { "task.complete": { "sounds": [{ "file": "sounds/done.wav", "label": "Done" }] } },
    });
    let files = [
        ("openpeon.json", manifest.to_string().into_bytes()),
        ("sounds/done.wav", wav()),
        ("install.sh", b"#!/bin/sh\ntouch ran\n".to_vec()),
    ];
    let named = files.into_iter();
    named
        .map(|(name, bytes)| (format!("{dir}{name}"), bytes))
        .collect()
}

/// A tenth of a second.
fn wav() -> Vec<u8> {
    let samples: Vec<u8> = (0..800_i16)
        .flat_map(|at| ((at % 40) * 500).to_le_bytes())
        .collect();
    let len = u32::try_from(samples.len()).unwrap();
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + len).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(len.to_le_bytes());
    wav.extend(samples);
    wav
}

pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    zip_with(files, |_| {})
}

/// As [`zip`], with what `more` adds.
pub(crate) fn zip_with(
    files: &[(String, Vec<u8>)],
    more: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>),
) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    more(&mut writer);
    writer.finish().unwrap().into_inner()
}

/// An entry of a tar file, under any name.
pub(crate) fn entry(kind: EntryType, name: &[u8], link: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_size(bytes.len() as u64);
    let old = header.as_old_mut();
    old.name[..name.len()].copy_from_slice(name);
    old.linkname[..link.len()].copy_from_slice(link);
    header.set_cksum();
    let mut entry = header.as_bytes().to_vec();
    entry.extend(bytes);
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

pub(crate) fn gzip(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    for entry in entries {
        writer.write_all(entry).unwrap();
    }
    writer.write_all(&[0; 1024]).unwrap();
    writer.finish().unwrap()
}

/// The files as entries of a tar file.
pub(crate) fn entries(files: &[(String, Vec<u8>)]) -> Vec<Vec<u8>> {
    let files = files.iter();
    files
        .map(|(name, bytes)| entry(EntryType::Regular, name.as_bytes(), b"", bytes))
        .collect()
}

pub(crate) fn tar_gz(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    gzip(&entries(files))
}

/// An open file with `bytes`.
pub(crate) fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}
