//! What rustdoc knows of the public interface, as lines.

use std::collections::{HashMap, HashSet};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use public_api::{PublicApi, PublicItem};
use rustdoc_types::{FORMAT_VERSION, Id};
use serde::Deserialize;
use serde_json::Value;

/// What to do where the format is another one.
const HINT: &str = "run this test with Rust 1.95; or, to move on to this toolchain, name in \
    tests/public-api/Cargo.toml the version of public-api that reads its format, and the \
    rustdoc-types that this version uses, and bless the list anew";

/// What rustdoc writes stands in one file for each package, whatever its features.
static TURN: Mutex<()> = Mutex::new(());

/// All lines: those without any feature, then those that the features add.
pub(crate) fn all(package: &str) -> String {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (slim, full) = (
        lines(package, "--no-default-features"),
        lines(package, "--all-features"),
    );
    let gone: Vec<_> = slim.iter().filter(|line| !full.contains(line)).collect();
    assert!(gone.is_empty(), "with a feature there is less: {gone:#?}");
    let known: HashSet<_> = slim.iter().collect();
    let added = full.iter().filter(|line| !known.contains(line));
    let parts = [
        ("# Without any feature", slim.iter().collect()),
        ("\n# What the features add", added.collect::<Vec<_>>()),
    ];
    let mut all = String::new();
    for (title, lines) in parts {
        all += title;
        all += "\n\n";
        for line in lines {
            all += line;
            all += "\n";
        }
    }
    all
}

/// Items at the root of `package`, but for modules, whose documentation shows no code. One whose example
/// is that of another item links there.
pub(crate) fn without_example(package: &str) -> Vec<String> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let text = std::fs::read_to_string(rustdoc(package, "--all-features")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let item = |id: &Value| json["index"].get(id.to_string());
    let root = item(&json["root"]).expect("the root is listed");
    let ids = root["inner"]["module"]["items"].as_array().unwrap();
    let resolved = |id: &Value| {
        let found = item(id)?;
        match found["inner"].get("use") {
            // Another package's are looked at there.
            Some(import) => item(&import["id"]),
            None => Some(found),
        }
    };
    let items: Vec<_> = ids.iter().filter_map(resolved).collect();
    assert!(items.len() > 10, "the interface is gone");
    let shows = |item: &&Value| {
        let docs = item["docs"].as_str().unwrap_or_default();
        docs.contains("```\n") || docs.contains("for an example")
    };
    let is_code = |item: &&Value| item["inner"].get("module").is_none();
    let bare = items
        .into_iter()
        .filter(is_code)
        .filter(|item| !shows(item));
    bare.map(|item| item["name"].to_string()).collect()
}

fn lines(package: &str, features: &str) -> Vec<String> {
    let json = rustdoc(package, features);
    check_format(&json);
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_auto_trait_impls(true)
        .omit_blanket_impls(true)
        .build()
        .unwrap_or_else(|error| panic!("{error} ({})", HINT));
    let listed = listed(&api);
    assert!(listed.len() > 100, "the interface is gone: {listed:#?}");
    listed
}

fn listed(api: &PublicApi) -> Vec<String> {
    let texts: HashMap<Id, String> = api.items().map(|item| (item.id(), text(item))).collect();
    let of_trait = |item: &PublicItem| {
        let parent = item.parent_id().and_then(|id| texts.get(&id));
        parent.is_some_and(|parent| parent.starts_with("impl") && parent.contains(" for "))
    };
    let wanted = api.items().filter(|item| {
        let line = text(item);
        let is_method = line.contains("fn ") && of_trait(item);
        // Comes with `PartialEq` when that is derived, and is nothing to name.
        let is_mark = line.contains("StructuralPartialEq");
        !is_method && !is_mark && !line.contains(" herald_audio::docs")
    });
    wanted.map(text).collect()
}

fn text(item: &PublicItem) -> String {
    item.to_string()
}

/// What rustdoc writes about the library, as JSON.
fn rustdoc(package: &str, features: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    // For rustdoc alone, which needs it for the two options that stable Rust does not have: build
    // scripts look at it, too, and would run again in each build that follows one with another value.
    let rustdoc = target.join("rustdoc-with-options.sh");
    let script = "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n";
    std::fs::write(&rustdoc, script).unwrap();
    std::fs::set_permissions(&rustdoc, Permissions::from_mode(0o755)).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["rustdoc", "--package", package, "--lib", features])
        .arg("--target-dir")
        .arg(target)
        .args(["--", "-Zunstable-options", "--output-format", "json"])
        .env("RUSTDOC", rustdoc)
        .env_remove("RUSTC_BOOTSTRAP") // of who runs the tests, and wants to see their times
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    let built = status.is_ok_and(|status| status.success());
    assert!(built, "rustdoc wrote no JSON: see above");
    let library = package.replace('-', "_");
    target.join("doc").join(library).with_extension("json")
}

/// Fails if the toolchain writes another format than is understood here.
fn check_format(json: &Path) {
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
    }
    let text = std::fs::read_to_string(json).unwrap();
    let version: Version = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("rustdoc's JSON has no version: {error} ({})", HINT));
    assert!(
        version.format_version == FORMAT_VERSION,
        "rustdoc of this toolchain writes format {}, and format {FORMAT_VERSION} is read ({})",
        version.format_version,
        HINT
    );
}
