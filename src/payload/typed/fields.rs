//! Taking fields out of a payload, in whichever spelling the agent uses.

use serde_json::{Map, Value};

/// The fields that nobody has taken yet.
#[derive(Clone, Debug)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) const fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// The first of the fields `names` that is there and that `read` can make something of. Others
    /// stay: they are not what they are called.
    fn take<T>(&mut self, names: &[&str], read: impl Fn(Value) -> Result<T, Value>) -> Option<T> {
        for name in names {
            let Some(found) = self.0.remove(*name) else {
                continue;
            };
            match read(found) {
                Ok(value) => return Some(value),
                Err(other) => drop(self.0.insert((*name).to_owned(), other)),
            }
        }
        None
    }

    pub(super) fn text(&mut self, names: &[&str]) -> Option<String> {
        self.take(names, |value| match value {
            Value::String(text) => Ok(text),
            other => Err(other),
        })
    }

    pub(super) fn word<T: From<String>>(&mut self, names: &[&str]) -> Option<T> {
        self.text(names).map(T::from)
    }

    pub(super) fn flag(&mut self, names: &[&str]) -> Option<bool> {
        self.take(names, |value| value.as_bool().ok_or(value))
    }

    pub(super) fn number(&mut self, names: &[&str]) -> Option<u64> {
        self.take(names, |value| value.as_u64().ok_or(value))
    }

    pub(super) fn list(&mut self, names: &[&str]) -> Option<Vec<Value>> {
        self.take(names, |value| match value {
            Value::Array(list) => Ok(list),
            other => Err(other),
        })
    }

    /// Of any type; not null, which says nothing.
    pub(super) fn value(&mut self, names: &[&str]) -> Option<Value> {
        self.take(names, |value| match value {
            Value::Null => Err(value),
            value => Ok(value),
        })
    }

    pub(super) fn rest(self) -> Map<String, Value> {
        self.0
    }
}
