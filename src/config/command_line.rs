//! Commands that a user's config names.
//!
//! No shell reads them. What an event says takes the place of a whole argument and cannot be read as an
//! option; a program that reads its arguments as code gets it in variables instead.

#[cfg(any(feature = "playback", test))]
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::tree::Maybe;

/// The longest command, in arguments with the program.
const MAX_ARGS: usize = 64;
/// What an event says, by the names of placeholders.
pub(crate) const FIELDS: [&str; 10] = [
    "event",
    "project",
    "session",
    "agent",
    "message",
    "tty",
    "tmux_pane",
    "terminal",
    "window",
    "pid",
];
/// Programs that read arguments as code, or pass them to a program that does.
const INTERPRETERS: &str = "sh bash dash zsh ksh mksh fish csh tcsh busybox cmd powershell pwsh python pypy perl \
    ruby node deno bun php lua luajit tclsh awk gawk mawk sed osascript eval xargs ssh su tmux screen vim vi nvim \
    emacs emacsclient gdb make git find parallel expect";

/// A program with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandLine(Vec<Word>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Plain(String),
    /// One of [`FIELDS`].
    Placeholder(&'static str),
}

impl CommandLine {
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn parse(words: &[String]) -> Result<Self, String> {
        let program = words.first().filter(|program| !program.is_empty());
        let program = program.ok_or("expected a program, with its arguments")?;
        let parsed: Result<Vec<_>, String> = words.iter().map(|word| Word::parse(word)).collect();
        let parsed = parsed?;
        if let Some(Word::Placeholder(_)) = parsed.first() {
            return Err(format!(
                "the first argument must be a program, not {program}"
            ));
        }
        let has_placeholder = parsed
            .iter()
            .any(|word| matches!(word, Word::Placeholder(_)));
        let interpreter = words.iter().find_map(|word| interpreter(word));
        match interpreter.filter(|_| has_placeholder) {
            Some(name) => Err(format!(
                "{name} would read a placeholder as code (use a variable such as $HERALD_MESSAGE)"
            )),
            None => Ok(Self(parsed)),
        }
    }

    /// The program: a name to look up, or a path.
    pub(crate) fn program(&self) -> &str {
        match self.0.first() {
            Some(Word::Plain(program)) => program,
            _ => "",
        }
    }

    /// As it is written.
    pub(super) fn words(&self) -> Vec<String> {
        let words = self.0.iter().map(|word| match word {
            Word::Plain(text) => text.clone(),
            Word::Placeholder(name) => format!("{{{name}}}"),
        });
        words.collect()
    }

    /// The arguments, with `fields` in place of the placeholders.
    #[cfg(any(feature = "playback", test))]
    pub(crate) fn args(&self, fields: &BTreeMap<String, String>) -> Vec<String> {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let args = self.0.iter().skip(1).map(|word| match word {
            Word::Plain(text) => text.clone(),
            Word::Placeholder(name) => value(name).trim_start_matches('-').to_owned(),
        });
        args.collect()
    }
}

impl Word {
    fn parse(text: &str) -> Result<Self, String> {
        if text.contains('\0') {
            return Err("an argument has a null character".to_owned());
        }
        let placeholder = |name: &&str| text.contains(&format!("{{{name}}}"));
        let Some(name) = FIELDS.into_iter().find(placeholder) else {
            return Ok(Self::Plain(text.to_owned()));
        };
        match text.len() == name.len() + "{}".len() {
            true => Ok(Self::Placeholder(name)),
            false => Err(format!("{{{name}}} must be a whole argument")),
        }
    }
}

/// The interpreter that `word` names, as a path or in a text.
fn interpreter(word: &str) -> Option<String> {
    let mut names = word.split_whitespace().filter_map(|part| {
        let name = Path::new(part).file_name()?.to_str()?.to_ascii_lowercase();
        let name = name.strip_suffix(".exe").unwrap_or(&name);
        // python3.12
        Some(
            name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'))
                .to_owned(),
        )
    });
    names.find(|name| INTERPRETERS.split_whitespace().any(|known| known == name))
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(" "))
    }
}

impl<'de> Deserialize<'de> for CommandLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = CommandLine;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"a list such as ["notify-send", "{event}"]"#)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<CommandLine, A::Error> {
                let mut words = Vec::new();
                while let Some(Maybe(word)) = items.next_element::<Maybe<String>>()? {
                    // A wrong item was reported already; without it, the command is another one.
                    let word = word.ok_or_else(|| A::Error::custom("expected only strings"))?;
                    if words.len() == MAX_ARGS {
                        let what = format_args!("expected at most {MAX_ARGS} strings");
                        return Err(A::Error::custom(what));
                    }
                    words.push(word);
                }
                CommandLine::parse(&words).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_seq(Words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<CommandLine, String> {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        CommandLine::parse(&words)
    }

    #[test]
    fn placeholders_are_whole_arguments_and_never_options() {
        let command = parse(&["notify-send", "-u", "low", "{event}", "{message}"]).unwrap();
        assert_eq!(command.program(), "notify-send");
        let says = [("event", "Stop"), ("message", "--rm -rf {event}")];
        let says = says.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let args = command.args(&says.into());
        assert_eq!(args, ["-u", "low", "Stop", "rm -rf {event}"]);
        assert_eq!(command.args(&BTreeMap::new()), ["-u", "low", "", ""]);
        assert_eq!(command.to_string(), "notify-send -u low {event} {message}");
    }

    #[test]
    fn what_could_run_code_is_refused() {
        for (words, why) in [
            (&[][..], "expected a program"),
            (&["", "x"], "expected a program"),
            (&["{message}"], "must be a program"),
            (&["notify-send", "at {event}"], "must be a whole argument"),
            (
                &["notify-send", "--body={message}"],
                "must be a whole argument",
            ),
            (&["notify-send", "a\0b"], "null character"),
            (
                &["sh", "-c", "echo", "{message}"],
                "would read a placeholder as code",
            ),
            (
                &["/usr/bin/python3.12", "x.py", "{message}"],
                "python would read",
            ),
            (
                &["timeout", "5", "/bin/bash", "-c", "x", "{event}"],
                "bash would read",
            ),
            (&["env", "-S", "sh -c", "{message}"], "sh would read"),
            (&["tmux", "display-message", "{message}"], "tmux would read"),
            (
                &["ssh", "host", "notify-send", "{message}"],
                "ssh would read",
            ),
        ] {
            let error = parse(words).unwrap_err();
            assert!(error.contains(why), "{words:?}: {error}");
        }
        for words in [
            &["sh", "-c", "notify-send \"$HERALD_EVENT\""][..],
            &["espeak-ng", "--", "{message}"],
            &["curl", "-d", "{unknown}", "https://ntfy.sh/x"],
        ] {
            assert!(parse(words).is_ok(), "{words:?}");
        }
    }
}
