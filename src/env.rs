//! The environment, as a value: so that what depends on it can be tested without changing it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Environment variables: the process's own, or a test's.
#[derive(Clone, Debug)]
pub struct Env(Option<BTreeMap<String, OsString>>);

impl Env {
    /// The process's own environment, looked up as it is asked for.
    pub const fn process() -> Self {
        Self(None)
    }

    /// Just these variables.
    pub fn of<N: Into<String>, V: AsRef<OsStr>>(vars: impl IntoIterator<Item = (N, V)>) -> Self {
        let vars = vars
            .into_iter()
            .map(|(name, value)| (name.into(), value.as_ref().to_owned()));
        Self(Some(vars.collect()))
    }

    /// The variable `name`, unless it is unset or empty.
    pub fn get(&self, name: &str) -> Option<OsString> {
        let value = match &self.0 {
            None => std::env::var_os(name),
            Some(vars) => vars.get(name).cloned(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// The variable `name` as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }
}
