//! Wrong arguments, reported like every other failure: `error:`, then `hint:`.

use std::error::Error as _;
use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::terminal::HINT;
use herald_audio::internals::event::Event;
use herald_audio::internals::nearest::nearest;

/// What is wrong with `args` of `program`, with a hint; none if `error` only shows help.
pub(super) fn complaint(error: &Error, program: &Command, args: &[OsString]) -> Option<String> {
    let (command, path) = called(program, args);
    let all = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.as_str()],
        Some(ContextValue::Strings(texts)) => texts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let text = |kind| all(kind).join(", ");
    let (argument, value) = (
        text(ContextKind::InvalidArg),
        text(ContextKind::InvalidValue),
    );
    let help = format!("{path} --help");
    let (what, hint) = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::InvalidSubcommand => {
            let name = text(ContextKind::InvalidSubcommand);
            let known = command.get_subcommands().map(Command::get_name);
            let hint = match (Event::find(&name), nearest(&name, known)) {
                (Some(event), _) => format!("herald test {}", event.name),
                (None, Some(meant)) => format!("did you mean {path} {meant}?"),
                (None, None) => help,
            };
            (format!("unknown command {name:?}"), hint)
        }
        ErrorKind::UnknownArgument => {
            let known = command.get_arguments().filter_map(|known| known.get_long());
            let name = argument.strip_prefix("--");
            let hint = match name.and_then(|name| nearest(name, known)) {
                Some(meant) => format!("did you mean --{meant}?"),
                None => help,
            };
            (format!("unexpected argument {argument:?}"), hint)
        }
        ErrorKind::InvalidValue => {
            let known = all(ContextKind::ValidValue);
            let hint = match nearest(&value, known.iter().copied()) {
                Some(meant) => format!("did you mean {meant}?"),
                None if known.is_empty() => help,
                None => format!("valid values: {}", known.join(", ")),
            };
            let what = match &*value {
                "" => format!("{argument} needs a value"),
                _ => format!("invalid value {value:?} for {argument}"),
            };
            (what, hint)
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            let (why, hint) = why.split_once(HINT).unwrap_or((&why, &help));
            let what = format!("invalid value {value:?} for {argument}: {why}");
            (what, hint.to_owned())
        }
        ErrorKind::MissingRequiredArgument => (format!("missing argument: {argument}"), help),
        ErrorKind::ArgumentConflict => {
            let other = text(ContextKind::PriorArg);
            let what = match other == argument {
                true => format!("{argument} is given more than once"),
                false => format!("{argument} cannot be used with {other}"),
            };
            (what, help)
        }
        other => (other.to_string(), help),
    };
    Some(format!("{what}{HINT}{hint}"))
}

/// The command that `args` call, and its words.
fn called<'a>(program: &'a Command, args: &[OsString]) -> (&'a Command, String) {
    let mut command = program;
    let mut path = command.get_name().to_owned();
    for arg in args {
        let Some(next) = command.find_subcommand(arg) else {
            break;
        };
        command = next;
        path = format!("{path} {}", command.get_name());
    }
    (command, path)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Cli;
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn a_mistake_in_the_arguments_has_a_hint() {
        for (line, what, hint) in [
            (
                "instal",
                "unknown command \"instal\"",
                "did you mean herald install?",
            ),
            ("Stop", "unknown command \"Stop\"", "herald test Stop"),
            ("foo", "unknown command \"foo\"", "herald --help"),
            (
                "pack lst",
                "unknown command \"lst\"",
                "did you mean herald pack list?",
            ),
            (
                "status --jsn",
                "unexpected argument \"--jsn\"",
                "did you mean --json?",
            ),
            (
                "status x",
                "unexpected argument \"x\"",
                "herald status --help",
            ),
            (
                "log --lines",
                "--lines <LINES> needs a value",
                "herald log --help",
            ),
            (
                "throttle peek",
                "missing argument: --window <WINDOW>, <KEY>",
                "herald throttle peek --help",
            ),
            (
                "throttle peek k --window -1s",
                "invalid value \"-1s\" for --window <WINDOW>: not a time",
                "examples: 500ms, 30s, 5m, 1h 30m",
            ),
            (
                "play Stop --volume 1.5",
                "invalid value \"1.5\" for --volume <VOLUME>: more than full volume",
                "1 is full volume; for a percentage, write 1.5%",
            ),
            (
                "completions tcsh",
                "invalid value \"tcsh\" for <SHELL>",
                "valid values: bash, elvish, fish, powershell, zsh",
            ),
            (
                "install --scope usr",
                "invalid value \"usr\" for --scope <SCOPE>",
                "did you mean user?",
            ),
            (
                "volume 1 --reset",
                "[VOLUME] cannot be used with --reset",
                "herald volume --help",
            ),
            (
                "mute --json --json",
                "--json is given more than once",
                "herald mute --help",
            ),
        ] {
            let args: Vec<_> = line.split(' ').map(OsString::from).collect();
            let program = OsString::from("herald");
            let error = Cli::try_parse_from([&program].into_iter().chain(&args)).unwrap_err();
            let complaint = complaint(&error, &Cli::command(), &args);
            assert_eq!(complaint, Some(format!("{what}{HINT}{hint}")), "{line}");
        }
    }
}
