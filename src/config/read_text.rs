//! Values written as strings.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// Reads a string that `parse` accepts; `expected` describes the accepted ones.
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
