//! The types of config values, with their ranges and messages.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

use super::read_text::read_text;
use super::tree::{Maybe, NUMBER};
use crate::loudness::{MAX_LUFS, MIN_LUFS};
use crate::sound::Output;
use crate::system::env::is_anchored;
use crate::trust::project::{MAX_TRUSTED, Trusted};

/// The number of sound files per event. Each costs a look at the disk when the event fires.
const MAX_SOUNDS: usize = 100;
/// The number of packs of which each sound takes one.
const MAX_PACKS: usize = 100;
/// The value of a loudness for "each sound at its own level".
pub(super) const OFF: &str = "off";
/// The longest throttle window, in seconds: one day.
const MAX_WINDOW_S: f64 = 86_400.0;

/// A factor from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factor(pub(super) f32);

/// A time of up to one day, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seconds(pub(super) Duration);

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whole<const MIN: u32, const MAX: u32>(pub(crate) u32);

/// A loudness in LUFS; none leaves each sound at its own level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lufs(pub(super) Option<i8>);

/// One file name, or several of which one is picked at random. Null, `""` and an empty list mean no sound.
#[derive(Clone, Debug, Default)]
pub(super) struct Sounds {
    pub(super) names: Vec<String>,
    /// Whether there is no sound on purpose, rather than because of a mistake.
    pub(super) are_off: bool,
}

/// The name of a pack, or several.
#[derive(Clone, Debug)]
pub(super) struct PackNames(pub(super) Vec<String>);

#[derive(Clone, Debug)]
pub(super) struct TrustedProjects(pub(super) Vec<Trusted>);

/// The output as written.
#[derive(Clone, Debug)]
pub(super) struct OutputName(pub(super) String);

/// An address of the web.
#[derive(Clone, Debug)]
pub(super) struct WebAddress(pub(super) String);

struct SoundsVisitor;
struct PackNamesVisitor;
struct TrustedProjectsVisitor;

impl<'de> Visitor<'de> for SoundsVisitor {
    type Value = Sounds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a file name, or a list of them")
    }

    fn visit_unit<E: Error>(self) -> Result<Sounds, E> {
        self.visit_str("")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Sounds, E> {
        let names = match name {
            "" => Vec::new(),
            name => vec![name.to_owned()],
        };
        Ok(Sounds {
            are_off: names.is_empty(),
            names,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Sounds, A::Error> {
        let mut names = Vec::new();
        let mut are_off = true;
        while let Some(Maybe(name)) = items.next_element::<Maybe<Option<String>>>()? {
            if names.len() == MAX_SOUNDS {
                return Err(A::Error::custom(format_args!(
                    "expected at most {MAX_SOUNDS} file names"
                )));
            }
            // A wrong item was reported already; null is an empty name, as it is without a list.
            let name = name.map(Option::unwrap_or_default);
            are_off &= name.as_ref().is_some_and(String::is_empty);
            names.extend(name.filter(|name| !name.is_empty()));
        }
        Ok(Sounds { names, are_off })
    }
}

impl<'de> Visitor<'de> for PackNamesVisitor {
    type Value = PackNames;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a pack, or a list of them")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<PackNames, E> {
        Ok(PackNames(vec![name.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<PackNames, A::Error> {
        let mut names = Vec::new();
        while let Some(Maybe(name)) = items.next_element::<Maybe<String>>()? {
            if names.len() == MAX_PACKS {
                return Err(A::Error::custom(format_args!(
                    "expected at most {MAX_PACKS} packs"
                )));
            }
            names.extend(name);
        }
        Ok(PackNames(names))
    }
}

impl<'de> Visitor<'de> for TrustedProjectsVisitor {
    type Value = TrustedProjects;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of directories")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<TrustedProjects, A::Error> {
        let mut entries = Vec::new();
        while let Some(Maybe(entry)) = items.next_element::<Maybe<Trusted>>()? {
            if entries.len() == MAX_TRUSTED {
                return Err(A::Error::custom(format_args!(
                    "expected at most {MAX_TRUSTED} directories"
                )));
            }
            entries.extend(entry);
        }
        Ok(TrustedProjects(entries))
    }
}

impl<'de> Deserialize<'de> for OutputName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "auto, cpal, cpal:DEVICE, command, null, or wav: and an absolute path";
        read_text(deserializer, expected, |text| {
            let is_relative = text
                .split_once(':')
                .is_some_and(|(name, path)| name.eq_ignore_ascii_case("wav") && !is_anchored(path));
            let is_known = text.parse::<Output>().is_ok();
            (is_known && !is_relative).then(|| Self(text.to_owned()))
        })
    }
}

impl<'de> Deserialize<'de> for WebAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(
            deserializer,
            "an address that begins with https://",
            |text| {
                let begins = ["https://", "http://"]
                    .iter()
                    .any(|begin| text.starts_with(begin));
                begins.then(|| Self(text.to_owned()))
            },
        )
    }
}

impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = read_number(deserializer, "a number from 0 to 1", |number| {
            if number <= 1.0 {
                let (factor, remark) = read_as(number.max(0.0), number);
                return (Some(factor), remark);
            }
            if number < 2.0 {
                return (None, None);
            }
            // A mistake must not result in the maximum.
            let factor = (number / 100.0).min(1.0);
            let remark = format!("read as {factor} (values above 1 are percent)");
            (Some(factor), Some(remark))
        })?;
        // Nobody means 1.5 %, which is next to silence.
        let expected =
            "expected a number from 0 to 1, or from 2 on for percent (1 is 100 %, 0.015 is 1.5 %)";
        let number = number.ok_or_else(|| D::Error::custom(expected));
        number.map(|factor| Self(factor as f32))
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = format_args!("a number of seconds from 0 to {MAX_WINDOW_S}");
        let number = read_number(deserializer, expected, |seconds| {
            read_as(seconds.clamp(0.0, MAX_WINDOW_S), seconds)
        });
        number.map(|seconds| Self(Duration::from_secs_f64(seconds)))
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = format_args!("a whole number from {MIN} to {MAX}");
        let number = read_number(deserializer, expected, |number| {
            read_as(number.round().clamp(MIN.into(), MAX.into()), number)
        });
        number.map(|number| Self(number as u32))
    }
}

impl<'de> Deserialize<'de> for Lufs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected =
            format_args!("a whole number of LUFS from {MIN_LUFS} to {MAX_LUFS}, or \"{OFF}\"");
        let word = |text: &str| (text == OFF).then_some(None);
        let number = read_number_or(deserializer, expected, word, |number| {
            let limits = [MIN_LUFS, MAX_LUFS].map(f64::from);
            let (lufs, remark) = read_as(number.round().clamp(limits[0], limits[1]), number);
            (Some(lufs as i8), remark)
        });
        number.map(Self)
    }
}

/// Reads a number; `expected` describes the range. `fit` converts it, and returns a remark if it changed the
/// number, which is reported with the place.
fn read_number<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: impl fmt::Display,
    fit: impl FnOnce(f64) -> (T, Option<String>),
) -> Result<T, D::Error> {
    read_number_or(deserializer, expected, |_| None, fit)
}

/// As [`read_number`], or the value of a text for which `word` returns one.
pub(super) fn read_number_or<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: impl fmt::Display,
    word: impl FnOnce(&str) -> Option<T>,
    fit: impl FnOnce(f64) -> (T, Option<String>),
) -> Result<T, D::Error> {
    struct Fitted<E, W, F>(E, W, F);
    impl<'de, E, W, F, T> Visitor<'de> for Fitted<E, W, F>
    where
        E: fmt::Display,
        W: FnOnce(&str) -> Option<T>,
        F: FnOnce(f64) -> (T, Option<String>),
    {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }

        fn visit_str<X: Error>(self, text: &str) -> Result<T, X> {
            let Self(expected, word, _) = self;
            let unknown = || X::custom(format_args!("expected {expected}"));
            word(text).ok_or_else(unknown)
        }

        // A sequence of the number and of a receiver for a remark.
        fn visit_seq<A: SeqAccess<'de>>(self, mut number: A) -> Result<T, A::Error> {
            let Self(expected, _, fit) = self;
            let found = number.next_element()?;
            let found = found.ok_or_else(|| Error::custom("expected a number"))?;
            let (value, remark) = fit(found);
            if let Some(remark) = remark {
                number.next_element_seed(Remark(format!("{remark}: expected {expected}")))?;
            }
            Ok(value)
        }
    }
    /// Passes a remark as an error to the receiver.
    struct Remark(String);
    impl<'de> DeserializeSeed<'de> for Remark {
        type Value = ();

        fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
            Err(Error::custom(self.0))
        }
    }
    deserializer.deserialize_newtype_struct(NUMBER, Fitted(expected, word, fit))
}

/// `value`, with a remark if it differs from `written`.
fn read_as(value: f64, written: f64) -> (f64, Option<String>) {
    let remark = (value != written).then(|| format!("read as {value}"));
    (value, remark)
}

impl<'de> Deserialize<'de> for Sounds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SoundsVisitor)
    }
}

impl<'de> Deserialize<'de> for PackNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PackNamesVisitor)
    }
}

impl<'de> Deserialize<'de> for Trusted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "an absolute path, one that ends in /*, or *";
        read_text(deserializer, expected, Self::parse)
    }
}

impl<'de> Deserialize<'de> for TrustedProjects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(TrustedProjectsVisitor)
    }
}

/// The JSON Schema of these types.
#[cfg(feature = "editing")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{
        Factor, Lufs, MAX_LUFS, MAX_PACKS, MAX_SOUNDS, MAX_TRUSTED, MAX_WINDOW_S, MIN_LUFS, Maybe,
        OFF, OutputName, PackNames, Seconds, Sounds, TrustedProjects, WebAddress, Whole,
    };
    use crate::config::command_line::CommandLine;
    use crate::config::directories::Directories;
    use crate::config::fleet::{FullName, Url};
    use crate::config::remind::{MAX_TIMES, Remind};
    use crate::config::time_of_day::TimeOfDay;
    use crate::config::time_span::TimeSpan;

    macro_rules! inline_schema {
        ($type:ty, [$($generics:tt)*], $name:literal, $schema:expr) => {
            impl<$($generics)*> JsonSchema for $type {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    $name.into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    $schema
                }
            }
        };
    }

    inline_schema!(
        Factor,
        [],
        "Factor",
        json_schema!({"type": "number", "minimum": 0, "maximum": 1})
    );
    inline_schema!(
        Seconds,
        [],
        "Seconds",
        json_schema!({"type": "number", "minimum": 0, "maximum": MAX_WINDOW_S})
    );
    inline_schema!(
        Whole<MIN, MAX>,
        [const MIN: u32, const MAX: u32],
        "Whole",
        json_schema!({"type": "integer", "minimum": MIN, "maximum": MAX})
    );
    inline_schema!(
        Lufs,
        [],
        "Lufs",
        json_schema!({"oneOf": [
            {"type": "integer", "minimum": MIN_LUFS, "maximum": MAX_LUFS},
            {"const": OFF},
        ]})
    );
    inline_schema!(
        Sounds,
        [],
        "Sounds",
        json_schema!({"oneOf": [
            {"type": ["string", "null"]},
            {"type": "array", "items": {"type": ["string", "null"]}, "maxItems": MAX_SOUNDS},
        ]})
    );
    inline_schema!(
        PackNames,
        [],
        "PackNames",
        json_schema!({"oneOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}, "maxItems": MAX_PACKS},
        ]})
    );
    inline_schema!(
        TrustedProjects,
        [],
        "TrustedProjects",
        json_schema!({"type": "array", "items": {"type": "string"}, "maxItems": MAX_TRUSTED})
    );
    inline_schema!(
        TimeOfDay,
        [],
        "TimeOfDay",
        json_schema!({"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5]?[0-9]$"})
    );

    inline_schema!(
        CommandLine,
        [],
        "CommandLine",
        json_schema!({"type": "array", "items": {"type": "string"}, "minItems": 1})
    );
    inline_schema!(
        Remind,
        [],
        "Remind",
        json_schema!({"oneOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_TIMES},
        ]})
    );
    inline_schema!(
        Directories,
        [],
        "Directories",
        json_schema!({"type": "string"})
    );
    inline_schema!(
        TimeSpan,
        [],
        "TimeSpan",
        json_schema!({"type": "string", "pattern": "^[0-9]"})
    );

    inline_schema!(
        Url,
        [],
        "Url",
        json_schema!({"type": "string", "pattern": "^rediss?://[^@]+$"})
    );
    inline_schema!(
        FullName,
        [],
        "FullName",
        json_schema!({"type": "string", "pattern": "^[a-z0-9-]{1,31}[.][a-z0-9-]{1,31}$"})
    );

    inline_schema!(
        WebAddress,
        [],
        "WebAddress",
        json_schema!({"type": "string", "pattern": "^https?://"})
    );
    inline_schema!(
        OutputName,
        [],
        "OutputName",
        json_schema!({
            "type": "string",
            "pattern": "^([Aa][Uu][Tt][Oo]|[Cc][Pp][Aa][Ll](:.*)?|[Cc][Oo][Mm][Mm][Aa][Nn][Dd]|[Nn][Uu][Ll][Ll]|[Ww][Aa][Vv]:.+)$"
        })
    );

    impl<T: JsonSchema> JsonSchema for Maybe<T> {
        fn inline_schema() -> bool {
            T::inline_schema()
        }

        fn schema_name() -> Cow<'static, str> {
            T::schema_name()
        }

        fn schema_id() -> Cow<'static, str> {
            T::schema_id()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            T::json_schema(generator)
        }
    }
}
