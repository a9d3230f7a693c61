//! Parses an agent's settings, and finds the hooks in them.
//!
//! Claude Code and Codex write hooks in the same way:
//! `{"hooks": {"Stop": [{"matcher": "…", "hooks": [{"type": "command", "command": "…"}]}]}}`

use std::fmt;
use std::ops::Range;

use jsonc_parser::ast::{Array, Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;

use super::command::{Herald, quoted, recognize};
use super::splice::{Span, Style};
use herald_audio::internals::config::{self, Position, Unreadable};

/// Why settings cannot be read or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub position: Option<Position>,
    /// What is wrong there.
    pub what: String,
}

/// `LINE:COLUMN: what is wrong`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Position { line, column, .. }) = self.position {
            write!(f, "{line}:{column}: ")?;
        }
        f.write_str(&self.what)
    }
}

/// A hook of this Herald or the original one, in the text of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The event it is registered for.
    pub event: String,
    /// Its matcher; none if it runs for every event of that name.
    pub matcher: Option<String>,
    /// The command for the agent's shell.
    pub command: String,
    /// Which Herald it runs.
    pub herald: Herald,
    pub(super) place: Place,
}

impl Hook {
    /// Its event, with its matcher if it has one.
    pub fn name(&self) -> String {
        named(&self.event, self.matcher.as_deref())
    }

    /// The numbers of its group, and of it in that.
    pub(super) fn numbers(&self) -> (usize, usize) {
        (self.place.group, self.place.hook.unwrap_or_default())
    }

    /// Whether it stands in a group of hooks.
    pub(super) fn is_in_group(&self) -> bool {
        self.place.hook.is_some()
    }

    /// Whether `own` has replaced this hook of the original Herald: same place, same arguments.
    pub(super) fn was(&self, own: &Self) -> bool {
        let (Herald::Original { range: before }, Herald::Own { range: after, .. }) =
            (&self.herald, &own.herald)
        else {
            return false;
        };
        let [place, own_place] = [self, own].map(|hook| (hook.place.group, hook.place.hook));
        (&self.event, place) == (&own.event, own_place)
            && self.command[..before.start] == own.command[..after.start]
            && self.command[before.end..] == own.command[after.end..]
    }
}

/// An event with a matcher, for people.
pub(super) fn named(event: &str, matcher: Option<&str>) -> String {
    match matcher {
        Some(matcher) => format!("{event} ({matcher})"),
        None => event.to_owned(),
    }
}

/// The position of a hook: indices from the outside in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) event: usize,
    pub(super) group: usize,
    /// None if it stands where groups stand otherwise.
    pub(super) hook: Option<usize>,
    /// The string of its command, in bytes of the text.
    pub(super) command: Range<usize>,
    /// Whether that string is the program alone.
    pub(super) is_exec: bool,
    /// What to take out of the text so that its group, in which it is alone, has no matcher.
    pub(super) matcher: Option<Range<usize>>,
}

/// A hook that runs a command: its event, its matcher, the command and where it stands.
pub(super) type Command = (String, Option<String>, String, Place);

/// Parsed settings.
pub(super) struct Document<'t> {
    pub(super) text: &'t str,
    root: Option<Value<'t>>,
}

impl<'t> Document<'t> {
    /// Parses `text`, which has no byte order mark. Empty text has no root.
    pub(super) fn parse(text: &'t str) -> Result<Self, Fault> {
        let root = match config::parse(text) {
            Ok(root) => Some(root),
            Err(Unreadable::Wrong(None, _)) => None,
            Err(wrong) => {
                return Err(Fault {
                    position: wrong.position(),
                    what: wrong.what(),
                });
            }
        };
        let document = Self { text, root };
        match &document.root {
            None | Some(Value::Object(_)) => Ok(document),
            Some(other) => Err(document.fault(other, "the JSON is not an object")),
        }
    }

    fn fault(&self, value: &Value<'_>, what: impl Into<String>) -> Fault {
        Fault {
            position: Some(Position::in_text(self.text, value.range().start)),
            what: what.into(),
        }
    }

    pub(super) fn root(&self) -> Option<&Object<'t>> {
        self.root.as_ref().and_then(Value::as_object)
    }

    pub(super) fn style(&self) -> Style {
        Style::of(self.text, self.root())
    }

    /// The object of all hooks, if there is one.
    pub(super) fn hooks(&self) -> Result<Option<&Object<'t>>, Fault> {
        let Some((_, hooks)) = self.root().and_then(|root| last(root, "hooks")) else {
            return Ok(None);
        };
        let wrong = || self.fault(&hooks.value, "\"hooks\" is not an object");
        hooks.value.as_object().ok_or_else(wrong).map(Some)
    }

    /// The groups of hooks of one event, if there are any.
    pub(super) fn groups(&self, event: &str) -> Result<Option<&Array<'t>>, Fault> {
        let Some((_, groups)) = self.hooks()?.and_then(|hooks| last(hooks, event)) else {
            return Ok(None);
        };
        let wrong = || {
            self.fault(
                &groups.value,
                format!("{event:?} in \"hooks\" is not an array"),
            )
        };
        groups.value.as_array().ok_or_else(wrong).map(Some)
    }

    /// The hooks of this and the original Herald. What agents would not run as a hook is skipped.
    pub(super) fn heralds(&self) -> Result<Vec<Hook>, Fault> {
        let hooks = self.commands()?.into_iter();
        let herald = |(event, matcher, command, place): Command| {
            let herald = recognize(&command)?;
            // Only a command for a shell can have its words replaced.
            let is_own = matches!(herald, Herald::Own { .. });
            (is_own || !place.is_exec).then_some(Hook {
                herald,
                event,
                matcher,
                command,
                place,
            })
        };
        Ok(hooks.filter_map(herald).collect())
    }

    /// Every hook that runs a command.
    pub(super) fn commands(&self) -> Result<Vec<Command>, Fault> {
        let Some(hooks) = self.hooks()? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (number, event) in hooks.properties.iter().enumerate() {
            let name = event.name.as_str();
            // The last of several members of one name counts.
            if last(hooks, name).is_none_or(|(last, _)| last != number) {
                continue;
            }
            let groups = event.value.as_array().map(|array| &array.elements[..]);
            for (group_number, group) in groups.unwrap_or_default().iter().enumerate() {
                in_group(name, (number, group_number), group, &mut found);
            }
        }
        Ok(found)
    }

    /// The text or the truth at `path`, as a text.
    pub(super) fn value(&self, path: &[&str]) -> Option<String> {
        let mut found = self.root.as_ref()?;
        for key in path {
            found = &last(found.as_object()?, key)?.1.value;
        }
        match found {
            Value::BooleanLit(literal) => Some(literal.value.to_string()),
            Value::StringLit(literal) => Some(literal.value.to_string()),
            _ => None,
        }
    }

    /// The text between the brackets of the hooks' object, or of an event's array.
    pub(super) fn inside(&self, event: Option<&str>) -> Option<&'t str> {
        let span = match event {
            None => Span::of_object(self.hooks().ok()??),
            Some(event) => Span::of_array(self.groups(event).ok()??),
        };
        Some(&self.text[span.inside()])
    }
}

fn in_group(event: &str, at: (usize, usize), group: &Value<'_>, found: &mut Vec<Command>) {
    let Some(group) = group.as_object() else {
        return;
    };
    let member = last(group, "matcher");
    let next = member.and_then(|(number, _)| group.properties.get(number + 1));
    let to_next = member
        .zip(next)
        .map(|((_, member), next)| member.range().start..next.range().start);
    let matcher = member.and_then(|(_, matcher)| matcher.value.as_string_lit());
    let matcher = matcher.map(|matcher| matcher.value.as_ref());
    let matcher = matcher.filter(|matcher| !matches!(*matcher, "" | "*"));
    let hooks = last(group, "hooks").and_then(|(_, hooks)| hooks.value.as_array());
    let hooks: Vec<_> = match hooks {
        Some(hooks) => {
            let hooks = hooks.elements.iter().enumerate();
            hooks
                .filter_map(|(number, hook)| Some((Some(number), hook.as_object()?)))
                .collect()
        }
        None => vec![(None, group)],
    };
    let is_alone = hooks.len() == 1;
    for (number, hook) in hooks {
        let Some((command, range, is_exec)) = command_of(hook) else {
            continue;
        };
        let place = Place {
            event: at.0,
            group: at.1,
            hook: number,
            command: range,
            is_exec,
            matcher: to_next.clone().filter(|_| is_alone),
        };
        let matcher = matcher.map(str::to_owned);
        found.push((event.to_owned(), matcher, command, place));
    }
}

/// The command of a hook, the string that names its program, and whether that is all the string says: then
/// the agent runs the program without a shell.
fn command_of(hook: &Object<'_>) -> Option<(String, Range<usize>, bool)> {
    // Not every agent wants it.
    let kind = last(hook, "type").map(|(_, kind)| kind.value.as_string_lit());
    let is_command = kind.is_none_or(|kind| kind.is_some_and(|kind| kind.value == "command"));
    if !is_command {
        return None;
    }
    let exec = last(hook, "exec").or_else(|| last(hook, "command"))?;
    let exec = exec.1.value.as_string_lit()?;
    let range = exec.range.start..exec.range.end;
    let args = last(hook, "args").and_then(|(_, args)| args.value.as_array());
    let Some(args) = args else {
        return Some((exec.value.clone().into_owned(), range, false));
    };
    let args = args.elements.iter().filter_map(Value::as_string_lit);
    let words = [exec]
        .into_iter()
        .chain(args)
        .map(|word| quoted(&word.value));
    Some((words.collect::<Vec<_>>().join(" "), range, true))
}

/// The last member of this name, which is the one that counts, and its index.
pub(super) fn last<'o, 't>(
    object: &'o Object<'t>,
    key: &str,
) -> Option<(usize, &'o ObjectProp<'t>)> {
    let members = object.properties.iter().enumerate().rev();
    members
        .into_iter()
        .find(|(_, member)| member.name.as_str() == key)
}
