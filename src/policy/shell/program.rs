//! From the words of a simple command to the programs and scripts that it runs.

use super::command::without_reserved;
use super::{Unclear, Work};

/// A program that runs the one that its arguments name.
struct Runner {
    names: &'static [&'static str],
    /// Its short options that take a value.
    values: &'static str,
    /// How many operands come before the program.
    operands: usize,
}

const fn runner(names: &'static [&'static str], values: &'static str, operands: usize) -> Runner {
    Runner {
        names,
        values,
        operands,
    }
}

const RUNNERS: [Runner; 17] = [
    runner(&["sudo"], "CDghpRrTtUu", 0),
    runner(&["doas"], "aCu", 0),
    runner(&["env"], "CSu", 0),
    runner(&["timeout"], "ks", 1),
    runner(&["nice", "unbuffer", "watch"], "n", 0),
    runner(&["ionice"], "cnPpu", 0),
    runner(&["stdbuf"], "eio", 0),
    runner(&["time"], "fo", 0),
    runner(&["exec"], "a", 0),
    runner(&["xargs", "parallel"], "adEIjLnPs", 0),
    runner(&["strace", "ltrace"], "abeEIOoPpSsuX", 0),
    runner(&["runuser", "su"], "cgGsuw", 0),
    runner(&["systemd-run"], "CEGHMpu", 0),
    runner(&["caffeinate"], "tw", 0),
    runner(
        &["chroot", "flock", "gosu", "su-exec", "taskset", "setarch"],
        "Ew",
        1,
    ),
    runner(&["chrt"], "DPpT", 1),
    runner(
        &[
            "builtin",
            "busybox",
            "command",
            "corepack",
            "fakeroot",
            "linux32",
            "linux64",
            "nocorrect",
            "noglob",
            "nohup",
            "pkexec",
            "setsid",
            "toybox",
            "winpty",
        ],
        "",
        0,
    ),
];

const SHELLS: [&str; 15] = [
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "mksh",
    "ash",
    "fish",
    "rbash",
    "busybox-sh",
    "$shell",
    "${shell}",
    "$bash",
    "${bash}",
    "$0",
];

/// Shows each program that a simple command may run, by its name without directories and in lower
/// case, with its arguments. Where an option may have a value or not, both readings are shown.
pub(super) fn each(
    words: &[String],
    work: &mut Work,
    see: &mut dyn FnMut(&str, &[String]),
) -> Result<(), Unclear> {
    let mut is_seen = vec![false; words.len()];
    let mut starts = vec![0];
    while let Some(start) = starts.pop() {
        let rest = words.get(start..).unwrap_or_default();
        let rest = without_reserved(rest);
        let assignments = rest.iter().take_while(|word| is_assignment(word)).count();
        let rest = &rest[assignments..];
        let Some((program, arguments)) = rest.split_first() else {
            continue;
        };
        let at = words.len() - rest.len();
        if std::mem::replace(&mut is_seen[at], true) {
            continue;
        }
        work.spend(rest.len())?;
        let name = name(program);
        see(&name, arguments);
        let behind = behind(&name, arguments);
        starts.extend(behind.into_iter().map(|argument| at + 1 + argument));
    }
    Ok(())
}

/// What a program is to run as a shell does.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    pub(super) scripts: Vec<String>,
    /// Whether it reads commands from its standard input.
    pub(super) reads_input: bool,
}

/// What a program runs as a shell does, or has a shell run.
pub(super) fn scripts(name: &str, arguments: &[String]) -> Scripts {
    let scripts = match name {
        _ if SHELLS.contains(&name) => return of_shell(arguments),
        "." | "source" => {
            let reads_input = arguments.iter().any(|file| file.starts_with("/dev/"));
            return Scripts {
                scripts: Vec::new(),
                reads_input,
            };
        }
        "eval" => vec![arguments.join(" ")],
        "trap" => {
            let mut operands = arguments.iter().filter(|word| !word.starts_with('-'));
            operands.next().cloned().into_iter().collect()
        }
        "watch" => {
            let starts = behind(name, arguments).into_iter();
            let scripts = starts.filter_map(|start| Some(arguments.get(start..)?.join(" ")));
            scripts.collect()
        }
        "env" => value(arguments, 'S', "--split-string"),
        "su" | "runuser" | "flock" | "script" => value(arguments, 'c', "--command"),
        _ => Vec::new(),
    };
    Scripts {
        scripts,
        reads_input: false,
    }
}

fn of_shell(arguments: &[String]) -> Scripts {
    let mut scripts = value(arguments, '\0', "--command");
    let mut is_script = false;
    let mut reads_input = false;
    let mut rest = arguments.iter();
    let mut operand = None;
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-" | "--" => {
                operand = rest.next();
                break;
            }
            "--rcfile" | "--init-file" => {
                rest.next();
            }
            long if long.starts_with("--") => {}
            options if options.starts_with(['-', '+']) => {
                is_script |= options.contains('c');
                reads_input |= options.contains('s');
                if options.contains(['o', 'O']) {
                    rest.next();
                }
            }
            _ => {
                operand = Some(word);
                break;
            }
        }
    }
    scripts.extend(operand.filter(|_| is_script).cloned());
    Scripts {
        reads_input: reads_input || operand.is_none() && scripts.is_empty(),
        scripts,
    }
}

/// The values of an option: `-S VALUE`, `-vSVALUE`, `--split-string VALUE`, `--split-string=VALUE`.
fn value(arguments: &[String], short: char, long: &str) -> Vec<String> {
    let after = |at: usize| arguments.get(at + 1).cloned();
    let value = |(at, word): (usize, &String)| match word.strip_prefix(long) {
        Some("") => after(at),
        Some(value) => value.strip_prefix('=').map(str::to_owned),
        None if word.starts_with("--") => None,
        None => match word.strip_prefix('-')?.split_once(short)?.1 {
            "" => after(at),
            value => Some(value.to_owned()),
        },
    };
    arguments.iter().enumerate().filter_map(value).collect()
}

/// Where among a program's arguments one may stand that it runs.
fn behind(name: &str, arguments: &[String]) -> Vec<usize> {
    let words = arguments.iter().map(String::as_str);
    match name {
        "find" | "gfind" => {
            let actions = ["-exec", "-execdir", "-ok", "-okdir"];
            let actions = words.enumerate().filter(|(_, word)| actions.contains(word));
            return actions.map(|(at, _)| at + 1).collect();
        }
        // It says where a program is.
        "command"
            if words
                .clone()
                .next()
                .is_some_and(|word| word.starts_with("-v") || word.starts_with("-V")) =>
        {
            return Vec::new();
        }
        _ if name.starts_with("python") || name.starts_with("pypy") || name == "py" => {
            let mut words = words.enumerate();
            while let Some((at, word)) = words.next() {
                match word {
                    "-m" => return vec![at + 1],
                    "-W" | "-X" => {
                        words.next();
                    }
                    option if option.starts_with('-') => {}
                    _ => break,
                }
            }
            return Vec::new();
        }
        _ => {}
    }
    let runner = RUNNERS.iter().find(|runner| runner.names.contains(&name));
    runner.map_or_else(Vec::new, |runner| runner.behind(arguments))
}

impl Runner {
    fn behind(&self, arguments: &[String]) -> Vec<usize> {
        let mut starts = Vec::new();
        let mut at = 0;
        while let Some(word) = arguments.get(at) {
            let has_next = arguments
                .get(at + 1)
                .is_some_and(|next| !next.starts_with('-'));
            at += match word.as_str() {
                "--" => {
                    at += 1;
                    break;
                }
                // It may be a flag, or have a value.
                long if long.starts_with("--") && !long.contains('=') && has_next => {
                    starts.push(at + 1 + self.operands);
                    2
                }
                options if options.starts_with('-') => {
                    match options[1..].find(|option| self.values.contains(option)) {
                        Some(last) if !options.starts_with("--") && last + 2 == options.len() => 2,
                        _ => 1,
                    }
                }
                _ => break,
            };
        }
        starts.push(at + self.operands);
        starts
    }
}

/// The name of a program, however it is written: `/bin/rm`, `RM.EXE`.
fn name(program: &str) -> String {
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.to_ascii_lowercase();
    name.strip_suffix(".exe")
        .map_or(name.clone(), str::to_owned)
}

/// Whether a word before a command sets a variable: `A=1`, `A+=1`, `A[1]=1`.
fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| !name.is_empty() && !name.starts_with('-') && !name.contains('/'))
}
