//! What a pack says of itself: the manifest's members, but for its sounds.

use serde_json::Value;

use super::{MAX_MEMBERS, Report, instead, meant, quoted, too_many};
use crate::pack::{Pack, category, is_name};

/// The most characters of a display name and of a description, and the most tags.
const MAX_DISPLAY_NAME: usize = 128;
const MAX_DESCRIPTION: usize = 256;
const MAX_TAGS: usize = 10;

pub(super) fn check(report: &mut Report, pack: &Pack) {
    version_of_rules(report, pack);
    name(report, pack);
    required_text(report, pack, "display_name", |text| {
        match text.chars().count() {
            0 => Err(("is empty".to_owned(), "give the pack a name for people")),
            len if len > MAX_DISPLAY_NAME => Err((
                format!("has {len} characters, more than {MAX_DISPLAY_NAME}"),
                "shorten it",
            )),
            _ => Ok(()),
        }
    });
    required_text(report, pack, "version", |text| {
        semver::Version::parse(text).map(drop).map_err(|error| {
            (
                format!("{} is no version of semver: {error}", quoted(text)),
                "write a version such as \"1.0.0\"",
            )
        })
    });
    optional(report, pack);
    aliases(report, pack);
}

fn version_of_rules(report: &mut Report, pack: &Pack) {
    const KEY: &str = "cesp_version";
    const MEND: &str = "write \"cesp_version\": \"1.0\"";
    match pack.manifest().get(KEY) {
        None => report.error(KEY, "is missing", MEND),
        Some(Value::String(text)) => match text.split_once('.') {
            Some(("1", "0")) => {}
            Some(("1", minor)) if minor.parse::<u16>().is_ok() => report.warn(
                KEY,
                format_args!("{text:?} is newer than these rules, which are those of 1.0"),
                "whatever 1.0 does not know is not used",
            ),
            _ => report.error(KEY, format_args!("{} is not 1.0", quoted(text)), MEND),
        },
        Some(found) => report.error(KEY, instead("\"1.0\", a string", found), MEND),
    }
}

fn name(report: &mut Report, pack: &Pack) {
    required_text(report, pack, "name", |name| match is_name(name) {
        true => Ok(()),
        false => Err((
            format!("{} is no name for a pack", quoted(name)),
            "use up to 64 of a-z, 0-9, _ and -, of which the first is a letter or a digit",
        )),
    });
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
                "{name:?} is not what the directory is called, {}",
                quoted(&dir)
            ),
            "call both the same; `herald pack install` does",
        );
    }
}

/// Checks a member that must be there, and be a string.
fn required_text(
    report: &mut Report,
    pack: &Pack,
    key: &str,
    rule: impl FnOnce(&str) -> Result<(), (String, &'static str)>,
) {
    match pack.manifest().get(key) {
        None => report.error(key, "is missing", "add it to the manifest"),
        Some(Value::String(text)) => {
            if let Err((what, mend)) = rule(text) {
                report.error(key, what, mend);
            }
        }
        Some(found) => report.error(key, instead("a string", found), "write a string"),
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
    let len = described.chars().count();
    if len > MAX_DESCRIPTION {
        report.warn(
            "description",
            format_args!("has {len} characters, more than {MAX_DESCRIPTION}"),
            "shorten it",
        );
    }
    let needed = manifest.text("min_player_version");
    if let Some(needed) = needed.filter(|needed| semver::Version::parse(needed).is_err()) {
        report.warn(
            "min_player_version",
            format_args!("{} is no version of semver", quoted(needed)),
            "write a version such as \"1.0.0\"",
        );
    }
    if let Some(author) = manifest.get("author")
        && !author.get("name").is_some_and(Value::is_string)
    {
        report.warn("author", "has no name", "write {\"name\": \"…\"}");
    }
    let are_tags = |tags: &Value| {
        let tags = tags.as_array();
        tags.is_some_and(|tags| tags.len() <= MAX_TAGS && tags.iter().all(Value::is_string))
    };
    if !manifest.get("tags").is_none_or(are_tags) {
        report.warn("tags", "is no array of at most 10 strings", "write [\"…\"]");
    }
}

fn aliases(report: &mut Report, pack: &Pack) {
    const KEY: &str = "category_aliases";
    const MEND: &str = "write {\"another name\": \"a category\"}";
    let Some(found) = pack.manifest().get(KEY) else {
        return;
    };
    let Some(members) = found.as_object() else {
        return report.error(KEY, instead("an object", found), MEND);
    };
    too_many(report, KEY, members);
    let categories = pack.manifest().get("categories");
    for (alias, found) in members.iter().take(MAX_MEMBERS) {
        let at = format!("{KEY}[{}]", quoted(alias));
        let Some(target) = found.as_str() else {
            report.error(&at, instead("a category", found), MEND);
            continue;
        };
        let is_there = categories.is_some_and(|categories| categories.get(target).is_some());
        if !is_there && !category::is_known(target) {
            report.warn(
                &at,
                format_args!(
                    "points to {}, which is no category{}",
                    quoted(target),
                    meant(target, category::all())
                ),
                "point it to a category of CESP 1.0 or of the pack",
            );
        }
    }
}
