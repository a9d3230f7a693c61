//! Checks whether files can be played, by decoding them as the player does.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::child::{Decoder, MAX_AT_ONCE};
use super::clip::Format;
use super::decode::MAX_SECONDS;
use super::load::load_file;
use super::loudness::level;
use crate::decodings::Decoding;

/// The usual format of outputs.
const FORMAT: Format = Format {
    rate: 48_000,
    channels: 2,
};

/// Decodes `files`, several at a time, with `program` unless they are plain PCM WAV. Calls `on_result` with the
/// index of each and its result as soon as it is known.
pub(crate) fn examine(
    files: &[PathBuf],
    program: Option<PathBuf>,
    on_result: impl Fn(usize, Decoding) + Send + Sync,
) {
    let decoder = Decoder::new(program);
    let next = Mutex::new(files.iter().enumerate());
    let work = || {
        loop {
            let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((number, file)) = taken else {
                return;
            };
            on_result(number, decoding(file, &decoder));
        }
    };
    thread::scope(|scope| {
        (0..MAX_AT_ONCE.min(files.len())).for_each(|_| _ = scope.spawn(work));
    });
}

fn decoding(file: &Path, decoder: &Decoder) -> Decoding {
    match load_file(file, FORMAT, decoder) {
        Ok(clip) => {
            let first_s = clip.is_cut().then_some(MAX_SECONDS);
            let level = level(&clip);
            Decoding::Playable { first_s, level }
        }
        Err(refusal) => Decoding::Refused {
            why: refusal.why().to_owned(),
            hint: refusal.error("").hint().map(str::to_owned),
        },
    }
}
