//! `herald pack install`, `search` and `update`

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use herald_audio::internals::pack::{Found, MANIFEST, Manifest};
use herald_audio::internals::system::file;
use herald_audio::internals::trust::Owner;
use herald_audio::{AudioManager, Error, ErrorKind, Result};
use herald_cli::cli::studio::{
    self, Origin, counted, install_fetched, installed_to_json, installed_to_words, table,
};

use crate::bar::Bar;
use crate::registry::{self, Listed};
use crate::source::Source;
use crate::unpack::unpack;
use crate::web::{Fetched, Limits, Web, hex, keep};

/// A repository may hold many packs.
const LIMITS: Limits = Limits {
    len: 256_000_000,
    time: Duration::from_secs(15 * 60),
};
const MB: f64 = 1e6;

const OK: u8 = 0;
const FAILED: u8 = 1;

pub(crate) fn install(web: &Web, source: &str, force: bool, is_json: bool) -> Result<u8> {
    let pack = fetch(web, &Source::parse(source)?)?.unpack()?;
    let installed = install_fetched(pack.dir.path(), &pack.origin, force)?;
    let mut json = installed_to_json(&installed);
    add(&mut json, &pack.origin);
    answer(is_json, &(installed_to_words(&installed) + "\n"), &json)
}

pub(crate) fn search(web: &Web, words: &[String], is_json: bool) -> Result<u8> {
    let address = AudioManager::new().config().registry().to_owned();
    let mut packs = registry::read(web, &address)?;
    packs.retain(|pack| pack.has_all(words));
    if packs.is_empty() && !is_json {
        let what = format!("no pack in the registry has {words:?}");
        return Err(Error::new(ErrorKind::Pack, what).with_hint("herald pack search lists all"));
    }
    let rows = packs.iter().map(|pack| {
        [
            pack.name.clone(),
            pack.version.clone(),
            pack.language.clone(),
            format!("{:.1} MB", pack.total_size_bytes as f64 / MB),
            pack.license.clone(),
            pack.trust_tier.clone(),
            pack.display_name.clone(),
        ]
    });
    let headings = [
        "PACK", "VERSION", "LANGUAGE", "SIZE", "LICENSE", "TRUST", "NAME",
    ];
    let found = counted(packs.len(), "pack");
    let words = format!(
        "{}\n{found}; next: run `herald pack install registry:PACK`\n",
        table(headings, rows)
    );
    let code = if packs.is_empty() { FAILED } else { OK };
    let json: Vec<_> = packs.iter().map(listed_to_json).collect();
    answer(is_json, &words, &json!(json)).map(|_| code)
}

fn listed_to_json(pack: &Listed) -> Value {
    json!({
        "name": pack.name,
        "displayName": pack.display_name,
        "version": pack.version,
        "description": pack.description,
        "language": pack.language,
        "license": pack.license,
        "trustTier": pack.trust_tier,
        "tags": pack.tags,
        "sounds": pack.sound_count,
        "bytes": pack.total_size_bytes,
        "source": pack.repository().map(|repository| repository.to_string()),
    })
}

/// Fetches packs again from where they came. All of them, if `names` is empty; one that fails does not keep
/// the others from it.
pub(crate) fn update(web: &Web, names: &[String], is_json: bool) -> Result<u8> {
    let mut packs = AudioManager::new().config().pack_dirs().list();
    packs.retain(|found| found.owner == Owner::User);
    let of_found = |found: Found| Some((found.name, Origin::read(&found.dir)?, found.dir));
    let mut fetched: Vec<_> = packs.into_iter().filter_map(of_found).collect();
    for name in names {
        if !fetched.iter().any(|(fetched, ..)| fetched == name) {
            let what = format!("cannot update {name}");
            return Err(Error::new(ErrorKind::Pack, what)
                .because("no pack of that name was fetched by `herald pack install`")
                .with_hint("herald pack list"));
        }
    }
    fetched.retain(|(name, ..)| names.is_empty() || names.contains(name));
    let mut code = OK;
    let mut results = Vec::new();
    for (name, origin, dir) in fetched {
        let mut result = json!({ "name": name, "source": origin.source });
        match update_one(web, &name, &origin, &dir) {
            Ok(updated) => {
                let words = match &updated {
                    Some(versions) => format!("{name}: updated{versions}\n"),
                    None => format!("{name}: up to date\n"),
                };
                result["updated"] = updated.is_some().into();
                answer(is_json, &words, &Value::Null)?;
            }
            Err(error) => {
                code = FAILED;
                result["error"] = error.to_string().into();
                studio::error(&error);
            }
        }
        results.push(result);
    }
    if results.is_empty() {
        answer(
            is_json,
            "no pack was fetched by `herald pack install`\n",
            &Value::Null,
        )?;
    }
    if is_json {
        say(studio::say_json(&format!("{:#}\n", json!(results))))?;
    }
    Ok(code)
}

/// Returns the versions, if they differ; none if the archive is the same.
fn update_one(web: &Web, name: &str, origin: &Origin, dir: &Path) -> Result<Option<String>> {
    let archive = fetch(web, &Source::parse(&origin.source)?)?;
    if archive.fetched.sha256 == origin.sha256 {
        return Ok(None);
    }
    let pack = archive.unpack()?;
    let text = |dir: &Path, key| {
        let manifest = Manifest::read(dir).ok()?;
        manifest.text(key).map(str::to_owned)
    };
    let fetched = text(pack.dir.path(), "name").unwrap_or_default();
    if fetched != name {
        let what = format!("cannot update {name}");
        return Err(Error::new(ErrorKind::Pack, what)
            .because(format!("{} is {fetched:?} now", origin.source))
            .with_hint(format!("herald pack install {}", origin.source)));
    }
    let version = |dir| text(dir, "version").unwrap_or_default();
    let (before, after) = (version(dir), version(pack.dir.path()));
    install_fetched(pack.dir.path(), &pack.origin, true)?;
    Ok(Some(match before == after {
        true => String::new(),
        false => format!(" from {before} to {after}"),
    }))
}

/// An archive with a pack in it.
struct Archive {
    fetched: Fetched,
    origin: Origin,
    /// The pack's directory in a repository.
    path: Option<String>,
    /// What the registry says of the pack.
    listed: Option<Listed>,
}

/// A pack in a temporary directory.
struct Unpacked {
    dir: TempDir,
    origin: Origin,
}

fn fetch(web: &Web, source: &Source) -> Result<Archive> {
    let (mut path, mut listed) = (None, None);
    let fetched = match source {
        Source::File(file) => {
            let cannot = |error| {
                let what = format!("cannot read {}", file.display());
                Error::new(ErrorKind::Pack, what).because(error)
            };
            let opened = file::open_regular(file, LIMITS.len).map_err(cannot)?;
            keep(opened, None, LIMITS.len, &mut Bar::new("")).map_err(cannot)?
        }
        Source::Address(address) => web.fetch(address, LIMITS)?,
        Source::GitHub(repository) => {
            path = Some(repository.path().to_owned());
            web.fetch(&repository.archive(), LIMITS)?
        }
        Source::Registry(name) => {
            let (pack, repository) = look_up(web, name)?;
            path = Some(repository.path().to_owned());
            listed = Some(pack);
            web.fetch(&repository.archive(), LIMITS)?
        }
    };
    studio::note(&format_args!(
        "{source}: {:.1} MB, SHA-256 {}",
        fetched.len as f64 / MB,
        fetched.sha256
    ));
    let source = match source {
        // It is read again from any directory.
        Source::File(file) => std::path::absolute(file)
            .map_or_else(|_| source.to_string(), |file| file.display().to_string()),
        source => source.to_string(),
    };
    let sha256 = fetched.sha256.clone();
    Ok(Archive {
        fetched,
        origin: Origin { source, sha256 },
        path,
        listed,
    })
}

fn look_up(web: &Web, name: &str) -> Result<(Listed, crate::source::Repository)> {
    let address = AudioManager::new().config().registry().to_owned();
    let packs = registry::read(web, &address)?;
    let pack = packs.into_iter().find(|pack| pack.name == name);
    let missing = || {
        let what = format!("no pack {name:?} in the registry at {address}");
        Error::new(ErrorKind::Pack, what).with_hint("herald pack search")
    };
    let pack = pack.ok_or_else(missing)?;
    let repository = pack.repository().ok_or_else(|| {
        Error::new(ErrorKind::Pack, format!("cannot fetch {name}"))
            .because("the registry names no repository for it")
    })?;
    Ok((pack, repository))
}

impl Archive {
    fn unpack(mut self) -> Result<Unpacked> {
        let cannot =
            |error| Error::new(ErrorKind::Pack, "cannot make a temporary directory").because(error);
        let dir = tempfile::Builder::new()
            .prefix("herald-")
            .tempdir()
            .map_err(cannot)?;
        unpack(&mut self.fetched.file, self.path.as_deref(), dir.path())?;
        if let Some(listed) = &self.listed {
            check_manifest(listed, dir.path())?;
        }
        Ok(Unpacked {
            dir,
            origin: self.origin,
        })
    }
}

/// Checks that the manifest in `dir` is the one that the registry lists, if it says.
fn check_manifest(listed: &Listed, dir: &Path) -> Result<()> {
    let manifest = fs::read(dir.join(MANIFEST)).unwrap_or_default();
    let sha256 = hex(&Sha256::digest(manifest));
    let expected = &listed.manifest_sha256;
    if expected.is_empty() || expected.eq_ignore_ascii_case(&sha256) {
        return Ok(());
    }
    let source = listed.repository().map(|repository| repository.to_string());
    let what = format!("{} is not what the registry lists", listed.name);
    Err(Error::new(ErrorKind::Pack, what)
        .because(format!(
            "the SHA-256 of its {MANIFEST} is {sha256}, not {expected}"
        ))
        .with_hint(format!(
            "if you trust its author: herald pack install {}",
            source.unwrap_or_default()
        )))
}

fn add(json: &mut Value, origin: &Origin) {
    json["source"] = origin.source.clone().into();
    json["sha256"] = origin.sha256.clone().into();
}

/// Prints `words`, or `json` if it is asked for and not null.
fn answer(is_json: bool, words: &str, json: &Value) -> Result<u8> {
    match (is_json, json) {
        (false, _) => say(studio::say(words))?,
        (true, Value::Null) => {}
        (true, json) => say(studio::say_json(&format!("{json:#}\n")))?,
    }
    Ok(OK)
}

fn say(written: std::io::Result<()>) -> Result<()> {
    studio::unless_unread(written)
}
