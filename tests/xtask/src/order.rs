//! `cargo xtask order`: records which functions a hook runs, in the linker script that puts them side by side.
//!
//! Two thirds of a hook's life are page faults, and most of those were for code that is spread over the
//! program. A linker script is used because the linkers of GNU and LLVM both read it, and because its
//! patterns, without a compiler's hashes, go on matching most functions after a change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::hook::StateDir;
use crate::process::{cannot_run_cargo, cargo, repository, target_dir};
use crate::{say, setup};

/// The script, from the top of the repository.
pub(crate) const SCRIPT: &str = "src/programs/hook.ld";

/// Payloads of the tests: what an agent sends most, and each outcome. The second Stop is suppressed.
const PAYLOADS: [&str; 12] = [
    "Stop",
    "Stop",
    "Notification-permission_prompt",
    "Notification-permission_prompt",
    "PermissionRequest",
    "PreToolUse-Bash",
    "PreToolUse-Write",
    "PostToolUse-Bash",
    "UserPromptSubmit",
    "SessionStart-startup",
    "SubagentStop",
    "SessionEnd-other",
];

/// How many bytes a pattern may match besides the functions that run.
const OTHERS: u64 = 10_000;

pub(crate) fn run() -> Result<(), Failure> {
    say::step("what the tests need");
    setup::for_tests()?;
    let root = target_dir().join("installed");
    let mut install = cargo();
    install
        .args(["xtask", "install"])
        .env("CARGO_INSTALL_ROOT", &root);
    if !install.status().map_err(cannot_run_cargo)?.success() {
        return Err(Failure::new("there is no program to record"));
    }
    let herald = root.join("bin/herald");
    say::step("hooks, under callgrind");
    let state = StateDir::new()?;
    let runs: Vec<_> = PAYLOADS
        .iter()
        .map(|payload| functions(&herald, payload, state.path()))
        .collect::<Result<_, _>>()?;
    let sizes = sizes(&output(Command::new("nm").arg("-S").arg(&herald))?);
    let script = script(&patterns(&runs, &sizes));
    let path = repository().join(SCRIPT);
    fs::write(&path, script)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
    say::line(&format!("    {SCRIPT} is written"));
    Ok(())
}

fn output(command: &mut Command) -> Result<String, Failure> {
    let ended = command.output();
    let failed = |why: String| {
        let program = command.get_program().display();
        Failure::new(format!("{program} failed: {why}"))
    };
    match ended {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(failed(String::from_utf8_lossy(&output.stderr).into_owned())),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// The names of the functions that a hook with this payload runs.
fn functions(herald: &Path, payload: &str, state: &Path) -> Result<BTreeSet<String>, Failure> {
    let cannot = |error| Failure::new(format!("cannot record {payload}: {error}"));
    let path = repository().join(format!("tests/fixtures/payloads/{payload}.json"));
    let recorded = state.join("callgrind");
    let mut hook = Command::new("valgrind");
    hook.args(["--tool=callgrind", "--demangle=no"])
        .arg(format!("--callgrind-out-file={}", recorded.display()))
        .arg(herald)
        .arg("hook")
        .env_clear()
        .env("HOME", state)
        .env("HERALD_STATE_DIR", state)
        .env("HERALD_OUTPUT", "null")
        .stdin(fs::File::open(&path).map_err(cannot)?);
    if let Some(path) = std::env::var_os("PATH") {
        hook.env("PATH", path);
    }
    output(&mut hook)?;
    let text = fs::read_to_string(&recorded).map_err(cannot)?;
    // "fn=(12) name", and "name'2" for a recursive call.
    let names = text
        .lines()
        .filter_map(|line| line.split_once("fn=(")?.1.split_once(") "))
        .map(|(_, name)| name.split('\'').next().unwrap_or(name).to_owned());
    Ok(names.collect())
}

/// The size of each function, from `nm -S`.
fn sizes(listing: &str) -> BTreeMap<String, u64> {
    let lines = listing.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let size = u64::from_str_radix(words.next()?, 16).ok()?;
        let name = words.nth(1)?;
        Some((name.to_owned(), size))
    });
    lines.collect()
}

/// What matches the functions that run, those of most hooks first.
fn patterns(runs: &[BTreeSet<String>], sizes: &BTreeMap<String, u64>) -> Vec<String> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for run in runs {
        let of_run: BTreeSet<_> = run.iter().filter_map(|name| pattern(name)).collect();
        of_run
            .into_iter()
            .for_each(|pattern| *found.entry(pattern).or_default() += 1);
    }
    let mut others: BTreeMap<String, u64> = BTreeMap::new();
    for (name, size) in sizes {
        let is_run = runs.iter().any(|run| run.contains(name));
        if let Some(pattern) = pattern(name).filter(|_| !is_run) {
            *others.entry(pattern).or_default() += size;
        }
    }
    let mut found: Vec<_> = found
        .into_iter()
        .filter(|(pattern, _)| others.get(pattern).is_none_or(|size| *size <= OTHERS))
        .collect();
    found.sort_by(|(one, few), (other, many)| many.cmp(few).then(one.cmp(other)));
    found.into_iter().map(|(pattern, _)| pattern).collect()
}

/// A pattern for a function of Rust, without what depends on the compiler; none for another's.
///
/// In older names a hash stands at the end. In newer ones, hashes follow `Cs`, and `B` refers to a place
/// that depends on their lengths.
fn pattern(name: &str) -> Option<String> {
    if name.starts_with("_ZN") {
        let (path, _) = name.rsplit_once("17h")?;
        return Some(format!("{path}17h*"));
    }
    let mut rest = name.strip_prefix("_R")?;
    let mut pattern = "_R".to_owned();
    while let Some(at) = rest.find(['B', 'C']) {
        let (before, from) = rest.split_at(at);
        let len = if from.starts_with("Cs") { 2 } else { 1 };
        let hash = from[len..].split_once('_').filter(|(hash, _)| {
            (len == 2 || from.starts_with('B')) && hash.chars().all(char::is_alphanumeric)
        });
        pattern += before;
        pattern += &from[..len];
        rest = &from[len..];
        if let Some((_, after)) = hash {
            pattern += "*_";
            rest = after;
        }
    }
    Some(pattern + rest)
}

fn script(patterns: &[String]) -> String {
    let lines = patterns
        .iter()
        .map(|pattern| format!("    *(.text.{pattern} .text.unlikely.{pattern})\n"));
    let lines: String = lines.collect();
    format!(
        "/* The functions that hooks run, so that they share pages. Written by `cargo xtask order`. */
SECTIONS {{
  .text.hook : {{
    *crt1.o(.text .text.*)
    *libc.a:*(.text .text.*)
    *(.text.main)
{lines}  }}
}}
INSERT BEFORE .text;
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_no_hash_of_the_compilers() {
        for (name, expected) in [
            (
                "_ZN10herald_cli3cli4hook3run17h7bc5eb19f67720b4E",
                Some("_ZN10herald_cli3cli4hook3run17h*"),
            ),
            (
                "_RNvMs16_NtCsaz6eC2DG7lh_3std4pathNtB6_4Path5__join",
                Some("_RNvMs16_NtCs*_3std4pathNtB*_4Path5__join"),
            ),
            ("memcpy", None),
            ("0x0000000000401000", None),
        ] {
            assert_eq!(pattern(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn what_most_hooks_run_comes_first_and_what_would_pull_in_too_much_stays_away() {
        let name = |function: &str| format!("_ZN1a{function}17h0123456789abcdefE");
        let run = |functions: &[&str]| functions.iter().map(|function| name(function)).collect();
        let runs = [run(&["1x", "1y", "1z"]), run(&["1y"])];
        let listing = format!(
            "0000000000401000 0000000000000010 T {}\n0000000000401010 0000000000009000 t {}\n U other\n",
            name("1x"),
            "_ZN1a1z17hfedcba9876543210E",
        );
        let patterns = patterns(&runs, &sizes(&listing));
        assert_eq!(patterns, ["_ZN1a1y17h*", "_ZN1a1x17h*"]);
        assert!(
            script(&patterns).contains("    *(.text._ZN1a1y17h* .text.unlikely._ZN1a1y17h*)\n")
        );
    }
}
