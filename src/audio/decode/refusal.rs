//! The reasons why a file cannot be played, with hints.

use std::panic::{UnwindSafe, catch_unwind};

use crate::error::{Cause, Error, ErrorKind};

/// The reason for a panic in a decoder.
pub(in crate::audio) const DECODER_CRASHED: &str = "the decoder crashed on this file";

/// Why a file cannot be played, and the hint.
#[derive(Clone, Debug)]
pub(in crate::audio) struct Refusal {
    why: String,
    hint: Option<Hint>,
    /// Whether it holds until the file changes.
    permanent: bool,
}

/// The hint. A decoder process sends its number: a compromised one must not show its own commands to users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audio) enum Hint {
    Convert,
    FewerChannels,
    UsualRate,
    Shorten,
    OtherFile,
    Install,
}

impl Hint {
    const ALL: [Self; 6] = [
        Self::Convert,
        Self::FewerChannels,
        Self::UsualRate,
        Self::Shorten,
        Self::OtherFile,
        Self::Install,
    ];

    /// The number in the protocol.
    pub(in crate::audio) const fn number(self) -> u8 {
        self as u8
    }

    pub(in crate::audio) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Uses the system's tools: macOS has `afconvert`.
    const fn text(self) -> &'static str {
        const APPLE: bool = cfg!(target_vendor = "apple");
        match self {
            Self::Convert if APPLE => {
                "download the file again, or convert it: afconvert -f WAVE -d LEI16 FILE FILE.wav"
            }
            Self::Convert => "download the file again, or convert it: ffmpeg -i FILE FILE.wav",
            Self::FewerChannels if APPLE => {
                "make it stereo: afconvert -f WAVE -d LEI16 -c 2 --mix FILE FILE.wav"
            }
            Self::FewerChannels => "make it stereo: ffmpeg -i FILE -ac 2 FILE.wav",
            Self::UsualRate if APPLE => {
                "convert it: afconvert -f WAVE -d LEI16@48000 FILE FILE.wav"
            }
            Self::UsualRate => "convert it: ffmpeg -i FILE -ar 48000 FILE.wav",
            Self::Shorten if APPLE => "make it smaller: afconvert -f flac -d flac FILE FILE.flac",
            Self::Shorten => "make it smaller: ffmpeg -i FILE -t 60 FILE.flac",
            Self::OtherFile => "use a WAV, MP3, Ogg Vorbis or FLAC file",
            Self::Install if APPLE => {
                "install herald-player next to this program, or convert the sound: afconvert -f WAVE -d LEI16 FILE FILE.wav"
            }
            Self::Install => {
                "install herald-player next to this program, or convert the sound: ffmpeg -i FILE FILE.wav"
            }
        }
    }
}

/// Holds until the file changes; the hint is to convert the file.
impl<C: Into<Cause>> From<C> for Refusal {
    fn from(why: C) -> Self {
        Self {
            why: why.into().to_string(),
            hint: Some(Hint::Convert),
            permanent: true,
        }
    }
}

impl Refusal {
    /// The error `what` with this reason and hint.
    pub(in crate::audio) fn error(self, what: impl Into<String>) -> Error {
        let error = Error::new(ErrorKind::Sound, what).because(self.why);
        match self.hint {
            Some(hint) => error.with_hint(hint.text()),
            None => error,
        }
    }

    /// For a failure that is not the file's fault and may not happen again.
    pub(in crate::audio) fn temporary(self) -> Self {
        Self {
            hint: None,
            permanent: false,
            ..self
        }
    }

    /// Whether it holds until the file changes.
    pub(in crate::audio) const fn is_permanent(&self) -> bool {
        self.permanent
    }

    /// Sets the hint.
    pub(in crate::audio) fn with_hint(self, hint: impl Into<Option<Hint>>) -> Self {
        let hint = hint.into();
        Self { hint, ..self }
    }

    /// The reason.
    pub(in crate::audio) fn why(&self) -> &str {
        &self.why
    }

    pub(in crate::audio) const fn hint(&self) -> Option<Hint> {
        self.hint
    }
}

/// Converts a panic in `call` into a refusal: decoders are third-party code, and files are untrusted.
pub(in crate::audio) fn caught<T>(
    call: impl FnOnce() -> Result<T, Refusal> + UnwindSafe,
) -> Result<T, Refusal> {
    catch_unwind(call).unwrap_or_else(|_| Err(DECODER_CRASHED.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_panics_is_an_error() {
        let refusal = caught::<()>(|| panic!("on purpose")).unwrap_err();
        assert_eq!(refusal.why(), DECODER_CRASHED);
    }

    #[test]
    fn numbers_stay_with_what_they_stand_for() {
        for hint in Hint::ALL {
            assert_eq!(Hint::of_number(hint.number()), Some(hint));
        }
        assert_eq!(Hint::of_number(Hint::ALL.len() as u8), None);
    }
}
