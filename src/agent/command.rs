//! The commands of hooks: which of them are Herald's, and how its own is written.

use std::ops::Range;

/// What Herald's program is called.
const NAME: &str = "herald";
/// The original Herald, a Python program.
const ORIGINAL: &str = "herald.py";

/// A command that makes a Herald sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Herald {
    /// This one, wherever its program is.
    Own {
        /// The program as the command names it, quotes taken off.
        program: String,
        /// Where in the command that is, with its quotes.
        range: Range<usize>,
    },
    /// The original Herald.
    Original,
}

/// Whose hook `command` is, if it is one of a Herald.
///
/// An own hook runs a program whose file is called `herald` (or `herald.exe`) with `hook` as its
/// first argument, or with `--hook`. Assignments may stand before it.
pub fn recognize(command: &str) -> Option<Herald> {
    let words = words(command);
    let assignments = words.iter().take_while(|word| is_assignment(&word.text));
    let words = &words[assignments.count()..];
    let (program, args) = words.split_first()?;
    let has_hook_flag = args.iter().any(|word| word.text == "--hook");
    if has_hook_flag && words.iter().any(|word| file_name(&word.text) == ORIGINAL) {
        return Some(Herald::Original);
    }
    let name = file_name(&program.text);
    let name = match name
        .len()
        .checked_sub(4)
        .and_then(|at| name.split_at_checked(at))
    {
        Some((stem, end)) if end.eq_ignore_ascii_case(".exe") => stem,
        _ => name,
    };
    let is_hook = has_hook_flag || args.first().is_some_and(|word| word.text == "hook");
    (name == NAME && is_hook).then(|| Herald::Own {
        program: program.text.clone(),
        range: program.range.clone(),
    })
}

/// `path` as a word of a command: for a POSIX shell; on Windows, in double quotes.
pub(super) fn quoted(path: &str) -> String {
    if cfg!(windows) {
        return format!("\"{path}\"");
    }
    // Paths have no NUL bytes, the one thing that cannot be quoted.
    shlex::try_quote(path).map_or_else(|_| path.to_owned(), Into::into)
}

struct Word {
    text: String,
    range: Range<usize>,
}

/// The words of the first simple command in `command`, as a POSIX shell would take them apart.
///
/// A backslash outside of quotes before a letter or a digit stands for itself: commands on
/// Windows have paths without quotes.
fn words(command: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    let mut chars = command.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if quote.is_none() && (c.is_whitespace() || matches!(c, ';' | '&' | '|' | '<' | '>')) {
            words.extend(word.take());
            if c.is_whitespace() && c != '\n' {
                continue;
            }
            return words;
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
    words.extend(word);
    words
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
                Some(Herald::Own { program, range }) => (program, &command[range]),
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
        for command in [
            "python3 .claude/hooks/herald.py --hook Stop --enable-audio",
            "uv run \"$CLAUDE_PROJECT_DIR/.claude/hooks/herald.py\" --hook Stop",
            "/x/herald.py --hook Stop",
        ] {
            assert_eq!(recognize(command), Some(Herald::Original), "{command}");
        }
        assert_eq!(recognize("python3 herald.py --version"), None);
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
