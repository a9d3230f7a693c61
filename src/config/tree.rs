//! Deserializes a parsed config file in one pass. A wrong value is reported with its place and ignored.
//!
//! This serde deserializer adds to the parser's tree:
//!
//! - [`Maybe`], a value that may be wrong. Serde stops at the first error; a `Maybe` catches an error inside
//!   it, reports it, and is absent. A null counts as absent, unless the value's type accepts it.
//! - [`super::value::read_number_or`], which clamps numbers to a range and reports it.
//! - Unknown members of a struct are reported with the nearest known name.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, Visitor,
};
use serde::forward_to_deserialize_any;

use super::issue::Severity;
use super::mistakes::{Issues, Mistake, hours_like, object_like, shortened};

/// The type names by which [`Maybe`] and [`super::value::read_number_or`] identify themselves.
const MAYBE: &str = "herald_audio::Maybe";
pub(super) const NUMBER: &str = "herald_audio::Number";

/// Deserializes `value`, the tree of `text`; adds problems to `issues`.
pub(super) fn read<'t, T: Deserialize<'t> + Default>(
    text: &'t str,
    value: &'t Value<'t>,
    issues: &Issues<'t>,
) -> T {
    let root = Node {
        text,
        value,
        key: Key::Root,
        issues,
    };
    Maybe::deserialize(root)
        .ok()
        .and_then(|Maybe(found)| found)
        .unwrap_or_default()
}

/// Everything in `value`, the tree of `text`, as JSON.
pub(super) fn to_json<'t>(text: &'t str, value: &'t Value<'t>) -> serde_json::Value {
    read(text, value, &Issues::new(text))
}

/// A value that may be absent or wrong.
#[derive(Clone, Debug)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        MaybeSeed(PhantomData).deserialize(deserializer).map(Self)
    }
}

/// Reads a [`Maybe`] with a seed.
pub(crate) struct MaybeSeed<S>(pub(crate) S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for MaybeSeed<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        struct Caught<S>(S);
        impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Caught<S> {
            type Value = Option<S::Value>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            // A sequence of one value, or of none if it was wrong.
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut one: A) -> Result<Self::Value, A::Error> {
                one.next_element_seed(self.0)
            }
        }
        deserializer.deserialize_newtype_struct(MAYBE, Caught(self.0))
    }
}

/// The location of a value.
#[derive(Clone, Copy)]
enum Key<'k> {
    Root,
    In(&'k Key<'k>, &'k str),
    /// An item of a list.
    Item(&'k Key<'k>),
}

impl Key<'_> {
    /// The path of the value; none for the whole text, or inside a list.
    fn path(&self) -> Option<Vec<String>> {
        match self {
            Self::In(outer, name) => {
                let mut path = match outer {
                    Self::Root => Vec::new(),
                    outer => outer.path()?,
                };
                path.push((*name).to_owned());
                Some(path)
            }
            Self::Root | Self::Item(_) => None,
        }
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::In(Self::Root, name) => f.write_str(name),
            Self::In(outer, name) => write!(f, "{outer}.{name}"),
            Self::Item(list) => list.fmt(f),
        }
    }
}

impl Mistake {
    fn at(mut self, node: &Node<'_, '_>) -> Self {
        self.at.get_or_insert_with(|| {
            let range = node.value.range();
            if !node.issues.has_room() {
                return (range.start, String::new());
            }
            let found = node.text.get(range.start..range.end);
            self.what += &format!(", found {}", shortened(found.unwrap_or_default()));
            (range.start, node.key.to_string())
        });
        self
    }
}

/// A value and its location.
#[derive(Clone, Copy)]
struct Node<'t, 'k> {
    text: &'t str,
    value: &'t Value<'t>,
    key: Key<'k>,
    issues: &'k Issues<'t>,
}

impl<'t> Node<'t, '_> {
    fn object(&self) -> Option<&'t Object<'t>> {
        match self.value {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Adds a problem, here unless `mistake` has its own place.
    fn note(&self, severity: Severity, mistake: Mistake) {
        let mistake = mistake.at(self);
        if let Some((offset, key)) = mistake.at {
            self.issues.note(severity, offset, key, || mistake.what);
        }
    }

    fn visit_object<V: Visitor<'t>>(
        self,
        known: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let Some(object) = self.object() else {
            let example = known.and_then(|fields| object_like(self.value, fields));
            let example = example.map(|example| format!(" such as {example}"));
            let example = example.unwrap_or_default();
            return Err(Mistake::custom(format_args!("expected an object{example}")));
        };
        let numbered = object.properties.iter().enumerate();
        visitor.visit_map(Members {
            node: self,
            object,
            next: 0,
            last: numbered
                .map(|(number, member)| (member.name.as_str(), number))
                .collect(),
            known,
        })
    }

    fn visit_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.value {
            Value::StringLit(text) => visitor.visit_str(&text.value),
            Value::BooleanLit(found) => visitor.visit_bool(found.value),
            Value::NullKeyword(_) => visitor.visit_unit(),
            Value::Object(_) => self.visit_object(None, visitor),
            Value::Array(list) => visitor.visit_seq(Items {
                node: self,
                items: list.elements.iter(),
            }),
            Value::NumberLit(number) => {
                match (number.value.parse::<u64>(), number.value.parse::<f64>()) {
                    (Ok(whole), _) => visitor.visit_u64(whole),
                    (_, Ok(number)) => visitor.visit_f64(number),
                    _ => Err(de::Error::custom("expected a number")),
                }
            }
        }
    }
}

impl<'de> Deserializer<'de> for Node<'de, '_> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.visit_any(visitor).map_err(|mistake| mistake.at(&self))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match (name, self.value) {
            (MAYBE, _) => return visitor.visit_seq(Caught(Some(self))),
            (NUMBER, Value::NumberLit(number)) => {
                let found = number.value.parse().map_err(Mistake::custom)?;
                return visitor.visit_seq(Numbered(self, Some(found)));
            }
            (NUMBER, Value::StringLit(text)) => {
                let value = visitor.visit_str(&text.value);
                return value.map_err(|mistake: Mistake| mistake.at(&self));
            }
            (NUMBER, _) => {
                let unexpected = de::Unexpected::Other("no number");
                return Err(Mistake::invalid_type(unexpected, &visitor).at(&self));
            }
            _ => {}
        }
        visitor
            .visit_newtype_struct(self)
            .map_err(|mistake| mistake.at(&self))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.visit_object(Some(fields), visitor)
            .map_err(|mistake| mistake.at(&self))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.visit_object(None, visitor)
            .map_err(|mistake| mistake.at(&self))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let named = match self.value {
            Value::StringLit(name) => visitor.visit_enum((*name.value).into_deserializer()),
            _ => Err(de::Error::unknown_variant("", variants)),
        };
        named.map_err(|mistake: Mistake| mistake.at(&self))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.value {
            Value::NullKeyword(_) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.value {
            Value::StringLit(text) => match hours_like(&text.value) {
                Some(hours) => {
                    let what = format_args!("expected a list such as [{hours}]");
                    Err(Mistake::custom(what).at(&self))
                }
                None => self.deserialize_any(visitor),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct tuple tuple_struct identifier
    }
}

/// A sequence with the value of a [`Maybe`]; it ends early if the value is absent or wrong.
struct Caught<'t, 'k>(Option<Node<'t, 'k>>);

impl<'t> de::SeqAccess<'t> for Caught<'t, '_> {
    type Error = Mistake;

    fn next_element_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Mistake> {
        let Some(node) = self.0.take() else {
            return Ok(None);
        };
        match seed.deserialize(node) {
            Ok(value) => {
                if let Some(path) = node.key.path() {
                    node.issues.place(path, node.value.range().start);
                }
                Ok(Some(value))
            }
            Err(_) if matches!(node.value, Value::NullKeyword(_)) => Ok(None),
            Err(mistake) => {
                node.note(Severity::Error, mistake);
                Ok(None)
            }
        }
    }
}

/// A sequence of a number and a receiver for a remark: see [`super::value::read_number_or`].
struct Numbered<'t, 'k>(Node<'t, 'k>, Option<f64>);

impl<'t> de::SeqAccess<'t> for Numbered<'t, '_> {
    type Error = Mistake;

    fn next_element_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Mistake> {
        let Self(node, number) = self;
        if let Some(number) = number.take() {
            return seed.deserialize(number.into_deserializer()).map(Some);
        }
        if let Err(remark) = seed.deserialize(().into_deserializer()) {
            node.note(Severity::Warning, remark);
        }
        Ok(None)
    }
}

/// The members of an object. Of several with one name the last is used, as in most JSON readers.
struct Members<'t, 'k> {
    node: Node<'t, 'k>,
    object: &'t Object<'t>,
    next: usize,
    /// The index of the last member of each name.
    last: HashMap<&'t str, usize>,
    /// The known names; none if all are allowed.
    known: Option<&'static [&'static str]>,
}

impl<'t> Members<'t, '_> {
    /// Whether the next member, called `name`, is used.
    fn counts(&self, name: &str, offset: usize) -> bool {
        let note = |what: &dyn Fn() -> String| {
            let key = Key::In(&self.node.key, name);
            self.node.issues.note(Severity::Warning, offset, key, what);
            false
        };
        if self.last.get(name) != Some(&self.next) {
            return note(&|| "duplicate key: the last one is used".to_owned());
        }
        match self.known {
            Some(known) if !known.contains(&name) => {
                let is_passed_over = self.node.issues.passes_over(Key::In(&self.node.key, name));
                !is_passed_over && note(&|| self.node.issues.unknown_key(name, known))
            }
            _ => true,
        }
    }
}

impl<'t> de::MapAccess<'t> for Members<'t, '_> {
    type Error = Mistake;

    fn next_key_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Mistake> {
        while let Some(member) = self.object.properties.get(self.next) {
            let name = member.name.as_str();
            if self.counts(name, member.range.start) {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            self.next += 1;
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<S::Value, Mistake> {
        let Some(member) = self.object.properties.get(self.next) else {
            return Err(de::Error::custom("value without a key"));
        };
        self.next += 1;
        seed.deserialize(Node {
            value: &member.value,
            key: Key::In(&self.node.key, member.name.as_str()),
            ..self.node
        })
    }
}

/// The items of a list.
struct Items<'t, 'k, I> {
    node: Node<'t, 'k>,
    items: I,
}

impl<'t, I: Iterator<Item = &'t Value<'t>>> de::SeqAccess<'t> for Items<'t, '_, I> {
    type Error = Mistake;

    fn next_element_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Mistake> {
        let Some(value) = self.items.next() else {
            return Ok(None);
        };
        let key = Key::Item(&self.node.key);
        seed.deserialize(Node {
            value,
            key,
            ..self.node
        })
        .map(Some)
    }
}
