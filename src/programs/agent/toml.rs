//! Hooks in settings in TOML: `[[hooks]]` with an `event` and a `command`. All other bytes stay.
//!
//! Installing appends tables, or items if the list stands in brackets, as in `hooks = []`.

use std::ops::Range;

use toml_parser::parser::{Event, EventKind, RecursionGuard, parse_document};
use toml_parser::{ParseError, Source};

use super::command::{Herald, recognize};
use super::document::{Fault, Hook, Place};
use super::events::Wanted;
use super::planned::{Command, Planned};
use super::splice::{quoted, spliced};
use herald_audio::internals::config::Position;

/// The list of hooks, and the members of a hook.
const HOOKS: &str = "hooks";
const EVENT: &str = "event";
const COMMAND: &str = "command";
const MATCHER: &str = "matcher";
const TIMEOUT: &str = "timeout";
/// How deep values may nest.
const MAX_DEPTH: u32 = 100;

/// A value, and where it stands.
struct Item {
    range: Range<usize>,
    value: Value,
}

enum Value {
    Text(String),
    /// A number, a truth or a time.
    Other,
    List(Vec<Item>),
    Table(Vec<Member>),
}

/// A key, which may have dots, and its value.
struct Member {
    key: Vec<String>,
    item: Item,
}

/// The members from a header to the next one.
struct Table {
    name: Vec<String>,
    is_in_list: bool,
    /// Where its header begins.
    start: usize,
    members: Vec<Member>,
}

/// A parsed document. Its first table is the one without a header.
struct Document<'t> {
    text: &'t str,
    tables: Vec<Table>,
}

/// The members of a hook, and what to take out of the text to remove it.
type Written<'m> = (&'m [Member], Range<usize>);

/// A hook of Herald, and what to take out of the text to remove it.
struct Found {
    hook: Hook,
    range: Range<usize>,
}

impl<'t> Document<'t> {
    fn parse(text: &'t str) -> Result<Self, Fault> {
        let mut events: Vec<Event> = Vec::new();
        let mut error: Option<ParseError> = None;
        let tokens = Source::new(text).lex().into_vec();
        let mut guard = RecursionGuard::new(&mut events, MAX_DEPTH);
        parse_document(&tokens, &mut guard, &mut error);
        events.retain(|event| {
            let kind = event.kind();
            !matches!(
                kind,
                EventKind::Whitespace | EventKind::Comment | EventKind::Newline
            )
        });
        let mut reader = Reader {
            text,
            events: events.into_iter().peekable(),
            error,
        };
        let mut tables = vec![Table {
            name: Vec::new(),
            is_in_list: false,
            start: 0,
            members: Vec::new(),
        }];
        while let Some(event) = reader.events.peek().copied() {
            match event.kind() {
                kind @ (EventKind::StdTableOpen | EventKind::ArrayTableOpen) => {
                    reader.events.next();
                    tables.push(Table {
                        name: reader.key(),
                        is_in_list: kind == EventKind::ArrayTableOpen,
                        start: event.span().start(),
                        members: Vec::new(),
                    });
                    reader.events.next();
                }
                _ => {
                    let member = reader.member();
                    if let Some(table) = tables.last_mut() {
                        table.members.extend(member);
                    }
                }
            }
        }
        let Some(error) = reader.error else {
            return Ok(Self { text, tables });
        };
        let place = error.unexpected().or(error.context());
        Err(Fault {
            position: place.map(|place| Position::in_text(text, place.start())),
            what: error.description().to_owned(),
        })
    }

    /// The list of hooks, if it stands in brackets.
    ///
    /// # Errors
    ///
    /// If `hooks` is no list.
    fn list(&self) -> Result<Option<(&Item, &[Item])>, Fault> {
        let fault = |at| Fault {
            position: Some(Position::in_text(self.text, at)),
            what: format!("{HOOKS:?} is not a list"),
        };
        let mut others = self.tables.iter().filter(|table| !table.is_in_list);
        if let Some(table) = others.find(|table| table.name == [HOOKS]) {
            return Err(fault(table.start));
        }
        let mut members = self.tables[0].members.iter();
        let hooks = members.find(|member| member.key[0] == HOOKS);
        match hooks.map(|hooks| (&hooks.item, &hooks.item.value, hooks.key.len())) {
            None => Ok(None),
            Some((item, Value::List(items), 1)) => Ok(Some((item, items))),
            Some((item, ..)) => Err(fault(item.range.start)),
        }
    }

    /// Every hook.
    fn hooks(&self) -> Result<Vec<Written<'_>>, Fault> {
        let items = self.list()?.map(|(_, items)| items);
        let items = items.unwrap_or_default();
        let items = items.iter().enumerate().filter_map(|(number, item)| {
            let Value::Table(members) = &item.value else {
                return None;
            };
            Some((&members[..], self.range_of_item(items, number)))
        });
        let tables = self.tables.iter().filter(|table| table.is_in_list);
        let tables = tables.filter(|table| table.name == [HOOKS]);
        let tables = tables.map(|table| (&table.members[..], self.range_of_table(table)));
        Ok(items.chain(tables).collect())
    }

    /// The hooks of this Herald.
    fn heralds(&self) -> Result<Vec<Found>, Fault> {
        let hooks = self.hooks()?.into_iter();
        let herald = |(members, range)| {
            Some(Found {
                hook: herald(members)?,
                range,
            })
        };
        Ok(hooks.filter_map(herald).collect())
    }

    /// An item of a list, with the comma that goes with it.
    fn range_of_item(&self, items: &[Item], number: usize) -> Range<usize> {
        let item = &items[number].range;
        let before = number.checked_sub(1).map(|before| items[before].range.end);
        let is_separator = |between: &str| between.trim() == "," && !between.contains('\n');
        if let Some(before) = before.filter(|before| is_separator(&self.text[*before..item.start]))
        {
            return before..item.end;
        }
        // Without its comma, the list would begin with one.
        let rest = &self.text[item.end..];
        let comma = rest.len() - rest.trim_start().len();
        match rest[comma..].starts_with(',') {
            true => item.start..item.end + comma + 1,
            false => item.clone(),
        }
    }

    /// A table to the end of its last line, with the empty line before it.
    fn range_of_table(&self, table: &Table) -> Range<usize> {
        let ends = table.members.iter().map(|member| member.item.range.end);
        let end = ends.max().unwrap_or(table.start);
        let line = self.text[end..].find('\n').map(|newline| end + newline + 1);
        let before = &self.text[..table.start];
        let empty_line = before.strip_suffix('\n').map(|before| {
            let before = before.strip_suffix('\r').unwrap_or(before);
            match before.is_empty() || before.ends_with('\n') {
                true => before.len(),
                false => table.start,
            }
        });
        empty_line.unwrap_or(table.start)..line.unwrap_or(self.text.len())
    }
}

/// The text that is the value of `key`, and where it stands.
fn text(members: &[Member], key: &str) -> Option<(String, Range<usize>)> {
    let item = &members.iter().find(|member| member.key == [key])?.item;
    match &item.value {
        Value::Text(text) => Some((text.clone(), item.range.clone())),
        Value::Other | Value::List(_) | Value::Table(_) => None,
    }
}

/// The hook that a table of these `members` is, if it is one of this Herald.
fn herald(members: &[Member]) -> Option<Hook> {
    let (command, range) = text(members, COMMAND)?;
    let herald = recognize(&command)?;
    let matcher = text(members, MATCHER).map(|(matcher, _)| matcher);
    matches!(herald, Herald::Own { .. }).then_some(Hook {
        event: text(members, EVENT)?.0,
        matcher: matcher.filter(|matcher| !matcher.is_empty()),
        herald,
        command,
        place: Place {
            command: range,
            ..Place::default()
        },
    })
}

/// Reads what the parser found.
struct Reader<'t, I: Iterator<Item = Event>> {
    text: &'t str,
    events: std::iter::Peekable<I>,
    /// The first one, the parser's or one in a value.
    error: Option<ParseError>,
}

impl<I: Iterator<Item = Event>> Reader<'_, I> {
    fn next_if(&mut self, kind: EventKind) -> Option<Event> {
        self.events.next_if(|event| event.kind() == kind)
    }

    fn key(&mut self) -> Vec<String> {
        let mut key = Vec::new();
        while let Some(part) = self.next_if(EventKind::SimpleKey) {
            key.push(self.decoded(&part));
            if self.next_if(EventKind::KeySep).is_none() {
                break;
            }
        }
        key
    }

    /// None for anything else, which is skipped.
    fn member(&mut self) -> Option<Member> {
        let key = self.key();
        if key.is_empty() {
            self.events.next();
            return None;
        }
        self.next_if(EventKind::KeyValSep)?;
        let item = self.item()?;
        Some(Member { key, item })
    }

    fn item(&mut self) -> Option<Item> {
        let open = self.events.next()?;
        let start = open.span().start();
        let mut end = open.span().end();
        let value = match open.kind() {
            EventKind::ArrayOpen => {
                let mut items = Vec::new();
                while let Some(event) = self.events.peek() {
                    match event.kind() {
                        EventKind::ValueSep => _ = self.events.next(),
                        EventKind::ArrayClose => break,
                        _ => items.push(self.item()?),
                    }
                }
                end = self.events.next()?.span().end();
                Value::List(items)
            }
            EventKind::InlineTableOpen => {
                let mut members = Vec::new();
                while self.events.peek()?.kind() != EventKind::InlineTableClose {
                    members.extend(self.member());
                }
                end = self.events.next()?.span().end();
                Value::Table(members)
            }
            _ => {
                let text = self.decoded(&open);
                match open.encoding() {
                    Some(_) => Value::Text(text),
                    None => Value::Other,
                }
            }
        };
        Some(Item {
            range: start..end,
            value,
        })
    }

    fn decoded(&mut self, event: &Event) -> String {
        let mut text = String::new();
        if let Some(raw) = Source::new(self.text).get(event) {
            match event.kind() {
                EventKind::SimpleKey => raw.decode_key(&mut text, &mut self.error),
                _ => _ = raw.decode_scalar(&mut text, &mut self.error),
            }
        }
        text
    }
}

/// What stands at `path`, as a text; none if the text is not TOML.
pub(super) fn value(text: &str, path: &[&str]) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let mut tables = document.tables.iter().filter(|table| !table.is_in_list);
    let item = tables.find_map(|table| {
        let rest = without_prefix(path, &table.name)?;
        member(&table.members, rest)
    })?;
    Some(written(text, item))
}

fn without_prefix<'p, 's>(path: &'p [&'s str], key: &[String]) -> Option<&'p [&'s str]> {
    let (start, rest) = path.split_at_checked(key.len())?;
    (start == key).then_some(rest)
}

fn member<'m>(members: &'m [Member], path: &[&str]) -> Option<&'m Item> {
    members.iter().find_map(|known| {
        let rest = without_prefix(path, &known.key)?;
        match &known.item.value {
            _ if rest.is_empty() => Some(&known.item),
            Value::Table(members) => member(members, rest),
            _ => None,
        }
    })
}

/// A text as it is meant, a list in one line, all else as it is written.
fn written(text: &str, item: &Item) -> String {
    match &item.value {
        Value::Text(text) => text.clone(),
        Value::List(items) => {
            let items = items.iter().map(|item| match &item.value {
                Value::Text(text) => quoted(text),
                _ => written(text, item),
            });
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        Value::Table(_) | Value::Other => text[item.range.clone()].to_owned(),
    }
}

/// The event and the command of every hook in `text`; none if it is not TOML.
pub(super) fn commands(text: &str) -> Vec<(String, String)> {
    let command = |(members, _): Written<'_>| {
        Some((
            self::text(members, EVENT)?.0,
            self::text(members, COMMAND)?.0,
        ))
    };
    let document = Document::parse(text);
    let hooks = document.as_ref().map(|document| document.hooks());
    match hooks {
        Ok(Ok(hooks)) => hooks.into_iter().filter_map(command).collect(),
        _ => Vec::new(),
    }
}

/// The hooks of this Herald in `text`.
///
/// # Errors
///
/// If the text is not TOML, or `hooks` is no list.
pub(super) fn hooks(text: &str) -> Result<Vec<Hook>, Fault> {
    let found = Document::parse(text)?.heralds()?.into_iter();
    Ok(found.map(|found| found.hook).collect())
}

/// Registers `command` for each of the `events` that has no hook yet, for `timeout_s` seconds at most; hooks
/// whose program `is_stale` are changed to run this one.
///
/// # Errors
///
/// As [`hooks`].
pub(super) fn install(
    text: &str,
    events: &[Wanted<'_>],
    command: &Command<'_>,
    timeout_s: u32,
    is_stale: impl Fn(&str) -> bool,
) -> Result<Planned, Fault> {
    let mut planned = Planned::of(text);
    let mut parts = Vec::new();
    let hooks = hooks(text)?;
    for hook in &hooks {
        if let Herald::Own { program, range, .. } = &hook.herald
            && is_stale(program)
        {
            let mut words = hook.command.clone();
            words.replace_range(range.clone(), command.program);
            parts.push((hook.place.command.clone(), quoted(&words)));
            if !planned.replaced.contains(&hook.event) {
                planned.replaced.push(hook.event.clone());
            }
        }
    }
    planned.text = spliced(text, parts);
    let is_there = |event: &str| {
        let mut own = hooks.iter().filter(|hook| hook.matcher.is_none());
        own.any(|hook| hook.event == event)
    };
    let new: Vec<_> = events.iter().map(|wanted| wanted.event).collect();
    let new: Vec<_> = new.into_iter().filter(|event| !is_there(event)).collect();
    if !new.is_empty() {
        let command = quoted(&format!("{} {}", command.program, command.args));
        let hook = |event: &&str| {
            [
                format!("{EVENT} = {event:?}"),
                format!("{COMMAND} = {command}"),
                format!("{TIMEOUT} = {timeout_s}"),
            ]
        };
        planned.text = with_hooks(&planned.text, new.iter().map(hook))?;
        planned.events = new.into_iter().map(str::to_owned).collect();
    }
    Ok(planned)
}

/// The text with hooks of these members.
fn with_hooks(text: &str, hooks: impl Iterator<Item = [String; 3]>) -> Result<String, Fault> {
    let document = Document::parse(text)?;
    if let Some((list, items)) = document.list()? {
        let hooks = hooks.map(|members| format!("{{ {} }}", members.join(", ")));
        let hooks = hooks.collect::<Vec<_>>().join(", ");
        let (at, hooks) = match items.last() {
            Some(last) => (last.range.end, format!(", {hooks}")),
            None => (list.range.start + 1, hooks),
        };
        return Ok(spliced(text, [(at..at, hooks)]));
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = text.to_owned();
    for members in hooks {
        if !text.is_empty() && !text.ends_with('\n') {
            text += newline;
        }
        if !text.is_empty() {
            text += newline;
        }
        let members = members.join(newline);
        text += &format!("[[{HOOKS}]]{newline}{members}{newline}");
    }
    Ok(text)
}

/// Removes every own hook. If what is left is `base`, the text from before, but for its end, it is `base`.
///
/// # Errors
///
/// As [`hooks`].
pub(super) fn uninstall(text: &str, base: Option<&str>) -> Result<Planned, Fault> {
    let base = base.and_then(|base| Some(uninstall(base, None).ok()?.text));
    let mut planned = Planned::of(text);
    // From the last one on: the item before it may then be the last of its list.
    while let Some(last) = Document::parse(&planned.text)?.heralds()?.pop() {
        planned.text.replace_range(last.range, "");
        if !planned.events.contains(&last.hook.event) {
            planned.events.insert(0, last.hook.event);
        }
    }
    let is_same = |base: &String| base.trim_end() == planned.text.trim_end();
    if let Some(base) = base.filter(is_same)
        && !planned.events.is_empty()
    {
        planned.text = base;
    }
    Ok(planned)
}

#[cfg(test)]
mod tests;
