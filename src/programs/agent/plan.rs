//! Installs and uninstalls hooks in the text of an agent's settings: text in, text out.
//!
//! Installing appends, because agents identify hooks by position (Codex stores by it which ones the
//! user trusts): other hooks must not move. Uninstalling is the inverse: given the text from before
//! as the base, it restores that text byte for byte.

use super::command::Herald;
use super::document::{Document, Fault, Hook};
use super::events::Wanted;
pub use super::planned::{Command, Planned};
use super::plugin;
use super::removal::without;
use super::script;
use super::splice::{self, Item, Node, Span, quoted, spliced};
use super::toml;
use herald_audio::internals::agents::{Agent, Format, Shape};

/// How long an agent waits for the hook, in seconds; agents' default is up to ten minutes. A hook answers
/// in milliseconds, so the limit matters only if a disk or a file system hangs.
const TIMEOUT_S: u32 = 10;

/// The member that some agents want in each file.
const VERSION: &str = "version";

const MARK: char = '\u{feff}';

/// The hooks of this and the original Herald in `text`, a file of `agent`.
///
/// # Errors
///
/// If the text is not in the agent's format, or hooks have the wrong type.
pub fn heralds(agent: &Agent, text: &str) -> Result<Vec<Hook>, Fault> {
    match agent.format() {
        Format::Json(_) => Document::parse(without_mark(text).1)?.heralds(),
        Format::Toml => toml::hooks(text),
        Format::Scripts => Ok(script::hooks(text)),
        Format::Plugin(_) => Ok(plugin::hooks(text)),
    }
}

/// The text or the truth at `path`, as a text; none if the text is not JSON.
pub fn value(text: &str, path: &[&str]) -> Option<String> {
    Document::parse(without_mark(text).1).ok()?.value(path)
}

/// The event and the command of every hook in `text`; none if it is not JSON.
pub fn commands(text: &str) -> Vec<(String, String)> {
    let document = Document::parse(without_mark(text).1);
    let commands = document.and_then(|document| document.commands());
    let commands = commands.unwrap_or_default().into_iter();
    commands
        .map(|(event, _, command, _)| (event, command))
        .collect()
}

/// Where `text` deviates from strict JSON, though Herald can read it: some agents ignore such a
/// file as a whole.
pub fn not_strict(text: &str) -> Option<Fault> {
    let (_, text) = without_mark(text);
    if text.trim().is_empty() {
        return None;
    }
    let (position, what) = herald_audio::internals::config::deviation(text)?;
    Some(Fault {
        position: Some(position),
        what: what.to_owned(),
    })
}

/// Whether `hook` runs this Herald.
pub fn is_own(hook: &Hook) -> bool {
    matches!(hook.herald, Herald::Own { .. })
}

/// Registers `command` for each of the `events` of `agent` that has no hook yet. One for some tools only that
/// is to be for all loses its matcher. Own hooks whose program `is_stale` are changed to run this one.
///
/// If the original Herald is registered, or was, this one replaces it for its events, and no others
/// are added: see [`keeps_events`].
///
/// # Errors
///
/// If the text is not in the agent's format, or hooks have the wrong type.
pub fn install(
    text: &str,
    agent: &Agent,
    events: &[Wanted<'_>],
    command: &Command<'_>,
    is_stale: impl Fn(&str) -> bool,
) -> Result<Planned, Fault> {
    let shape = match agent.format() {
        Format::Json(shape) => shape,
        Format::Toml => return toml::install(text, events, command, TIMEOUT_S, is_stale),
        Format::Scripts => return script::install(text, events, command, is_stale),
        Format::Plugin(export) => {
            return plugin::install(text, export, events, command, is_stale);
        }
    };
    let (mark, text) = without_mark(text);
    let mut planned = Planned::of(text);
    planned.replace_stale(command, is_stale)?;
    planned.replace_original(command.in_place_of_original)?;
    for wanted in events {
        let document = Document::parse(&planned.text)?;
        let hooks = document.heralds()?;
        if keeps_events(&hooks) {
            break;
        }
        let is_hook = |hook: &&Hook| is_own(hook) && hook.is_in_group() == shape.has_groups;
        let of_event: Vec<_> = hooks
            .iter()
            .filter(is_hook)
            .filter(|hook| hook.event == wanted.event)
            .collect();
        if of_event.iter().any(|hook| wanted.is_met_by(hook, agent)) {
            continue;
        }
        planned.events.push(wanted.event.to_owned());
        let narrow = of_event.iter().find_map(|hook| hook.place.matcher.clone());
        if let Some(matcher) = narrow {
            planned.text = spliced(document.text, [(matcher, String::new())]);
            continue;
        }
        let timeout_s = agent
            .max_timeout_s(wanted.event)
            .unwrap_or(TIMEOUT_S)
            .min(TIMEOUT_S);
        let hook = hook(shape, wanted.matcher(), command, timeout_s);
        planned.text = with_hook(&document, wanted.event, &hook, shape.has_version)?;
    }
    planned.text.insert_str(0, mark);
    Ok(planned)
}

/// Whether a hook has the original Herald's arguments. Then the user has chosen the events, and no
/// others are added.
pub fn keeps_events(hooks: &[Hook]) -> bool {
    let is_chosen = |hook: &Hook| match hook.herald {
        Herald::Own { as_original, .. } => as_original,
        Herald::Original { .. } => true,
    };
    hooks.iter().any(is_chosen)
}

impl Planned {
    /// Replaces the original's program by `program`. Arguments stay; where an own hook exists, the
    /// original's hook is removed.
    fn replace_original(&mut self, program: &str) -> Result<(), Fault> {
        let document = Document::parse(&self.text)?;
        let (own, originals): (Vec<_>, Vec<_>) = document.heralds()?.into_iter().partition(is_own);
        let has_own = |original: &Hook| {
            let covers = |own: &Hook| own.matcher.is_none() || own.matcher == original.matcher;
            let mut own = own.iter().filter(|own| own.event == original.event);
            own.any(covers)
        };
        for hook in &originals {
            for events in [&mut self.replaced, &mut self.originals] {
                if !events.contains(&hook.event) {
                    events.push(hook.event.clone());
                }
            }
        }
        let (doubled, replaced): (Vec<_>, Vec<_>) = originals.into_iter().partition(has_own);
        let commands = replaced.iter().filter_map(|hook| {
            let Herald::Original { range } = &hook.herald else {
                return None;
            };
            let mut command = hook.command.clone();
            command.replace_range(range.clone(), program);
            Some((hook.place.command.clone(), quoted(&command)))
        });
        let text = spliced(&self.text, commands.collect::<Vec<_>>());
        let document = Document::parse(&text)?;
        self.text = without(&document, &doubled, None).unwrap_or(text);
        Ok(())
    }

    /// Undoes [`Self::replace_original`] for hooks that still have the position they have in `base`, the
    /// text from before.
    fn restore_original(&mut self, base: &Document<'_>) -> Result<(), Fault> {
        let document = Document::parse(&self.text)?;
        let originals = base.heralds()?;
        let parts = document.heralds()?.into_iter().filter_map(|hook| {
            let original = originals.iter().find(|original| original.was(&hook))?;
            if !self.events.contains(&hook.event) {
                self.events.push(hook.event);
            }
            let command = &base.text[original.place.command.clone()];
            Some((hook.place.command, command.to_owned()))
        });
        let parts: Vec<_> = parts.collect();
        self.text = spliced(&self.text, parts);
        Ok(())
    }

    fn replace_stale(
        &mut self,
        new: &Command<'_>,
        is_stale: impl Fn(&str) -> bool,
    ) -> Result<(), Fault> {
        let hooks = Document::parse(&self.text)?.heralds()?;
        let mut parts = Vec::new();
        for hook in hooks {
            if let Herald::Own {
                program: old,
                range,
                ..
            } = &hook.herald
                && is_stale(old)
            {
                let mut command = hook.command.clone();
                command.replace_range(range.clone(), new.program);
                let text = match hook.place.is_exec {
                    true => new.path,
                    false => &command,
                };
                parts.push((hook.place.command, quoted(text)));
                if !self.replaced.contains(&hook.event) {
                    self.replaced.push(hook.event);
                }
            }
        }
        self.text = spliced(&self.text, parts);
        Ok(())
    }
}

fn with_hook(
    document: &Document<'_>,
    event: &str,
    hook: &Node,
    has_version: bool,
) -> Result<String, Fault> {
    let text = document.text;
    let style = document.style();
    let Some(root) = document.root() else {
        let groups = Node::Array(vec![hook.clone()]);
        let hooks = Node::Object(vec![(event.to_owned(), groups)]);
        let version = has_version.then(|| (VERSION.to_owned(), Node::Number(1)));
        let members = version.into_iter().chain([("hooks".to_owned(), hooks)]);
        let root = Node::Object(members.collect());
        let newline = style.newline();
        let gap = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            newline
        };
        return Ok(format!(
            "{text}{gap}{}{newline}",
            root.write(&style, Some(""))
        ));
    };
    if let Some(groups) = document.groups(event)? {
        let (key, value) = (None, hook);
        let span = Span::of_array(groups);
        return Ok(splice::append(text, &span, &Item { key, value }, &style));
    }
    let groups = Node::Array(vec![hook.clone()]);
    if let Some(hooks) = document.hooks()? {
        let (key, value) = (Some(event), &groups);
        let span = Span::of_object(hooks);
        return Ok(splice::append(text, &span, &Item { key, value }, &style));
    }
    let hooks = Node::Object(vec![(event.to_owned(), groups)]);
    let (key, value) = (Some("hooks"), &hooks);
    let span = Span::of_object(root);
    Ok(splice::append(text, &span, &Item { key, value }, &style))
}

/// A hook in the agent's form, with its group if it has one.
fn hook(shape: &Shape, matcher: Option<String>, command: &Command<'_>, timeout_s: u32) -> Node {
    let member = |key: &str, value| (key.to_owned(), value);
    let text = |text: &str| Node::String(text.to_owned());
    let kind = || member("type", text("command"));
    let mut members = Vec::from_iter(shape.has_type.then(kind));
    if shape.has_exec && command.may_exec {
        let args = command.args.split(' ').map(text);
        members.push(member("exec", text(command.path)));
        members.push(member("args", Node::Array(args.collect())));
    } else {
        let words = format!("{} {}", command.program, command.args);
        members.push(member("command", Node::String(words)));
    }
    if let Some((key, per_second)) = shape.timeout {
        members.push(member(key, Node::Number(timeout_s * per_second)));
    }
    let hook = Node::Object(members);
    match shape.has_groups {
        true => {
            let matcher = matcher.map(|matcher| member("matcher", Node::String(matcher)));
            let hooks = member("hooks", Node::Array(vec![hook]));
            Node::Object(matcher.into_iter().chain([hooks]).collect())
        }
        false => hook,
    }
}

/// Removes every own hook from `text`, a file of `agent`, and what installing created around it: whatever is
/// empty then and not in `base`, the text from before. Hooks of the original Herald in `base` are restored.
///
/// # Errors
///
/// If the text is not in the agent's format, or hooks have the wrong type.
pub fn uninstall(agent: &Agent, text: &str, base: Option<&str>) -> Result<Planned, Fault> {
    match agent.format() {
        Format::Json(_) => uninstall_from_json(text, base),
        Format::Toml => toml::uninstall(text, base),
        Format::Scripts => Ok(script::uninstall(text)),
        Format::Plugin(_) => Ok(plugin::uninstall(text)),
    }
}

fn uninstall_from_json(text: &str, base: Option<&str>) -> Result<Planned, Fault> {
    let (mark, text) = without_mark(text);
    let base = base.map(|base| without_hooks_of_its_own(without_mark(base).1));
    let base = base.as_ref().map(|base| base.as_deref().unwrap_or("{}"));
    let known = base.map(Document::parse).transpose()?;
    let mut planned = Planned::of(text);
    if let Some(known) = &known {
        planned.restore_original(known)?;
    }
    // The last of several members of one name counts; when it is removed, the one before counts.
    loop {
        let document = Document::parse(&planned.text)?;
        let mut hooks = document.heralds()?;
        hooks.retain(is_own);
        let Some(left) = without(&document, &hooks, known.as_ref()) else {
            break;
        };
        planned.text = left;
        for hook in hooks {
            if !planned.events.contains(&hook.event) {
                planned.events.push(hook.event);
            }
        }
    }
    if !planned.events.is_empty() {
        planned.text = without_root(planned.text, known.as_ref());
    }
    planned.text.insert_str(0, mark);
    Ok(planned)
}

/// `base` without its own hooks; none if it is not JSON.
fn without_hooks_of_its_own(base: &str) -> Option<String> {
    let hooks = Document::parse(base).and_then(|base| base.heralds()).ok()?;
    match hooks.iter().any(is_own) {
        true => Some(uninstall_from_json(base, None).ok()?.text),
        false => Some(base.to_owned()),
    }
}

/// The text without its object, if that is empty and installing created it.
fn without_root(text: String, base: Option<&Document<'_>>) -> String {
    let root = Document::parse(&text);
    let span = root
        .as_ref()
        .ok()
        .and_then(Document::root)
        .map(Span::of_object);
    // What installing writes into a new file besides.
    let made = |inside: &str| {
        let inside: String = inside.split_whitespace().collect();
        inside.is_empty() || inside == format!("\"{VERSION}\":1")
    };
    let Some(span) = span.filter(|span| made(&text[span.inside()])) else {
        return text;
    };
    let (before, after) = (&text[..span.range().start], &text[span.range().end..]);
    let is_all = before.trim().is_empty() && after.trim().is_empty();
    match base {
        Some(base) if base.root().is_none() && before.trim_end() == base.text.trim_end() => {
            base.text.to_owned()
        }
        None if is_all => String::new(),
        _ => text,
    }
}

fn without_mark(text: &str) -> (&str, &str) {
    match text.strip_prefix(MARK) {
        Some(rest) => (&text[..MARK.len_utf8()], rest),
        None => ("", text),
    }
}

#[cfg(test)]
mod tests;
