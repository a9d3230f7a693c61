//! The meaning of the command tags: which programs with which arguments.

use super::arguments::{has, is_among, operands, values, verb, verbs};
use super::shell::Run;

/// Package managers.
const MANAGERS: [&str; 8] = ["npm", "pnpm", "yarn", "bun", "pipx", "poetry", "uv", "uvx"];
/// Their options that take a value. Others are unknown.
const MANAGER_VALUES: &str = "\
    -C -F --cache --cache-dir --config-file --cwd --dir --directory --filter --loglevel --prefix \
    --project --proxy --registry --userconfig --workspace";
/// Words before the subcommand, and their number of operands: `uv pip install`, `yarn workspace a add`.
const PARTS: [(&str, usize); 5] = [
    ("pip", 0),
    ("tool", 0),
    ("global", 0),
    ("workspace", 1),
    ("workspaces", 0),
];
/// Their other subcommands, which therefore are not the value of an option.
const OTHERS: &str = "\
    audit build cache config create dlx exec explain help info init list lock ls outdated pack \
    publish rum run run-script show start stop test tst version view why";
const INSTALLS: &str = "\
    install add update udpate upgrade up sync focus i in ins inst insta instal isnt isntall ci \
    ic cit clean-install clean-install-test install-clean install-ci-test it sit install-test";
const REMOVES: &str = "uninstall remove rm un unlink";
/// The options of git itself that take a value.
const GIT_VALUES: &str = "-C -c --git-dir --work-tree --namespace --config-env --attr-source";
/// The programs that stop the machine, and the verbs and targets with which systemctl does.
const STOPS: [&str; 4] = ["shutdown", "halt", "reboot", "poweroff"];
const STOPS_BY_SYSTEMCTL: [&str; 2] = ["kexec", "soft-reboot"];
const STARTS_BY_SYSTEMCTL: [&str; 3] = ["start", "restart", "isolate"];
/// The options of systemctl that take a value.
const SYSTEMCTL_VALUES: &str = "\
    -H -M -P -n -o -p -s -t --host --image --job-mode --kill-whom --lines --machine --output \
    --property --root --signal --state --type";
/// Variables that hold the home directory, the project's and the current one.
const OUTSIDE: [&str; 2] = ["HOME", "CLAUDE_PROJECT_DIR"];
const CURRENT: &str = "PWD";
/// Commands that print the current directory, or that of its repository.
const PRINT_CURRENT: [&[&str]; 4] = [
    &["pwd"],
    &["pwd", "-L"],
    &["pwd", "-P"],
    &["git", "rev-parse", "--show-toplevel"],
];
/// Below these, files may be removed: the directory for temporary files, and its name on macOS.
const TEMPORARY: [&[&str]; 2] = [&["tmp"], &["private", "tmp"]];

/// Whether it removes something outside the current directory or all of that, or stops the machine.
pub(super) fn is_dangerous(run: &Run<'_>) -> bool {
    let arguments = run.arguments;
    match run.program {
        "rm" => {
            has(arguments, "", "rR", "--recursive")
                && operands(arguments, "").any(|target| is_dangerous_target(target, run.directory))
        }
        "systemctl" => verb(arguments, SYSTEMCTL_VALUES).is_some_and(|at| {
            let stops = |name: &str| STOPS.contains(&name) || STOPS_BY_SYSTEMCTL.contains(&name);
            let target = |unit: &String| stops(unit.strip_suffix(".target").unwrap_or(unit));
            let verb = arguments[at].as_str();
            stops(verb)
                || STARTS_BY_SYSTEMCTL.contains(&verb) && arguments[at + 1..].iter().any(target)
        }),
        "init" | "telinit" => arguments
            .first()
            .is_some_and(|level| ["0", "6"].contains(&level.as_str())),
        program => STOPS.contains(&program),
    }
}

pub(super) fn installs(run: &Run<'_>) -> bool {
    let is_question = |word: &String| ["-h", "-v", "--help", "--version"].contains(&word.as_str());
    let is_bare = || {
        let verbs = verbs(run.arguments, MANAGER_VALUES);
        verbs.is_empty() && !run.arguments.iter().any(is_question)
    };
    run.program == "yarn" && is_bare() || manages(run, INSTALLS)
}

pub(super) fn removes(run: &Run<'_>) -> bool {
    manages(run, REMOVES)
}

fn manages(run: &Run<'_>, what: &str) -> bool {
    let is_version = |rest: &str| {
        rest.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let is_manager =
        MANAGERS.contains(&run.program) || run.program.strip_prefix("pip").is_some_and(is_version);
    if !is_manager {
        return false;
    }
    let mut rest = run.arguments;
    loop {
        let verbs = verbs(rest, MANAGER_VALUES).into_iter();
        let mut verbs = verbs.map(|at| (at, rest[at].as_str()));
        let part = |name: &str| PARTS.iter().find(|(part, _)| *part == name);
        let verb = verbs.find_map(|(at, verb)| match part(verb) {
            Some((_, operands)) => Some((verb, at + 1 + operands)),
            None if is_among(what, verb) || is_among(OTHERS, verb) => Some((verb, rest.len())),
            None => None,
        });
        match verb {
            Some((verb, _)) if is_among(what, verb) => return true,
            Some((_, behind)) if behind < rest.len() => rest = &rest[behind..],
            _ => return false,
        }
    }
}

/// Whether it discards work that git cannot restore.
pub(super) fn discards(run: &Run<'_>) -> bool {
    match run.program.strip_prefix("git-") {
        Some(verb) => discards_by(verb, run.arguments, false),
        None if run.program != "git" => false,
        None => verb(run.arguments, GIT_VALUES).is_some_and(|at| {
            let (options, rest) = run.arguments.split_at(at);
            let config = values(options, 'c', "--config-env");
            let needs_no_force = config.iter().any(|set| {
                let name = set.split('=').next().unwrap_or_default();
                name.eq_ignore_ascii_case("clean.requireForce")
            });
            discards_by(&rest[0], &rest[1..], needs_no_force)
        }),
    }
}

fn discards_by(verb: &str, arguments: &[String], cleans_without_force: bool) -> bool {
    let has = |values: &str, short: &str, long: &str| has(arguments, values, short, long);
    match verb {
        "reset" => has("", "", "--hard"),
        "clean" => {
            let is_forced = cleans_without_force || has("e", "f", "--force");
            is_forced && !has("e", "n", "--dry-run")
        }
        "checkout" => {
            let makes_branch = ["--orphan", "--track"]
                .iter()
                .any(|long| has("bB", "bBt", long));
            let mut files = operands(arguments, "bB");
            let is_behind = arguments
                .iter()
                .skip_while(|word| *word != "--")
                .nth(1)
                .is_some();
            // One operand may be a branch or a file.
            let one = files.next();
            let are_files = one.is_some_and(is_no_branch) || files.next().is_some();
            has("bB", "f", "--force") || is_behind || !makes_branch && are_files
        }
        "restore" => {
            let only_staged = has("s", "S", "--staged") && !has("s", "W", "--worktree");
            let has_files = operands(arguments, "s").next().is_some();
            has("s", "s", "--source") || has_files && !only_staged
        }
        "switch" => has("cC", "f", "--force") || has("cC", "", "--discard-changes"),
        "stash" => operands(arguments, "m")
            .next()
            .is_some_and(|verb| ["drop", "clear"].contains(&verb)),
        _ => false,
    }
}

/// Whether an operand of `git checkout` cannot be the name of a branch.
fn is_no_branch(name: &str) -> bool {
    name.starts_with(['.', ':', '/'])
        || name.ends_with('/')
        || name.ends_with(".lock")
        || name.contains(['*', '?', '['])
}

/// Whether a target is outside the current directory, or all of it. After `cd build &&`, the current
/// directory is `directory`.
fn is_dangerous_target(target: &str, directory: &str) -> bool {
    let path = Path::of(target);
    match directory {
        _ if path.is_outside() => true,
        _ if target.is_empty() || !path.is_everything() => false,
        "" => true,
        _ => {
            let path = format!("{directory}/{target}");
            let path = Path::of(&path);
            path.is_outside() || path.is_everything()
        }
    }
}

/// A path as written in a command.
struct Path<'a> {
    base: Base,
    /// The parts below the base, with `..` resolved.
    below: Vec<&'a str>,
}

/// The beginning of a path.
#[derive(PartialEq, Eq)]
enum Base {
    Root,
    /// The home directory or the project's.
    Outside,
    Current,
}

impl<'a> Path<'a> {
    fn of(path: &'a str) -> Self {
        let mut base = Base::Current;
        let mut rest = path;
        let drive = |path: &str| path.as_bytes().get(1) == Some(&b':');
        if path.starts_with('/') {
            base = Base::Root;
        } else if path.starts_with('~') || drive(path) {
            base = Base::Outside;
            rest = path.split_once('/').map_or("", |(_, rest)| rest);
        } else if let Some(behind) = after_current(path) {
            rest = behind;
        } else if let Some((variable, behind)) = variable(path) {
            if OUTSIDE.contains(&variable) {
                (base, rest) = (Base::Outside, behind);
            } else if variable == CURRENT {
                rest = behind;
            }
        }
        let mut below = Vec::new();
        for part in rest.split('/') {
            match part {
                "" | "." => {}
                ".." => _ = below.pop(),
                other => below.push(other),
            }
        }
        Self { base, below }
    }

    /// Whether it is neither below the current directory nor temporary.
    fn is_outside(&self) -> bool {
        let is_below = |directory: &&[&str]| {
            self.below.len() > directory.len() && self.below.starts_with(directory)
        };
        match self.base {
            Base::Root => !TEMPORARY.iter().any(is_below),
            Base::Outside => true,
            Base::Current => false,
        }
    }

    /// Whether it includes everything below its base.
    fn is_everything(&self) -> bool {
        // A pattern for all names means their directory.
        self.below
            .iter()
            .all(|part| ["*", ".*", "**"].contains(part))
    }
}

/// The variable at the beginning of a path, used as a whole or with a default, and the rest of the path.
fn variable(path: &str) -> Option<(&str, &str)> {
    let name = path.strip_prefix('$')?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let split = |name: &'_ str| name.find(|c| !is_part(c)).unwrap_or(name.len());
    match name.strip_prefix('{') {
        None => Some(name.split_at(split(name))),
        Some(braced) => {
            let (inside, behind) = braced.split_once('}')?;
            let (name, operator) = inside.split_at(split(inside));
            let operator = operator.trim_start_matches(':');
            // Removing a suffix leaves at least as much.
            let is_whole = operator.is_empty() || operator.starts_with(['?', '-', '=', '%']);
            is_whole.then_some((name, behind))
        }
    }
}

/// The rest of a path that begins with a substitution for the current directory.
fn after_current(path: &str) -> Option<&str> {
    let (command, behind) = match path.strip_prefix("$(") {
        Some(rest) => rest.split_once(')')?,
        None => path.strip_prefix('`')?.split_once('`')?,
    };
    let printed = |words: &&[&str]| command.split_ascii_whitespace().eq(words.iter().copied());
    PRINT_CURRENT.iter().any(printed).then_some(behind)
}
