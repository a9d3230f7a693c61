//! Recognises the commands of hooks that run Herald, and quotes its own.

use std::ops::Range;

use herald_audio::internals::original::PROGRAM;

/// The name of Herald's program.
pub(super) const NAME: &str = "herald";

/// A command that runs a Herald.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Herald {
    /// This Herald, whatever the path of its program.
    Own {
        /// The program as the command names it, without quotes.
        program: String,
        /// Its place in the command, with its quotes.
        range: Range<usize>,
        /// Whether it has the original's arguments: `--hook EVENT`.
        as_original: bool,
    },
    /// The original Herald.
    Original {
        /// The place of its program in the command, with its launcher: `uv run .claude/hooks/herald.py`.
        range: Range<usize>,
    },
}

/// The Herald that `command` runs, if any.
///
/// An own hook runs a program named `herald` (or `herald.exe`) with `hook` as its first argument, or
/// with `--hook`. Assignments may come before it. The original, and what has replaced it, may also
/// follow another command: `cd … && python3 herald.py --hook Stop`.
pub fn recognize(command: &str) -> Option<Herald> {
    let commands = commands(command);
    if let Some(range) = commands.iter().find_map(|words| original(words)) {
        return Some(Herald::Original { range });
    }
    let (first, others) = commands.split_first()?;
    let in_its_place = || {
        others
            .iter()
            .filter_map(|words| own(words))
            .find(is_called_as_original)
    };
    own(first).or_else(in_its_place)
}

/// This Herald, if the simple command runs it.
fn own(words: &[Word]) -> Option<Herald> {
    let (program, args) = without_assignments(words).split_first()?;
    let as_original = args.iter().any(is_hook_flag);
    let name = file_name(&program.text);
    let name = match name
        .len()
        .checked_sub(4)
        .and_then(|at| name.split_at_checked(at))
    {
        Some((stem, end)) if end.eq_ignore_ascii_case(".exe") => stem,
        _ => name,
    };
    let is_hook = as_original || args.first().is_some_and(|word| word.text == "hook");
    (name == NAME && is_hook).then(|| Herald::Own {
        program: program.text.clone(),
        range: program.range.clone(),
        as_original,
    })
}

fn is_called_as_original(herald: &Herald) -> bool {
    matches!(
        herald,
        Herald::Own {
            as_original: true,
            ..
        }
    )
}

/// The place of the original's program in a simple command, with its launcher.
fn original(words: &[Word]) -> Option<Range<usize>> {
    let words = without_assignments(words);
    let program = words
        .iter()
        .position(|word| file_name(&word.text) == PROGRAM)?;
    let is_hook = words[program + 1..].iter().any(is_hook_flag);
    is_hook.then(|| words[0].range.start..words[program].range.end)
}

fn is_hook_flag(word: &Word) -> bool {
    word.text == "--hook" || word.text.starts_with("--hook=")
}

fn without_assignments(words: &[Word]) -> &[Word] {
    let assignments = words.iter().take_while(|word| is_assignment(&word.text));
    &words[assignments.count()..]
}

/// `path` as a word of a command: for a POSIX shell; on Windows, in double quotes.
pub(super) fn quoted(path: &str) -> String {
    if cfg!(windows) {
        return format!("\"{path}\"");
    }
    // Only a NUL byte cannot be quoted, and paths have none.
    shlex::try_quote(path).map_or_else(|_| path.to_owned(), Into::into)
}

struct Word {
    text: String,
    range: Range<usize>,
}

/// The words of the simple commands in `command`, split like in a POSIX shell; without redirections and
/// the words after them.
///
/// A backslash before a letter or a digit, outside of quotes, is literal: commands on Windows have
/// unquoted paths.
fn commands(command: &str) -> Vec<Vec<Word>> {
    let mut commands = Vec::new();
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    let mut is_redirected = false;
    let mut chars = command.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if quote.is_none() && (c.is_whitespace() || matches!(c, ';' | '&' | '|' | '<' | '>')) {
            words.extend(word.take().filter(|_| !is_redirected));
            match c {
                ';' | '&' | '|' | '\n' => {
                    commands.push(std::mem::take(&mut words));
                    is_redirected = false;
                }
                '<' | '>' => is_redirected = true,
                _ => {}
            }
            continue;
        }
        let word = word.get_or_insert_with(|| Word {
            text: String::new(),
            range: at..at,
        });
        let escapes = |next: char| match quote {
            None => !next.is_alphanumeric(),
            Some('"') => matches!(next, '"' | '\\' | '$' | '`'),
            Some(_) => false,
        };
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            ('\\', _) if next.is_some_and(escapes) => {
                word.text.extend(chars.next().map(|(_, next)| next));
            }
            _ => word.text.push(c),
        }
        let end = chars.peek().map_or(command.len(), |(at, _)| *at);
        word.range.end = end;
    }
    words.extend(word.filter(|_| !is_redirected));
    commands.push(words);
    commands
}

fn is_assignment(word: &str) -> bool {
    let is_name = |name: &str| {
        let mut chars = name.chars();
        let starts = chars
            .next()
            .is_some_and(|c| c == '_' || c.is_ascii_alphabetic());
        starts && chars.all(|c| c == '_' || c.is_ascii_alphanumeric())
    };
    word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_hooks_are_recognised_whatever_their_path() {
        for (command, program, written) in [
            ("herald hook", "herald", "herald"),
            ("  herald   hook Stop", "herald", "herald"),
            ("/opt/a b/herald hook", "", ""),
            (
                "'/opt/a b/herald' hook",
                "/opt/a b/herald",
                "'/opt/a b/herald'",
            ),
            (
                "\"/opt/it's/herald\" hook",
                "/opt/it's/herald",
                "\"/opt/it's/herald\"",
            ),
            (
                "/opt/a\\ b/herald hook",
                "/opt/a b/herald",
                "/opt/a\\ b/herald",
            ),
            (
                "'/it'\\''s/herald' hook",
                "/it's/herald",
                "'/it'\\''s/herald'",
            ),
            (
                "~/bin/herald --hook Stop --json-only",
                "~/bin/herald",
                "~/bin/herald",
            ),
            (
                "C:\\tools\\herald.exe hook",
                "C:\\tools\\herald.exe",
                "C:\\tools\\herald.exe",
            ),
            ("\"C:\\my tools\\Herald.exe\" hook", "", ""),
            (
                "\"C:\\my tools\\herald.EXE\" hook",
                "C:\\my tools\\herald.EXE",
                "\"C:\\my tools\\herald.EXE\"",
            ),
            ("HERALD_LOG=debug A='b c' herald hook", "herald", "herald"),
            ("herald hook;true", "herald", "herald"),
            ("herald hook 2>/dev/null || true", "herald", "herald"),
            ("herald --no-audio --hook Stop", "herald", "herald"),
        ] {
            let own = match recognize(command) {
                Some(Herald::Own { program, range, .. }) => (program, &command[range]),
                other => {
                    assert_eq!((other, program), (None, ""), "{command}");
                    continue;
                }
            };
            assert_eq!(own, (program.to_owned(), written), "{command}");
        }
    }

    #[test]
    fn other_programs_are_not_ours() {
        for command in [
            "",
            "herald",
            "herald play Stop",
            "herald hooks",
            "echo herald hook",
            "heraldry hook",
            "/opt/herald/run hook",
            "herald.sh hook",
            "true; herald hook",
            "\"herald hook\"",
            "python3 other.py --hook Stop",
        ] {
            assert_eq!(recognize(command), None, "{command}");
        }
    }

    #[test]
    fn the_original_is_told_apart() {
        for (command, written) in [
            (
                "python3 .claude/hooks/herald.py --hook Stop --enable-audio",
                "python3 .claude/hooks/herald.py",
            ),
            (
                "A=1 uv run \"$CLAUDE_PROJECT_DIR/.claude/hooks/herald.py\" --hook Stop",
                "uv run \"$CLAUDE_PROJECT_DIR/.claude/hooks/herald.py\"",
            ),
            ("/x/herald.py --hook=Stop >/dev/null", "/x/herald.py"),
            (
                "cd \"$CLAUDE_PROJECT_DIR\" && python3 herald.py --hook Stop || true",
                "python3 herald.py",
            ),
            (
                "test -e x; python herald.py --json-only --hook Stop",
                "python herald.py",
            ),
        ] {
            let Some(Herald::Original { range }) = recognize(command) else {
                panic!("{command}");
            };
            assert_eq!(&command[range], written, "{command}");
        }
        for command in [
            "python3 herald.py --version",
            "echo herald.py; other --hook Stop",
            "other --hook Stop >herald.py",
            "other --hook herald.py",
        ] {
            assert_eq!(recognize(command), None, "{command}");
        }
    }

    #[test]
    fn the_originals_arguments_are_recognised() {
        for (command, called_so) in [
            ("herald hook Stop", false),
            ("herald --hook Stop", true),
            ("herald --json-only --hook=Stop", true),
            ("cd \"$X\" && herald --hook Stop || true", true),
        ] {
            let Some(Herald::Own { as_original, .. }) = recognize(command) else {
                panic!("{command}");
            };
            assert_eq!(as_original, called_so, "{command}");
        }
    }

    #[test]
    fn a_quoted_path_is_recognised() {
        for path in [
            "/usr/bin/herald",
            "/it's here/herald",
            "/a$b/herald",
            "/ü \"x\"/herald",
        ] {
            let command = format!("{} hook", quoted(path));
            let Some(Herald::Own { program, .. }) = recognize(&command) else {
                panic!("{command}");
            };
            assert_eq!(program, path);
        }
    }
}
