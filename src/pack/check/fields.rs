//! Checks the manifest's members except the sounds.

use serde_json::Value;

use super::report::{MAX_MEMBERS, Report, at_most, instead, meant, quoted, too_many};
use crate::pack::{MANIFEST, Pack, category, is_name};

const MEMBERS: &[&str] = &[
    "cesp_version",
    "name",
    "display_name",
    "version",
    "description",
    "author",
    "license",
    "language",
    "homepage",
    "tags",
    "icon",
    "preview",
    "min_player_version",
    "categories",
    "category_aliases",
];

/// The limits in characters for the display name, the description and a tag, and for the number of tags.
const MAX_DISPLAY_NAME: usize = 128;
const MAX_DESCRIPTION: usize = 256;
const MAX_TAGS: usize = 10;
const MAX_TAG: usize = 32;

pub(super) fn check(report: &mut Report, pack: &Pack) {
    version_of_rules(report, pack);
    name(report, pack);
    display_name(report, pack);
    version(report, pack);
    optional(report, pack);
    report.unknown(MANIFEST, pack.manifest().members(), MEMBERS);
    aliases(report, pack);
}

fn version_of_rules(report: &mut Report, pack: &Pack) {
    const KEY: &str = "cesp_version";
    const HINT: &str = "write \"cesp_version\": \"1.0\"";
    match pack.manifest().get(KEY) {
        None => report.warn(KEY, "is missing", HINT),
        Some(Value::String(text)) => match text.split_once('.') {
            Some(("1", "0")) => {}
            Some(("1", minor)) if minor.parse::<u16>().is_ok() => report.warn(
                KEY,
                format_args!("{text:?} is newer than the supported version 1.0"),
                "keys that are not in 1.0 are ignored",
            ),
            _ => report.warn(KEY, format_args!("{} is not 1.0", quoted(text)), HINT),
        },
        Some(found) => report.warn(KEY, instead("\"1.0\", a string", found), HINT),
    }
}

/// The only required member, because packs are used by name.
fn name(report: &mut Report, pack: &Pack) {
    const KEY: &str = "name";
    match required_text(pack, KEY) {
        Ok(name) if is_name(name) => {}
        Ok(name) => report.error(
            KEY,
            format_args!("{} is not a valid pack name", quoted(name)),
            "use up to 64 of a-z, 0-9, _ and -, beginning with a letter or digit",
        ),
        Err((what, hint)) => report.error(KEY, what, hint),
    }
    let name = pack.manifest().text("name").filter(|name| is_name(name));
    let dir = pack
        .root()
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    if let Some(name) = name
        && name != dir
    {
        report.warn(
            "name",
            format_args!(
                "{name:?} differs from the name of the directory, {}",
                quoted(&dir)
            ),
            "use one name for both; `herald pack install` does",
        );
    }
}

fn display_name(report: &mut Report, pack: &Pack) {
    const KEY: &str = "display_name";
    match required_text(pack, KEY) {
        Ok("") => report.warn(KEY, "is empty", "add a name to display"),
        Ok(text) => at_most(report, KEY, text, MAX_DISPLAY_NAME),
        Err((what, hint)) => report.warn(KEY, what, hint),
    }
}

fn version(report: &mut Report, pack: &Pack) {
    const KEY: &str = "version";
    match required_text(pack, KEY) {
        Ok(text) => semver(report, KEY, text),
        Err((what, hint)) => report.warn(KEY, what, hint),
    }
}

fn semver(report: &mut Report, key: &str, text: &str) {
    if let Err(error) = semver::Version::parse(text) {
        report.warn(
            key,
            format_args!("{} is not a semver version: {error}", quoted(text)),
            "write a version such as \"1.0.0\"",
        );
    }
}

/// A required string, or what is wrong and the hint.
fn required_text<'p>(pack: &'p Pack, key: &str) -> Result<&'p str, (String, &'static str)> {
    match pack.manifest().get(key) {
        None => Err(("is missing".to_owned(), "add it to the manifest")),
        Some(Value::String(text)) => Ok(text),
        Some(found) => Err((instead("a string", found), "write a string")),
    }
}

fn optional(report: &mut Report, pack: &Pack) {
    let manifest = pack.manifest();
    for key in [
        "description",
        "license",
        "language",
        "homepage",
        "min_player_version",
    ] {
        if let Some(found) = manifest.get(key).filter(|found| !found.is_string()) {
            report.warn(key, instead("a string", found), "write a string");
        }
    }
    let described = manifest.text("description").unwrap_or_default();
    at_most(report, "description", described, MAX_DESCRIPTION);
    if let Some(needed) = manifest.text("min_player_version") {
        semver(report, "min_player_version", needed);
    }
    if let Some(language) = manifest.text("language").filter(|text| !is_language(text)) {
        report.warn(
            "language",
            format_args!("{} is not a BCP 47 language", quoted(language)),
            "write one, such as \"en\" or \"pt-BR\"",
        );
    }
    if let Some(found) = manifest.get("author") {
        author(report, found);
    }
    let is_tag = |tag: &Value| {
        tag.as_str()
            .is_some_and(|tag| tag.chars().count() <= MAX_TAG)
    };
    let are_tags = |tags: &Value| {
        let tags = tags.as_array();
        tags.is_some_and(|tags| tags.len() <= MAX_TAGS && tags.iter().all(is_tag))
    };
    if !manifest.get("tags").is_none_or(are_tags) {
        let what = "is not an array of at most 10 strings of at most 32 characters";
        report.warn("tags", what, "write [\"…\"]");
    }
}

fn author(report: &mut Report, found: &Value) {
    const KEY: &str = "author";
    const HINT: &str = "write {\"name\": \"…\"}";
    let Some(members) = found.as_object() else {
        return report.warn(KEY, instead("an object", found), HINT);
    };
    if !members.get("name").is_some_and(Value::is_string) {
        report.warn(KEY, "has no name", HINT);
    }
    report.unknown(KEY, members, &["name", "github"]);
}

/// Whether a text is a language tag as CESP allows it: a language, an optional script and an optional region.
fn is_language(text: &str) -> bool {
    let is_language = |part: &str| {
        let is_small = part.bytes().all(|byte| byte.is_ascii_lowercase());
        matches!(part.len(), 2 | 3) && is_small
    };
    let is_script = |part: &&str| {
        let (first, rest) = part.as_bytes().split_first().unwrap_or((&0, &[]));
        rest.len() == 3 && first.is_ascii_uppercase() && rest.iter().all(u8::is_ascii_lowercase)
    };
    let is_region =
        |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_uppercase());
    let mut parts = text.split('-').peekable();
    let begins = parts.next().is_some_and(is_language);
    parts.next_if(is_script);
    parts.next_if(is_region);
    begins && parts.next().is_none()
}

fn aliases(report: &mut Report, pack: &Pack) {
    const KEY: &str = "category_aliases";
    const HINT: &str = "write {\"another name\": \"a category\"}";
    let Some(found) = pack.manifest().get(KEY) else {
        return;
    };
    let Some(members) = found.as_object() else {
        return report.warn(KEY, instead("an object", found), HINT);
    };
    too_many(report, KEY, members);
    let categories = pack.manifest().get("categories");
    for (alias, found) in members.iter().take(MAX_MEMBERS) {
        let at = format!("{KEY}[{}]", quoted(alias));
        let Some(target) = found.as_str() else {
            report.warn(&at, instead("a category", found), HINT);
            continue;
        };
        let is_there = categories.is_some_and(|categories| categories.get(target).is_some());
        if !is_there && !category::is_known(target) {
            report.warn(
                &at,
                format_args!(
                    "points to {}, which is not a category{}",
                    quoted(target),
                    meant(target, category::all())
                ),
                "use a category of CESP 1.0 or of the pack",
            );
        }
    }
}
