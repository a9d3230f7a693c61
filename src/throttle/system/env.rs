//! The environment as a value, so that code that depends on it can be tested.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

/// The variable with the user's home directory.
const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
/// The spellings of the home directory at the beginning of a path.
const HOME_SPELLINGS: [&str; 3] = ["~", "$HOME", "${HOME}"];

/// Environment variables: the process's own, or a test's.
#[derive(Clone, Debug)]
pub struct Env(Option<BTreeMap<String, OsString>>);

impl Env {
    /// The process's environment, read on demand: for programs whose threads are all ours. In another
    /// program, C code that calls `setenv` meanwhile makes reading undefined behaviour.
    pub const fn process() -> Self {
        Self(None)
    }

    /// A copy of the process's environment. Variables whose names are not UTF-8 are omitted.
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

    /// Only these variables.
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

    /// All variables, in no particular order. Those whose names are not UTF-8 are omitted.
    pub fn vars(&self) -> Vec<(String, OsString)> {
        let vars = match &self.0 {
            Some(vars) => vars.clone(),
            None => Self::snapshot().0.unwrap_or_default(),
        };
        vars.into_iter().collect()
    }

    /// The variable `name` as a path: see [`Self::expand`].
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.get(name)?;
        Some(match value.to_str() {
            Some(text) => self.expand(text),
            None => value.into(),
        })
    }

    /// The user's home directory.
    pub fn home(&self) -> Option<PathBuf> {
        self.get(HOME).map(PathBuf::from)
    }

    /// The path for `text`: `~`, `$HOME` and `${HOME}` at its beginning become the home directory, and
    /// `file:///…` becomes a path. Needed because no shell expands a text in a file or in quotes.
    pub fn expand(&self, text: &str) -> PathBuf {
        match below_home(text) {
            // Joining an empty path would append a slash.
            Some("") => self.home(),
            Some(rest) => self.home().map(|home| home.join(rest)),
            None => path_of_url(text),
        }
        .unwrap_or_else(|| text.into())
    }
}

/// Whether `text` names the same path from every working directory, given the home directory: see
/// [`Env::expand`].
pub fn is_anchored(text: &str) -> bool {
    Path::new(text).is_absolute() || below_home(text).is_some() || path_of_url(text).is_some()
}

/// The part of `text` below the home directory, if it begins there.
fn below_home(text: &str) -> Option<&str> {
    let mut spellings = HOME_SPELLINGS.into_iter();
    spellings.find_map(|home| match text.strip_prefix(home)? {
        "" => Some(""),
        rest => Some(
            rest.strip_prefix(std::path::is_separator)?
                .trim_start_matches(std::path::is_separator),
        ),
    })
}

/// The path in a `file:` URL of this machine.
fn path_of_url(text: &str) -> Option<PathBuf> {
    const SCHEME: &str = "file://";
    // Compares the beginning first, because each hook checks each variable that names a path.
    let (scheme, rest) = text.split_at_checked(SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    let (host, path) = rest.split_at(rest.find('/')?);
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return None;
    }
    let path = percent_decode_str(path).decode_utf8().ok()?;
    Some(match path.strip_prefix('/').filter(|_| cfg!(windows)) {
        // `/C:/sounds`
        Some(path) => path.into(),
        None => (&*path).into(),
    })
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

    #[cfg(unix)]
    #[test]
    fn paths_are_what_people_mean_by_them() {
        let env = Env::of([("HOME", "/home/dev"), ("DIR", "~/x"), ("SELF", "$SELF")]);
        for (text, path) in [
            ("~", "/home/dev"),
            ("~/", "/home/dev"),
            ("~//a.wav", "/home/dev/a.wav"),
            ("$HOME/a b.wav", "/home/dev/a b.wav"),
            ("${HOME}/../a.wav", "/home/dev/../a.wav"),
            ("file:///a%20b/%c3%bc.wav", "/a b/ü.wav"),
            ("FILE://LocalHost/a.wav", "/a.wav"),
            // Unknown forms stay unchanged.
            ("~other/a.wav", "~other/a.wav"),
            ("$HOMER/a.wav", "$HOMER/a.wav"),
            ("a/~/b.wav", "a/~/b.wav"),
            ("file://another/a.wav", "file://another/a.wav"),
            ("file://localhostile/a.wav", "file://localhostile/a.wav"),
            ("file://ü/a.wav", "file://ü/a.wav"),
            ("file:///%ff", "file:///%ff"),
            ("https://host/a.wav", "https://host/a.wav"),
            ("", ""),
        ] {
            assert_eq!(env.expand(text), Path::new(path), "{text}");
            assert_eq!(is_anchored(text), path.starts_with('/'), "{text}");
        }
        assert_eq!(env.path("DIR").unwrap(), Path::new("/home/dev/x"));
        assert_eq!(env.path("SELF").unwrap(), Path::new("$SELF"));
        let homeless = Env::of::<&str, &str>([]);
        assert_eq!(homeless.expand("~/a.wav"), Path::new("~/a.wav"));
    }
}
