//! Where a pack comes from, as a person writes it: a file, an address, `gh:OWNER/REPO[/PATH][@REF]` or
//! `registry:NAME`.

use std::fmt;
use std::path::PathBuf;

use herald_audio::{Error, ErrorKind, Result};

use crate::unpack::parts;

/// Where a pack comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// An archive on this machine.
    File(PathBuf),
    /// An archive on the web.
    Address(String),
    GitHub(Repository),
    /// A pack in the registry.
    Registry(String),
}

/// A directory in a repository on GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repository {
    owner: String,
    name: String,
    /// Empty for the whole repository.
    path: String,
    /// A branch, tag or commit; the default branch if none.
    reference: Option<String>,
}

const FORM: &str =
    "the form is gh:OWNER/REPO[/PATH][@REF], such as gh:PeonPing/og-packs/peon@v1.1.0";

impl Source {
    /// Reads `text`.
    ///
    /// # Errors
    ///
    /// If it has none of the forms, or an address has a password in it, which would be kept and shown.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let begins = |scheme: &str| {
            let begin = text.get(..scheme.len())?;
            begin
                .eq_ignore_ascii_case(scheme)
                .then(|| &text[scheme.len()..])
        };
        if let Some(rest) = begins("gh:") {
            let repository = Repository::parse(rest);
            let wrong = || invalid(text).with_hint(FORM);
            return repository.map(Self::GitHub).ok_or_else(wrong);
        }
        if let Some(name) = begins("registry:") {
            let is_name = !name.is_empty() && parts(name).is_ok_and(|parts| parts.len() == 1);
            let wrong = || invalid(text).with_hint("herald pack search");
            return is_name
                .then(|| Self::Registry(name.to_owned()))
                .ok_or_else(wrong);
        }
        if let Some(rest) = begins("https://").or_else(|| begins("http://")) {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            return match authority.contains('@') {
                true => Err(invalid("an address with a user name or a password")
                    .with_hint("fetch the archive with another program, and install the file")),
                false => Ok(Self::Address(text.to_owned())),
            };
        }
        Ok(Self::File(PathBuf::from(text)))
    }
}

fn invalid(text: &str) -> Error {
    Error::new(ErrorKind::Pack, format!("cannot fetch {text}"))
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Address(address) => f.write_str(address),
            Self::GitHub(repository) => write!(f, "{repository}"),
            Self::Registry(name) => write!(f, "registry:{name}"),
        }
    }
}

impl Repository {
    fn parse(text: &str) -> Option<Self> {
        let (place, reference) = match text.split_once('@') {
            Some((place, reference)) => (place, Some(reference)),
            None => (text, None),
        };
        let (owner, rest) = place.split_once('/')?;
        let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
        Self::new(owner, name, path, reference)
    }

    /// None if it could not be an address's part.
    pub(crate) fn new(
        owner: &str,
        name: &str,
        path: &str,
        reference: Option<&str>,
    ) -> Option<Self> {
        let is_plain = |text: &str, more: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            !text.is_empty() && text.len() <= 100 && text.chars().all(is_plain)
        };
        let path = parts(path).ok()?.join("/");
        // Of a reference, too, no part may be `..`.
        let is_reference = |text: &str| is_plain(text, "-_./+") && parts(text).is_ok();
        let is_valid = is_plain(owner, "-")
            && is_plain(name, "-_.")
            && parts(name).is_ok_and(|parts| parts.len() == 1)
            && reference.is_none_or(is_reference);
        is_valid.then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
            path,
            reference: reference.map(str::to_owned),
        })
    }

    /// The address of its archive.
    pub(crate) fn archive(&self) -> String {
        let Self { owner, name, .. } = self;
        let reference = self.reference.as_deref().unwrap_or("HEAD");
        format!("https://github.com/{owner}/{name}/archive/{reference}.tar.gz")
    }

    /// The directory of the pack in the repository; empty for the repository's own.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gh:{}/{}", self.owner, self.name)?;
        if !self.path.is_empty() {
            write!(f, "/{}", self.path)?;
        }
        match &self.reference {
            Some(reference) => write!(f, "@{reference}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_understood_and_written_as_it_was() {
        for (text, archive, path) in [
            ("gh:a/b", "https://github.com/a/b/archive/HEAD.tar.gz", ""),
            (
                "gh:a-1/b.c_d/peon",
                "https://github.com/a-1/b.c_d/archive/HEAD.tar.gz",
                "peon",
            ),
            (
                "gh:a/b/packs/peon@v1.1.0",
                "https://github.com/a/b/archive/v1.1.0.tar.gz",
                "packs/peon",
            ),
            (
                "gh:a/b@feature/x+1",
                "https://github.com/a/b/archive/feature/x+1.tar.gz",
                "",
            ),
        ] {
            let source = Source::parse(text).unwrap();
            assert_eq!(source.to_string(), text);
            let Source::GitHub(repository) = source else {
                panic!("{text}");
            };
            assert_eq!((&*repository.archive(), repository.path()), (archive, path));
        }
        let file = Source::File("a/b.zip".into());
        assert_eq!(Source::parse("a/b.zip").unwrap(), file);
        let pack = Source::Registry("peon".to_owned());
        assert_eq!(Source::parse("registry:peon").unwrap(), pack);
        let address = "HTTPS://example.com/a.zip?x=@";
        let parsed = Source::parse(address).unwrap();
        assert_eq!(parsed, Source::Address(address.to_owned()));
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        for text in [
            "gh:",
            "gh:a",
            "gh:a/",
            "gh:/b",
            "gh:a/..",
            "gh:a/b/../c",
            "gh:a/b@",
            "gh:a/b@../x",
            "gh:a/b@x/../../c/d",
            "gh:a/b?x@y",
            "gh:a b/c",
            "gh:a/b@v1#x",
            "gh:a/b@v1%2f..",
            "registry:",
            "registry:a/b",
            "registry:..",
            "https://user:secret@example.com/a.zip",
        ] {
            let error = Source::parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
