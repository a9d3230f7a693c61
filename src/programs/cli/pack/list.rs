//! `herald pack list`

use std::io;

use serde_json::{Map, Value, json};

use super::Origin;
use super::args::ListArgs;
use crate::cli::table::table;
use crate::cli::terminal;
use herald_audio::AudioManager;
use herald_audio::internals::pack::{Found, Manifest, PackDirs};
use herald_audio::internals::system::printable::printable;

/// The longest text of a manifest that is shown, in characters, and the most categories.
const MAX_SHOWN: usize = 60;
const MAX_CATEGORIES: usize = 20;
/// The most categories that are read.
const MAX_LOOKED_AT: usize = 100;

/// Prints the packs in `dirs`; `active` is the configured name.
pub(super) fn run(dirs: &PackDirs, active: Option<&str>, args: &ListArgs) -> io::Result<()> {
    let packs = dirs.list();
    // By directory: a user's and a project's pack may have the same name.
    let active_dirs = AudioManager::new().config().active_pack_dirs();
    let is_active = |found: &Found| active_dirs.contains(&found.dir);
    if args.json {
        let packs: Vec<_> = packs
            .iter()
            .map(|found| to_json(found, is_active(found)))
            .collect();
        let list = json!({ "active": active, "packs": packs });
        return terminal::say_json(&format!("{list:#}\n"));
    }
    terminal::say(&words(dirs, &packs, is_active, active))
}

fn words(
    dirs: &PackDirs,
    packs: &[Found],
    is_active: impl Fn(&Found) -> bool,
    active: Option<&str>,
) -> String {
    let rows = packs.iter().map(|found| row(found, is_active(found)));
    let headings = ["", "PACK", "NAME", "VERSION", "PLACE", "SOUNDS"];
    let mut words = match (packs, dirs.user()) {
        ([], None) => "no packs installed\n".to_owned(),
        ([], Some(dir)) => {
            let dir = printable(dir.display());
            format!("no packs installed; `herald pack install` copies one into {dir}\n")
        }
        _ => table(headings, rows),
    };
    if let Some(name) = active.filter(|_| !packs.iter().any(&is_active)) {
        let name = printable(name);
        words += &format!("\nthe config names the pack {name}, which is not installed\n");
    }
    words
}

fn row(found: &Found, is_active: bool) -> [String; 6] {
    let [title, version, sounds] = match &found.pack {
        Ok(pack) => {
            let text = |key| shown(pack.manifest().text(key).unwrap_or_default());
            let sounds = counts(pack.manifest());
            let sounds = sounds
                .iter()
                .map(|(name, count)| format!("{} {count}", shown(name)));
            let sounds = sounds.collect::<Vec<_>>().join(", ");
            [text("display_name"), text("version"), sounds]
        }
        Err(error) => [String::new(), String::new(), error.to_string()],
    };
    [
        if is_active { "*" } else { "" }.to_owned(),
        found.name.clone(),
        title,
        version,
        found.owner.name().to_owned(),
        sounds,
    ]
}

fn to_json(found: &Found, is_active: bool) -> Value {
    let manifest = found.pack.as_ref().ok().map(|pack| pack.manifest());
    let text = |key| manifest.and_then(|manifest| manifest.text(key));
    let categories = manifest.map(counts).unwrap_or_default().into_iter();
    let categories = categories.map(|(name, count)| (name.to_owned(), count.into()));
    json!({
        "name": found.name,
        "displayName": text("display_name"),
        "version": text("version"),
        "place": found.owner.name(),
        "dir": found.dir.to_string_lossy(),
        "active": is_active,
        "categories": categories.collect::<Map<_, _>>(),
        "source": Origin::read(&found.dir).map(|origin| origin.source),
        "error": found.pack.as_ref().err().map(ToString::to_string),
    })
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => printable(&text[..end]) + "…",
        None => printable(text),
    }
}

/// The categories with sounds, and the number of sounds of each.
fn counts(manifest: &Manifest) -> Vec<(&str, usize)> {
    let names = manifest.categories().map(|(name, _)| name);
    names
        .take(MAX_LOOKED_AT)
        .map(|name| (name, manifest.files(name).count()))
        .filter(|(_, count)| *count > 0)
        .take(MAX_CATEGORIES)
        .collect()
}
