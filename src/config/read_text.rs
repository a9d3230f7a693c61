//! Values that are written as texts.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// Reads a text that `parse` can make something of; `expected` says which ones those are.
pub(super) fn read_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    struct Parsed<T>(&'static str, fn(&str) -> Option<T>);
    impl<T> Visitor<'_> for Parsed<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            let unexpected = Unexpected::Str(text);
            self.1(text).ok_or_else(|| E::invalid_value(unexpected, &self))
        }
    }
    deserializer.deserialize_str(Parsed(expected, parse))
}
