//! One error type for the whole crate.

use std::borrow::Cow;
use std::fmt;

/// The category of an error: what a program would branch on.
///
/// ```
/// use herald_throttle::{ErrorKind, Throttle};
///
/// match Throttle::open("/no/such/directory") {
///     Err(error) if error.kind() == ErrorKind::State => println!("{error}"),
///     Err(error) => panic!("{error}"),
///     Ok(_) => println!("it exists here"),
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The state directory or a file in it is unusable.
    State,
    /// A config file or an environment variable is invalid.
    Config,
    /// The payload of a hook is invalid.
    Payload,
    /// The sound does not exist, or the file is not a sound.
    Sound,
    /// The sound pack does not exist, breaks the rules, or cannot be installed.
    Pack,
    /// No way to play: no device, no sound server, no output file.
    Output,
    /// The resident player cannot be started or reached.
    Player,
    /// A limit was reached: a full queue, too many voices.
    Busy,
    /// Sound is off: muted, snoozed, or volume 0.
    Muted,
    /// A value is out of range.
    Range,
}

/// The reason of an error, of any error type.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// An error: what is wrong, why, and how to fix it.
///
/// ```
/// let error = herald_throttle::Throttle::open("/no/such/directory").unwrap_err();
/// assert_eq!(error.hint(), Some("name a directory of your own on a local disk"));
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    hint: Option<Cow<'static, str>>,
    source: Option<Cause>,
}

/// A result with this crate's [`Error`].
///
/// ```
/// fn open() -> herald_throttle::Result<()> {
///     herald_throttle::Throttle::open("/no/such/directory").map(drop)
/// }
/// assert!(open().is_err());
/// ```
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The category.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// How to fix it, if known.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Error {
    /// An error of `kind`; `what` says what happened, in lower case and without a full stop.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            hint: None,
            source: None,
        }
    }

    /// Adds the reason.
    #[must_use]
    pub fn because(mut self, source: impl Into<Cause>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds the hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The message without the hint.
    pub fn without_hint(&self) -> String {
        match &self.source {
            Some(source) => format!("{}: {source}", self.what),
            None => self.what.clone(),
        }
    }
}

/// `what: why; hint: how to fix it`
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without_hint())?;
        if let Some(hint) = &self.hint {
            write!(f, "; hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
