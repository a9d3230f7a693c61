//! The output of a decoder process: samples in pieces, then the result.
//!
//! ```text
//! 1 byte   what follows: samples 1, end 2, refusal 3
//! 4 bytes  its length in bytes
//! length   samples: 32-bit floats
//!          end: the peak, such a float; and a byte 1 if the sound went on
//!          refusal: a byte for what would help, or 255; then why, in UTF-8
//! ```
//!
//! Numbers are in native byte order, because both ends are on one machine and millions of samples must be
//! read within milliseconds.
//!
//! A compromised decoder can write anything here, so nothing is accepted that takes more memory than a sound.

use std::io::{self, Read, Write};

use crate::audio::clip::LOUDEST;
use crate::audio::decode::{Hint, Refusal};

const SAMPLES: u8 = 1;
const END: u8 = 2;
const REFUSAL: u8 = 3;
const HEADER: usize = 5;
/// No hint.
const NO_HINT: u8 = 255;
/// The longest reason with its hint, in bytes.
const MAX_WHY: usize = 500;
const FLOAT: usize = size_of::<f32>();
/// The number of samples read at once.
const PIECE: usize = 16 << 10;

/// The result of decoding.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Decoded {
        samples: Vec<f32>,
        peak: f32,
        is_cut: bool,
    },
    Refused {
        why: String,
        hint: Option<Hint>,
    },
}

/// Why there is no result.
#[derive(Debug)]
pub(super) enum Broken {
    /// The output ended early.
    Ended,
    /// The output is invalid.
    Invalid,
    /// The output cannot be read.
    Unreadable(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Ended,
            _ => Self::Unreadable(error),
        }
    }
}

pub(super) fn write_samples(out: &mut impl Write, samples: &[f32]) -> io::Result<()> {
    for piece in samples.chunks(PIECE) {
        let bytes: &[u8] = bytemuck::cast_slice(piece);
        write_header(out, SAMPLES, bytes.len())?;
        out.write_all(bytes)?;
    }
    Ok(())
}

pub(super) fn write_end(out: &mut impl Write, peak: f32, is_cut: bool) -> io::Result<()> {
    // Omitted if false, because earlier versions of the player do not know it.
    let cut: &[u8] = if is_cut { &[1] } else { &[] };
    write_header(out, END, FLOAT + cut.len())?;
    out.write_all(&peak.to_ne_bytes())?;
    out.write_all(cut)
}

pub(super) fn write_refusal(out: &mut impl Write, refusal: &Refusal) -> io::Result<()> {
    let why = refusal.why().as_bytes();
    let why = &why[..why.len().min(MAX_WHY - 1)];
    write_header(out, REFUSAL, 1 + why.len())?;
    out.write_all(&[refusal.hint().map_or(NO_HINT, Hint::number)])?;
    out.write_all(why)
}

fn write_header(out: &mut impl Write, what: u8, len: usize) -> io::Result<()> {
    out.write_all(&[what])?;
    out.write_all(&(len as u32).to_ne_bytes())
}

/// Reads the output of a decoder, of at most `max_samples`.
pub(super) fn read(from: &mut impl Read, max_samples: usize) -> Result<Answer, Broken> {
    let mut samples = Vec::new();
    let mut piece = vec![0.0; PIECE];
    loop {
        let mut header = [0; HEADER];
        from.read_exact(&mut header)?;
        let [what, len @ ..] = header;
        let len = u32::from_ne_bytes(len) as usize;
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut piece);
        let body = bytes.get_mut(..len).ok_or(Broken::Invalid)?;
        from.read_exact(body)?;
        match what {
            SAMPLES if samples.len() + len / FLOAT <= max_samples => {
                samples.extend_from_slice(&piece[..len / FLOAT]);
            }
            END => {
                let (peak, cut) = body.split_first_chunk().ok_or(Broken::Invalid)?;
                let peak = f32::from_ne_bytes(*peak);
                let is_cut = match cut {
                    [] => false,
                    [1] => true,
                    _ => return Err(Broken::Invalid),
                };
                if !(0.0..=LOUDEST).contains(&peak) {
                    return Err(Broken::Invalid);
                }
                return Ok(Answer::Decoded {
                    samples,
                    peak,
                    is_cut,
                });
            }
            REFUSAL if len <= MAX_WHY => {
                let (hint, why) = body.split_first().ok_or(Broken::Invalid)?;
                let why = String::from_utf8_lossy(why);
                let why = why.chars().filter(|letter| !letter.is_control());
                return Ok(Answer::Refused {
                    why: why.collect(),
                    hint: Hint::of_number(*hint),
                });
            }
            _ => return Err(Broken::Invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(say: impl Fn(&mut Vec<u8>) -> io::Result<()>) -> Vec<u8> {
        let mut bytes = Vec::new();
        say(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        let samples: Vec<f32> = (0..3 * PIECE as i32).map(|n| n as f32 / 1e6).collect();
        let bytes = said(|out| {
            write_samples(out, &samples[..7])?;
            write_samples(out, &samples[7..])?;
            write_end(out, 1.5, false)
        });
        let answer = read(&mut &bytes[..], samples.len()).unwrap();
        let decoded = |samples, peak, is_cut| Answer::Decoded {
            samples,
            peak,
            is_cut,
        };
        assert_eq!(answer, decoded(samples, 1.5, false));
        let bytes = said(|out| write_end(out, 0.0, true));
        assert_eq!(
            read(&mut &bytes[..], 0).unwrap(),
            decoded(vec![], 0.0, true)
        );
        let refusal = Refusal::from("é\x1b[31m".repeat(200)).with_hint(Hint::FewerChannels);
        let bytes = said(|out| write_refusal(out, &refusal));
        let Answer::Refused { why, hint } = read(&mut &bytes[..], 0).unwrap() else {
            panic!("not refused");
        };
        assert_eq!(hint, Some(Hint::FewerChannels));
        let bytes = said(|out| write_refusal(out, &Refusal::from("bad").temporary()));
        let bad = Answer::Refused {
            why: "bad".to_owned(),
            hint: None,
        };
        assert_eq!(read(&mut &bytes[..], 0).unwrap(), bad);
        assert!(
            why.starts_with("é[31mé[31m") && why.len() <= MAX_WHY,
            "{why}"
        );
    }

    #[test]
    fn invalid_output_is_refused() {
        let samples = |count: usize| said(|out| write_samples(out, &vec![0.0; count]));
        let end = |peak| said(|out| write_end(out, peak, false));
        for nonsense in [
            samples(11),
            [samples(6), samples(5)].concat(),
            vec![SAMPLES, 0xFF, 0xFF, 0xFF, 0xFF],
            end(f32::NAN),
            end(f32::INFINITY),
            end(LOUDEST * 2.0),
            end(-1.0),
            vec![END, 0, 0, 0, 0],
            vec![END, 5, 0, 0, 0, 0, 0, 0, 0, 2],
            vec![REFUSAL, 0, 0, 0, 0],
            vec![9, 0, 0, 0, 0],
            [&[REFUSAL, 0, 16, 0, 0][..], &[b'x'; 4_096]].concat(),
        ] {
            let read = read(&mut &nonsense[..], 10);
            assert!(
                matches!(read, Err(Broken::Invalid)),
                "{nonsense:?}: {read:?}"
            );
        }
        let whole = [samples(10), end(1.0)].concat();
        for len in 0..whole.len() {
            let read = read(&mut &whole[..len], 10);
            assert!(matches!(read, Err(Broken::Ended)), "{len} bytes: {read:?}");
        }
    }
}
