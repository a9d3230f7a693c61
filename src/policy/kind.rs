//! What the tags about commands stand for: which programs, with which arguments.

/// The programs of packages.
const MANAGERS: [&str; 8] = ["npm", "pnpm", "yarn", "bun", "pipx", "poetry", "uv", "uvx"];
/// What comes before what they are to do: `uv pip install`, `yarn global add`.
const PARTS: [&str; 3] = ["pip", "tool", "global"];
const INSTALLS: [&str; 20] = [
    "install",
    "add",
    "update",
    "upgrade",
    "up",
    "sync",
    "i",
    "in",
    "ins",
    "inst",
    "insta",
    "instal",
    "isnt",
    "isntall",
    "ci",
    "ic",
    "clean-install",
    "install-clean",
    "it",
    "install-test",
];
const REMOVES: [&str; 5] = ["uninstall", "remove", "rm", "un", "unlink"];
/// The options of git itself that have a value.
const GIT_VALUES: [&str; 7] = [
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--config-env",
    "--attr-source",
];
/// The programs that stop the machine, and what else has systemctl stop it.
const STOPS: [&str; 4] = ["shutdown", "halt", "reboot", "poweroff"];
const STOPS_BY_SYSTEMCTL: [&str; 2] = ["kexec", "soft-reboot"];
/// Variables that hold the home, the project's or the current directory.
const DIRECTORIES: [&str; 3] = ["HOME", "CLAUDE_PROJECT_DIR", "PWD"];

/// Whether it removes everything, or stops the machine.
pub(super) fn is_dangerous(program: &str, arguments: &[String]) -> bool {
    match program {
        "rm" => has(arguments, "rR", "--recursive") && operands(arguments).any(is_everything),
        "systemctl" => verbs(arguments, |_| false).iter().any(|at| {
            let verb = arguments[*at].as_str();
            STOPS.contains(&verb) || STOPS_BY_SYSTEMCTL.contains(&verb)
        }),
        "init" | "telinit" => arguments
            .first()
            .is_some_and(|level| ["0", "6"].contains(&level.as_str())),
        _ => STOPS.contains(&program),
    }
}

/// Whether it installs packages.
pub(super) fn installs(program: &str, arguments: &[String]) -> bool {
    program == "yarn" && arguments.is_empty() || manages(program, arguments, &INSTALLS)
}

/// Whether it removes packages.
pub(super) fn removes(program: &str, arguments: &[String]) -> bool {
    manages(program, arguments, &REMOVES)
}

/// Whether it discards work that git does not keep.
pub(super) fn discards(program: &str, arguments: &[String]) -> bool {
    if program != "git" {
        return false;
    }
    let verbs = verbs(arguments, |option| !GIT_VALUES.contains(&option));
    verbs.into_iter().any(|at| {
        let rest = &arguments[at + 1..];
        match arguments[at].as_str() {
            "reset" => has(rest, "", "--hard"),
            "clean" => has(rest, "f", "--force"),
            "checkout" => rest.iter().any(|word| word == "--") || has(rest, "f", "--force"),
            "restore" => has(rest, "s", "--source"),
            _ => false,
        }
    })
}

fn manages(program: &str, arguments: &[String], what: &[&str]) -> bool {
    let is_version = |rest: &str| {
        rest.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let is_manager =
        MANAGERS.contains(&program) || program.strip_prefix("pip").is_some_and(is_version);
    if !is_manager {
        return false;
    }
    let mut rest = arguments;
    loop {
        let verbs = verbs(rest, |_| false);
        if verbs.iter().any(|at| what.contains(&rest[*at].as_str())) {
            return true;
        }
        let part = verbs.iter().find(|at| PARTS.contains(&rest[**at].as_str()));
        let Some(part) = part else {
            return false;
        };
        rest = &rest[part + 1..];
    }
}

/// Where what a program is to do may stand: behind its options, each of which may have a value
/// unless it is known to be a flag.
fn verbs(arguments: &[String], is_flag: impl Fn(&str) -> bool) -> Vec<usize> {
    let mut found = Vec::new();
    let mut may_be_value = false;
    for (at, word) in arguments.iter().enumerate() {
        if word.starts_with('-') {
            may_be_value = !word.contains('=') && !is_flag(word);
            continue;
        }
        found.push(at);
        if !std::mem::take(&mut may_be_value) {
            break;
        }
    }
    found
}

/// Whether there is one of the short options, or the long one, which may be abbreviated.
fn has(arguments: &[String], short: &str, long: &str) -> bool {
    let options = arguments.iter().take_while(|word| *word != "--");
    options.into_iter().any(|word| {
        if word.starts_with("--") {
            let name = word.split('=').next().unwrap_or_default();
            return long.starts_with(name);
        }
        let options = word.strip_prefix('-');
        options.is_some_and(|options| options.contains(|option| short.contains(option)))
    })
}

fn operands(arguments: &[String]) -> impl Iterator<Item = &str> {
    let end = arguments.iter().position(|word| word == "--");
    let (before, behind) = arguments.split_at(end.unwrap_or(arguments.len()));
    let before = before.iter().filter(|word| !word.starts_with('-'));
    before.chain(behind.iter().skip(1)).map(String::as_str)
}

/// Whether a path is, or holds, all of the root, home, project or current directory.
fn is_everything(path: &str) -> bool {
    let mut rest = path.split('/').peekable();
    let first = rest.peek().copied().unwrap_or_default();
    let variable = first.strip_prefix('$').unwrap_or_default();
    let variable = variable
        .strip_prefix('{')
        .and_then(|name| name.strip_suffix('}'))
        .unwrap_or(variable);
    if DIRECTORIES.contains(&variable) || ["~", "~+"].contains(&first) {
        rest.next();
    }
    let mut below: Vec<&str> = Vec::new();
    for part in rest {
        match part {
            "" | "." => {}
            ".." => {
                below.pop();
            }
            other => below.push(other),
        }
    }
    // What a pattern for all names stands for is what they are in.
    while below
        .last()
        .is_some_and(|last| ["*", ".*", "**"].contains(last))
    {
        below.pop();
    }
    below.is_empty() && !path.is_empty()
}
