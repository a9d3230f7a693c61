//! Why a file cannot be played, and what would help.

use std::panic::{UnwindSafe, catch_unwind};

use crate::error::{Cause, Error, ErrorKind};

/// Why a file is not played that is not even damaged in a way that a decoder knows.
pub(in crate::audio) const CONFUSES: &str = "the decoder crashed on this file";

/// Why a file cannot be played, and what would help.
#[derive(Clone, Debug)]
pub(in crate::audio) struct Refusal {
    why: String,
    hint: Option<Hint>,
    /// Whether it is for as long as the file stays as it is.
    lasting: bool,
}

/// What would help. A decoder's process says which by its number: nobody who has taken it over gives
/// people commands of his own.
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

    /// Its number on the wire.
    pub(in crate::audio) const fn number(self) -> u8 {
        self as u8
    }

    pub(in crate::audio) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// With what the system has: macOS comes with `afconvert`.
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

/// For as long as the file stays as it is; another encoding of it would help.
impl<C: Into<Cause>> From<C> for Refusal {
    fn from(why: C) -> Self {
        Self {
            why: why.into().to_string(),
            hint: Some(Hint::Convert),
            lasting: true,
        }
    }
}

impl Refusal {
    /// The error that `what` cannot be done.
    pub(in crate::audio) fn error(self, what: impl Into<String>) -> Error {
        let error = Error::new(ErrorKind::Sound, what).because(self.why);
        match self.hint {
            Some(hint) => error.with_hint(hint.text()),
            None => error,
        }
    }

    /// The same, of something that is not the file's doing and may have passed when it is tried again.
    pub(in crate::audio) fn passing(self) -> Self {
        Self {
            hint: None,
            lasting: false,
            ..self
        }
    }

    /// Whether it is for as long as the file stays as it is.
    pub(in crate::audio) const fn is_lasting(&self) -> bool {
        self.lasting
    }

    /// Says how to fix it, if that is known.
    pub(in crate::audio) fn with_hint(self, hint: impl Into<Option<Hint>>) -> Self {
        let hint = hint.into();
        Self { hint, ..self }
    }

    /// Why, for people.
    pub(in crate::audio) fn why(&self) -> &str {
        &self.why
    }

    pub(in crate::audio) const fn hint(&self) -> Option<Hint> {
        self.hint
    }
}

/// Makes `call`, whose panic is a refusal: decoders are other people's code, and files are anybody's.
pub(in crate::audio) fn caught<T>(
    call: impl FnOnce() -> Result<T, Refusal> + UnwindSafe,
) -> Result<T, Refusal> {
    catch_unwind(call).unwrap_or_else(|_| Err(CONFUSES.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_panics_is_an_error() {
        let refusal = caught::<()>(|| panic!("on purpose")).unwrap_err();
        assert_eq!(refusal.why(), CONFUSES);
    }

    #[test]
    fn numbers_stay_with_what_they_stand_for() {
        for hint in Hint::ALL {
            assert_eq!(Hint::of_number(hint.number()), Some(hint));
        }
        assert_eq!(Hint::of_number(Hint::ALL.len() as u8), None);
    }
}
