//! Derives the programs and scripts that a simple command runs.

use std::borrow::Cow;

use super::command::without_reserved;
use super::runners::Runner;
use super::work::{Unclear, Work};
use crate::policy::arguments::{has, is_among, operands, values};

const SHELLS: &str = "sh bash dash zsh ksh mksh ash fish csh tcsh yash rbash busybox-sh \
    $shell ${shell} $bash ${bash} $0";
/// Shells without arithmetic commands, in which `((a))` is a nested subshell.
const WITHOUT_ARITHMETIC: [&str; 4] = ["sh", "dash", "ash", "busybox-sh"];
/// Programs with an option whose value is run by a shell.
const SCRIPT_OPTIONS: [(&str, char, &str); 9] = [
    ("env", 'S', "--split-string"),
    ("fish", 'C', "--init-command"),
    ("flock", 'c', "--command"),
    ("npx", 'c', "--call"),
    ("nix-shell", '\0', "--run"),
    ("runuser", 'c', "--command"),
    ("script", 'c', "--command"),
    ("sg", 'c', "--command"),
    ("su", 'c', "--command"),
];
/// Suffixes of executable files.
const SUFFIXES: [&str; 4] = [".exe", ".cmd", ".bat", ".com"];
/// GNU programs that may have the prefix `g` on systems with other versions.
const GNU: [&str; 10] = [
    "chroot", "echo", "env", "find", "nice", "nohup", "printf", "rm", "timeout", "xargs",
];

/// Reports each program that a simple command may run: the name without directories in lower case, and the
/// arguments. Functions are skipped.
pub(super) fn each(
    words: &[String],
    is_function: &dyn Fn(&str) -> bool,
    work: &mut Work,
    see: &mut dyn FnMut(&str, &[String]),
) -> Result<(), Unclear> {
    // The index of a word, and the offset of the program's name in it.
    let mut next = Some((0, 0));
    let mut starts = Vec::new();
    let mut is_known = Vec::new();
    while let Some((start, from)) = next.take().or_else(|| starts.pop()) {
        let rest = words.get(start..).unwrap_or_default();
        let rest = without_reserved(rest);
        let assignments = rest.iter().take_while(|word| is_assignment(word)).count();
        let rest = &rest[assignments..];
        let Some((program, arguments)) = rest.split_first() else {
            continue;
        };
        let at = words.len() - rest.len();
        let is_twice = is_known.get(at).copied().unwrap_or_default() && at > start;
        if is_twice || start == 0 && is_function(program) {
            continue;
        }
        work.spend(rest.len())?;
        let name = name(&program[from..]);
        see(&name, arguments);
        for (argument, from) in behind(&name, arguments) {
            is_known.resize(words.len(), false);
            is_known[at] = true;
            let start = at + 1 + argument;
            let is_known = is_known.get_mut(start);
            if is_known.is_some_and(|is_known| !std::mem::replace(is_known, true)) {
                starts.push((start, from));
            }
        }
    }
    Ok(())
}

/// The scripts that a program runs.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    pub(super) scripts: Vec<String>,
    /// Whether it reads commands from its standard input, or from another command.
    pub(super) reads_input: bool,
    /// Whether the current shell runs the scripts.
    pub(super) is_same_shell: bool,
    pub(super) has_arithmetic: bool,
}

/// The scripts that a program runs, or has a shell run.
pub(super) fn scripts(name: &str, arguments: &[String]) -> Scripts {
    let options = SCRIPT_OPTIONS
        .iter()
        .filter(|(program, ..)| *program == name);
    let mut scripts: Vec<_> = options
        .flat_map(|(_, short, long)| values(arguments, *short, long))
        .collect();
    let mut reads_input = false;
    for (runner, at) in runners(name, arguments) {
        scripts.extend(runner.scripts(&arguments[at..]));
        reads_input |= runner.runs_shell(&arguments[at..]);
    }
    match name {
        _ if is_among(SHELLS, name) => reads_input |= of_shell(arguments, &mut scripts),
        "." | "source" => reads_input = arguments.first().is_some_and(|file| is_stream(file)),
        "at" | "batch" => reads_input = !has(arguments, "Mqt", "cdflr", "--file"),
        "su" | "runuser" => reads_input = scripts.is_empty(),
        "eval" => {
            let is_end = arguments.first().is_some_and(|word| word == "--");
            scripts.push(arguments[usize::from(is_end)..].join(" "));
        }
        "trap" => scripts.extend(operands(arguments, "").next().map(str::to_owned)),
        _ => {}
    }
    // The output of another command.
    let is_printed = |script: &String| {
        let script = script.trim_start();
        script.starts_with("$(") || script.starts_with('`')
    };
    reads_input |= scripts.iter().any(is_printed);
    Scripts {
        scripts,
        reads_input,
        is_same_shell: ["eval", "trap"].contains(&name),
        has_arithmetic: !WITHOUT_ARITHMETIC.contains(&name),
    }
}

/// Whether a shell reads commands from elsewhere than its arguments. Those in its arguments are added to
/// `scripts`.
fn of_shell(arguments: &[String], scripts: &mut Vec<String>) -> bool {
    let commands = values(arguments, '\0', "--command");
    let has_commands = !commands.is_empty();
    let mut is_script = false;
    let mut reads_input = false;
    let mut only_reads = false;
    let mut is_interactive = false;
    let mut rest = arguments.iter();
    let mut operand = None;
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-" | "--" => {
                operand = rest.next();
                break;
            }
            "--help" | "--version" => return false,
            "--rcfile" | "--init-file" => {
                rest.next();
            }
            long if long.starts_with("--") => {}
            options if options.starts_with(['-', '+']) => {
                is_script |= options.contains('c');
                reads_input |= options.contains('s');
                is_interactive |= options.contains('i');
                only_reads |= options.starts_with('-') && options.contains('n');
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
    if only_reads && !is_interactive {
        return false;
    }
    scripts.extend(commands);
    scripts.extend(operand.filter(|_| is_script).cloned());
    match operand {
        Some(_) if is_script => reads_input,
        Some(file) => reads_input || is_stream(file),
        None => reads_input || !has_commands,
    }
}

/// Whether a file is the output of another command.
fn is_stream(file: &str) -> bool {
    file == "<()" || file.starts_with("/dev/") || file.starts_with("/proc/self/fd/")
}

/// The text that a shell would print.
pub(super) fn printed(name: &str, arguments: &[String]) -> Option<String> {
    let text = match name {
        "echo" => {
            let is_option = |word: &&String| {
                word.len() > 1
                    && word.starts_with('-')
                    && word[1..].bytes().all(|option| b"neE".contains(&option))
            };
            let options = arguments.iter().take_while(is_option).count();
            arguments[options..].join(" ")
        }
        "printf" => {
            let mut arguments = arguments.iter().skip_while(|word| *word == "--");
            let mut parts = arguments.next()?.split('%');
            let mut text = parts.next()?.to_owned();
            for part in parts {
                // A conversion ends at its letter.
                let rest = part.trim_start_matches(|c: char| !c.is_alphabetic());
                text.extend(arguments.next().map(String::as_str));
                text.push_str(rest.get(1..).unwrap_or_default());
            }
            // The format is reused for the remaining arguments.
            for argument in arguments {
                text.push('\n');
                text.push_str(argument);
            }
            text
        }
        _ => return None,
    };
    Some(text.replace("\\n", "\n").replace("\\t", "\t"))
}

/// The directory to which a command changes; none if it does not. An empty text means an unknown one.
pub(super) fn goes_to(words: &[String]) -> Option<&str> {
    let (program, arguments) = words.split_first()?;
    if !["cd", "pushd", "popd"].contains(&program.as_str()) {
        return None;
    }
    let is_unknown = |to: &&str| to.contains(['$', '`', '*', '?', '[', '{', '+']);
    let to = match program.as_str() {
        "cd" => operands(arguments, "").next().unwrap_or("~"),
        _ => operands(arguments, "").next().unwrap_or_default(),
    };
    Some(to)
        .filter(|to| !is_unknown(to) && *to != "-")
        .or(Some(""))
}

/// The possible positions, in a program's arguments, of a program that it runs: the index of the word, and
/// the offset in it.
fn behind(name: &str, arguments: &[String]) -> Vec<(usize, usize)> {
    // It prints where a program is.
    let is_question = |word: &String| word.starts_with("-v") || word.starts_with("-V");
    if name == "command" && arguments.first().is_some_and(is_question) {
        return Vec::new();
    }
    if name.starts_with("python") || name.starts_with("pypy") || name == "py" {
        return module(arguments).into_iter().collect();
    }
    let starts = runners(name, arguments).flat_map(|(runner, at)| {
        let starts = runner.starts(&arguments[at..]).into_iter();
        starts.map(move |start| (at + start, 0))
    });
    starts.collect()
}

/// The runners for a program, and where their arguments begin.
fn runners(name: &str, arguments: &[String]) -> impl Iterator<Item = (&'static Runner, usize)> {
    let runners = Runner::named(name).iter();
    runners.filter_map(|runner| Some((runner, runner.after_subcommand(arguments)?)))
}

/// The position of the module that Python runs: `-m x`, `-mx`, `-Imx`.
fn module(arguments: &[String]) -> Option<(usize, usize)> {
    let mut at = 0;
    while let Some(options) = arguments.get(at).and_then(|word| word.strip_prefix('-')) {
        let with_value = options
            .find(['c', 'm', 'W', 'X'])
            .filter(|_| !options.starts_with('-'));
        let is_last = with_value.is_some_and(|at| at + 1 == options.len());
        match with_value.map(|at| (&options[at..=at], at)) {
            Some(("m", _)) if is_last => return Some((at + 1, 0)),
            Some(("m", option)) => return Some((at, option + 2)),
            Some(("c", _)) => return None,
            _ => at += 1 + usize::from(is_last),
        }
    }
    None
}

/// The name of a program in any spelling: `/bin/rm`, `RM.EXE`, `grm`, `npm@latest`.
fn name(program: &str) -> Cow<'_, str> {
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name = Cow::Borrowed(name.split_once('@').map_or(name, |(name, _)| name));
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_mut().make_ascii_lowercase();
    }
    let stem = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix));
    let len = stem.map_or(name.len(), str::len);
    let of_gnu = name[..len].strip_prefix('g');
    let from = usize::from(of_gnu.is_some_and(|name| GNU.contains(&name)));
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(&name[from..len]),
        Cow::Owned(name) => Cow::Owned(name[from..len].to_owned()),
    }
}

/// Whether a word before a command sets a variable: `A=1`, `A+=1`, `A[1]=1`.
fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| !name.is_empty() && !name.starts_with('-') && !name.contains('/'))
}
