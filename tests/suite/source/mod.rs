//! Rules about the source that the compiler does not check.

mod imports;
mod messages;

use std::fs;
use std::path::{Path, PathBuf};

/// The files of the library, with their text.
fn sources() -> Vec<(PathBuf, String)> {
    sources_in("src")
}

fn sources_in(dir: &str) -> Vec<(PathBuf, String)> {
    fn collect(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let src = crate::support::repository().join(dir);
    let mut found = Vec::new();
    collect(&src, &mut found);
    assert!(found.len() > 5, "the source is gone");
    for (path, _) in &mut found {
        *path = path.strip_prefix(&src).unwrap().to_owned();
    }
    found
}

#[track_caller]
fn only_in(what: &str, allowed: &[&str]) {
    let mut users = Vec::new();
    for (path, text) in sources() {
        if text.contains(what) {
            users.push(path.to_str().unwrap().replace('\\', "/"));
        }
    }
    users.sort();
    let mut allowed = allowed.to_vec();
    allowed.sort_unstable();
    assert_eq!(users, allowed, "files that say {what:?}");
}

#[test]
fn some_crates_have_one_door() {
    only_in("sync::atomic", &["studio/interrupt.rs", "throttle/sync.rs"]);
    only_in("anstyle::", &["programs/cli/paint.rs"]);
    only_in("arc_swap", &["bindings/c/src/table.rs", "config/live.rs"]);
    only_in("cbindgen::", &["bindings/c/tests/header.rs"]);
    only_in("notify::", &["config/watch.rs", "config/watch/tests.rs"]);
    only_in(
        "jsonc_parser",
        &[
            "programs/agent/document.rs",
            "programs/agent/plan/tests.rs",
            "programs/agent/removal.rs",
            "programs/agent/splice.rs",
            "config/edit.rs",
            "config/mistakes.rs",
            "config/names.rs",
            "config/text.rs",
            "config/tree.rs",
        ],
    );
    only_in("toml_parser::", &["programs/agent/toml.rs"]);
    only_in("similar::", &["programs/cli/install/diff.rs"]);
    only_in("strsim::", &["vocabulary/nearest.rs"]);
    only_in("cpal::traits", &["backend/cpal.rs"]);
    only_in(
        "hound::",
        &[
            "audio/cache/tests.rs",
            "backend/command.rs",
            "backend/wav.rs",
        ],
    );
    only_in(
        "shlex::",
        &["programs/agent/command.rs", "system/external.rs"],
    );
    only_in("which::", &["system/external.rs"]);
    only_in("symphonia::", &["audio/decode/packets.rs"]);
    only_in("crossbeam::", &["lib.rs"]);
    only_in("memmap2", &["throttle/state_file/map.rs"]);
    only_in("regex_automata", &["policy/pattern.rs"]);
    only_in("rubato", &["audio/resample.rs"]);
    only_in("ebur128::", &["audio/loudness.rs"]);
    only_in("interprocess::", &["player/inbox/windows.rs"]);
    only_in("winapi_util", &["throttle/system/file.rs"]);
    only_in(
        "windows_sys::",
        &[
            "audio/child/limits.rs",
            "player/spawn/windows.rs",
            "system/desktop/windows.rs",
            "system/stopwatch.rs",
        ],
    );
    only_in("windows_registry", &["backend/consent_store.rs"]);
    only_in("objc2_core_audio", &["backend/core_audio.rs"]);
    only_in("clap_complete::", &["programs/cli/completions.rs"]);
    only_in(
        "pulseaudio::",
        &[
            "backend/pulse.rs",
            "backend/pulse/client.rs",
            "backend/pulse/questions.rs",
            "backend/pulse/stream.rs",
        ],
    );
    only_in("semver::", &["pack/check/fields.rs"]);
    only_in(
        "sha2::",
        &["pack/check/sounds.rs", "studio/packs.rs", "studio/web.rs"],
    );
    only_in("ureq::", &["studio/web.rs"]);
    only_in("flate2::", &["studio/unpack/tar_gz.rs"]);
    only_in("zip::", &["studio/unpack/zip_file.rs"]);
    only_in("signal_hook::", &["studio/interrupt.rs"]);
}

/// Output for people goes through one function that escapes untrusted text.
#[test]
fn one_door_leads_to_the_terminal() {
    for what in [
        "print!(",
        "println!(",
        "io::stdout",
        "io::stderr",
        "stdio::stdout",
        "stdio::stderr",
        "anstream::",
    ] {
        let users = sources().into_iter().filter(|(path, text)| {
            // It waits until its reader is gone.
            let is_allowed = ["programs/cli/log/reader.rs", "programs/cli/terminal.rs"];
            let path = path.to_str().unwrap().replace('\\', "/");
            path.starts_with("programs/cli/")
                && text.contains(what)
                && !is_allowed.contains(&&*path)
        });
        let users: Vec<_> = users.map(|(path, _)| path).collect();
        assert!(users.is_empty(), "{what} in {users:?}");
    }
    only_in("anstream::stdout", &["programs/cli/terminal.rs"]);
    only_in(
        "eprint",
        &["programs/bin/herald-player.rs", "player/server.rs"],
    );
}

#[test]
fn unsafe_code_stays_in_its_files() {
    only_in(
        "unsafe_code",
        &[
            "audio/child/limits.rs",
            "backend/alsa.rs",
            "backend/core_audio.rs",
            "programs/bin/herald.rs",
            "bindings/c/src/api/config.rs", // In these, the names that C sees.
            "bindings/c/src/api/controls.rs",
            "bindings/c/src/api/open.rs",
            "bindings/c/src/api/sound.rs",
            "bindings/c/src/api/throttle.rs",
            "bindings/c/src/boundary.rs",
            "bindings/c/src/fork.rs",
            "bindings/c/src/pointers.rs",
            "player/spawn/unix.rs",
            "player/spawn/windows.rs",
            "studio/screen/guard.rs",
            "system/desktop/windows.rs",
            "system/stopwatch.rs",
            "throttle/state_file/fault.rs",
            "throttle/state_file/map.rs",
            "throttle/state_file/tests/fork.rs",
        ],
    );
}

/// Beyond the lints: the real-time side must not call modules without them.
#[test]
fn the_real_time_side_only_calls_real_time_code() {
    let mut seen = 0;
    for (path, text) in sources() {
        let path = path.to_str().unwrap().replace('\\', "/");
        let tests = path.contains("/tests/");
        if tests || !path.starts_with("engine/") || path == "engine/mod.rs" {
            continue;
        }
        seen += 1;
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for line in code.lines().filter(|line| line.starts_with("use ")) {
            let known = [
                "use bytemuck::",
                "use crate::audio::Clip;",
                "use crate::engine::",
                "use crate::sync::",
                "use limiter::",
                "use ramp::",
                "use std::sync::Arc;",
                "use super::",
            ];
            let is_known = known.iter().any(|known| line.starts_with(known));
            assert!(is_known, "{path} says {line:?}");
        }
        let inline = code.lines().filter(|line| {
            let code = line.split("//").next().unwrap();
            let code = code.replace("pub(in crate::engine)", "pub");
            !code.starts_with("use ") && (code.contains("std::") || code.contains("crate::"))
        });
        assert_eq!(
            inline.collect::<Vec<_>>(),
            [""; 0],
            "{path} names another room"
        );
    }
    assert!(seen >= 7, "the real-time side is gone");
    let lints = sources()
        .into_iter()
        .find(|(path, _)| path == Path::new("engine/mod.rs"));
    for lint in [
        "disallowed_methods",
        "indexing_slicing",
        "panic",
        "unwrap_used",
    ] {
        let denied = format!("        clippy::{lint}");
        assert!(
            lints.as_ref().unwrap().1.contains(&denied),
            "{lint} is not denied"
        );
    }
}

/// Unit tests are inline, or in `tests` in the folder of their module.
#[test]
fn unit_tests_stand_inline_where_they_are_short_and_else_beside_their_module() {
    const MAX_LINES: usize = 150;
    for (path, text) in [sources(), sources_in("tests/xtask/src")].concat() {
        let shown = path.display();
        assert!(!text.contains("#[path"), "{shown} leads to another file");
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_named_otherwise = name.contains("tests") && name != "tests";
        assert!(
            !is_named_otherwise,
            "{shown} is neither X.rs nor X/tests.rs"
        );
        let inline = text
            .split_once("\nmod tests {\n")
            .map_or("", |(_, tests)| tests);
        let lines = inline.lines().count();
        assert!(
            lines <= MAX_LINES,
            "{shown} has {lines} lines of tests: a file of their own"
        );
    }
}

#[test]
fn every_test_that_the_security_page_names_exists() {
    let page = include_str!("../../../src/docs/security.md");
    let named = page.split('`').skip(1).step_by(2);
    let named: Vec<_> = named.filter(|name| name.contains("::")).collect();
    assert!(named.len() > 40, "the page names its tests otherwise");
    let files = [
        sources(),
        sources_in("tests/suite"),
        sources_in("tests/relay"),
        sources_in("tests/studio"),
    ]
    .concat();
    for name in named {
        let (module, test) = name.rsplit_once("::").unwrap();
        let is_there = match test {
            "*" => {
                let module = module.trim_end_matches("::tests").replace("::", "/");
                files.iter().any(|(path, _)| {
                    path.with_extension("").ends_with(&module)
                        || path.parent().is_some_and(|dir| dir.ends_with(&module))
                })
            }
            test => files
                .iter()
                .any(|(_, text)| text.contains(&format!("fn {test}("))),
        };
        assert!(is_there, "there is no test {name}");
    }
}
