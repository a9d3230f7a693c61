//! The environment, as a value: so that what depends on it can be tested without changing it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Environment variables: the process's own, or a test's.
#[derive(Clone, Debug)]
pub struct Env(Option<BTreeMap<String, OsString>>);

impl Env {
    /// The process's own environment, looked up as it is asked for: for programs whose every thread is
    /// ours. In another's, C code that calls `setenv` meanwhile makes a look-up undefined behaviour.
    pub const fn process() -> Self {
        Self(None)
    }

    /// The process's own environment as it is now, never looked up again. Variables whose names are not
    /// UTF-8 are left out.
    pub fn snapshot() -> Self {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        Self(Some(std::env::vars_os().filter_map(named).collect()))
    }

    /// This environment with `name` set to `value`.
    #[must_use]
    pub fn with(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let mut vars = match self.0 {
            Some(vars) => vars,
            None => Self::snapshot().0.unwrap_or_default(),
        };
        vars.insert(name.to_owned(), value.as_ref().to_owned());
        Self(Some(vars))
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

    /// Every variable, in no order. Those whose names are not UTF-8 are left out.
    pub(crate) fn vars(&self) -> Vec<(String, OsString)> {
        let vars = match &self.0 {
            Some(vars) => vars.clone(),
            None => Self::snapshot().0.unwrap_or_default(),
        };
        vars.into_iter().collect()
    }

    /// The variable `name` as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_looks_nothing_up() {
        let env = Env::snapshot();
        assert!(env.0.is_some());
        assert_eq!(env.get("PATH"), std::env::var_os("PATH"));
        let env = env.with("PATH", "/nowhere").with("HERALD_EMPTY", "");
        assert_eq!(env.get("PATH").as_deref(), Some(OsStr::new("/nowhere")));
        assert_eq!(env.get("HERALD_EMPTY"), None);
    }
}
